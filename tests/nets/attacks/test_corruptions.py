"""Corruptions against Pillow, scipy and closed forms; five strengths that grow, and a seed that is all they depend on."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from assay.core.errors import ConfigError
from assay.nets.attacks import blur
from assay.nets.attacks.corruptions import CORRUPTIONS, STRENGTHS, corrupt


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    """Smooth colour pictures, as blur and noise are told apart on them."""
    drawn = np.random.default_rng(0).random((6, 3, 32, 32))
    smooth = ndimage.gaussian_filter(drawn, (0, 0, 2, 2), mode="wrap")
    low, high = smooth.min(axis=(1, 2, 3), keepdims=True), smooth.max(axis=(1, 2, 3), keepdims=True)
    return np.rint(40 + 160 * (smooth - low) / (high - low)).astype(np.uint8)


def moved(pictures: np.ndarray, name: str, strength: int) -> float:
    return float(np.abs(corrupt(pictures, name, strength, seed=0).astype(float) - pictures).mean())


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_five_strengths_grow(name: str, pictures: np.ndarray) -> None:
    sizes = [moved(pictures, name, strength) for strength in STRENGTHS]
    assert sizes[0] < sizes[-1]
    assert sizes == sorted(sizes) or name in ("pixelate", "motion-blur", "defocus-blur")
    large = np.kron(pictures[:1], np.ones((1, 1, 4, 4), dtype=np.uint8))
    assert corrupt(large, name, 5, seed=0).shape == (1, 3, 128, 128)


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_seed_is_all_it_depends_on_and_the_input_is_left_alone(name: str, channels: int) -> None:
    given = np.random.default_rng(1).integers(0, 256, (3, channels, 16, 20), dtype=np.uint8)
    before = given.copy()
    found = corrupt(given, name, 3, seed=5)
    assert np.array_equal(given, before)
    assert found.shape == given.shape
    assert found.dtype == np.uint8
    assert np.array_equal(found, corrupt(given, name, 3, seed=5))
    assert np.array_equal(found[:2], corrupt(given[:2], name, 3, seed=5)), "rows do not depend on those after them"
    assert np.array_equal(found, corrupt(given, name, 3, seed=6)) == (not name.endswith("noise") and name != "motion-blur")


def test_noise_has_the_moments_of_its_law() -> None:
    grey = np.full((1, 1, 100, 100), 128, dtype=np.uint8)  # below 112 pixels a side: the small strengths
    gaussian = corrupt(grey, "gaussian-noise", 3, seed=0) / 255
    assert gaussian.std() == pytest.approx(0.08, rel=0.04)
    assert gaussian.mean() == pytest.approx(128 / 255, abs=0.004)
    shot = corrupt(grey, "shot-noise", 3, seed=0) / 255
    assert shot.std() == pytest.approx((128 / 255 / 100) ** 0.5, rel=0.04)
    impulse = corrupt(grey, "impulse-noise", 5, seed=0)
    assert np.mean(impulse == 0) == pytest.approx(0.035, abs=0.008)
    assert np.mean(impulse == 255) == pytest.approx(0.035, abs=0.008)
    assert set(np.unique(impulse)) == {0, 128, 255}


def test_jpeg_is_pillows(pictures: np.ndarray) -> None:
    for strength, quality in zip(STRENGTHS, (80, 65, 58, 50, 40), strict=True):
        file = io.BytesIO()
        Image.fromarray(pictures[0].transpose(1, 2, 0)).save(file, "JPEG", quality=quality)
        expected = np.asarray(Image.open(file)).transpose(2, 0, 1)
        assert np.array_equal(corrupt(pictures[:1], "jpeg", strength, seed=0)[0], expected)


def test_gaussian_blur_is_scipys_by_channel(pictures: np.ndarray) -> None:
    found = corrupt(pictures, "gaussian-blur", 5, seed=0)
    for picture, blurred in zip(pictures, found, strict=True):
        for layer, ours in zip(picture, blurred, strict=True):
            expected = ndimage.gaussian_filter(layer.astype(float), 1.0, mode="nearest")
            assert np.abs(expected - ours).max() <= 0.5 + 1e-9  # rounded


@pytest.mark.parametrize("setting", [(0.3, 0.4), (1, 0.2), (1.5, 0.1), (6, 0.5), (10, 0.5)])
def test_a_disc_weighs_1_in_all_and_is_round(setting: tuple[float, float]) -> None:
    weights = blur.disc(*setting)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights, weights.T, atol=1e-15)
    np.testing.assert_allclose(weights, weights[::-1], atol=1e-15)
    radius = setting[0]
    reach = np.hypot(*np.indices(weights.shape) - len(weights) // 2)
    assert weights[reach > radius + 3.5].sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("setting", [(0.3, 0.4), (1.5, 0.1), (6, 0.5), (10, 0.5)])
def test_defocus_is_opencvs_filter_of_the_published_kernel(setting: tuple[float, float], pictures: np.ndarray) -> None:
    cv2 = pytest.importorskip("cv2")
    radius, smooth = setting
    reach = int(radius) if radius > 8 else 8
    across = np.arange(-reach, reach + 1)
    disc = ((across[:, None] ** 2 + across**2) <= radius**2).astype(np.float64)
    kernel = cv2.GaussianBlur(disc / disc.sum(), ksize=(5, 5) if radius > 8 else (3, 3), sigmaX=smooth)
    layer = pictures[0, 0] / 255
    ours = blur.defocus(layer[None, None], setting, np.random.default_rng(0))[0, 0]
    np.testing.assert_allclose(ours, cv2.filter2D(layer, -1, kernel / kernel.sum()), atol=1e-6)


def test_motion_draws_a_point_out_along_a_line_by_weights_of_1_in_all() -> None:
    point = np.zeros((1, 1, 41, 41))
    point[0, 0, 20, 20] = 1
    drawn = blur.motion(point, (8, 3), np.random.default_rng(0))[0, 0]
    assert drawn.sum() == pytest.approx(1)
    rows, columns = np.nonzero(drawn)
    assert columns.max() == 20
    assert columns.min() < 12
    slope = np.polyfit(columns - 20, rows - 20, 1)[0]
    assert abs(slope) <= 1.05
    assert np.abs((rows - 20) - slope * (columns - 20)).max() <= 1


def test_contrast_keeps_the_mean_and_brightness_keeps_hue_and_saturation(pictures: np.ndarray) -> None:
    flat = corrupt(pictures, "contrast", 5, seed=0).astype(float)
    np.testing.assert_allclose(flat.mean(axis=(2, 3)), pictures.mean(axis=(2, 3)), atol=0.5)
    np.testing.assert_allclose(flat.std(axis=(2, 3)), 0.15 * pictures.std(axis=(2, 3)), atol=0.5)
    from colorsys import rgb_to_hsv

    brighter = corrupt(pictures[:1], "brightness", 2, seed=0)
    for before, after in zip(pictures[0].reshape(3, -1).T[:50] / 255, brighter[0].reshape(3, -1).T[:50] / 255, strict=True):
        old, new = rgb_to_hsv(*before), rgb_to_hsv(*after)
        assert new[2] == pytest.approx(old[2] + 0.1, abs=1 / 255)
        assert new[1] == pytest.approx(old[1], abs=0.02)


def test_pixelate_is_pillows_boxes_and_a_black_picture_only_gets_brighter() -> None:
    given = np.random.default_rng(3).integers(0, 256, (1, 1, 32, 32), dtype=np.uint8)
    small = Image.fromarray(given[0, 0]).resize((20, 20), Image.Resampling.BOX)
    expected = np.asarray(small.resize((32, 32), Image.Resampling.BOX))
    assert np.array_equal(corrupt(given, "pixelate", 5, seed=0)[0, 0], expected)
    black = np.zeros((1, 3, 4, 4), dtype=np.uint8)
    assert np.all(corrupt(black, "brightness", 5, seed=0) == round(0.3 * 255))


def test_what_is_no_corruption_is_refused() -> None:
    given = np.zeros((1, 1, 4, 4), dtype=np.uint8)
    with pytest.raises(ConfigError, match="did you mean 'jpeg'"):
        corrupt(given, "jpg", 1, seed=0)
    with pytest.raises(ConfigError, match="strength=6"):
        corrupt(given, "jpeg", 6, seed=0)
    with pytest.raises(ConfigError, match="uint8 pictures"):
        corrupt(given / 1.0, "jpeg", 1, seed=0)
