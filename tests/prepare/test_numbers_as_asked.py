"""Numbers by logarithm, what stands for gaps, and dates in another form, against scikit-learn and formulas."""

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from scipy.stats import skew
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay.data.schema import Column, Schema
from assay.prepare.columns import ColumnsStep, FittedColumns
from assay.prepare.logs import LogNumber

SCHEMA = Schema((Column("x", "number"),))
RNG = np.random.default_rng(0)
GAPPY = pl.DataFrame({"x": [None if i % 5 == 0 else float(v) for i, v in enumerate(RNG.exponential(20, 100))]})
PLAIN = GAPPY["x"].cast(pl.Float64).to_numpy()[:, None]


def fit(frame: pl.DataFrame = GAPPY, mode: str = "linear", **settings: object) -> FittedColumns:
    return ColumnsStep(mode=mode, **settings).fit(frame, SCHEMA, np.zeros(len(frame)), 0)


@pytest.mark.parametrize(
    ("missing", "imputer"),
    [
        ("median", SimpleImputer(strategy="median")),
        ("indicator", SimpleImputer(strategy="median", add_indicator=True)),
        ("constant", SimpleImputer(strategy="constant", fill_value=-7.0)),
    ],
)
def test_what_stands_for_gaps_equals_scikit_learn(missing: str, imputer: SimpleImputer) -> None:
    plain = fit(missing=missing, numbers="plain", constant=-7.0).transform(GAPPY)
    np.testing.assert_allclose(plain, imputer.fit_transform(PLAIN))
    scaled = fit(missing=missing, constant=-7.0).transform(GAPPY)[:, :1]
    np.testing.assert_allclose(scaled, make_pipeline(imputer, StandardScaler()).fit_transform(PLAIN)[:, :1], atol=1e-12)


def test_native_gaps_stay_and_the_scaling_is_of_the_known_values() -> None:
    scaled = fit(missing="native", numbers="standard").transform(GAPPY)
    np.testing.assert_array_equal(np.isnan(scaled), np.isnan(PLAIN))
    np.testing.assert_allclose(scaled, StandardScaler().fit_transform(PLAIN), atol=1e-12)


@pytest.mark.parametrize("numbers", ["standard", "robust", "quantile", "log"])
def test_the_scaling_by_name_differs_and_the_default_is_the_standard_one(numbers: str) -> None:
    assert (fit(numbers=numbers) == fit()) == (numbers == "standard")


def test_a_logarithm_takes_the_tail_from_amounts_and_does_not_ask_for_their_unit() -> None:
    amounts = RNG.lognormal(8, 1.5, 2000)
    in_units = LogNumber.fit(pl.Series(amounts)).transform(pl.Series(amounts))
    in_cents = LogNumber.fit(pl.Series(amounts * 100)).transform(pl.Series(amounts * 100))
    assert abs(skew(in_units[:, 0])) < 0.5 < 3 < skew(amounts)
    np.testing.assert_allclose(in_units, in_cents, atol=1e-9)


def test_a_logarithm_equals_its_formula_and_keeps_order_and_sign() -> None:
    values = np.concatenate([-RNG.lognormal(3, 1, 500), RNG.lognormal(3, 1, 500)])
    fitted = LogNumber.fit(pl.Series(values))
    away = values - fitted.shift
    logs = np.sign(away) * np.log1p(np.abs(away) / fitted.unit)
    np.testing.assert_allclose(fitted.transform(pl.Series(values))[:, 0], (logs - logs.mean()) / logs.std(), atol=1e-9)
    shares = [np.quantile(np.abs(away[away != 0]), share) for share in (0.05, 0.25, 0.5)]
    assert np.isclose(fitted.unit, shares).any()
    ordered = fitted.transform(pl.Series(np.sort(values)))[:, 0]
    assert (np.diff(ordered) >= 0).all()


def test_the_shift_is_the_least_value_where_numbers_start_far_from_0() -> None:
    years = 1900 + RNG.lognormal(2, 1, 1000)
    fitted = LogNumber.fit(pl.Series(years))
    assert fitted.shift == years.min()
    assert abs(skew(fitted.transform(pl.Series(years))[:, 0])) < abs(skew(np.log1p(years)))


@pytest.mark.parametrize("values", [[], [None, None], [3.0, 3.0], [np.inf, -np.inf, 1e300], [0.0, 5e-324]])
def test_odd_columns_have_finite_logarithms(values: list) -> None:
    series = pl.Series(values, dtype=pl.Float64)
    fitted = LogNumber.fit(series)
    new = pl.Series([1e308, -np.inf, None, 0.0], dtype=pl.Float64)
    assert np.isfinite(fitted.transform(new)).all()
    assert np.isfinite(LogNumber.from_state(fitted.state()).transform(new)).all()


def test_date_parts_are_standardised_for_models_that_add_up() -> None:
    schema = Schema((Column("d", "date"),))
    moments = [datetime(2020 + i // 12, 1 + i % 12, 1 + i % 28, i % 24) for i in range(60)]
    frame = pl.DataFrame({"d": [*moments[:-1], None]})
    linear, trees = (
        ColumnsStep(mode=mode, dates="parts").fit(frame, schema, np.zeros(60), 0).transform(frame) for mode in ("linear", "trees")
    )
    np.testing.assert_allclose(linear[:-1, [0, 2, 3, 4]].std(axis=0), 1, atol=0.02)
    np.testing.assert_array_equal(linear[:, 1], [0] * 59 + [1])
    for a, b in zip(linear[:-1, [0, 2, 3, 4]].T, trees[:-1].T, strict=True):
        assert np.corrcoef(a, b)[0, 1] == pytest.approx(1)
