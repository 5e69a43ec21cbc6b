"""What every augmentation must do, RandAugment's operations against Pillow's, and that only training rows are changed."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from tests.nets.image.augmenting import changed, draws, photos
from torch import nn

from assay.core.errors import ConfigError, UnknownNameError
from assay.nets.image.augment.levels import equalized, posterized, solarized, stretched
from assay.nets.image.augment.randaugment import OPERATIONS, RandAugment, sharpened
from assay.nets.image.augment.sequence import Sequence
from assay.nets.image.augment.shift import RandomShift
from assay.nets.image.augmentation import AUGMENTATIONS, augmentation_named
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.settings import TrainSettings
from assay.nets.training.examples import Examples
from assay.nets.training.loop import train
from assay.nets.training.work import Validation, supervised

NAMES = AUGMENTATIONS.names()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_what_comes_out_has_the_form_and_the_range_of_what_came_in(name, kind, channels):
    given = photos(9, channels).to(kind)
    before = given.clone()
    found = changed(AUGMENTATIONS.get(name), given)
    assert found.dtype == kind
    assert found.shape == given.shape
    assert float(found.min()) >= 0
    assert float(found.max()) <= 255
    assert not torch.equal(found, given)
    assert torch.equal(given, before)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_state_of_the_generator_gives_the_same_bytes_whatever_torchs_own_stands_at(name):
    given = photos(9)
    torch.rand(1)
    first = changed(AUGMENTATIONS.get(name), given, seed=4)
    torch.rand(3)
    assert torch.equal(first, changed(AUGMENTATIONS.get(name), given, seed=4))
    assert not torch.equal(first, changed(AUGMENTATIONS.get(name), given, seed=5))


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_has_a_draw_of_its_own(name):
    found = changed(AUGMENTATIONS.get(name), photos(1).expand(40, -1, -1, -1))
    fewest = {"flip": 2, "shift": 15, "crop": 15}.get(name, 20)
    assert len({one.numpy().tobytes() for one in found}) >= fewest


@pytest.mark.parametrize("name", NAMES)
def test_one_picture_of_one_pixel_is_no_trouble(name):
    assert changed(AUGMENTATIONS.get(name), photos(1, 3, 1, 1)).shape == (1, 3, 1, 1)


def test_none_is_no_augmentation_and_an_unknown_name_is_told_the_nearest():
    assert augmentation_named("none") is None
    with pytest.raises(UnknownNameError, match="did you mean 'flip-crop'"):
        augmentation_named("flip-crap")


def test_a_sequence_runs_its_parts_in_their_order():
    calls = []

    def part(name, factor):
        def change(inputs, generator):
            calls.append((name, float(torch.rand((), generator=generator))))
            return tuple(one * factor for one in inputs)

        return change

    (found,) = Sequence((part("first", 2), part("second", 5)))((torch.ones(1),), draws(3))
    generator = draws(3)
    assert float(found) == 10
    assert calls == [(name, float(torch.rand((), generator=generator))) for name in ("first", "second")]


def test_validation_rows_are_never_changed_and_training_rows_in_every_step():
    train_rows, held_rows = photos(8, 3, 8, 8, seed=1), photos(5, 3, 8, 8, seed=2)
    seen = {True: [], False: []}

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(3, 2)

        def forward(self, pictures):
            seen[self.training].append(pictures.clone())
            return self.last(pictures.float().mean(dim=(2, 3)) / 255)

    target = torch.tensor([0, 1] * 4)
    held = Validation(Examples((held_rows,), target[:5]), CrossEntropy())
    work = supervised(Examples((train_rows,), target), CrossEntropy(), validation=held, augment=AUGMENTATIONS.get("noise"))
    train(Net(), work, TrainSettings(batch_size=4, epochs=3, patience=None), seed=0)
    assert all(torch.equal(torch.cat([one]), held_rows) for one in seen[False])
    assert len(seen[False]) == 3
    kept = {one.numpy().tobytes() for one in train_rows}
    assert len(seen[True]) == 6
    assert all(one.numpy().tobytes() not in kept for batch in seen[True] for one in batch)


def images(pictures):
    return [Image.fromarray(one.numpy().transpose(1, 2, 0)) for one in pictures]


def same_as(found, expected):
    for one, image in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.numpy(), np.asarray(image).transpose(2, 0, 1))


HARD = torch.cat([photos(20), torch.full((1, 3, 17, 23), 200, dtype=torch.uint8), photos(1) // 64, 255 * (photos(1) // 128)])
"""Also of one level, of four, and of both ends."""


@pytest.mark.parametrize(("change", "pillows"), [(stretched, ImageOps.autocontrast), (equalized, ImageOps.equalize)])
def test_levels_are_stretched_and_equalized_exactly_as_pillow_does(change, pillows):
    same_as(change(HARD), [pillows(image) for image in images(HARD)])
    assert torch.equal(change(HARD.float()), change(HARD).float())


def test_large_pictures_are_equalized_exactly_as_pillow_does():
    given = photos(4, 3, 200, 150, seed=3)
    same_as(equalized(given), [ImageOps.equalize(image) for image in images(given)])


@pytest.mark.parametrize("bits", [1, 4, 7, 8])
def test_pictures_are_posterized_exactly_as_pillow_does(bits):
    same_as(posterized(HARD, torch.full((len(HARD),), bits)), [ImageOps.posterize(image, bits) for image in images(HARD)])


@pytest.mark.parametrize("threshold", [0, 100, 178.5, 255])
def test_pictures_are_solarized_exactly_as_pillow_does(threshold):
    found = solarized(HARD, torch.full((len(HARD),), float(threshold)))
    same_as(found, [ImageOps.solarize(image, threshold) for image in images(HARD)])


@pytest.mark.parametrize("factor", [0.1, 0.73, 1.27, 1.9])
def test_pictures_are_sharpened_as_pillow_does_up_to_its_rounding(factor):
    found = sharpened(HARD.float(), torch.full((len(HARD),), factor)).numpy()
    expected = [np.asarray(ImageEnhance.Sharpness(image).enhance(factor)).transpose(2, 0, 1) for image in images(HARD)]
    assert np.abs(found - np.stack(expected)).max() <= 1 + abs(1 - factor)


def operation(name, given, strength, sign, beyond="zero"):
    n = len(given)
    return OPERATIONS[name](given, torch.full((n,), strength), torch.full((n,), sign), beyond)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_turns_and_shears_are_pillows_bilinear_ones_inside_the_picture(sign):
    given = photos(3, 3, 31, 31)
    inner = (slice(None), slice(8, 23), slice(8, 23))
    for name, transform in {
        "rotate": lambda image: image.rotate(9 * sign, Image.Resampling.BILINEAR),
        "shear-x": lambda image: image.transform(
            image.size, Image.Transform.AFFINE, (1, -0.09 * sign, 0.09 * sign * 15.5, 0, 1, 0), Image.Resampling.BILINEAR
        ),
        "shear-y": lambda image: image.transform(
            image.size, Image.Transform.AFFINE, (1, 0, 0, -0.09 * sign, 1, 0.09 * sign * 15.5), Image.Resampling.BILINEAR
        ),
    }.items():
        found = operation(name, given, 0.3, sign)
        for one, image in zip(found, images(given), strict=True):
            expected = np.asarray(transform(image)).transpose(2, 0, 1).astype(int)
            assert np.abs(one.numpy().astype(int) - expected)[inner].max() <= 1


@pytest.mark.parametrize(("name", "sign"), [("translate-x", -1.0), ("translate-x", 1.0), ("translate-y", 1.0)])
def test_moves_are_by_whole_pixels_and_zero_comes_in(name, sign):
    given = photos(2, 3, 30, 33)
    found = operation(name, given, 0.3, sign).numpy()
    by = int(150 / 331 * (33 if name == "translate-x" else 30) * 0.3)
    assert by == 4
    expected = np.zeros_like(given.numpy())
    if name == "translate-y":
        expected[:, :, by:] = given.numpy()[:, :, :-by]
    elif sign > 0:
        expected[..., by:] = given.numpy()[..., :-by]
    else:
        expected[..., :-by] = given.numpy()[..., by:]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in ("autocontrast", "equalize")])
def test_an_operation_of_magnitude_0_changes_nothing(name):
    given = photos()
    assert torch.equal(operation(name, given, 0.0, 1.0), given)


def test_each_operation_is_drawn_equally_often_with_each_sign():
    """Told apart by what they make of one picture."""
    given = photos(1, 3, 20, 20, seed=8)
    expected: dict[bytes, list[tuple[str, float]]] = {}
    for name in OPERATIONS:
        for sign in (-1.0, 1.0):
            expected.setdefault(operation(name, given, 0.3, sign).numpy().tobytes(), []).append((name, sign))
    n = 4200
    found = changed(RandAugment(count=1, magnitude=9), given.expand(n, -1, -1, -1))
    counts = dict.fromkeys(expected, 0)
    for one in found:
        counts[one.numpy().tobytes()] += 1
    assert len(expected) >= 22
    for key, cases in expected.items():
        share = len(cases) / (2 * len(OPERATIONS))
        assert abs(counts[key] - n * share) < 4 * math.sqrt(n * share * (1 - share))


def test_two_operations_follow_one_another():
    given = photos(1, 3, 12, 12)
    single = {name: operation(name, given, 1.0, 1.0) for name in ("solarize", "posterize")}
    both = {
        operation(b, single[a], 1.0, 1.0).numpy().tobytes() for a, b in (("solarize", "posterize"), ("posterize", "solarize"))
    }
    found = changed(RandAugment(count=2, magnitude=30), given.expand(3000, -1, -1, -1))
    assert both <= {one.numpy().tobytes() for one in found}


@pytest.mark.parametrize("setting", [{"count": 0}, {"magnitude": 31}, {"magnitude": -1}])
def test_impossible_settings_of_randaugment_are_refused(setting):
    with pytest.raises(ConfigError, match=next(iter(setting))):
        replace(RandAugment(), **setting)


def test_a_shift_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="pixels=0"):
        RandomShift(0)
