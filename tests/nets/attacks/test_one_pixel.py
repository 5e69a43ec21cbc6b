"""The one-pixel attack: what it may change, that it finds what there is to find, and that a seed is all it depends on."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.attacks.one_pixel import OnePixel, one_pixel
from assay.nets.attacks.victim import Victim

SIZE = 6


class Watches(nn.Module):
    """Class 1 as soon as the pixel at row 2, column 4 is brighter than 200 (the logit grows with it); all others are ignored."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(0.05, dtype=torch.float64))

    def forward(self, pictures: Tensor) -> Tensor:
        return (pictures[:, :, 2, 4].amin(dim=1, keepdim=True) - 200) * self.slope


def victim(model: nn.Module, channels: int = 3) -> Victim:
    return Victim(model, ("dark", "bright"), 1, channels, SIZE, lambda raw: (raw[:, 0] > 0).astype(np.int64))


def dark(channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 60, (channels, SIZE, SIZE), dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("targeted", [False, True])
def test_the_one_pixel_that_matters_is_found_and_no_other_is_changed(channels: int, targeted: bool) -> None:
    picture = dark(channels)
    found = one_pixel(victim(Watches(), channels), picture, int(targeted), targeted=targeted, seed=0)
    assert found.turned
    changed = (found.picture != picture).any(axis=0)
    assert changed[2, 4]
    assert changed.sum() == 1
    assert found.picture[:, 2, 4].min() > 200


def test_a_seed_reproduces_the_picture() -> None:
    first, again, other = (one_pixel(victim(Watches()), dark(), 0, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.picture, again.picture)
    assert first.tried == again.tried
    assert not np.array_equal(first.picture, other.picture)


class Stubborn(nn.Module):
    """Class 0 whatever it sees; its logit falls with the mean."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(1e-3, dtype=torch.float64))

    def forward(self, pictures: Tensor) -> Tensor:
        return pictures.flatten(1).mean(dim=1, keepdim=True) * self.slope - 100


def test_a_picture_that_cannot_be_turned_is_said_to_be_none_after_all_generations() -> None:
    picture = dark()
    found = one_pixel(victim(Stubborn()), picture, 0, OnePixel(population=20, generations=7), seed=0)
    assert not found.turned
    assert (found.picture != picture).any(axis=0).sum() == 1
    assert found.tried == 20 * (1 + 7)
    largest = picture.copy()
    darkest = np.unravel_index(picture.astype(int).sum(axis=0).argmin(), picture.shape[1:])
    largest[:, darkest[0], darkest[1]] = 255
    gain = found.picture.astype(int).sum() - picture.astype(int).sum()
    assert gain > 0.8 * (largest.astype(int).sum() - picture.astype(int).sum()), "the evolution moves towards brighter pixels"


def test_a_picture_answered_as_wanted_already_is_left_alone() -> None:
    bright = np.full((3, SIZE, SIZE), 230, dtype=np.uint8)
    found = one_pixel(victim(Watches()), bright, 1, targeted=True, seed=0)
    assert found.turned
    assert found.tried == 1
    assert np.array_equal(found.picture, bright)


def test_no_more_pixels_are_changed_than_allowed() -> None:
    picture = dark()
    found = one_pixel(victim(Stubborn()), picture, 0, OnePixel(population=20, generations=3, pixels=3), seed=0)
    assert 1 <= (found.picture != picture).any(axis=0).sum() <= 3


def test_settings_that_cannot_evolve_are_refused() -> None:
    with pytest.raises(ConfigError, match="population=4"):
        OnePixel(population=4)
