"""The preparation "autoencoder" against principal components: the same where all is linear, more where it is not."""

from functools import cache

import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from assay.core.errors import BundleError, ConfigError
from assay.data.rows import Block
from assay.nets.generate.bottleneck import Bottleneck
from assay.prepare.columns import ColumnsStep
from assay.prepare.matrix.bottleneck import FittedBottleneck
from assay.prepare.matrix.then import ThenStep
from assay.recipes.preparations import PREPARATIONS, preparation_named


@cache
def flat() -> np.ndarray:
    """500 rows of 6 columns about a plane, in units of their own."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(500, 2)) @ rng.normal(size=(2, 6)) + 0.3 * rng.normal(size=(500, 6))) * 10.0 ** np.arange(6) + 5


@cache
def bent() -> np.ndarray:
    """400 rows along a curve in 4 columns."""
    rng = np.random.default_rng(1)
    t = rng.uniform(-2, 2, 400)
    return np.column_stack([t, t**2, np.sin(2 * t), np.cos(2 * t)]) + 0.05 * rng.normal(size=(400, 4))


def fit(rows: np.ndarray, **settings) -> FittedBottleneck:
    return Bottleneck(**settings).fit(rows, (Block("x", "number", 0, rows.shape[1]),), np.zeros(len(rows)), 0)


def test_a_linear_autoencoder_spans_the_principal_components_of_the_correlation() -> None:
    fitted = fit(flat(), width=2, hidden=(), noise=0.0, steps=4000)
    oracle = PCA(2).fit(StandardScaler().fit_transform(flat()))
    narrow = fitted.transform(flat())
    angles = subspace_angles(narrow, oracle.transform(StandardScaler().fit_transform(flat())))
    assert np.rad2deg(angles).max() < 1.0
    best = float(oracle.explained_variance_ratio_.sum())
    assert best - 0.002 < fitted.given_back <= best + 1e-9
    np.testing.assert_allclose(narrow.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(narrow.std(axis=0), 1, atol=1e-9)


def test_a_bent_one_gives_back_more_of_a_curve_than_a_component_can() -> None:
    held = float(PCA(1).fit(StandardScaler().fit_transform(bent())).explained_variance_ratio_[0])
    assert held < 0.6
    assert fit(bent(), width=1, noise=0.0).given_back > 0.85


def test_the_same_seed_gives_the_same_arrays_and_a_saved_one_the_same_numbers() -> None:
    first, second = (fit(bent(), width=2, steps=40) for _ in range(2))
    assert np.array_equal(first.transform(bent()), second.transform(bent()))
    assert np.array_equal(FittedBottleneck.from_state(first.state()).transform(bent()), first.transform(bent()))


def test_it_is_a_preparation_by_name_that_keeps_the_preparations_before_it() -> None:
    assert "autoencoder" in PREPARATIONS.names()
    step = preparation_named("autoencoder")(preparation_named("target")(ColumnsStep(mode="linear")))
    assert isinstance(step, ThenStep)
    assert (step.first.mode, step.first.categories, step.then) == ("dense", "target", (Bottleneck(),))


def damage(state: dict, **changed) -> dict:
    return {**state, **changed}


def test_damaged_arrays_are_refused() -> None:
    state = fit(bent(), width=2, hidden=(5,), steps=5).state()
    layers = state["layers"]
    for wrong in (
        {"scale": state["scale"] * 0},
        {"layers": layers[1:]},
        {"layers": []},
        {"layers": [*layers, layers[0]]},
        {"layers": layers * 20},
        {"given_back": 2.0},
        {"mean": state["mean"] * np.nan},
    ):
        with pytest.raises(BundleError):
            FittedBottleneck.from_state(damage(state, **wrong))


@pytest.mark.parametrize("setting", [{"width": 0}, {"steps": 0}, {"most_rows": 0}])
def test_impossible_settings_are_refused(setting: dict) -> None:
    with pytest.raises(ConfigError, match="at least"):
        Bottleneck(**setting)
