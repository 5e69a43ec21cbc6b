"""Are the probabilities true: the numbers are those of independent sources, the words those of the intervals."""

import dataclasses
import re

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from assay.data.task import Task
from assay.measure.payload import Predictions, Truth
from assay.report import render
from assay.report.probabilities import TOO_EXTREME, TOO_HIGH, TOO_LOW, TOO_TIMID, UPSIDE_DOWN, check, in_words, truthfulness

N = 4000


def said(change, *, seed=0, weights=None, n=N):
    """Rows whose true log-odds are z, and probabilities that say ``change(z)``."""
    random = np.random.default_rng(seed)
    z = random.normal(-1, 1.2, n)
    target = (random.random(n) < expit(z)).astype(np.int64)
    arrays = {"target": target} | ({} if weights is None else {"weight": weights})
    units = np.arange(n)
    return Truth("binary", units, arrays), Predictions("binary", units, {"probability": expit(change(z))})


def level_shift(slope):
    """What keeps the mean probability right when the log-odds are stretched: a fault of the slope and of nothing else."""
    nodes, shares = np.polynomial.hermite_e.hermegauss(60)
    z, shares = -1 + 1.2 * nodes, shares / shares.sum()
    return brentq(lambda shift: shares @ expit(slope * z + shift) - shares @ expit(z), -5, 5)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (lambda z: z, ()),
        (lambda z: 2 * z + level_shift(2), (TOO_EXTREME,)),
        (lambda z: z / 2 + level_shift(0.5), (TOO_TIMID,)),
        (lambda z: z + 0.7, (TOO_HIGH,)),
        (lambda z: z - 0.7, (TOO_LOW,)),
        (lambda z: -z - 2, (UPSIDE_DOWN,)),
        (lambda z: 2 * z + 2.5, (TOO_EXTREME, TOO_HIGH)),
    ],
)
def test_what_is_wrong_is_named_and_true_probabilities_are_not_blamed(change, faults):
    found = check("out of fold", *said(change))
    assert found.faults == faults
    words = in_words(found)
    assert words.startswith("Out of fold: ")
    assert all(fault in words for fault in faults)
    assert ("was not shown" in words) == (not faults)


def test_the_parts_are_those_of_isotonic_and_logistic_regression_of_scikit_learn():
    weights = np.random.default_rng(3).integers(1, 4, N).astype(np.float64)
    truth, predictions = said(lambda z: 1.5 * z, weights=weights)
    found = check("out of fold", truth, predictions)
    target, p = truth["target"], predictions["probability"]
    fitted = IsotonicRegression().fit(p, target, sample_weight=weights).predict(p)
    brier, best, flat = (
        np.average((value - target) ** 2, weights=weights) for value in (p, fitted, np.average(target, weights=weights))
    )
    assert found.brier.brier == pytest.approx(brier)
    assert found.brier.miscalibration == pytest.approx(brier - best, abs=1e-6)
    assert found.brier.discrimination == pytest.approx(flat - best, abs=1e-6)
    assert found.brier.uncertainty == pytest.approx(flat)
    line = LogisticRegression(C=1e9, tol=1e-9).fit(logit(p)[:, None], target, sample_weight=weights)
    assert found.cox.slope.value == pytest.approx(line.coef_[0, 0], abs=1e-3)
    assert found.cox.intercept.value == pytest.approx(line.intercept_[0], abs=1e-3)


def test_a_shut_lock_shows_the_folds_alone_and_an_open_one_the_locked_rows_beside_them(closed, opened):
    assert [one.where for one in truthfulness(closed).checks] == ["out of fold"]
    found = truthfulness(opened)
    assert [one.where for one in found.checks] == ["out of fold", "locked test rows"]
    truth, predictions = opened.test
    locked = np.mean((truth["target"] - predictions["probability"]) ** 2)
    assert found.checks[1].brier.brier == pytest.approx(locked)
    assert found.lines[0].cells[1][0] == f"{locked:.4f}"
    assert found.name == "boosting"


def test_every_line_has_a_cell_for_each_check_and_cox_has_intervals(opened):
    found = truthfulness(opened)
    assert {len(line.cells) for line in found.lines} == {2}
    slope = next(line for line in found.lines if line.label == "Cox slope")
    assert all(re.fullmatch(r"\[.+, .+\]", below) for _, below in slope.cells)


def test_what_cannot_be_told_has_its_reason():
    units, half = np.arange(40), np.full(40, 0.5)
    one_class = check("out of fold", Truth("binary", units, {"target": np.zeros(40, np.int64)}), flat(units, half))
    assert "only one class occurs" in in_words(one_class)
    equal = check("out of fold", Truth("binary", units, {"target": units % 2}), flat(units, half))
    assert "all probabilities are equal" in in_words(equal)
    single = check("out of fold", Truth("binary", units[:1], {"target": units[:1]}), flat(units[:1], half[:1]))
    assert single.cox is None
    assert "too few" in in_words(single)
    broken = check("out of fold", Truth("binary", units, {"target": units % 2}), flat(units, np.full(40, np.nan)))
    assert "nothing can be said" in in_words(broken)
    none = check("out of fold", Truth("binary", units, {"target": units % 2}), Predictions("binary", units, {"score": half}))
    assert "gives no probabilities" in in_words(none)


def flat(units, probability):
    return Predictions("binary", units, {"probability": probability})


def test_the_block_stands_among_the_pictures_with_its_sentences(opened):
    text = render(opened)
    block = re.search(r'<div class="truth">.*?</table>', text, flags=re.S)[0]
    assert text.index("Calibration, on the locked test rows") < text.index("Are the probabilities true?")
    assert block.count("<li>") == 2
    for label in ("Miscalibration", "Discrimination", "Uncertainty", "Calibration error", "Cox slope", "Cox intercept"):
        assert label in block


def test_a_hostile_name_is_text_in_the_block(build, simulated, hostile_text):
    text = render(build(simulated(Task("binary", "y", ("no", "yes")), {hostile_text: 0.8, "plain": 0.3}), test=True))
    block = re.search(r'<div class="truth">.*?</table>', text, flags=re.S)[0]
    assert "<img" not in block
    assert "&lt;img src=x onerror=alert(1)&gt;" in block


def test_a_candidate_without_probabilities_has_its_reason_once_and_dashes_elsewhere(closed):
    parts = [
        dataclasses.replace(part, predictions=Predictions("binary", part.truth.units, {"score": part.predictions["score"]}))
        for part in closed.folds["boosting"]
    ]
    found = truthfulness(dataclasses.replace(closed, folds={**closed.folds, "boosting": parts}))
    assert {line.cells[0][0] for line in found.lines} == {"—"}
    assert [line.cells[0][1] for line in found.lines if line.cells[0][1]] == ["the model gives no probabilities"]
