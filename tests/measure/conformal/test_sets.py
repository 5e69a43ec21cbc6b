"""Sets of labels: how often they hold the truth, averaged over simulated data sets, which is what the promise is about.

The tolerance of each test is several standard errors of that average.
"""

import itertools
import math

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from tests.measure.conformal.cases import LEVELS, classes, numbers, parts_of, said, true, values

from assay.core.errors import ConfigError, DataError
from assay.measure.conformal.coverage import measure_coverage
from assay.measure.conformal.fitting import fit_cross, fit_split
from assay.measure.conformal.quantile import calibration_scores
from assay.measure.conformal.scores import Score
from assay.measure.payload import Predictions


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("per_class", [True, False])
@pytest.mark.parametrize("score", [Score("lac"), Score("aps", randomised=True), Score("raps", randomised=True, penalty=0.05)])
def test_split_sets_hold_the_truth_as_often_as_they_say(n_classes: int, per_class: bool, score: Score) -> None:
    learner = LogisticRegression().fit(*classes(300, n_classes, seed=1))
    held, counts = {level: [] for level in LEVELS}, []
    for trial in range(60):
        features, codes = classes(1500, n_classes, seed=100 + trial)
        probability, new = learner.predict_proba(features), codes[500:]
        fitted = fit_split(true(codes[:500]), said(probability[:500]), score=score, per_class=per_class, seed=trial)
        u = np.random.default_rng(trial).random(1000) if score.randomised else None
        for level in LEVELS:
            hit = fitted.apply(said(probability[500:]), level, u)[np.arange(1000), new]
            held[level].append([hit.mean(), *(hit[new == code].mean() for code in range(n_classes))])
        counts.append(np.bincount(codes[:500], minlength=n_classes).min())
    for level in LEVELS:
        found = np.mean(held[level], axis=0)
        assert level - 0.01 < found[0] < level + 0.02
        if per_class:
            assert (found[1:] > level - 0.02).all()
            # a class of n rows may be held up to 1 / (n + 1) too often
            assert (found[1:] < level + 0.02 + 1 / np.mean(counts)).all()


def test_marginal_sets_neglect_a_rare_class_and_sets_per_class_do_not() -> None:
    learner = LogisticRegression().fit(*classes(300, 4, seed=1))
    rows, codes = classes(5000, 4, seed=2)
    features, target = classes(20_000, 4, seed=3)
    cover = {
        per_class: measure_coverage(
            fit_split(true(codes), said(learner.predict_proba(rows)), per_class=per_class),
            true(target),
            said(learner.predict_proba(features)),
            level=0.9,
        )
        for per_class in (True, False)
    }
    rare = np.bincount(target).argmin()
    assert cover[False].per_class[rare].high < 0.85
    assert cover[True].per_class[rare].low < 0.9 < cover[True].per_class[rare].high + 0.02
    assert cover[True].overall.value == pytest.approx(0.9, abs=0.02)


def test_lac_gives_smaller_sets_than_aps_and_randomised_aps_smaller_ones_than_whole() -> None:
    learner = LogisticRegression().fit(*classes(300, 4, seed=1))
    rows, codes = classes(3000, 4, seed=2)
    features, _ = classes(3000, 4, seed=3)
    sizes = []
    for score in (Score("lac"), Score("aps", randomised=True), Score("aps")):
        fitted = fit_split(true(codes), said(learner.predict_proba(rows)), score=score, per_class=False)
        u = np.random.default_rng(0).random(3000) if score.randomised else None
        sizes.append(fitted.apply(said(learner.predict_proba(features)), 0.9, u).sum(axis=1).mean())
    assert sizes[0] < sizes[1] < sizes[2]


def test_sets_grow_with_the_level() -> None:
    features, codes = classes(800, 3, seed=0)
    predictions = said(LogisticRegression().fit(features[:300], codes[:300]).predict_proba(features))
    for score in (Score("lac"), Score("aps"), Score("raps", penalty=0.1)):
        fitted = fit_split(true(codes), predictions, score=score)
        sets = [fitted.apply(predictions, level) for level in (0.5, 0.7, 0.9, 0.99)]
        assert all((small <= large).all() for small, large in itertools.pairwise(sets))


def test_a_class_of_too_few_rows_is_in_every_set_and_it_is_said() -> None:
    target = np.concatenate([np.zeros(50, int), np.ones(9, int), np.full(8, 2)])
    probability = np.random.default_rng(0).dirichlet([8, 1, 1, 1], len(target))
    fitted = fit_split(true(target), said(probability))
    assert fitted.always(0.9).tolist() == [False, False, True, True]
    sets = fitted.apply(said(probability), 0.9)
    assert sets[:, 2:].all()
    assert not sets[:, :2].all()
    [note] = fitted.notes(0.9, ("a", "b", "c|d", "e"))
    assert note.startswith(
        "every set holds 2 classes ('c|d', 'e') at level 0.9: of 'c|d', that takes at least 9 calibration rows"
    )
    assert note.endswith("and there are 8.")
    assert "every set holds class 'e' at level 0.8" in fitted.notes(0.8, ("a", "b", "c|d", "e"))[0]
    heavy = fit_split(true(np.zeros(40, int), weight=np.r_[np.ones(39), 30]), said(np.full((40, 2), 0.5)), per_class=False)
    assert "40 calibration rows are too few where their weights differ so much" in heavy.notes(0.9)[0]
    everything = fit_split(true(target[:5]), said(probability[:5]), per_class=False)
    assert everything.apply(said(probability), 0.9).all()
    assert "every set holds all labels at level 0.9" in everything.notes(0.9)[0]


