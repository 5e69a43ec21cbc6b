"""Intervals of values, and CV+ for both: against their definitions, and by coverage averaged over simulated data sets."""

import math

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from tests.measure.conformal.cases import LEVELS, classes, numbers, parts_of, true, values

from assay.core.errors import DataError
from assay.measure.conformal.coverage import measure_coverage
from assay.measure.conformal.cross import cv_plus_guarantee, cv_plus_intervals, cv_plus_sets
from assay.measure.conformal.fitting import fit_cross, fit_split
from assay.measure.conformal.scores import Score, lac_scores
from assay.measure.payload import Predictions


def test_intervals_hold_the_truth_as_often_as_they_say_for_each_regression_score() -> None:
    learner = LinearRegression().fit(*values(300, seed=1))
    features, target = values(20_000, seed=2)

    def predictions(rows: np.ndarray) -> Predictions:
        value, scale = learner.predict(rows), 0.5 + 1.5 * (rows[:, 0] + 1)
        return numbers(value, scale=scale, quantiles=np.stack([value - 1.2 * scale, value + 1.2 * scale], axis=1))

    new = predictions(features)
    for score in (Score("absolute"), Score("normalised"), Score("cqr")):
        held, wide = {level: [] for level in LEVELS}, []
        for trial in range(60):
            rows, calibration = values(300, seed=400 + trial)
            fitted = fit_split(true(calibration), predictions(rows), score=score)
            for level in LEVELS:
                low, high = fitted.apply(new, level).T
                held[level].append(((low <= target) & (target <= high)).mean())
            wide.append(np.corrcoef(high - low, new["scale"])[0, 1] if score.kind != "absolute" else np.ptp(high - low))
        for level in LEVELS:
            assert np.mean(held[level]) == pytest.approx(level, abs=0.012)
        assert np.allclose(wide, 0 if score.kind == "absolute" else 1)


def test_out_of_fold_residuals_give_intervals_that_hold_under_the_model_of_all_rows() -> None:
    features, target = values(20_000, seed=2)
    held = []
    for trial in range(40):
        rows, known = values(150, seed=500 + trial)
        fitted = fit_cross(parts_of(rows, known, folds=5))
        low, high = fitted.apply(numbers(LinearRegression().fit(rows, known).predict(features)), 0.9).T
        held.append(((low <= target) & (target <= high)).mean())
    assert 0.88 < np.mean(held) < 0.92


def test_too_few_rows_give_intervals_without_bounds_and_say_so() -> None:
    fitted = fit_split(true(np.arange(8.0)), numbers(np.zeros(8)))
    assert np.isinf(fitted.apply(numbers(np.zeros(3)), 0.9)).all()
    assert fitted.always(0.9).tolist() == [True]
    assert "no interval has a bound at level 0.9: that takes at least 9 calibration rows, and there are 8" in fitted.notes(0.9)[0]
    measured = measure_coverage(fitted, true(np.zeros(5)), numbers(np.zeros(5)), level=0.9)
    assert (measured.overall.value, measured.mean_size, measured.by_size) == (1.0, None, ())
    assert "5 of 5 intervals have no bound" in measured.size_undefined


def test_a_cqr_interval_turned_inside_out_becomes_its_middle() -> None:
    target, wide = np.zeros(99), np.tile([-5.0, 5.0], (99, 1))
    fitted = fit_split(true(target), numbers(target, quantiles=wide), score=Score("cqr"))
    assert fitted.calibration[0].quantile(0.9) == -5.0
    found = fitted.apply(numbers(np.zeros(2), quantiles=np.array([[2.0, 3.0], [-9.0, 9.0]])), 0.9)
    assert found.tolist() == [[2.5, 2.5], [-4.0, 4.0]]


def test_cv_plus_intervals_are_those_of_the_definition() -> None:
    random = np.random.default_rng(0)
    fold_values, residuals, folds = random.normal(size=(7, 3)), random.exponential(size=40), random.integers(0, 3, 40)
    for level in (0.5, 0.8, 0.9):
        found = cv_plus_intervals(fold_values, residuals, folds, level=level)
        for row in range(7):
            centre = fold_values[row, folds]
            low = np.sort(centre - residuals)[math.floor(round((1 - level) * 41, 9)) - 1]
            high = np.sort(centre + residuals)[math.ceil(round(level * 41, 9)) - 1]
            assert found[row] == pytest.approx([low, high])
    assert np.isinf(cv_plus_intervals(fold_values, residuals, folds, level=0.99)).all()


