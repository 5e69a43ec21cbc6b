"""The gallery names the rows that are most wrong, and of each pair of classes the surest mistakes."""

import math

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from assay.data.task import Task
from assay.explain.confused import gallery, judged
from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth

TASK = Task("multiclass", "kind", ("a", "b", "c"))


def part(seed: int = 0, n: int = 200) -> Part:
    random = np.random.default_rng(seed)
    chance = random.dirichlet([1.0, 1.0, 1.0], n)
    units = random.permutation(1000)[:n]
    target = random.integers(0, 3, n)
    return Part(0, 0, Truth("multiclass", units, {"target": target}), Predictions("multiclass", units, {"probability": chance}))


def test_every_row_is_judged_by_its_own_probabilities() -> None:
    one = part()
    rows = judged(one, TASK)
    for row, unit, target, chance in zip(rows, one.truth.units, one.truth["target"], one.predictions["probability"], strict=True):
        assert row.unit == unit
        assert row.truth == "abc"[target]
        assert row.said == "abc"[chance.argmax()]
        assert row.chance == pytest.approx(chance.max())
        assert row.loss == pytest.approx(-math.log(chance[target]))


def test_pairs_count_what_scikit_learns_confusion_matrix_counts() -> None:
    one = part()
    rows = judged(one, TASK)
    found = gallery(rows, TASK, most_wrong=7, most_pairs=5, most_each=3)
    table = confusion_matrix([row.truth for row in rows], [row.said for row in rows], labels=list("abc"))
    assert [pair.count for pair in found.pairs] == sorted(table[~np.eye(3, dtype=bool)].tolist(), reverse=True)[:5]
    for pair in found.pairs:
        place = "abc".index(pair.truth), "abc".index(pair.said)
        assert pair.count == table[place]
        assert pair.of == table[place[0]].sum()
        own = sorted((row for row in rows if (row.truth, row.said) == (pair.truth, pair.said)), key=lambda row: -row.chance)
        assert [row.unit for row in pair.rows] == [row.unit for row in own[:3]]
    assert found.left_out == 1
    assert found.wrongs == table.sum() - np.trace(table)
    assert (len(found.wrong), found.rows) == (7, 200)
    losses = [row.loss for row in rows if row.truth != row.said]
    assert [row.loss for row in found.wrong] == sorted(losses, reverse=True)[:7]
    assert set(found.units) == {row.unit for row in found.wrong} | {row.unit for pair in found.pairs for row in pair.rows}


def test_a_binary_task_is_cut_where_it_is_told_and_labels_go_first() -> None:
    task = Task("binary", "kind", ("no", "yes"))
    units, target = np.arange(3), np.array([1, 0, 1])
    truth = Truth("binary", units, {"target": target})
    bare = Predictions("binary", units, {"probability": np.array([0.4, 0.4, 0.9])})
    assert [row.said for row in judged(Part(0, 0, truth, bare), task)] == ["no", "no", "yes"]
    assert [row.said for row in judged(Part(0, 0, truth, bare), task, cut=0.3)] == ["yes", "yes", "yes"]
    labelled = bare.with_array("label", np.array([1, 1, 0]))
    rows = judged(Part(0, 0, truth, labelled), task)
    assert [(row.said, row.chance) for row in rows] == [("yes", 0.4), ("yes", 0.4), ("no", pytest.approx(0.1))]
    assert rows[2].own == 0.9


def test_numbers_have_errors_and_no_pairs() -> None:
    units, task = np.arange(4), Task("regression", "age")
    truth = Truth("value", units, {"target": np.array([1.0, 2.0, 3.0, 4.0])})
    said = Predictions("value", units, {"value": np.array([1.0, 5.0, 2.5, 4.1])})
    found = gallery(judged(Part(0, 0, truth, said), task), task, most_wrong=2, most_pairs=9, most_each=9)
    assert [(row.unit, row.loss) for row in found.wrong] == [(1, 3.0), (2, 0.5)]
    assert found.pairs == ()