def test_binary_predictions_of_one_column_are_two_classes() -> None:
    features, codes = classes(400, 2, seed=0)
    probability = LogisticRegression().fit(features, codes).predict_proba(features)
    one = fit_split(true(codes), said(probability))
    two = fit_split(true(codes), Predictions("multiclass", np.arange(400), {"probability": probability}))
    assert (one.apply(said(probability), 0.9) == two.apply(said(probability), 0.9)).all()


def test_a_probability_that_is_off_in_its_last_bits_stays_in_the_set_of_its_equals() -> None:
    target = np.repeat([0, 1], 50)
    tied = said(np.tile([0.7, 0.3], (100, 1)))
    near = said(np.tile([0.7, 0.3], (100, 1)) + np.array([-2e-16, 2e-16]))
    fitted = fit_split(true(target), tied)
    assert fitted.apply(near, 0.9).all()
    assert (fitted.apply(near, 0.9) == fitted.apply(tied, 0.9)).all()


def test_predictions_of_other_classes_and_a_missing_u_are_refused() -> None:
    fitted = fit_split(true(np.arange(30) % 3), said(np.full((30, 3), 1 / 3)))
    with pytest.raises(DataError, match="of 3 classes, the predictions of 2"):
        fitted.apply(said(np.ones((2, 2)) / 2), 0.9)
    with pytest.raises(ConfigError, match="takes no u"):
        fit_split(true(np.arange(30) % 3), said(np.full((30, 3), 1 / 3)), score=Score("aps")).apply(
            said(np.full((1, 3), 1 / 3)), 0.9, np.zeros(1)
        )
    drawn = fit_split(true(np.arange(30) % 3), said(np.full((30, 3), 1 / 3)), score=Score("aps", randomised=True))
    assert drawn.needs == "a random number for each row"
    with pytest.raises(ConfigError, match="needs a number u"):
        drawn.apply(said(np.full((1, 3), 1 / 3)), 0.9)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_sets_of_out_of_fold_scores_hold_the_truth_under_the_model_of_all_rows(n_classes: int) -> None:
    features, target = classes(8000, n_classes, seed=2)
    held = []
    for trial in range(30):
        rows, codes = classes(400, n_classes, seed=200 + trial)
        fitted = fit_cross(parts_of(rows, codes, folds=5))
        model = LinearDiscriminantAnalysis().fit(rows, codes)
        hit = fitted.apply(said(model.predict_proba(features)), 0.9)[np.arange(len(target)), target]
        held.append([hit.mean(), *(hit[target == code].mean() for code in range(n_classes))])
    found = np.mean(held, axis=0)
    assert 0.88 < found[0] < 0.92
    assert (found[1:] > 0.88).all()
    assert (found[1:] < 0.93).all()


def test_a_row_that_several_repeats_scored_counts_once() -> None:
    features, target = values(200, seed=0)
    once, thrice = (fit_cross(parts_of(features, target, folds=4, repeats=repeats)) for repeats in (1, 3))
    assert (once.n, thrice.n) == (200, 200)
    assert len(thrice.calibration[0].scores) == 600
    assert thrice.calibration[0].quantile(0.9) == pytest.approx(once.calibration[0].quantile(0.9), rel=0.1)
    assert math.isinf(thrice.calibration[0].quantile(0.997))
    assert math.isfinite(calibration_scores(thrice.calibration[0].scores).quantile(0.997)), "what 600 rows would give"


def clustered(n_groups: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Groups of 1 or 25 rows with an effect of their own: (features, target, groups)."""
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), random.choice([1, 25], n_groups, p=[0.8, 0.2]))
    features = random.normal(size=(len(groups), 1))
    effect = random.normal(size=n_groups) * np.where(np.bincount(groups) > 1, 0.5, 2.0)
    return features, features[:, 0] + effect[groups] + 0.3 * random.normal(size=len(groups)), groups


def test_groups_count_as_one_draw_each_where_counting_rows_would_promise_too_much() -> None:
    new_features, new_target, new_groups = clustered(20_000, seed=1)
    size = np.bincount(new_groups)[new_groups]
    held = {"group": [], "row": []}
    for trial in range(80):
        features, target, groups = clustered(60, seed=1000 + trial)
        predictions, wanted = numbers(features[:, 0]), numbers(new_features[:, 0])
        for unit, found in held.items():
            fitted = fit_split(true(target), predictions, unit=unit, groups=groups)
            low, high = fitted.apply(wanted, 0.9).T
            # a new row: a group is drawn, then one of its rows
            found.append(np.average((low <= new_target) & (new_target <= high), weights=1 / size))
    assert 0.895 < np.mean(held["group"]) < 0.93
    assert np.mean(held["row"]) < 0.85


def test_weights_carry_the_promise_over_to_the_population_they_stand_for() -> None:
    held = {"weighted": [], "plain": []}
    new_features, new_target = values(40_000, seed=5)
    population = np.exp(1.5 * new_features[:, 0])
    truth_scale = np.array([1.0, -2.0, 0.5])
    for trial in range(60):
        features, target = values(400, seed=300 + trial)
        weight = np.exp(1.5 * features[:, 0])
        for name, found in held.items():
            fitted = fit_split(true(target, weight=weight if name == "weighted" else None), numbers(features @ truth_scale))
            low, high = fitted.apply(numbers(new_features @ truth_scale), 0.9).T
            found.append(np.average((low <= new_target) & (new_target <= high), weights=population))
    assert 0.89 < np.mean(held["weighted"]) < 0.92
    assert np.mean(held["plain"]) < 0.87
