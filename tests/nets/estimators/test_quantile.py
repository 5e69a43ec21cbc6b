"""Quantiles of a simulation whose quantiles are known."""

import numpy as np
import pytest
from scipy import stats
from tests.nets.estimators.simulations import widening

from assay.nets import QuantileMLPRegressor
from assay.nets.estimators.errors import SettingError

FIXED = {"threads": 1, "random_state": 0}


def test_quantiles_hold_their_share_of_new_rows_and_are_near_the_true_ones():
    X, y, _, _ = widening(3000, seed=0)
    fresh, truth, mean, deviation = widening(20_000, seed=1)
    net = QuantileMLPRegressor(hidden=(32, 32), dropout=0.0, epochs=25, **FIXED).fit(X, y)
    given = net.predict_quantiles(fresh)  # (n, 3)
    np.testing.assert_allclose((truth[:, None] <= given).mean(axis=0), [0.05, 0.5, 0.95], atol=0.03)
    known = mean[:, None] + deviation[:, None] * stats.norm.ppf([0.05, 0.5, 0.95])
    assert (np.abs(given - known).mean(axis=0) < 0.25 * deviation.mean()).all()
    widths = given[:, 2] - given[:, 0]
    assert widths[np.abs(fresh[:, 0]) > 1.5].mean() > 2 * widths[np.abs(fresh[:, 0]) < 0.3].mean()


def test_the_prediction_is_the_median_and_quantiles_rise():
    X, y, _, _ = widening(200, seed=2)
    net = QuantileMLPRegressor(quantiles=(0.1, 0.3, 0.5, 0.9), hidden=(8,), epochs=2, **FIXED).fit(X, y)
    given = net.predict_quantiles(X)
    np.testing.assert_array_equal(net.predict(X), given[:, 2])
    assert (np.diff(given, axis=1) >= 0).all()


@pytest.mark.parametrize(
    ("quantiles", "match"), [((0.1, 0.9), "0.5 among them"), ((0.5, 0.1), "rising"), ((0.5, 1.0), "rising"), (0.5, "numbers")]
)
def test_levels_that_cannot_be_are_refused(quantiles, match):
    X, y, _, _ = widening(50, seed=3)
    with pytest.raises(SettingError, match=match):
        QuantileMLPRegressor(quantiles=quantiles, **FIXED).fit(X, y)