def test_cv_plus_sets_are_those_of_the_definition() -> None:
    random = np.random.default_rng(0)
    fold_scores, scores, folds = random.random((9, 3, 4)), random.random(60), random.integers(0, 3, 60)
    target = random.integers(0, 4, 60)
    for of in (None, target):
        found = cv_plus_sets(fold_scores, scores, folds, level=0.8, target=of)
        for row in range(9):
            for label in range(4):
                mine = [i for i in range(60) if of is None or of[i] == label]
                below = sum(scores[i] < fold_scores[row, folds[i], label] for i in mine)
                assert found[row, label] == (below < 0.8 * (len(mine) + 1))


def unstable(train: np.ndarray, target: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The nearest row's own value: as far from stable as a learner gets."""
    return np.asarray(KNeighborsRegressor(1).fit(train, target).predict(new))


@pytest.mark.parametrize("learner", ["linear", "unstable"])
def test_cv_plus_covers_at_least_what_its_theorem_says_and_about_the_level(learner: str) -> None:
    fit = unstable if learner == "unstable" else (lambda x, y, new: LinearRegression().fit(x, y).predict(new))
    features, target = values(400, seed=2)
    held, n, n_folds = {level: [] for level in LEVELS}, 100, 5
    for trial in range(40):
        rows, known = values(n, seed=700 + trial)
        folds = np.random.default_rng(trial).permutation(n) % n_folds
        residuals, said_of_new = np.empty(n), np.empty((400, n_folds))
        for fold in range(n_folds):
            out, kept = folds == fold, folds != fold
            both = fit(rows[kept], known[kept], np.concatenate([rows[out], features]))
            residuals[out], said_of_new[:, fold] = np.abs(known[out] - both[: out.sum()]), both[out.sum() :]
        for level in LEVELS:
            low, high = cv_plus_intervals(said_of_new, residuals, folds, level=level).T
            held[level].append(((low <= target) & (target <= high)).mean())
    for level, found in held.items():
        assert np.mean(found) > cv_plus_guarantee(level, n, n_folds)
        assert level - 0.02 < np.mean(found) < level + (0.06 if learner == "unstable" else 0.03)


@pytest.mark.parametrize("per_class", [True, False])
def test_cv_plus_sets_hold_the_truth(per_class: bool) -> None:
    features, target = classes(2000, 3, seed=2)
    held = []
    for trial in range(30):
        rows, codes = classes(300, 3, seed=800 + trial)
        folds = np.random.default_rng(trial).permutation(300) % 5
        scores, new = np.empty(300), np.empty((2000, 5, 3))
        for fold in range(5):
            learner = LinearDiscriminantAnalysis().fit(rows[folds != fold], codes[folds != fold])
            own = lac_scores(learner.predict_proba(rows[folds == fold]))
            scores[folds == fold] = own[np.arange(len(own)), codes[folds == fold]]
            new[:, fold] = lac_scores(learner.predict_proba(features))
        sets = cv_plus_sets(new, scores, folds, level=0.9, target=codes if per_class else None)
        hit = sets[np.arange(2000), target]
        held.append([hit.mean(), *(hit[target == code].mean() for code in range(3))])
    found = np.mean(held, axis=0)
    assert 0.88 < found[0] < 0.93
    assert not per_class or (found > 0.88).all()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: cv_plus_intervals(np.zeros((2, 3)), np.zeros(4), np.array([0, 1, 3, 3]), level=0.9),
            "2 calibration rows .* fold",
        ),
        (lambda: cv_plus_intervals(np.zeros((2, 3)), np.zeros(4), np.zeros(3, int), level=0.9), "have the shapes"),
        (lambda: cv_plus_intervals(np.zeros((2, 3)), np.array([np.nan]), np.zeros(1, int), level=0.9), "residuals"),
        (lambda: cv_plus_sets(np.zeros((2, 3)), np.zeros(4), np.zeros(4, int), level=0.9), "rows, folds, classes"),
        (
            lambda: cv_plus_sets(np.zeros((2, 3, 2)), np.zeros(4), np.zeros(4, int), level=0.9, target=np.zeros(3, int)),
            "3 classes",
        ),
    ],
)
def test_cv_plus_refuses_what_does_not_fit(make, words: str) -> None:
    with pytest.raises(DataError, match=words):
        make()
