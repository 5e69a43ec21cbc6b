"""Colour spaces against colorsys, Pillow and scikit-image; histograms against numpy's."""

import colorsys

import numpy as np
import pytest
from PIL import Image

from assay.core.errors import ConfigError
from assay.prepare.vision.colour_histogram import ColourHistogram, colour_histogram
from assay.prepare.vision.colours import from_hsl, from_hsv, to_grey, to_hsl, to_hsv, to_space

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 9, 8, 3), dtype=np.uint8)
PIXELS[0, 0] = 0
PIXELS[0, 1] = 255
PIXELS[0, 2] = [[level] * 3 for level in range(0, 240, 30)]
PIXELS[0, 3] = [255, 0, 0]
PIXELS[0, 4] = [0, 255, 255]
SHARES = (PIXELS / 255).reshape(-1, 3)


def test_hsv_and_hsl_equal_those_of_the_standard_library_both_ways() -> None:
    hsv = np.array([colorsys.rgb_to_hsv(*pixel) for pixel in SHARES])
    hls = np.array([colorsys.rgb_to_hls(*pixel) for pixel in SHARES])
    np.testing.assert_allclose(to_hsv(PIXELS).reshape(-1, 3), hsv, atol=1e-12)
    np.testing.assert_allclose(to_hsl(PIXELS).reshape(-1, 3), hls[:, [0, 2, 1]], atol=1e-12)
    np.testing.assert_allclose(from_hsv(hsv), SHARES, atol=1e-12)
    np.testing.assert_allclose(from_hsl(hls[:, [0, 2, 1]]), SHARES, atol=1e-12)


def test_hsv_and_grey_equal_those_of_scikit_image() -> None:
    colour = pytest.importorskip("skimage.color")
    np.testing.assert_allclose(to_hsv(PIXELS), colour.rgb2hsv(PIXELS), atol=1e-12)
    np.testing.assert_allclose(to_grey(PIXELS, "bt709"), colour.rgb2gray(PIXELS), atol=1e-12)


def test_grey_is_that_of_pillow_but_for_its_rounding() -> None:
    pillow = np.stack([np.asarray(Image.fromarray(picture).convert("L")) for picture in PIXELS])
    assert np.abs(to_grey(PIXELS) * 255 - pillow).max() < 1


def test_a_space_or_weights_that_are_none_get_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'hsv'"):
        to_space(PIXELS, "hsw")
    with pytest.raises(ConfigError, match="did you mean 'bt601'"):
        to_grey(PIXELS, "bt602")


@pytest.mark.parametrize("space", ["rgb", "hsv", "hsl", "grey"])
def test_histograms_equal_those_of_numpy(space: str) -> None:
    found = colour_histogram(PIXELS, space=space, bins=8)
    for picture, row in zip(to_space(PIXELS, space), found, strict=True):
        flat = picture.reshape(-1, picture.shape[-1])
        wanted = [np.histogram(channel, bins=8, range=(0, 1))[0] / len(flat) for channel in flat.T]
        np.testing.assert_allclose(row, np.concatenate(wanted))


def test_a_joint_histogram_equals_that_of_numpy() -> None:
    found = colour_histogram(PIXELS, space="rgb", bins=4, joint=True)
    for picture, row in zip(PIXELS / 255, found, strict=True):
        wanted, _ = np.histogramdd(picture.reshape(-1, 3), bins=4, range=[(0, 1)] * 3)
        np.testing.assert_allclose(row, wanted.ravel() / 72)


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match="16 if joint"):
        ColourHistogram(joint=True, bins=17)
