"""Light, noise, blur and holes, held against Pillow, colorsys, scipy and the laws of their draws."""

import colorsys
import math

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance
from scipy import ndimage, stats
from tests.nets.image.augmenting import changed, photos

from assay.core.errors import ConfigError
from assay.nets.image.augment.blur import RandomBlur, gaussian
from assay.nets.image.augment.colour import RandomColour, brighter, contrasted, saturated, turned
from assay.nets.image.augment.erase import Cutout, RandomErasing
from assay.nets.image.augment.noise import RandomNoise

FACTORS = torch.tensor([0.0, 0.3, 0.8, 1.0, 1.4, 2.5])


def images(pictures):
    return [Image.fromarray(one.numpy().transpose(1, 2, 0)) for one in pictures]


@pytest.mark.parametrize(
    ("change", "enhancer"),
    [(brighter, ImageEnhance.Brightness), (contrasted, ImageEnhance.Contrast), (saturated, ImageEnhance.Color)],
)
def test_light_is_changed_as_pillow_changes_it_up_to_its_rounding(change, enhancer):
    """Pillow rounds the grey between, and cuts the result off to whole numbers."""
    given = photos()
    found = change(given.float(), FACTORS).numpy()
    for one, image, factor in zip(found, images(given), FACTORS.tolist(), strict=True):
        expected = np.asarray(enhancer(image).enhance(factor)).transpose(2, 0, 1)
        assert np.abs(one - expected).max() <= 1 + 0.5 * abs(1 - factor) + 1e-3


