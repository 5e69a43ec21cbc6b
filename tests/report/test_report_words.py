"""Sentences follow the call of the study, whichever way round the pair was compared."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from assay.report.figures import GRID, _precision_recall, _roc
from assay.report.metric import describe
from assay.report.numbers import decimals_for, number
from assay.report.pictures.lines import thin
from assay.report.scale import scale_for, step_for
from assay.report.words import standing, treatment_effects

METRIC = describe("roc_auc")


def summary(call, *, a="tree+smote", b="tree", difference=0.02):
    rows = [
        {"name": name, "recipe": "tree", "treatment": treatment, "value": value, "failure": None}
        for name, treatment, value in (("tree", "none", 0.70), ("tree+smote", "smote", 0.72))
    ]
    ends = {"difference": difference, "low": difference - 0.01, "high": difference + 0.01, "p_raw": 0.01, "p": 0.02}
    return {
        "rows": rows,
        "verdicts": [{"a": a, "b": b, "metric": "roc_auc", "family": "treatments of tree", "call": call, **ends}],
    }


@pytest.mark.parametrize(
    ("call", "sentence", "tone"),
    [
        ("a better", "smote helps tree", "good"),
        ("b better", "smote makes tree worse", "bad"),
        ("no difference shown", "smote is not shown to help tree", "open"),
        ("the same within the margin", "smote changes tree by no more than the margin", "open"),
        ("too little data", "Too little data to say whether smote helps tree", "open"),
    ],
)
def test_each_call_has_its_sentence(call, sentence, tone):
    (effect,) = treatment_effects(summary(call), METRIC)
    assert f"{effect.before}{effect.treatment}{effect.middle}{effect.recipe}{effect.after}" == sentence
    assert effect.tone == tone


def test_a_pair_the_other_way_round_gives_the_same_effect():
    (straight,) = treatment_effects(summary("a better"), METRIC)
    (turned,) = treatment_effects(summary("b better", a="tree", b="tree+smote", difference=-0.02), METRIC)
    assert turned.tone == straight.tone == "good"
    assert turned.detail == straight.detail
    assert (turned.difference, turned.low, turned.high) == pytest.approx((0.02, 0.01, 0.03))


def test_a_failed_treatment_is_an_effect_with_its_reason():
    given = summary("a better")
    given["rows"][1].update(value=None, failure="too few neighbours")
    (effect,) = treatment_effects(given, METRIC)
    assert (effect.tone, effect.detail) == ("failed", "too few neighbours")


def test_the_standing_names_better_and_worse_from_the_rows_side():
    given = summary("b better")
    worse = standing(given["rows"][1], "tree", given["verdicts"])
    assert (worse.text, worse.tone) == ("worse, p 0.020", "bad")
    assert standing(given["rows"][0], "tree", given["verdicts"]).text == "the leader"


@pytest.mark.parametrize("value", [0.5, 0.0001234, 123.456, 98765.4, -3.21, 1e-12, 4.2e12, 0.0])
def test_a_number_keeps_three_digits(value):
    shown = float(number(value).replace("\N{MINUS SIGN}", "-").replace("\N{NARROW NO-BREAK SPACE}", ""))
    assert shown == pytest.approx(value, rel=5e-3)


def test_numbers_that_are_compared_share_their_decimals():
    values = [0.9876, 0.0123, 12.5]
    assert {len(number(value, decimals_for(values)).partition(".")[2]) for value in values} == {2}


def test_a_negative_zero_has_no_sign():
    assert number(-0.00001, 3) == "0.000"


@pytest.mark.parametrize("values", [[0.5, 0.73], [1200.0, 98000.0], [-0.02, 0.0, 0.001], [3.0], [1e-9, 2e-9]])
def test_a_scale_holds_its_values_in_order_with_round_ticks_inside(values):
    scale = scale_for(values)
    places = [scale.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 < place < 100 for place in places)
    assert 2 <= len(scale.ticks) <= 7
    assert all(0 <= tick.at <= 100 for tick in scale.ticks)


def test_a_step_is_one_two_or_five_times_a_power_of_ten():
    for width in (0.003, 0.8, 17.0, 9000.0):
        step = step_for(width, 5)
        assert width / step <= 5 + 1e-9
        assert round(step / 10 ** np.floor(np.log10(step) + 1e-9), 6) in (1, 2, 5)


def test_thinning_keeps_both_ends_and_at_most_what_was_asked():
    kept = thin(np.arange(10_001), 300)
    assert (kept[0], kept[-1]) == (0, 10_000)
    assert len(kept) <= 300


def test_the_drawn_roc_curve_has_the_area_of_the_metric():
    generator = np.random.default_rng(0)
    target = (generator.random(4000) < 0.2).astype(np.int64)
    score = target + generator.normal(size=4000)
    x, y = _roc(target, score, None)
    assert np.trapezoid(y, x) == pytest.approx(roc_auc_score(target, score), abs=2e-3)


def test_the_drawn_precision_at_a_recall_is_that_of_the_highest_threshold_that_reaches_it():
    target, score = np.array([1, 0, 1, 0, 1, 0]), np.array([6.0, 5, 4, 3, 2, 1])
    x, y = _precision_recall(target, score, None)
    assert len(x) == len(GRID) - 1
    assert y[np.searchsorted(x, 0.30)] == 1.0  # the first row alone has recall 1/3
    assert y[np.searchsorted(x, 0.50)] == pytest.approx(2 / 3)
    assert y[-1] == pytest.approx(3 / 5)
