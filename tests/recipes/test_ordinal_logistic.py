"""Proportional odds against statsmodels, and what becomes of levels that no training row had."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import check_grad
from statsmodels.miscmodels.ordinal_model import OrderedModel

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.learner import Budget, Context
from assay.recipes.ordinal_logistic import FittedCumulative, OrdinalLogistic, _Problem, _start

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3))
Y = np.digitize(X @ [1.0, -0.5, 0.0] + RNG.logistic(size=400), [-1.5, 0.0, 0.4, 2.0])
TASK = Task("multiclass", "y", ("a", "b", "c", "d", "e"), "ordinal")


def fit(rows: Rows, **settings) -> FittedCumulative:
    learner = OrdinalLogistic(**settings)
    return learner.fit(rows, TASK, validation=None, seed=0, budget=Budget(), context=Context())


def test_coefficients_thresholds_and_likelihood_are_those_of_statsmodels() -> None:
    found = fit(Rows(X, Y, 5), penalty_strength=1e-9)
    known = OrderedModel(Y, X, distr="logit").fit(method="bfgs", disp=False, gtol=1e-8)
    assert found.coefficients == pytest.approx(known.params[:3], abs=1e-5)
    assert found.thresholds == pytest.approx(known.model.transform_threshold_params(known.params)[1:-1], abs=1e-5)
    probability = found.predict(X).probability
    assert np.log(probability[np.arange(400), Y]).sum() == pytest.approx(known.llf, rel=1e-9)
    assert probability == pytest.approx(known.predict(), abs=1e-5)


def test_the_gradient_is_the_derivative_of_the_loss() -> None:
    share = RNG.random(400)
    problem = _Problem(X, Y, share / share.sum(), 0.03)
    start = np.concatenate([_start(np.bincount(Y)), np.zeros(3)])
    for seed in range(3):
        at = start + np.random.default_rng(seed).normal(size=7)
        assert check_grad(lambda a: problem.loss(a)[0], lambda a: problem.loss(a)[1], at) < 1e-6


def test_levels_that_no_row_had_are_all_but_impossible_and_change_nothing_for_the_others() -> None:
    """Of nine levels the first two, the fifth and the last two are empty."""
    levels = np.array([2, 3, 5, 6, 7])
    wide = replace(TASK, classes=tuple("abcdefghi"))
    learner = OrdinalLogistic()
    found = learner.fit(Rows(X, levels[Y], 9), wide, validation=None, seed=0, budget=Budget(), context=Context())
    probability = found.predict(X).probability
    assert probability[:, levels] == pytest.approx(fit(Rows(X, Y, 5)).predict(X).probability, abs=1e-9)
    assert (probability[:, [0, 1, 4, 8]] < 1e-12).all()
    alone = learner.fit(Rows(X, np.full(400, 3), 9), wide, validation=None, seed=0, budget=Budget(), context=Context())
    assert alone.predict(X).probability[:, 3] == pytest.approx(1.0)


def test_rows_far_out_keep_the_digits_of_small_probabilities() -> None:
    model = FittedCumulative("multiclass", 3, np.array([1.0]), np.array([-1.0, 1.0]))
    for far, rare in ((25.0, 0), (-25.0, 2)):
        assert model.predict(np.array([[far]])).probability[0, rare] == pytest.approx(np.exp(-26.0), rel=1e-6)


def test_thresholds_out_of_order_are_refused() -> None:
    state = fit(Rows(X, Y, 5)).state()
    with pytest.raises(BundleError, match="thresholds between levels are not in order"):
        FittedCumulative.from_state({**state, "thresholds": state["thresholds"][::-1].copy()})
