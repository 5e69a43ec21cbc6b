"""Regressions of the logarithm of a mean, against statsmodels' generalized linear models."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import sparse
from sklearn.linear_model import PoissonRegressor

from assay.core.errors import BundleError, DataError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.learner import Budget, Context
from assay.recipes.log_link import FittedLogLink, LogLinear

RNG = np.random.default_rng(0)
X = RNG.normal(size=(500, 3))
MEAN = np.exp(0.4 + X @ [0.5, -0.3, 0.0])
WEIGHTS = RNG.uniform(0.5, 2.0, 500)
TASK = Task("regression", "y", (), "counts")


def fit(rows: Rows, **settings) -> FittedLogLink:
    return LogLinear(**settings).fit(rows, TASK, validation=None, seed=0, budget=Budget(), context=Context())


@pytest.mark.parametrize(
    ("power", "target", "family"),
    [
        (1.0, RNG.poisson(MEAN), sm.families.Poisson()),
        (1.5, RNG.poisson(MEAN) * RNG.gamma(2.0, size=500), sm.families.Tweedie(sm.families.links.Log(), var_power=1.5)),
        (2.0, MEAN * RNG.gamma(3.0, size=500), sm.families.Gamma(sm.families.links.Log())),
    ],
)
def test_without_a_penalty_the_coefficients_are_those_of_statsmodels(power, target, family) -> None:
    found = fit(Rows(X, 1.0 * target, 0, WEIGHTS), power=power, penalty_strength=1e-8)
    known = sm.GLM(target, sm.add_constant(X), family=family, freq_weights=WEIGHTS).fit(tol=1e-12)
    assert np.append(found.inner.intercepts, found.inner.coefficients) == pytest.approx(known.params, abs=1e-5)
    assert found.predict(X).score == pytest.approx(known.predict(), rel=1e-5)


def test_the_penalty_is_on_the_summed_deviance_and_sparse_rows_are_fitted_alike() -> None:
    target = 1.0 * RNG.poisson(MEAN)
    known = PoissonRegressor(alpha=20 / 500, tol=1e-10, max_iter=5000).fit(X, target)
    for features in (X, sparse.csr_matrix(X)):
        found = fit(Rows(features, target, 0), penalty_strength=20.0)
        assert found.inner.coefficients[0] == pytest.approx(known.coef_, abs=1e-4)


def test_targets_that_are_no_counts_of_a_mean_above_0_are_refused() -> None:
    target = np.repeat([0.0, 1.0], 250)
    for power, wrong, match in (
        (1.0, target - 1, "below 0 in 250 of 500 training rows"),
        (2.0, target, "not above 0 in 250 of 500 training rows"),
        (1.0, 0 * target, "0 in all 500 training rows"),
    ):
        with pytest.raises(DataError, match=match):
            fit(Rows(X, wrong, 0), power=power)


def test_a_line_of_another_task_is_refused_and_a_far_row_has_a_finite_mean() -> None:
    found = fit(Rows(X, 1.0 * RNG.poisson(MEAN), 0))
    said = found.predict(np.array([[1e6, 0, 0], [-1e6, 0, 0]])).score
    assert np.isfinite(said).all()
    assert (said > 0).all()
    state = found.state()
    inner = {**state["inner"], "task": "binary", "n_classes": 2}
    with pytest.raises(BundleError, match="does not fit its task"):
        FittedLogLink.from_state({**state, "inner": inner})
    with pytest.raises(BundleError, match="'kind' must be one of"):
        FittedLogLink.from_state({**state, "inner": {**state["inner"], "kind": "knn"}})
