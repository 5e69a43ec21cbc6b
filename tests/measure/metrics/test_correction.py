"""Precision, recall and F1 of corrections: counted by hand, and against scikit-learn where words stand one by one."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from assay.measure.metrics.correction import (
    CORRECTION_F1,
    CORRECTION_PRECISION,
    CORRECTION_RECALL,
    TEXTS_RIGHT,
    correction_counts,
)
from assay.measure.texts import text_predictions, text_truth

ALL = (CORRECTION_F1, CORRECTION_PRECISION, CORRECTION_RECALL, TEXTS_RIGHT)
GIVEN = ["Я незнаю чо", "The cta sat", "все верно", "кто то там"]
WANTED = ["я не знаю что", "the cat sat", "всё верно!", "кто-то там"]
SAID = ["Я не знаю чо?", "the cat sit", "все верно", "кто то там"]
UNITS = np.arange(4)


def value(metric, given, wanted, said, weights=None):
    units = np.arange(len(given))
    truth, predictions = text_truth(units, given, wanted), text_predictions(units, said)
    assert metric.undefined(truth, predictions) is None
    statistics = metric.unit_statistics(truth, predictions)
    return float(metric.value(statistics, np.ones(len(given)) if weights is None else weights))


def test_the_values_are_those_counted_by_hand():
    assert [correction_counts(*row) for row in zip(GIVEN, WANTED, SAID, strict=True)] == [
        (1, 1, 2),
        (1, 2, 1),
        (0, 0, 0),
        (0, 0, 1),
    ]
    assert [value(metric, GIVEN, WANTED, SAID) for metric in ALL] == pytest.approx([2 * 2 / (3 + 4), 2 / 3, 2 / 4, 1 / 4])


def test_word_by_word_they_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    wrong, fixed, broken = random.random(300) < 0.3, random.random(300) < 0.6, random.random(300) < 0.1
    given = ["кит" if bad else "кот" for bad in wrong]
    said = [
        "кот" if bad and good else "ком" if not bad and worse else one
        for bad, good, worse, one in zip(wrong, fixed, broken, given, strict=True)
    ]
    wanted = ["кот"] * 300
    changed = np.array([one != other for one, other in zip(given, said, strict=True)])
    weights = random.random(300)
    for metric, oracle in zip(ALL, (f1_score, precision_score, recall_score), strict=False):
        assert value(metric, given, wanted, said, weights) == pytest.approx(oracle(wrong, changed, sample_weight=weights))


@pytest.mark.parametrize("metric", ALL[:3], ids=lambda metric: metric.name)
def test_the_influence_is_the_derivative_by_the_weights(metric):
    statistics = metric.unit_statistics(text_truth(UNITS, GIVEN, WANTED), text_predictions(UNITS, SAID))
    weights = np.array([1.0, 2.0, 1.0, 3.0])
    step = 1e-6
    numeric = [
        (metric.value(statistics, weights + step * row) - metric.value(statistics, weights - step * row)) / (2 * step)
        for row in np.eye(4)
    ]
    np.testing.assert_allclose(metric.influence(statistics, weights), numeric, atol=1e-8)


@pytest.mark.parametrize(
    ("metric", "reason"),
    [(CORRECTION_PRECISION, "nothing was corrected"), (CORRECTION_RECALL, "to be corrected"), (CORRECTION_F1, "and nothing was")],
)
def test_texts_without_errors_have_no_value_and_the_reason_is_said(metric, reason):
    same = ["кот", "the cat", ""]
    assert reason in metric.undefined(text_truth(np.arange(3), same, same), text_predictions(np.arange(3), same))


def test_of_no_rows_there_is_no_value():
    nothing = np.arange(0)
    assert all(metric.undefined(text_truth(nothing, [], []), text_predictions(nothing, [])) for metric in ALL)
