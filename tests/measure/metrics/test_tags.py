"""Token accuracy and entities of tagged texts, against worked examples and an independent count."""

import re

import numpy as np
import pytest

from assay.measure.influence import influence_of
from assay.measure.metrics.tags import ENTITY_F1, ENTITY_PRECISION, ENTITY_RECALL, TOKEN_ACCURACY, entities
from assay.measure.registry import METRICS, metrics_shown
from assay.measure.texts import text_predictions, text_truth

ALL = (TOKEN_ACCURACY, ENTITY_PRECISION, ENTITY_RECALL, ENTITY_F1)
TEXTS = ["EU rejects German call", "Иван Петров живёт в Перми", "nothing here"]
WANTED = ["B-ORG O B-MISC O", "B-PER I-PER O O B-LOC", "O O"]
SAID = ["B-ORG O O O", "B-PER O O O B-LOC", "O B-LOC"]


def value(metric, wanted, said, weights=None):
    units = np.arange(len(wanted))
    given = [" ".join("x" for _ in row.split()) for row in wanted]
    truth, predictions = text_truth(units, given, wanted), text_predictions(units, said)
    assert metric.undefined(truth, predictions) is None
    statistics = metric.unit_statistics(truth, predictions)
    return float(metric.value(statistics, np.ones(len(wanted)) if weights is None else weights))


def test_the_worked_example():
    """4 of 4 … tokens: 3 + 4 + 1 of 11; entities said: ORG right, PER too short, LOC right, LOC invented; wanted: 4."""
    assert value(TOKEN_ACCURACY, WANTED, SAID) == 8 / 11
    assert value(ENTITY_PRECISION, WANTED, SAID) == 2 / 4
    assert value(ENTITY_RECALL, WANTED, SAID) == 2 / 4
    assert value(ENTITY_F1, WANTED, [*SAID[:2], "O O"]) == pytest.approx(2 * 2 / (3 + 4))


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O O", set()),
        ("B-A I-A I-A", {(0, 3, "A")}),
        ("B-A B-A", {(0, 1, "A"), (1, 2, "A")}),
        ("B-A I-B", {(0, 1, "A"), (1, 2, "B")}),
        ("I-A I-A O I-A", {(0, 2, "A"), (3, 4, "A")}),
        ("S-A S-A", {(0, 1, "A"), (1, 2, "A")}),
        ("B-A I-A E-A I-A", {(0, 3, "A"), (3, 4, "A")}),
        ("B-A L-A U-B", {(0, 2, "A"), (2, 3, "B")}),
        ("PER PER O", {(0, 2, "PER")}),
        ("B-ГОРОД I-ГОРОД", {(0, 2, "ГОРОД")}),
        ("B-A-B I-A-B", {(0, 2, "A-B")}),
    ],
)
def test_entities_are_read_off_every_scheme(tags, found):
    assert entities(tags.split()) == found


def by_pattern(tags):
    """Independent: of BIO tags, each entity as a match in a string of one sign a tag."""
    kinds = sorted({tag[2:] for tag in tags if tag != "O"})
    found = set()
    for number, kind in enumerate(kinds):
        signs = "".join("b" if tag == f"B-{kind}" else "i" if tag == f"I-{kind}" else "." for tag in tags)
        found |= {(match.start(), match.end(), kind) for match in re.finditer("bi*|(?<![bi])i+", signs)}
        assert number < 5
    return found


def test_entities_of_random_tags_are_those_a_pattern_finds():
    random = np.random.default_rng(0)
    for _ in range(300):
        tags = random.choice(["O", "B-A", "I-A", "B-B", "I-B"], random.integers(1, 12)).tolist()
        assert entities(tags) == by_pattern(tags)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_weights_are_repeated_texts_and_the_influence_is_the_derivative(metric):
    weights = np.array([2.0, 1.0, 3.0])
    repeated = [row for row, times in zip(zip(WANTED, SAID, strict=True), (2, 1, 3), strict=True) for _ in range(times)]
    wanted, said = ([pair[side] for pair in repeated] for side in (0, 1))
    assert value(metric, WANTED, SAID, weights) == pytest.approx(value(metric, wanted, said), abs=1e-12)
    units = np.arange(3)
    statistics = metric.unit_statistics(text_truth(units, TEXTS, WANTED), text_predictions(units, SAID))
    step = 1e-6
    for row in units:
        moved = weights + step * (units == row)
        slope = (metric.value(statistics, moved) - metric.value(statistics, weights)) / step
        assert influence_of(metric, statistics, weights)[row] == pytest.approx(float(slope), abs=1e-5)


def test_another_number_of_tags_is_said_with_the_first_row():
    truth = text_truth(np.array([4, 9]), ["a b", "a b"], ["O O", "O O"])
    why = TOKEN_ACCURACY.undefined(truth, text_predictions(np.array([4, 9]), ["O O", "O"]))
    assert why == "1 of 2 texts have another number of tags than tokens (first: row 9, 2 wanted and 1 said)"


def test_without_entities_their_metrics_are_undefined_and_tokens_are_not():
    truth, said = text_truth(np.arange(1), ["a b"], ["O O"]), text_predictions(np.arange(1), ["O O"])
    assert [metric.undefined(truth, said) is None for metric in ALL] == [True, False, False, False]
    empty = text_truth(np.arange(1), [""], [""]), text_predictions(np.arange(1), [""])
    assert TOKEN_ACCURACY.undefined(*empty) == "there is no token"


def test_a_study_of_entities_shows_them_and_the_tokens_and_one_of_tags_the_tokens_alone():
    names = {metric.name for metric in ALL}
    assert names <= set(METRICS.names())
    assert names & set(metrics_shown("entities", "tagging")) == names
    assert names & set(metrics_shown("tagging")) == {"token_accuracy"}
