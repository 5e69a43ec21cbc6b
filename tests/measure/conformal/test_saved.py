"""What is promised in words, and what of a conformal part is saved."""

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tests.measure.conformal.cases import classes, numbers, parts_of, said, true, values

from assay.core.errors import BundleError
from assay.measure.conformal.fitted import FittedConformal
from assay.measure.conformal.fitting import fit_cross, fit_split
from assay.measure.conformal.quantile import CalibrationScores, calibration_scores
from assay.measure.conformal.scores import Score
from assay.measure.parts import Part


def test_the_guarantee_says_what_is_promised_and_what_is_not() -> None:
    codes, probability = np.arange(40) % 2, np.full((40, 2), 0.5)
    split = fit_split(true(codes), said(probability))
    assert "at least its level, within each class" in split.guarantee
    cross = fit_cross([Part(0, 0, true(codes), said(probability))], per_class=False)
    assert "about as often" in cross.guarantee
    assert "stable" in cross.guarantee
    assert "within each class" not in cross.guarantee
    assert fit_split(true(codes), said(probability), unit="time").guarantee.startswith("None under drift")
    grouped = fit_split(true(codes), said(probability), unit="group", groups=np.arange(40) // 4)
    assert "a row of a new group (groups weigh equally)" in grouped.guarantee
    weighted = fit_split(true(codes, weight=np.linspace(1, 2, 40)), said(probability))
    assert "heaviest" in weighted.guarantee
    rows, target = values(60, seed=0)
    assert "heaviest" not in fit_cross(parts_of(rows, target, folds=3, repeats=2)).guarantee


def fitted_ones() -> list[FittedConformal]:
    features, codes = classes(300, 3, seed=0)
    probability = LogisticRegression().fit(features, codes).predict_proba(features)
    rows, target = values(100, seed=0)
    return [
        fit_split(true(codes), said(probability)),
        fit_split(true(codes, weight=np.linspace(0, 2, 300)), said(probability), score=Score("raps", penalty=0.2)),
        fit_cross(parts_of(rows, target, folds=4, repeats=2)),
    ]


@pytest.mark.parametrize("one", fitted_ones(), ids=lambda one: one.score.kind)
def test_a_state_read_back_gives_the_same_answers(one: FittedConformal) -> None:
    again = FittedConformal.from_state(one.state())
    predictions = said(np.random.default_rng(0).dirichlet([1, 1, 1], 20)) if one.score.gives_sets else numbers(np.arange(20.0))
    assert (again.apply(predictions, 0.9) == one.apply(predictions, 0.9)).all()
    assert (again.guarantee, again.n, again.score) == (one.guarantee, one.n, one.score)


def _changed(**change: object) -> dict[str, object]:
    return {**fitted_ones()[0].state(), **change}


def _scores(**change: object) -> dict[str, object]:
    lists = fitted_ones()[0].state()["calibration"]
    return _changed(calibration=[{**lists[0], **change}, *lists[1:]])


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        {},
        _changed(kind="lak"),
        _changed(kind=np.zeros(2)),
        _changed(kind="absolute"),
        _changed(randomised=True),
        _changed(randomised=0),
        _changed(weighted=None),
        _changed(penalty=float("nan")),
        _changed(free_ranks=-1),
        _changed(source="guess"),
        _changed(unit=["row"]),
        _changed(n_classes=4),
        _changed(n_classes=1),
        _changed(per_class=False),
        _changed(calibration=[]),
        _changed(calibration=[None] * 3),
        _changed(more=1),
        _scores(scores=np.array([2.0, 1.0])),
        _scores(scores=np.array([1.0, np.inf])),
        _scores(scores=np.array([1, 2])),
        _scores(scores=[0.1, 0.2]),
        _scores(scores=np.zeros((2, 2))),
        _scores(weights=np.ones(2)),
        _scores(weights=np.zeros(len(fitted_ones()[0].calibration[0].scores))),
        _scores(tail=0.0),
        _scores(tail=float("inf")),
        _scores(tail=1),
        _scores(n=-1),
        _scores(n=10**6),
        _scores(n=True),
    ],
)
def test_a_state_that_no_fit_wrote_is_refused(state: object) -> None:
    with pytest.raises(BundleError, match=r"conformal part is damaged.*"):
        FittedConformal.from_state(state)


def test_an_empty_list_of_scores_is_a_state_too() -> None:
    empty = calibration_scores(np.zeros(0))
    again = CalibrationScores.from_state(empty.state())
    assert math.isinf(again.quantile(0.5))
