"""Numbers against scikit-learn's imputer and scaler."""

import numpy as np
import polars as pl
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from assay.core.errors import BundleError
from assay.prepare.numbers import CLIP, LARGEST, PlainNumber, ScaledNumber


@pytest.fixture
def series() -> pl.Series:
    values = np.random.default_rng(0).normal(50, 20, 200)
    return pl.Series("x", [None if i % 9 == 0 else float(v) for i, v in enumerate(values)])


def test_scaled_numbers_equal_the_imputer_and_the_scaler_of_scikit_learn(series: pl.Series) -> None:
    raw = series.to_numpy().reshape(-1, 1)
    expected = StandardScaler().fit_transform(SimpleImputer(strategy="median").fit_transform(raw))
    encoded = ScaledNumber.fit(series).transform(series)
    np.testing.assert_allclose(encoded[:, :1], expected, atol=1e-12)
    np.testing.assert_array_equal(encoded[:, 1], np.isnan(raw[:, 0]))


def test_a_flag_for_gaps_exists_only_where_training_rows_had_gaps() -> None:
    whole = ScaledNumber.fit(pl.Series("x", [1.0, 2.0, 3.0]))
    assert [part.width for part in whole.parts] == [1]
    np.testing.assert_allclose(whole.transform(pl.Series("x", [None, 2.0])), [[0.0], [0.0]], atol=1e-12)


def test_a_wild_value_stops_at_the_clip() -> None:
    fitted = ScaledNumber.fit(pl.Series("x", [1.0, 2.0, 3.0]))
    assert fitted.transform(pl.Series("x", [1e300, -np.inf])).tolist() == [[CLIP], [-CLIP]]


@pytest.mark.parametrize("value", [None, 7.0, 1e9, 0.1])
def test_a_column_without_spread_becomes_zeros(value: float | None) -> None:
    series = pl.Series("x", [value] * 5, dtype=pl.Float64)
    assert (ScaledNumber.fit(series).transform(series)[:, 0] == 0).all()


def test_infinite_training_values_leave_the_fit_finite() -> None:
    fitted = ScaledNumber.fit(pl.Series("x", [1.0, np.inf, 3.0, -np.inf]))
    assert np.isfinite([fitted.fill, fitted.mean, fitted.scale]).all()


def test_trees_get_the_number_itself_and_nan_for_missing() -> None:
    encoded = PlainNumber().transform(pl.Series("x", [1.5, None, np.inf]))
    np.testing.assert_array_equal(encoded, [[1.5], [np.nan], [LARGEST]])
    assert np.isfinite(np.float32(LARGEST))


@pytest.mark.parametrize(
    "damage",
    [{"scale": 0.0}, {"scale": float("nan")}, {"mean": float("inf")}, {"fill": "1"}, {"flags_missing": 1}, {"mean": None}],
)
def test_a_damaged_state_is_refused(series: pl.Series, damage: dict) -> None:
    with pytest.raises(BundleError):
        ScaledNumber.from_state(ScaledNumber.fit(series).state() | damage)
