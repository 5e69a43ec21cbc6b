"""Histograms of oriented gradients against scikit-image's, and the column that holds them."""

import numpy as np
import polars as pl
import pytest

from assay.core.errors import BundleError, ConfigError
from assay.prepare.vision.hog import hog
from assay.prepare.vision.hog_row import Hog, HogRow

RNG = np.random.default_rng(0)
NORMS = {"l1": "L1", "l1-sqrt": "L1-sqrt", "l2": "L2", "l2-hys": "L2-Hys"}


def pictures(channels: int) -> np.ndarray:
    found = RNG.integers(0, 256, (4, 29, 37, channels), dtype=np.uint8)
    found[0] = 90
    found[1, :, :, 0] = np.arange(37) * 3  # gradients that all lie on the edge of a bin
    return found


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("orientations", "cell", "block", "root"), [(9, 4, 2, False), (8, 5, 3, True), (12, 8, 1, False)])
def test_it_equals_scikit_image(channels: int, norm: str, orientations: int, cell: int, block: int, root: bool) -> None:
    feature = pytest.importorskip("skimage.feature")
    seen = pictures(channels)
    ours = hog(seen, orientations=orientations, cell=cell, block=block, norm=norm, root=root)
    for picture, row in zip(seen, ours, strict=True):
        theirs = feature.hog(
            picture if channels == 3 else picture[..., 0],
            orientations=orientations,
            pixels_per_cell=(cell, cell),
            cells_per_block=(block, block),
            block_norm=NORMS[norm],
            transform_sqrt=root,
            channel_axis=-1 if channels == 3 else None,
        )
        np.testing.assert_allclose(row, theirs, atol=1e-6)


def test_the_published_window_has_the_published_number_of_columns() -> None:
    fitted = Hog().fit(column(np.zeros((1, 128, 64), dtype=np.uint8)), 0)
    assert (fitted.cell, fitted.width) == (8, 3780)


def test_an_edge_turned_by_180_degrees_is_the_same_and_one_turned_by_90_is_not() -> None:
    edge = np.zeros((3, 16, 16), dtype=np.uint8)
    edge[0, :, 8:] = 200
    edge[1] = 200 - edge[0]
    edge[2] = edge[0].T
    rows = hog(edge, cell=8, block=2)
    np.testing.assert_allclose(rows[0], rows[1])
    assert np.abs(rows[0] - rows[2]).max() > 0.1


def column(pixels: np.ndarray) -> pl.Series:
    return pl.Series("p", pixels, dtype=pl.Array(pl.UInt8, pixels.shape[1:]))


def test_more_pictures_than_are_held_at_once_give_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = pictures(3)
    whole = hog(seen, cell=4)
    monkeypatch.setattr("assay.prepare.vision.hog.PIXELS_AT_ONCE", 29 * 37 * 3)
    np.testing.assert_array_equal(hog(seen, cell=4), whole)


def test_settings_that_do_not_fit_are_one_sentence() -> None:
    with pytest.raises(ConfigError, match="hold no block of 3×3 cells of 16 pixels"):
        hog(np.zeros((1, 32, 32)), cell=16)
    with pytest.raises(ConfigError, match="1 to 90 orientations"):
        Hog(orientations=0)
    with pytest.raises(ConfigError, match="not by 'l3'"):
        hog(np.zeros((1, 32, 32)), norm="l3")
    with pytest.raises(ConfigError, match="take larger cells"):
        Hog(cell=1, block=4).fit(column(np.zeros((1, 60, 60), dtype=np.uint8)), 0)


@pytest.mark.parametrize(
    "damage", [{"height": 0}, {"cell": 30}, {"block": 10}, {"channels": 2}, {"norm": "l3"}, {"cell": 1, "height": 4096}]
)
def test_a_state_that_none_can_have_is_refused(damage: dict) -> None:
    state = Hog().fit(column(np.zeros((1, 28, 28), dtype=np.uint8)), 0).state()
    assert HogRow.from_state(state).width == 8 * 8 * 36  # 28 pixels are nine cells of three
    with pytest.raises(BundleError):
        HogRow.from_state(state | damage)
