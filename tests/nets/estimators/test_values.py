"""Nets that answer with a number, in the number's own unit."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from assay.nets import MLPRegressor, TabMRegressor
from assay.nets.estimators.errors import SettingError
from assay.nets.estimators.values import unit_of

FIXED = {"threads": 1, "random_state": 0}
RNG = np.random.default_rng(8)
X = RNG.normal(size=(600, 3))
Y = 1e6 + 2e4 * (X[:, 0] ** 2 + X[:, 1])


def test_a_net_fits_a_bend_in_the_targets_own_unit():
    fresh = RNG.normal(size=(500, 3))
    truth = 1e6 + 2e4 * (fresh[:, 0] ** 2 + fresh[:, 1])
    line = LinearRegression().fit(X, Y).score(fresh, truth)
    assert MLPRegressor(**FIXED).fit(X, Y).score(fresh, truth) > 0.9 > line + 0.3


def test_one_linear_layer_is_least_squares():
    """Full batches, so that nothing shakes it around the minimum."""
    settings = {
        "hidden": (),
        "scaling": None,
        "validation_fraction": 0,
        "batch_size": 600,
        "weight_decay": 0.0,
        "clip_norm": None,
    }
    net = MLPRegressor(epochs=300, learning_rate=0.05, **settings, **FIXED).fit(X, Y)
    exact = LinearRegression().fit(X, Y)
    np.testing.assert_allclose(net.predict(X), exact.predict(X), atol=1e-3 * Y.std())


def test_the_predictions_of_members_are_their_mean():
    net = TabMRegressor(members=3, hidden=(8,), bins=4, epochs=2, **FIXED).fit(X[:100], Y[:100])
    np.testing.assert_array_equal(net.predict(X), net._values(X)[:, :, 0].mean(axis=1))
    assert net._values(X).shape == (600, 3, 1)


def test_the_absolute_error_ends_at_the_median_and_the_squared_at_the_mean():
    y = np.where(np.arange(600) % 10 < 7, 0.0, 10.0)
    settings = {"hidden": (), "epochs": 60, "batch_size": 100, "validation_fraction": 0, "learning_rate": 0.02, **FIXED}
    constant = np.zeros((600, 1))
    assert MLPRegressor(loss="mae", **settings).fit(constant, y).predict(constant[:1])[0] == pytest.approx(0.0, abs=0.3)
    assert MLPRegressor(loss="mse", **settings).fit(constant, y).predict(constant[:1])[0] == pytest.approx(3.0, abs=0.3)


@pytest.mark.parametrize("unit", [1e300, 1e-300])
def test_the_unit_of_the_target_does_not_matter_however_huge_or_tiny_it_is(unit):
    settings = {"hidden": (4,), "epochs": 2, **FIXED}
    usual = MLPRegressor(**settings).fit(X[:100], X[:100, 0]).predict(X[:100])
    np.testing.assert_allclose(MLPRegressor(**settings).fit(X[:100], X[:100, 0] * unit).predict(X[:100]) / unit, usual, rtol=1e-5)


def test_a_loss_of_classes_is_refused():
    with pytest.raises(SettingError, match="take one of mse"):
        MLPRegressor(loss="focal", **FIXED).fit(X, Y)


def test_the_unit_is_the_weighted_mean_and_deviation_and_1_for_a_constant():
    center, scale = unit_of(np.array([0.0, 0.0, 4.0]), np.array([1.0, 1.0, 2.0]))
    assert (center, scale) == (2.0, 2.0)
    assert unit_of(np.full(3, 7.0), None) == (7.0, 1.0)
