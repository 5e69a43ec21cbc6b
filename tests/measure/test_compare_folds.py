"""The corrected resampled t-test against scipy, a closed form, and a simulation in which nothing differs."""

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

from assay.core.errors import ConfigError, DataError
from assay.measure.compare.folds import corrected_resampled_t


def test_with_next_to_no_test_rows_it_is_the_plain_t_test() -> None:
    differences = np.random.default_rng(0).normal(0.2, 1, 30)
    found = corrected_resampled_t(differences, n_train=1e12, n_test=1)
    expected = ttest_1samp(differences, 0)
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert (found.equivalence.low, found.equivalence.high) == pytest.approx(tuple(expected.confidence_interval(0.9)))


def test_the_correction_is_the_share_of_test_rows() -> None:
    differences = np.random.default_rng(1).normal(0.5, 1, (10, 10))  # ten times ten folds, Bouckaert & Frank's advice
    found = corrected_resampled_t(differences, n_train=900, n_test=100)
    statistic = differences.mean() / np.sqrt((1 / 100 + 1 / 9) * differences.var(ddof=1))
    assert found.interval.value == pytest.approx(differences.mean())
    assert found.p == pytest.approx(2 * t.sf(abs(statistic), 99))
    assert found.interval.low == pytest.approx(differences.mean() * (1 - t.isf(0.025, 99) / statistic))
    assert found.interval.estimand == "this recipe"
    assert found.interval.n == 1000


def test_interval_and_p_decide_alike() -> None:
    random = np.random.default_rng(2)
    for shift in np.linspace(0, 1.2, 25):
        found = corrected_resampled_t(random.normal(shift, 1, 20), n_train=4, n_test=1)
        assert (found.p < 0.05) == (found.interval.low > 0 or found.interval.high < 0)


def simulated_claims(n_studies: int, repeats: int, seed: int) -> tuple[float, float]:
    """How often the corrected and the plain t-test claim a difference between two recipes that are alike.

    Each recipe predicts the mean of its own column on the training rows; both columns are of one law.
    """
    random = np.random.default_rng(seed)
    n, n_test = 100, 10
    corrected, plain = [], []
    for _ in range(n_studies):
        columns = random.normal(size=(2, n))
        differences = []
        for _ in range(repeats):
            test = np.zeros(n, dtype=bool)
            test[random.choice(n, n_test, replace=False)] = True
            loss = [np.mean((column[test] - column[~test].mean()) ** 2) for column in columns]
            differences.append(loss[0] - loss[1])
        corrected.append(corrected_resampled_t(differences, n_train=n - n_test, n_test=n_test).p < 0.05)
        plain.append(ttest_1samp(differences, 0).pvalue < 0.05)
    return float(np.mean(corrected)), float(np.mean(plain))


def test_two_recipes_that_are_alike_are_rarely_called_different() -> None:
    corrected, plain = simulated_claims(400, 30, seed=5)
    assert corrected < 0.085
    assert plain > 0.25


def test_differences_without_spread_give_a_reason() -> None:
    nothing = corrected_resampled_t([0.0, 0.0, 0.0], n_train=4, n_test=1)
    assert (nothing.p, nothing.interval.value) == (None, None)
    assert nothing.interval.undefined == "the two are equal in every fold"
    assert "same difference" in str(corrected_resampled_t([0.1] * 5, n_train=4, n_test=1).interval.undefined)


def test_bad_input_is_said_with_counts_and_places() -> None:
    with pytest.raises(DataError, match="1 fold shows no spread"):
        corrected_resampled_t([0.1], n_train=4, n_test=1)
    with pytest.raises(DataError, match=r"1 of 4 differences are no finite numbers \(first at \(1, 0\)\)"):
        corrected_resampled_t([[0.1, 0.2], [np.nan, 0.1]], n_train=4, n_test=1)
    with pytest.raises(ConfigError, match="n_test=0"):
        corrected_resampled_t([0.1, 0.2], n_train=4, n_test=0)
    with pytest.raises(ConfigError, match="level"):
        corrected_resampled_t([0.1, 0.2], n_train=4, n_test=1, level=0.5)