def test_hues_are_turned_as_colorsys_turns_them():
    given = photos().float()
    given[0] = 77.0  # a grey
    shares = torch.tensor([0.2, -0.5, 0.31, 0.0, 0.5, -0.07])
    found = turned(given, shares)
    for one, before, share in zip(found, given, shares.tolist(), strict=True):
        for row, column in np.ndindex(*one.shape[1:]):
            hue, saturation, value = colorsys.rgb_to_hsv(*(before[:, row, column] / 255).tolist())
            expected = colorsys.hsv_to_rgb((hue + share) % 1, saturation, value)
            np.testing.assert_allclose(one[:, row, column] / 255, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation", "hue"])
def test_each_change_of_light_draws_its_factor_evenly(name):
    """Read off a picture of one strong and one weak colour."""
    given = torch.tensor([[120.0, 100.0], [100.0, 110.0], [90.0, 100.0]])[:, None].expand(3000, 3, 1, 2)
    found = changed(RandomColour(**{name: 0.4}), given)
    if name == "brightness":
        factors = found[:, 0, 0, 0] / 120
    elif name == "hue":
        hues = [colorsys.rgb_to_hsv(*one.tolist())[0] for one in found[:, :, 0, 0] / 255]
        base = colorsys.rgb_to_hsv(120 / 255, 100 / 255, 90 / 255)[0]
        factors = 1 + torch.tensor([(hue - base + 0.5) % 1 - 0.5 for hue in hues])
    else:
        gaps = found[:, 0, 0, 0] - found[:, 0, 0, 1] if name == "contrast" else (found.amax(dim=1) - found.amin(dim=1))[:, 0, 0]
        factors = gaps / (20 if name == "contrast" else 30)
    assert stats.kstest(factors.numpy(), stats.uniform(0.6, 0.8).cdf).pvalue > 0.01


def test_pictures_that_have_no_three_colours_keep_theirs():
    for channels in (1, 2, 6):
        given = photos(4, channels)
        assert torch.equal(changed(RandomColour(saturation=0.9, hue=0.5), given), given)
        assert not torch.equal(changed(RandomColour(brightness=0.5, contrast=0.5), given), given)


def test_a_contrast_of_0_leaves_the_mean_of_the_grey():
    given = photos(3, 1).float()
    found = contrasted(given, torch.zeros(3))
    np.testing.assert_allclose(found, given.mean(dim=(2, 3), keepdim=True).expand_as(given), atol=1e-3)


def test_noise_is_gaussian_with_deviations_drawn_evenly_and_uint8_are_rounded():
    given = torch.full((600, 1, 40, 40), 127.0)
    gaps = (changed(RandomNoise(8.0), given) - given).flatten(1).numpy()
    deviations = gaps.std(axis=1)
    assert stats.kstest(deviations, stats.uniform(0, 8).cdf).pvalue > 0.01
    assert stats.kstest((gaps / deviations[:, None]).ravel()[::7], stats.norm.cdf).pvalue > 0.01
    assert len(np.unique(gaps[:, 0])) > 590  # each picture has its own
    whole = changed(RandomNoise(8.0), given.byte()).float() - 127
    np.testing.assert_array_equal(whole.flatten(1), np.round(gaps + 127) - 127)  # halves to even


def test_blur_is_scipys_gaussian_filter():
    given = photos(4).double()
    deviations = torch.tensor([0.2, 0.5, 1.0, 2.0], dtype=torch.float64)
    found = gaussian(given, deviations, 6)
    for one, before, deviation in zip(found, given, deviations.tolist(), strict=True):
        for channel in range(3):
            expected = ndimage.gaussian_filter(before[channel].numpy(), deviation, radius=6, mode="nearest")
            np.testing.assert_allclose(one[channel].numpy(), expected, atol=1e-9)


def test_blur_comes_as_often_and_as_strong_as_it_says():
    point = torch.zeros(2000, 1, 21, 21)
    point[:, :, 10, 10] = 255
    found = changed(RandomBlur((0.5, 2.0), probability=0.3), point)
    blurred = found[:, 0, 10, 10] < 255
    assert abs(float(blurred.float().mean()) - 0.3) < 3 * math.sqrt(0.21 / 2000)
    away = torch.arange(-10.0, 11) ** 2
    variances = (found[blurred, 0].sum(dim=1) * away).sum(dim=1) / 255
    # of a Gaussian on whole pixels, cut off at 3 of the largest deviation
    cells = np.arange(-6, 7)
    grid = np.linspace(0.5, 2.0, 300)
    kernels = np.exp(-0.5 * (cells / grid[:, None]) ** 2)
    truth = (kernels * cells**2).sum(axis=1) / kernels.sum(axis=1)
    deviations = np.interp(variances.numpy(), truth, grid)
    assert stats.kstest(deviations, stats.uniform(0.5, 1.5).cdf).pvalue > 0.01


def test_a_hole_is_a_square_about_any_pixel_filled_with_the_pictures_mean():
    given = photos(1, 2, 8, 8)
    found = changed(Cutout(0.5), given.expand(3000, 2, 8, 8)).numpy()
    mean = np.round(given.numpy().mean(axis=(2, 3)))[0]
    expected = {}
    for y in range(8):
        for x in range(8):
            one = given[0].numpy().copy()
            one[:, max(0, y - 2) : y + 2, max(0, x - 2) : x + 2] = mean[:, None, None]
            expected.setdefault(one.tobytes(), []).append((y, x))
    counts = [sum(one.tobytes() == holed for one in found) / len(places) for holed, places in expected.items()]
    assert sum(count * len(places) for count, places in zip(counts, expected.values(), strict=True)) == 3000
    assert len(expected) >= 60
    assert sum((count - 3000 / 64) ** 2 / (3000 / 64) for count in counts) < 92  # the 99th percentile of chi-squared (63)


def test_erased_rectangles_have_the_areas_proportions_and_frequency_that_were_asked_for():
    given = torch.full((2000, 1, 50, 50), 255.0)
    found = changed(RandomErasing(0.6, (0.05, 0.2), (0.5, 2.0), filling="zero"), given)[:, 0] == 0
    tall, wide = found.any(dim=2).sum(dim=1), found.any(dim=1).sum(dim=1)
    assert torch.equal(found.sum(dim=(1, 2)), tall * wide)
    erased = tall > 0
    assert abs(float(erased.float().mean()) - 0.6) < 3 * math.sqrt(0.24 / 2000)
    area = (tall * wide)[erased].double().numpy() / 2500
    ratio = np.log((wide / tall)[erased].double().numpy())
    assert abs(area.mean() - 0.125) < 0.005
    assert abs(area.std() - 0.15 / math.sqrt(12)) < 0.005
    assert abs(ratio.mean()) < 0.04
    assert abs(ratio.std() - math.log(4) / math.sqrt(12)) < 0.04


def test_a_hole_of_noise_is_even_noise_and_nothing_outside_is_touched():
    given = torch.full((300, 3, 20, 20), 100, dtype=torch.uint8)
    found = changed(Cutout(0.5, filling="noise"), given)
    holed = (found != 100).any(dim=1)
    values = found.permute(0, 2, 3, 1)[holed].float().numpy().ravel()
    # rounded to whole levels; those at both ends are half as wide
    counts = np.bincount(values.astype(int), minlength=256)[1:255]
    assert abs(values.mean() - 127.5) < 1.0
    assert counts.max() < 1.3 * counts.mean()
    assert counts.min() > 0.7 * counts.mean()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: RandomColour(hue=0.6), "hue=0.6"),
        (lambda: RandomColour(contrast=-1), "contrast=-1"),
        (lambda: RandomNoise(float("inf")), "deviation=inf"),
        (lambda: RandomBlur((0.0, 1.0)), "deviation"),
        (lambda: Cutout(2.0), "share=2.0"),
        (lambda: Cutout(filling="men"), "did you mean 'mean'"),
        (lambda: RandomErasing(area=(0.0, 0.1)), "area"),
    ],
)
def test_impossible_settings_are_refused(change, said):
    with pytest.raises(ConfigError, match=said):
        change()
