"""Edit distances with any costs: the tables of the reference, rapidfuzz as the oracle, alignments that add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, Levenshtein

from assay.core.errors import ConfigError
from assay.language.spelling.distance import (
    DOUBLE_REPLACE,
    UNIT,
    EditCosts,
    alignment,
    distance_table,
    edit_distance,
)

WORDS = st.text(alphabet="abcёж", max_size=7)


@pytest.mark.parametrize(
    ("source", "target", "rows"),
    [
        ("fur", "fear", "01234 10123 21234 32343"),
        ("love", "hate", "01234 12345 23456 34567 45676"),
        ("play", "stay", "01234 12345 23456 34545 45654"),
    ],
)
def test_the_tables_are_those_of_the_reference(source, target, rows):
    expected = [[int(digit) for digit in row] for row in rows.split()]
    np.testing.assert_array_equal(distance_table(source, target, DOUBLE_REPLACE), expected)


@pytest.mark.parametrize(
    ("source", "target", "double", "unit"),
    [
        ("fur", "fear", 3, 2),
        ("love", "hate", 6, 3),
        ("play", "stay", 4, 2),
        ("eer", "near", 3, 2),
        ("intention", "execution", 8, 5),
        ("молоко", "малако", 4, 2),
        ("корова", "карова", 2, 1),
        ("кот", "скат", 3, 2),
    ],
)
def test_the_distances_are_those_of_the_reference(source, target, double, unit):
    assert edit_distance(source, target, DOUBLE_REPLACE) == double
    assert edit_distance(source, target, UNIT) == unit


@given(WORDS, WORDS)
def test_distances_equal_those_of_rapidfuzz(source, target):
    assert edit_distance(source, target) == Levenshtein.distance(source, target)
    assert edit_distance(source, target, DOUBLE_REPLACE) == Levenshtein.distance(source, target, weights=(1, 1, 2))
    assert edit_distance(source, target, EditCosts(switch=1.0)) == OSA.distance(source, target)


COSTS = EditCosts(
    insert=0.7,
    delete=1.3,
    replace=1.1,
    switch=0.4,
    by_insert={"a": 0.2},
    by_replace={("a", "b"): 0.05},
    by_switch={("b", "c"): 0.1},
)


@given(WORDS, WORDS)
def test_an_alignment_turns_the_source_into_the_target_at_the_cost_of_the_table(source, target):
    edits = alignment(source, target, COSTS)
    assert "".join(edit.source for edit in edits) == source
    assert "".join(edit.target for edit in edits) == target
    assert sum(edit.cost for edit in edits) == pytest.approx(edit_distance(source, target, COSTS))


def test_costs_of_single_letters_and_pairs_are_used():
    assert edit_distance("b", "ba", COSTS) == 0.2
    assert edit_distance("a", "b", COSTS) == 0.05
    assert edit_distance("bc", "cb", COSTS) == 0.1
    assert edit_distance("cb", "bc", COSTS) == 0.4
    assert edit_distance("кот", "окт", EditCosts(switch=0.5)) == 0.5


def test_an_alignment_names_its_operations():
    told = [(edit.operation, edit.source, edit.target) for edit in alignment("окт", "кота", EditCosts(switch=1.0))]
    assert told == [("switch", "ок", "ко"), ("copy", "т", "т"), ("insert", "", "а")]


def test_two_empty_words_have_no_distance_and_no_edits():
    assert edit_distance("", "") == 0
    assert alignment("", "") == ()


@pytest.mark.parametrize("wrong", [{"insert": -1.0}, {"by_replace": {("a", "b"): float("nan")}}, {"switch": float("inf")}])
def test_costs_that_are_none_are_refused(wrong):
    with pytest.raises(ConfigError, match="finite"):
        EditCosts(**wrong)
