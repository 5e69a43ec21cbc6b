"""What all changes to pictures share: draws for each picture, and the way from uint8 to floats and back."""

from math import isfinite

import torch
from torch import Tensor

from assay.core.errors import ConfigError

HIGHEST = 255.0
LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue.  Source: ITU-R BT.601."""


def uniform(count: int, low: float, high: float, generator: torch.Generator, like: Tensor) -> Tensor:
    """float32 (count,) from [low, high), drawn on the processor and then moved to where the pictures are."""
    return (torch.rand(count, generator=generator) * (high - low) + low).to(like.device)


def whole(count: int, below: int, generator: torch.Generator, like: Tensor) -> Tensor:
    """int64 (count,) from 0 … below - 1."""
    return torch.randint(0, below, (count,), generator=generator).to(like.device)


def each(values: Tensor) -> Tensor:
    """(n,) -> (n, 1, 1, 1), one for each picture."""
    return values[:, None, None, None]


def floats(pictures: Tensor) -> Tensor:
    return pictures if pictures.is_floating_point() else pictures.float()


def as_given(changed: Tensor, pictures: Tensor) -> Tensor:
    """Floats in the type of the pictures that they were made of, within 0 … 255; uint8 are rounded, halves to even."""
    changed = changed.clamp(0, HIGHEST)
    return changed.to(pictures.dtype) if pictures.is_floating_point() else changed.round_().to(pictures.dtype)


def grey(pictures: Tensor) -> Tensor:
    """float (n, 1, h, w): the luma of three channels, the mean of any other number."""
    given = floats(pictures)
    if pictures.shape[1] != len(LUMA):
        return given.mean(dim=1, keepdim=True)
    return (given * given.new_tensor(LUMA)[:, None, None]).sum(dim=1, keepdim=True)


def check_share(name: str, value: float) -> None:
    """Raise ConfigError for a share outside [0, 1]."""
    if not 0 <= value <= 1:
        raise ConfigError(f"{name}={value} is outside [0, 1].")


def check_range(name: str, low_high: tuple[float, float], *, above: float) -> None:
    """Raise ConfigError unless above < low <= high, both finite."""
    low, high = low_high
    if not (above < low <= high and isfinite(high)):
        raise ConfigError(f"{name}=({low}, {high}) must be rising, finite and above {above:g}.")


def check_least(name: str, value: float) -> None:
    """Raise ConfigError for a number that is negative or not finite."""
    if not (value >= 0 and isfinite(value)):
        raise ConfigError(f"{name}={value} must be finite and not negative.")
