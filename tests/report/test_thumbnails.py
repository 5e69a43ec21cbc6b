"""Thumbnails hold the pixels they were made of, stay small, and maps of heat lie where they should."""

import base64
from io import BytesIO

import numpy as np
from PIL import Image

from assay.report.thumbnails import SIDE, filter_tiles, heated, map_tiles, png, signed, thumbnail, tiled


def opened(uri: str) -> Image.Image:
    head, _, body = uri.partition(",")
    picture = Image.open(BytesIO(base64.b64decode(body)))
    assert head == f"data:image/{picture.format.lower()};base64"
    return picture


def test_a_small_picture_is_kept_pixel_for_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (28, 20, 1)).astype(np.uint8)
    found = thumbnail(pixels)
    assert np.array_equal(np.asarray(opened(found.uri)), pixels[..., 0])
    assert (found.width, found.height, found.is_small) == (20, 28, True)


def test_a_large_picture_is_shrunk_in_its_shape_and_takes_few_bytes() -> None:
    rows, columns = np.mgrid[:600, :300]
    pixels = np.stack([rows * 255 // 600, columns * 255 // 300, 0 * rows], axis=-1).astype(np.uint8)
    found = thumbnail(pixels)
    assert (found.width, found.height) == (SIDE // 2, SIDE)
    assert len(found.uri) < 4000
    small = np.asarray(opened(found.uri)).astype(float)
    assert np.abs(small[10, 10, :2] - [255 * 10.5 / 96, 255 * 10.5 / 48]).max() < 8


def test_equal_pixels_give_equal_bytes() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (70, 50, 3)).astype(np.uint8)
    assert thumbnail(pixels) == thumbnail(pixels.copy())
    assert np.array_equal(np.asarray(Image.open(BytesIO(png(pixels)))), pixels)


def test_heat_is_lightest_where_it_is_greatest_and_dark_where_there_is_none() -> None:
    heat = np.zeros((8, 8))
    heat[2, 5] = 3.0
    light = heated(np.full((8, 8, 1), 100, np.uint8), heat).astype(int).sum(axis=2)
    assert np.unravel_index(light.argmax(), light.shape) == (2, 5)
    assert (light == light[0, 0]).sum() == 63


def test_signs_are_orange_and_blue_and_nothing_stays_grey() -> None:
    values = np.zeros((6, 6))
    values[0, 0], values[5, 5] = 2.0, -2.0
    found = signed(np.full((6, 6, 3), 120, np.uint8), values).astype(int)
    assert found[0, 0, 0] > found[0, 0, 2] + 100
    assert found[5, 5, 2] > found[5, 5, 0] + 100
    assert np.ptp(found[3, 3]) == 0


def test_tiles_of_filters_and_maps_stand_in_their_places() -> None:
    weights = np.zeros((5, 1, 3, 3), dtype=np.float32)
    weights[1, 0, 0, 0], weights[2, 0, 2, 2] = 7.0, -0.1
    tiles = filter_tiles(weights)
    assert tiles[1, 0, 0].tolist() == [255] * 3
    assert tiles[2, 2, 2].tolist() == [0] * 3
    assert abs(int(tiles[0, 1, 1, 0]) - 127) <= 1
    grid = tiled(tiles, columns=2, gap=1)
    assert grid.shape == (3 * 4 + 1, 2 * 4 + 1, 3)
    assert np.array_equal(grid[1:4, 5:8], tiles[1])
    maps = map_tiles(np.arange(18, dtype=np.float32).reshape(2, 3, 3))
    assert maps[0, 2, 2].sum() > maps[0, 0, 0].sum()
    assert np.array_equal(maps[0], maps[1])  # each on its own scale
