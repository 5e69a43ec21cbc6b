"""Numbers by quartiles against scikit-learn's RobustScaler and the published formula."""

import numpy as np
import polars as pl
import pytest
from sklearn.preprocessing import RobustScaler

from assay.core.errors import BundleError
from assay.prepare.robust import BEND, RobustNumber


def encoded(train: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return RobustNumber.fit(pl.Series("x", train)).transform(pl.Series("x", rows))[:, 0]


def test_values_are_scikit_learns_robust_scaling_bent_at_three() -> None:
    random = np.random.default_rng(0)
    train, rows = random.standard_t(2, 500), random.standard_t(2, 500) * 5
    scaled = RobustScaler().fit(train[:, None]).transform(rows[:, None])[:, 0]
    np.testing.assert_allclose(encoded(train, rows), scaled / np.sqrt(1 + (scaled / 3) ** 2), rtol=1e-12)


def test_half_the_range_stands_in_where_the_quartiles_coincide() -> None:
    train = np.array([0.0] * 8 + [4.0])
    np.testing.assert_allclose(encoded(train, np.array([0.0, 2.0, 4.0])), [0, 1 / np.sqrt(1 + 1 / 9), 2 / np.sqrt(1 + 4 / 9)])


@pytest.mark.parametrize(
    "train",
    [[0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 5e-324], [0.0, 0.0, 0.0, 1e-323], [1e-300, 2e-300, 4e-300], [-1e37, 0.0, 1e37]],
)
def test_no_value_leaves_the_bend(train: list[float]) -> None:
    scaled = encoded(np.array(train), np.array([-np.inf, -1e300, 0.0, 1e300, np.inf]))
    assert (np.abs(scaled) <= BEND).all()
    assert (np.diff(scaled) >= 0).all()


def test_gaps_are_left_out_of_the_quartiles_and_stand_at_the_median_beside_a_flag() -> None:
    known = np.random.default_rng(0).normal(50, 20, 200)
    holed = RobustNumber.fit(pl.Series("x", [*known, *[None] * 300]))
    whole = RobustNumber.fit(pl.Series("x", known))
    assert (holed.center, holed.scale) == (whole.center, whole.scale)
    np.testing.assert_array_equal(holed.transform(pl.Series("x", [None, whole.center])), [[0.0, 1.0], [0.0, 0.0]])
    assert [part.kind for part in holed.parts] == ["number", "one-hot"]
    assert whole.transform(pl.Series("x", [None], dtype=pl.Float64)).tolist() == [[0.0]]


@pytest.mark.parametrize("value", [None, 7.0, 1e9, 0.1])
def test_a_column_without_spread_becomes_zeros(value: float | None) -> None:
    series = pl.Series("x", [value] * 5, dtype=pl.Float64)
    fitted = RobustNumber.fit(series)
    assert (fitted.transform(series)[:, 0] == 0).all()
    assert abs(fitted.transform(pl.Series("x", [1e6]))[0, 0]) <= BEND


@pytest.mark.parametrize(
    "damage",
    [{"scale": 0.0}, {"scale": -1.0}, {"scale": float("nan")}, {"center": float("inf")}, {"center": 1e300}, {"flags_missing": 1}],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    state = RobustNumber.fit(pl.Series("x", [1.0, 2.0, 3.0])).state()
    assert RobustNumber.from_state(state).state() == state
    with pytest.raises(BundleError):
        RobustNumber.from_state(state | damage)
