"""Eigenfaces against scikit-learn's PCA, and as pictures."""

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import PCA

from assay.core.errors import BundleError, ConfigError
from assay.prepare.vision.eigenfaces import Eigenfaces, FaceRow

RNG = np.random.default_rng(0)


def column(pixels: np.ndarray) -> pl.Series:
    return pl.Series("p", pixels, dtype=pl.Array(pl.UInt8, pixels.shape[1:]))


def smooth(n: int, side: int = 8) -> np.ndarray:
    waves = np.sin(np.arange(side) * RNG.uniform(0.2, 0.9, (n, 1)) + RNG.uniform(0, 6, (n, 1)))
    return (127 + 60 * waves[:, :, None] * waves[:, None, :] + RNG.normal(0, 5, (n, side, side))).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("n", [30, 120])
def test_coordinates_are_those_of_a_whitened_pca(n: int) -> None:
    pixels = smooth(n)  # fewer pictures than pixels, and more: two ways to the same directions
    fitted = Eigenfaces(faces=6, explained=1.0).fit(column(pixels), 0)
    theirs = PCA(6, whiten=True).fit(pixels.reshape(n, -1) / 255)
    found, wanted = fitted.transform(column(pixels)), theirs.transform(pixels.reshape(n, -1) / 255)
    signs = np.sign((found * wanted).sum(axis=0))
    np.testing.assert_allclose(found, wanted * signs, atol=1e-8)
    np.testing.assert_allclose(fitted.explained, theirs.explained_variance_ratio_, atol=1e-10)
    np.testing.assert_allclose(fitted.faces @ fitted.faces.T, np.eye(6), atol=1e-10)


def test_the_mean_and_the_faces_are_pictures() -> None:
    pixels = RNG.integers(0, 256, (9, 7, 5, 3), dtype=np.uint8)
    fitted = Eigenfaces(faces=4).fit(column(pixels), 0)
    np.testing.assert_allclose(fitted.mean_picture, pixels.mean(axis=0) / 255)
    assert fitted.pictures.shape == (4, 7, 5, 3)
    assert fitted.pictures.min() >= 0
    assert fitted.pictures.max() <= 1
    strongest = np.abs(fitted.pictures - 0.5).reshape(4, -1).max(axis=1)
    np.testing.assert_allclose(strongest, 0.5)


def test_all_directions_restore_the_pictures() -> None:
    pixels = smooth(12)
    fitted = Eigenfaces(faces=50, explained=1.0).fit(column(pixels), 0)
    assert len(fitted.faces) == 11  # as many as differ from the mean
    np.testing.assert_allclose(fitted.restored(fitted.transform(column(pixels)))[..., 0] * 255, pixels, atol=1e-8)


def test_as_many_faces_are_kept_as_explain_the_share() -> None:
    pixels = smooth(40)
    every = Eigenfaces(faces=64, explained=1.0).fit(column(pixels), 0)
    some = Eigenfaces(faces=64, explained=0.8).fit(column(pixels), 0)
    assert some.explained.sum() >= 0.8 > some.explained[:-1].sum()
    np.testing.assert_array_equal(some.faces, every.faces[: len(some.faces)])


def test_pictures_that_are_all_alike_have_a_coordinate_of_zero() -> None:
    fitted = Eigenfaces().fit(column(np.full((5, 4, 4), 9, dtype=np.uint8)), 0)
    np.testing.assert_array_equal(fitted.transform(column(np.full((2, 4, 4), 9, dtype=np.uint8))), np.zeros((2, 1)))


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match="a share above 0"):
        Eigenfaces(explained=0.0)


@pytest.mark.parametrize(
    "damage", [{"variances": np.array([1.0, 2.0])}, {"faces": np.full((2, 64), 3.0)}, {"mean": np.full(64, 2.0)}, {"total": -1.0}]
)
def test_a_state_that_none_can_have_is_refused(damage: dict) -> None:
    state = Eigenfaces(faces=2).fit(column(smooth(20)), 0).state()
    FaceRow.from_state(state)
    with pytest.raises(BundleError):
        FaceRow.from_state(state | damage)
