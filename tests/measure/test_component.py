import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal

from assay.measure.component import model_variance, share_in_mean


def test_without_rows_the_component_is_the_variance_of_the_values() -> None:
    values = np.random.default_rng(0).normal(size=12)
    assert model_variance(values, np.zeros((12, 12))) == pytest.approx(values.var(ddof=1), rel=1e-6)


def test_with_equal_independent_rows_it_is_what_the_variance_has_above_theirs() -> None:
    """The closed form of the balanced one-way layout."""
    values = np.random.default_rng(1).normal(scale=2, size=10)
    rows = 0.7
    assert model_variance(values, rows * np.eye(10)) == pytest.approx(values.var(ddof=1) - rows, rel=1e-4)
    assert model_variance(values, 1000 * np.eye(10)) == 0.0


def test_it_maximises_the_restricted_likelihood_of_the_contrasts() -> None:
    """The likelihood of values with their mean taken out, by scipy's normal density."""
    random = np.random.default_rng(2)
    root = random.normal(size=(8, 8))
    rows = root @ root.T / 8
    values = random.multivariate_normal(np.full(8, 3.0), rows + 1.5 * np.eye(8))
    contrasts = np.linalg.svd(np.eye(8) - 1 / 8)[0][:, :7].T  # (7, 8), orthonormal, each sums to 0

    def misfit(sigma: float) -> float:
        covariance = contrasts @ (rows + sigma**2 * np.eye(8)) @ contrasts.T
        return -float(multivariate_normal.logpdf(contrasts @ values, cov=covariance))

    best = minimize_scalar(misfit, bounds=(0, 10), method="bounded", options={"xatol": 1e-9}).x
    assert model_variance(values, rows) == pytest.approx(best**2, rel=1e-3)


def test_it_is_about_right_on_average() -> None:
    random = np.random.default_rng(3)
    found = [model_variance(random.normal(scale=np.sqrt(1.0 + 2.0), size=10), 1.0 * np.eye(10)) for _ in range(400)]
    assert np.mean(found) == pytest.approx(2.0, abs=0.2)


def test_one_repeat_takes_nadeau_and_bengios_share() -> None:
    assert share_in_mean(1, 10) == pytest.approx(1 / 10 + (1 / 10) / (9 / 10))


def test_two_folds_train_on_disjoint_rows() -> None:
    assert share_in_mean(3, 2) == pytest.approx(1 / 6)


def test_repeats_of_one_hold_out_are_independent_seeds() -> None:
    assert share_in_mean(4, 1) == 0.25


def test_more_repeats_never_leave_less_than_the_overlap_does() -> None:
    shares = [share_in_mean(repeats, 5) for repeats in range(2, 20)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] > (9 / 16) / (7 / 16)
