"""Numbers by rank against scipy's ranks and scikit-learn's QuantileTransformer."""

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn.preprocessing import QuantileTransformer

from assay.core.errors import BundleError
from assay.prepare.numbers import LARGEST
from assay.prepare.quantiles import MOST_KNOTS, QuantileNumber


def skewed(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(sigma=2, size=n)


def encoded(train: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return QuantileNumber.fit(pl.Series("x", train)).transform(pl.Series("x", rows))[:, 0]


def test_few_distinct_values_get_the_normal_scores_of_their_mean_ranks() -> None:
    x = np.random.default_rng(0).poisson(1.5, 400).astype(np.float64)
    expected = stats.norm.ppf((stats.rankdata(x) - 0.5) / len(x))
    np.testing.assert_allclose(encoded(x, x), expected, atol=1e-12)


def test_many_distinct_values_equal_scikit_learns_transformer_inside_the_tails() -> None:
    train, rows = skewed(6000), skewed(2000, seed=1)
    theirs = QuantileTransformer(n_quantiles=200, subsample=10_000, output_distribution="normal").fit(train[:, None])
    expected = theirs.transform(rows[:, None])[:, 0]
    inside = np.abs(expected) < 2
    assert inside.mean() > 0.9
    np.testing.assert_allclose(encoded(train, rows)[inside], expected[inside], atol=0.02)


def test_a_value_that_most_rows_share_lies_where_noise_puts_it_on_average() -> None:
    random = np.random.default_rng(0)
    x = np.where(random.random(3000) < 0.6, 0.0, skewed(3000))
    theirs = []
    for _ in range(40):
        noisy = x + random.normal(scale=1e-6, size=len(x))
        model = QuantileTransformer(n_quantiles=100, subsample=10_000, output_distribution="normal").fit(noisy[:, None])
        theirs.append(model.transform(np.zeros((1, 1)))[0, 0])
    ours = encoded(x, np.zeros(1))[0]
    assert abs(ours - np.mean(theirs)) < 0.03
    assert (
        abs(QuantileTransformer(n_quantiles=100, output_distribution="normal").fit_transform(x[:, None]).min()) > 5
    )  # unlike it


@pytest.mark.parametrize("n", [50, 3000])
def test_training_rows_come_out_standard_normal(n: int) -> None:
    scores = encoded(skewed(n), skewed(n))
    assert stats.kstest(scores, "norm").statistic < 0.5 / np.sqrt(n)


def test_order_is_kept_and_what_lies_beyond_training_stays_at_its_end() -> None:
    train = skewed(1000)
    rows = np.sort(np.concatenate([skewed(1000, seed=1), [-np.inf, -1e300, 1e300, np.inf]]))
    scores = encoded(train, rows)
    assert (np.diff(scores) >= 0).all()
    end = stats.norm.ppf(1 - 0.5 / 1000)
    np.testing.assert_allclose(scores[[0, 1, -2, -1]], [-end, -end, end, end])


def test_gaps_stand_at_the_training_median_beside_a_flag() -> None:
    fitted = QuantileNumber.fit(pl.Series("x", [1.0, None, 2.0, 9.0]))
    assert [part.kind for part in fitted.parts] == ["number", "one-hot"]
    matrix = fitted.transform(pl.Series("x", [None, 2.0]))
    np.testing.assert_array_equal(matrix, [[matrix[1, 0], 1.0], [matrix[1, 0], 0.0]])
    assert len(QuantileNumber.fit(pl.Series("x", [1.0, 2.0])).parts) == 1


def test_as_many_knots_are_kept_as_the_rows_pay_for() -> None:
    kept = [len(QuantileNumber.fit(pl.Series("x", skewed(n))).values) for n in (100, 3000, 60_000)]
    assert kept == [10, 100, MOST_KNOTS]


@pytest.mark.parametrize("value", [None, 7.0, np.inf])
def test_a_column_without_spread_becomes_zeros(value: float | None) -> None:
    series = pl.Series("x", [value] * 5, dtype=pl.Float64)
    assert (QuantileNumber.fit(series).transform(series)[:, 0] == 0).all()


@pytest.mark.parametrize(
    "damage",
    [
        {"values": np.array([1.0, 1.0, 2.0])},
        {"values": np.array([3.0, 2.0, 1.0])},
        {"values": np.array([1.0, np.nan, 3.0])},
        {"values": np.array([1.0, 2.0, 1.7e308])},
        {"values": np.array([1.0, 2.0])},
        {"values": np.array([1, 2, 3])},
        {"values": np.arange(MOST_KNOTS + 1.0)},
        {"values": np.zeros(0), "shares": np.zeros(0)},
        {"shares": np.array([0.0, 0.5, 0.9])},
        {"shares": np.array([0.1, 0.5, 1.0])},
        {"shares": np.array([0.5, 0.5, 0.9])},
        {"shares": np.array([[0.1, 0.5, 0.9]])},
        {"fill": float("nan")},
        {"fill": 10 * LARGEST},
        {"flags_missing": 0},
    ],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    state = QuantileNumber.fit(pl.Series("x", [1.0, 2.0, 3.0])).state()
    assert QuantileNumber.from_state(state).state() == state
    with pytest.raises(BundleError):
        QuantileNumber.from_state(state | damage)
