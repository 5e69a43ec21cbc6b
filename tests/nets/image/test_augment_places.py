"""Flips, crops, shifts and turns, held against numpy's slices, torch's interpolation and scipy's splines."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from tests.nets.image.augmenting import changed, photos

from assay.core.errors import ConfigError
from assay.nets.image.augment.affine import RandomAffine, inverse, moved
from assay.nets.image.augment.crop import RandomCrop, RandomResizedCrop
from assay.nets.image.augment.flip import RandomFlip

NUMPY_PADDING = {"zero": "constant", "reflect": "reflect", "edge": "edge"}


@pytest.mark.parametrize(("sides", "axis"), [("left-right", 3), ("up-down", 2)])
def test_a_flip_mirrors_some_pictures_and_leaves_the_others(sides, axis):
    given = photos(400, 2, 5, 4)
    found = changed(RandomFlip(sides), given).numpy()
    mirrored = np.flip(given.numpy(), axis)
    is_mirrored = (found == mirrored).all(axis=(1, 2, 3))
    assert ((found == given.numpy()).all(axis=(1, 2, 3)) != is_mirrored).all()
    assert abs(is_mirrored.mean() - 0.5) < 3 * 0.5 / math.sqrt(400)
    assert torch.equal(changed(RandomFlip(sides, probability=0.0), given), given)
    np.testing.assert_array_equal(changed(RandomFlip(sides, probability=1.0), given), mirrored)


@pytest.mark.parametrize("padding", ["zero", "reflect", "edge"])
def test_a_crop_is_each_window_of_the_padded_picture_equally_often(padding):
    given = photos(1, 3, 8, 16)
    found = changed(RandomCrop(0.125, padding), given.expand(6000, 3, 8, 16)).numpy()
    padded = np.pad(given[0].numpy(), ((0, 0), (1, 1), (2, 2)), mode=NUMPY_PADDING[padding])
    windows = {(r, c): padded[:, r : r + 8, c : c + 16].tobytes() for r in range(3) for c in range(5)}
    assert len(set(windows.values())) == 15
    counts = {place: sum(one.tobytes() == window for one in found) for place, window in windows.items()}
    assert sum(counts.values()) == 6000
    squares = sum((count - 400) ** 2 / 400 for count in counts.values())
    assert squares < 29.1  # the 99th percentile of chi-squared with 14 degrees of freedom


def test_a_padding_wider_than_the_picture_goes_on_mirroring():
    given = photos(300, 1, 3, 3)
    found = changed(RandomCrop(1.0), given)
    padded = [np.pad(one[0].numpy(), 3, mode="reflect") for one in given]
    windows = [{whole[r : r + 3, c : c + 3].tobytes() for r in range(7) for c in range(7)} for whole in padded]
    assert all(one[0].numpy().tobytes() in possible for one, possible in zip(found, windows, strict=True))


def test_a_resized_crop_is_a_part_of_the_picture_stretched_by_torchs_interpolation():
    given = photos(1, 3, 8, 12)
    found = changed(RandomResizedCrop((0.3, 0.9)), given.float().expand(60, 3, 8, 12))
    parts = {
        (top, left, tall, wide): torch.nn.functional.interpolate(
            given[:, :, top : top + tall, left : left + wide].float(), (8, 12), mode="bilinear", align_corners=False
        )
        for tall in range(3, 9)
        for wide in range(5, 13)
        for top in range(9 - tall)
        for left in range(13 - wide)
    }
    stretched = torch.cat(list(parts.values()))
    gaps = (found[:, None] - stretched[None]).abs().amax(dim=(2, 3, 4))
    assert float(gaps.amin(dim=1).max()) < 1e-2
    chosen = [list(parts)[place] for place in gaps.argmin(dim=1).tolist()]
    assert len(set(chosen)) > 30
    for _, _, tall, wide in chosen:
        assert 0.3 * 96 - 12 < tall * wide < 0.9 * 96 + 12


def test_a_resized_crop_of_the_whole_is_the_picture():
    given = photos()
    assert torch.equal(changed(RandomResizedCrop((1.0, 1.0), (1.0, 1.0)), given), given)


def test_the_areas_and_proportions_of_resized_crops_follow_their_laws():
    ramp = torch.stack([torch.arange(100.0).expand(100, 100), torch.arange(100.0)[:, None].expand(100, 100)])
    found = changed(RandomResizedCrop((0.2, 0.5), (0.5, 2.0)), ramp.expand(2000, 2, 100, 100))
    wide = (found[:, 0].amax(dim=(1, 2)) - found[:, 0].amin(dim=(1, 2)) + 1).numpy()
    tall = (found[:, 1].amax(dim=(1, 2)) - found[:, 1].amin(dim=(1, 2)) + 1).numpy()
    area, ratio = wide * tall / 1e4, np.log(wide / tall)
    assert abs(area.mean() - 0.35) < 0.01
    assert abs(area.std() - 0.3 / math.sqrt(12)) < 0.01
    assert abs(ratio.mean()) < 0.03
    assert abs(ratio.std() - math.log(4) / math.sqrt(12)) < 0.03
    left = found[:, 0].amin(dim=(1, 2)).numpy() / (100 - wide)
    assert abs(left.mean() - 0.5) < 0.03


@pytest.mark.parametrize(("beyond", "mode"), [("zero", "grid-constant"), ("edge", "nearest"), ("reflect", "reflect")])
def test_a_turn_with_shear_and_resizing_is_scipys_affine_transform(beyond, mode):
    given = photos(5).double()
    random = np.random.default_rng(1)
    angle, shear, scale = random.uniform(-3, 3, 5), random.uniform(-0.5, 0.5, 5), random.uniform(0.7, 1.4, 5)
    by = random.uniform(-5, 5, (5, 2))
    back = inverse(*(torch.from_numpy(one) for one in (angle, shear, scale)))
    found = moved(given, back, torch.from_numpy(by), beyond).numpy()
    for row in range(5):
        # written in (y up, x right), where a turn counterclockwise is the usual matrix
        cos, sin = np.cos(angle[row]), np.sin(angle[row])
        forward = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, -shear[row]], [0, 1]]) * scale[row]
        upside = np.diag([1.0, -1.0])  # (x, y up) to (x, y down)
        swap = np.array([[0.0, 1.0], [1.0, 0.0]])  # to (row, column)
        matrix = np.linalg.inv(swap @ upside @ forward @ upside @ swap)
        centre = (np.array(given.shape[2:]) - 1) / 2
        offset = centre - matrix @ (centre + by[row, ::-1])
        for channel in range(3):
            expected = ndimage.affine_transform(given[row, channel].numpy(), matrix, offset, order=1, mode=mode)
            np.testing.assert_allclose(found[row, channel], expected, atol=1e-8)


def test_a_turn_by_a_quarter_counterclockwise_is_numpys_rot90():
    given = photos(1, 3, 9, 9).double()
    back = inverse(torch.tensor([math.pi / 2]), torch.zeros(1), torch.ones(1)).double()
    found = moved(given, back, torch.zeros(1, 2, dtype=torch.float64), "zero")
    np.testing.assert_allclose(found[0].numpy(), np.rot90(given[0].numpy(), 1, axes=(1, 2)), atol=1e-4)


def test_angles_shifts_and_sizes_are_drawn_evenly_within_their_bounds():
    """Read off the places where two points of light go."""
    height = width = 41
    given = torch.zeros(1500, 2, height, width)
    yy, xx = torch.meshgrid(torch.arange(41.0), torch.arange(41.0), indexing="ij")
    given[:, 0] = 255 * torch.exp(-((yy - 20) ** 2 + (xx - 20) ** 2) / 8)
    given[:, 1] = 255 * torch.exp(-((yy - 20) ** 2 + (xx - 26) ** 2) / 8)
    found = changed(RandomAffine(degrees=40, shift=0.1, scale=(0.8, 1.2)), given)
    mass = found.sum(dim=(2, 3))
    x, y = (found * xx).sum(dim=(2, 3)) / mass, (found * yy).sum(dim=(2, 3)) / mass
    right, down = (x[:, 0] - 20) / width, (y[:, 0] - 20) / height
    arm_x, arm_y = x[:, 1] - x[:, 0], y[:, 0] - y[:, 1]
    degrees, scale = torch.rad2deg(torch.atan2(arm_y, arm_x)), torch.hypot(arm_x, arm_y) / 6
    for values, low, high in ((degrees, -40, 40), (right, -0.1, 0.1), (down, -0.1, 0.1), (scale, 0.8, 1.2)):
        spread = high - low
        assert low - 0.02 * spread < float(values.min()) < low + 0.05 * spread
        assert high - 0.05 * spread < float(values.max()) < high + 0.02 * spread
        assert abs(float(values.mean()) - (low + high) / 2) < 0.03 * spread
        assert abs(float(values.std()) - spread / math.sqrt(12)) < 0.03 * spread


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: RandomFlip(probability=1.5), "probability=1.5 is outside"),
        (lambda: RandomFlip("left"), "did you mean 'left-right'"),
        (lambda: RandomCrop(-0.1), "share=-0.1 is outside"),
        (lambda: RandomCrop(padding="zeros"), "did you mean 'zero'"),
        (lambda: RandomResizedCrop(area=(0.5, 0.2)), r"area=\(0.5, 0.2\) must be rising"),
        (lambda: RandomResizedCrop(area=(0.5, 1.2)), "more than the whole"),
        (lambda: RandomResizedCrop(ratio=(0.0, 1.0)), "ratio"),
        (lambda: RandomAffine(degrees=float("nan")), "degrees=nan"),
        (lambda: RandomAffine(scale=(1.2, 0.8)), "scale"),
        (lambda: RandomAffine(beyond="zeros"), "did you mean 'zero'"),
    ],
)
def test_impossible_settings_are_refused(change, said):
    with pytest.raises(ConfigError, match=said):
        change()
