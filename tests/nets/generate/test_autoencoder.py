import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from assay.core.errors import ConfigError, DataError
from assay.nets.architectures import weights_of
from assay.nets.generate.autoencoder import AutoencoderSettings, assembled, errors, fit_autoencoder, project
from assay.nets.generate.corruption import GaussianNoise, SwapNoise

LINEAR = AutoencoderSettings(width=2, hidden=(), swap=0.0, steps=400, batch_size=400, learning_rate=0.05)


def test_a_linear_autoencoder_reaches_the_error_of_principal_components():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6)) + rng.normal(size=6)
    spec, model = fit_autoencoder(points, 6, (), LINEAR, seed=0)
    model = assembled(spec, weights_of(model))
    principal = PCA(2).fit(points)
    best = ((principal.inverse_transform(principal.transform(points)) - points) ** 2).mean()
    found = errors(spec, model, points).mean()
    assert best * (1 - 1e-9) <= found <= best * 1.001
    projected = project(spec, model, points)
    design = np.column_stack([np.ones(400), principal.transform(points)])
    explained = design @ np.linalg.lstsq(design, projected, rcond=None)[0]
    assert ((projected - explained) ** 2).mean() < 0.005 * projected.var(), "it spans the same plane"


def test_swapped_cells_are_as_many_as_asked_and_from_their_own_column():
    table = torch.arange(20_000.0).reshape(-1, 4)
    [found] = SwapNoise(0.3)((table,), torch.Generator().manual_seed(0))
    assert float((found != table).double().mean()) == pytest.approx(0.3, abs=0.01)
    assert torch.equal(found % 4, table % 4)
    [same] = SwapNoise(0.0)((table,), torch.Generator().manual_seed(0))
    assert torch.equal(same, table)


def test_gaussian_noise_leaves_codes_alone():
    table = torch.zeros(20_000, 3)
    [found] = GaussianNoise(0.5, 2)((table,), torch.Generator().manual_seed(0))
    assert found[:, :2].std(0).tolist() == pytest.approx([0.5, 0.5], rel=0.03)
    assert (found[:, 2] == 0).all()


def test_a_linear_autoencoder_that_is_shown_noise_becomes_the_filter_of_wiener():
    """The best linear guess of x from x + noise of variance s is C (C + s I)⁻¹, C the covariance of the rows."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4))
    points -= points.mean(axis=0)
    settings = AutoencoderSettings(width=4, hidden=(), swap=0.0, noise=0.8, steps=800, batch_size=500, learning_rate=0.03)
    _, model = fit_autoencoder(points, 4, (), settings, seed=0)
    found = (model.decoder[0].weight @ model.encoder[0].weight).detach().numpy()
    covariance = points.T @ points / 500
    best = covariance @ np.linalg.inv(covariance + 0.64 * np.eye(4))
    np.testing.assert_allclose(found, best, atol=0.05)
    assert np.abs(best - np.eye(4)).max() > 0.2, "and that is not to copy"


def test_rows_of_weight_zero_are_not_learnt():
    rng = np.random.default_rng(0)
    line = rng.normal(size=(300, 1)) @ np.ones((1, 3))
    other = rng.normal(size=(300, 1)) @ np.array([[1.0, -1.0, 0.0]])
    settings = AutoencoderSettings(width=1, hidden=(), swap=0.0, steps=300, learning_rate=0.02)
    weights = np.repeat([1.0, 0.0], 300)
    spec, model = fit_autoencoder(np.vstack([line, other]), 3, (), settings, seed=0, weights=weights)
    model = assembled(spec, weights_of(model))
    assert errors(spec, model, line).mean() < 1e-3 < errors(spec, model, other).mean()


@pytest.mark.parametrize("setting", [{"swap": 1.5}, {"noise": -1.0}, {"width": 0}, {"steps": 0}])
def test_impossible_settings_are_refused(setting):
    with pytest.raises(ConfigError):
        AutoencoderSettings(**setting)


@pytest.mark.parametrize("bad", [np.nan, 3.0, 0.5, -1.0])
def test_rows_that_the_net_cannot_read_are_refused(bad):
    spec, _ = fit_autoencoder(np.zeros((20, 2)), 1, (3,), AutoencoderSettings(steps=1), seed=0)
    with pytest.raises(DataError):
        spec.tensor(np.array([[0.0, bad]]))
