from io import BytesIO

import numpy as np
import polars as pl
import pytest
from PIL import Image

from assay.core.errors import BundleError, DataError
from assay.prepare.pictures import PixelRow


def pngs(pixels: np.ndarray) -> pl.Series:
    cells = []
    for picture in pixels:
        stream = BytesIO()
        Image.fromarray(picture).save(stream, "PNG")
        cells.append(stream.getvalue())
    return pl.Series("picture", cells, dtype=pl.Binary)


def test_small_grey_pictures_become_their_pixels_from_0_to_1() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 5), dtype=np.uint8)
    encoded = PixelRow.fit(pngs(pixels)).transform(pngs(pixels))
    np.testing.assert_allclose(encoded, pixels.reshape(4, 30) / 255)


def test_large_colour_pictures_are_shrunk_and_keep_their_shape() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 40, 80, 3), dtype=np.uint8)
    fitted = PixelRow.fit(pngs(pixels))
    assert (fitted.height, fitted.width, fitted.channels) == (16, 32, 3)
    assert fitted.transform(pngs(pixels)).shape == (2, 16 * 32 * 3)


def test_a_missing_picture_is_named_with_its_row() -> None:
    pixels = np.zeros((2, 4, 4), dtype=np.uint8)
    with pytest.raises(DataError, match="row 2"):
        PixelRow.fit(pngs(pixels)).transform(pl.Series("picture", [pngs(pixels)[0], None], dtype=pl.Binary))


@pytest.mark.parametrize("damage", [{"height": 0}, {"width": 10_000}, {"channels": 4}, {"height": 4.0}, {"channels": 2}])
def test_a_damaged_state_is_refused(damage: dict) -> None:
    with pytest.raises(BundleError):
        PixelRow.from_state({"kind": "pixel-row", "height": 4, "width": 4, "channels": 1} | damage)
