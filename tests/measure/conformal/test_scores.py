"""Scores and their quantiles: by hand, against slow definitions, in exact arithmetic."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measure.conformal.cases import LEVELS, numbers, said, true

from assay.core.errors import ConfigError, DataError
from assay.measure.conformal.fitting import fit_split
from assay.measure.conformal.quantile import calibration_scores, rows_needed
from assay.measure.conformal.scores import Score, aps_scores, cqr_scores, lac_scores, raps_scores


def test_aps_adds_up_the_likelier_classes_as_a_slow_loop_does() -> None:
    random = np.random.default_rng(0)
    probability, u = random.dirichlet([0.5] * 6, 50), random.random(50)
    for row, p in enumerate(probability):
        for label in range(6):
            above = sum(q for q in p if q > p[label])
            assert aps_scores(probability)[row, label] == pytest.approx(above + p[label])
            assert aps_scores(probability, u)[row, label] == pytest.approx(above + u[row] * p[label])
            rank = 1 + sum(q > p[label] for q in p)
            extra = 0.2 * max(0, rank - 2)
            assert raps_scores(probability, penalty=0.2, free_ranks=2)[row, label] == pytest.approx(above + p[label] + extra)


def test_the_cqr_score_is_negative_inside_and_the_distance_outside() -> None:
    found = cqr_scores(np.array([0.0, 3.0, -2.0, 0.9]), np.tile([-1.0, 1.0], (4, 1)))
    assert found == pytest.approx([-1.0, 2.0, 1.0, -0.1])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: lac_scores(np.array([[0.5, np.nan], [0.5, 0.5]])), r"1 of 2 rows .*first rows: \[0\]"),
        (lambda: lac_scores(np.ones(3)), r"shape \(n, K\)"),
        (lambda: aps_scores(np.ones((2, 2)) / 2, np.array([0.5])), "u must be 2 numbers"),
        (lambda: aps_scores(np.ones((1, 2)) / 2, np.array([1.5])), "u must be 1 numbers"),
        (lambda: cqr_scores(np.zeros(3), np.zeros((2, 2))), "have the shapes"),
        (
            lambda: fit_split(true(np.zeros(2)), numbers(np.zeros(2), scale=np.array([1.0, 0.0])), score=Score("normalised")),
            "> 0",
        ),
        (lambda: fit_split(true(np.array([0.0, np.nan])), numbers(np.zeros(2))), "target are not finite"),
        (lambda: fit_split(true(np.array([0, 3])), said(np.ones((2, 3)) / 3)), r"1 of 2 rows have a class outside 0 … 2"),
        (lambda: fit_split(true(np.array([0, 1, 1])), said(np.ones((2, 3)) / 3)), r"truth \(3 rows\) and predictions \(2\)"),
        (lambda: fit_split(true(np.zeros(0, int)), said(np.ones((0, 3)))), "no predictions"),
        (lambda: fit_split(true(np.array([0, 1]), weight=np.zeros(2)), said(np.ones((2, 2)) / 2)), "all 2 weights are 0"),
        (lambda: fit_split(true(np.array([0, 1]), weight=np.array([1, -1.0])), said(np.ones((2, 2)) / 2)), "1 of 2 weights"),
        (
            lambda: fit_split(true(np.array([0, 1])), said(np.ones((2, 2)) / 2), unit="group", groups=np.zeros(2)),
            "at least two groups",
        ),
        (lambda: fit_split(true(np.array([0, 1])), numbers(np.zeros(2)), score=Score("lac")), "'probability'"),
    ],
)
def test_data_that_cannot_be_scored_are_refused_with_their_rows(make, words: str) -> None:
    with pytest.raises(DataError, match=words):
        make()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Score("lak"), "no conformal score 'lak'"),
        (lambda: Score("lac", randomised=True), "nothing to randomise"),
        (lambda: Score("raps", penalty=-1.0), "numbers >= 0"),
        (lambda: fit_split(true(np.zeros(2)), numbers(np.zeros(2)), per_class=True), "no classes"),
        (lambda: fit_split(true(np.array([0, 1])), said(np.ones((2, 2)) / 2), unit="group"), "need groups="),
        (
            lambda: fit_split(
                true(np.array([0, 1]), weight=np.ones(2)), said(np.ones((2, 2)) / 2), unit="group", groups=np.arange(2)
            ),
            "groups and carry weights",
        ),
        (lambda: calibration_scores(np.zeros(3)).quantile(90), "between 0 and 1"),
        (lambda: calibration_scores(np.zeros(3)).quantile(math.nan), "between 0 and 1"),
        (lambda: calibration_scores(np.zeros(3)).quantile("0.9"), "between 0 and 1"),  # type: ignore[arg-type]
        (lambda: calibration_scores(np.zeros(3)).quantile(True), "between 0 and 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(make, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        make()


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(1, 999))
def test_the_quantile_is_the_ceil_of_n_plus_1_times_the_level_th_smallest_in_exact_arithmetic(n: int, per_mille: int) -> None:
    scores = np.random.default_rng(n).permutation(n).astype(float)
    rank = math.ceil((n + 1) * Fraction(per_mille, 1000))
    found = calibration_scores(scores).quantile(per_mille / 1000)
    assert found == (math.inf if rank > n else rank - 1)


@pytest.mark.parametrize(("level", "needed"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99), (0.999, 999)])
def test_the_quantile_is_finite_from_just_as_many_rows_on_as_needed(level: float, needed: int) -> None:
    assert rows_needed(level) == needed
    assert calibration_scores(np.arange(needed, dtype=float)).quantile(level) == needed - 1
    assert math.isinf(calibration_scores(np.arange(needed - 1, dtype=float)).quantile(level))


def test_equal_weights_change_nothing_and_a_heavy_score_pulls_the_quantile() -> None:
    scores = np.random.default_rng(0).normal(size=57)
    for level in LEVELS:
        assert calibration_scores(scores, weights=np.full(57, 3.0)).quantile(level) == calibration_scores(scores).quantile(level)
    # weights 1, 1, 2 and a tail of 2: the masses are 1/6, 1/6, 1/3 and 1/3 of nothing known
    three = calibration_scores(np.array([1.0, 2.0, 3.0]), weights=np.array([1.0, 1.0, 2.0]))
    assert [three.quantile(level) for level in (0.1, 0.3, 0.6, 0.7)] == [1.0, 2.0, 3.0, math.inf]
    assert three.n == 3


def test_scores_of_weight_zero_are_as_if_they_were_not_there() -> None:
    scores, weights = np.arange(20.0), np.repeat([1.0, 0.0], 10)
    found, without = calibration_scores(scores, weights=weights), calibration_scores(scores[:10])
    assert found.n == 10
    assert [found.quantile(level) for level in LEVELS] == [without.quantile(level) for level in LEVELS]


def test_rows_of_one_group_share_the_weight_of_one_draw() -> None:
    scores = np.random.default_rng(1).normal(size=30)
    tripled = calibration_scores(np.repeat(scores, 3), clusters=np.repeat(np.arange(30), 3))
    assert tripled.n == 30
    for level in (0.5, *LEVELS):
        assert tripled.quantile(level) == calibration_scores(scores).quantile(level)
