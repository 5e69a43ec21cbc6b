"""Rows of a batch mixed with others of it, inputs and answers by the same share: mixup, and CutMix for pictures.

A row's loss is share · loss(output, own answer) + (1 - share) · loss(output, its mate's answer), each with the weight of the row
whose answer it is, so that it goes with every loss of rows.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import torch
from torch import Tensor

from assay.core.errors import ConfigError, DataError
from assay.nets.losses.row import RowLoss
from assay.nets.training.examples import Examples, mean_of_rows


@dataclass(frozen=True, slots=True)
class Mixed:
    """inputs: to train on instead.  mates: int64 (n,), the row that each is mixed with.  share: that of the row itself in it,
    one for the whole batch or float (n,).
    """

    inputs: tuple[Tensor, ...]
    mates: Tensor
    share: float | Tensor


class Mix(Protocol):
    def check(self, inputs: tuple[Tensor, ...]) -> None:
        """Raise DataError for training inputs that cannot be mixed."""
        ...

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> Mixed:
        """A batch's inputs mixed; the generator is the training's, on the processor."""
        ...


@dataclass(frozen=True, slots=True)
class Mixup:
    """Inputs are blended: share · own + (1 - share) · mate's.  uint8 pictures become floats in their own units.

    alpha: of Beta(alpha, alpha), by which the share is drawn, once for a batch, or for each row.
    Source: Zhang, Cissé, Dauphin & Lopez-Paz (2018).
    """

    alpha: float
    by_row: bool = False

    def __post_init__(self) -> None:
        _check_alpha("mixup", self.alpha)

    def check(self, inputs: tuple[Tensor, ...]) -> None:
        if not all(part.is_floating_point() or _is_pictures(part) for part in inputs):
            raise DataError("mixup blends rows, and these inputs are codes (whole numbers); train this net with mixup=0.")

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> Mixed:
        rows, device = len(inputs[0]), inputs[0].device
        share = _beta(self.alpha, rows, generator).float().to(device) if self.by_row else float(_beta(self.alpha, 1, generator))
        mates = _mates(inputs, generator)
        parts = tuple(part if part.is_floating_point() else part.float() for part in inputs)
        return Mixed(tuple(torch.lerp(part.index_select(0, mates), part, _over(share, part)) for part in parts), mates, share)


@dataclass(frozen=True, slots=True)
class CutMix:
    """A rectangle of each picture (n, channels, h, w) is replaced by that of its mate; the share is what is left of its area.

    alpha: of Beta(alpha, alpha), by which the share is drawn for each picture.  The rectangle has the picture's proportions, its
    centre is any pixel, and what would lie outside is cut off, which raises the share.
    Source: Yun, Han, Oh, Chun, Choe & Yoo (2019), who draw one rectangle for a batch.
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        _check_alpha("CutMix", self.alpha)

    def check(self, inputs: tuple[Tensor, ...]) -> None:
        if not all(part.ndim == 4 for part in inputs) or len({part.shape[2:] for part in inputs}) > 1:
            raise DataError("CutMix replaces rectangles, and these inputs are no pictures (n, channels, h, w) of one size.")

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> Mixed:
        rows, device = len(inputs[0]), inputs[0].device
        height, width = inputs[0].shape[2:]
        side = (1 - _beta(self.alpha, rows, generator)).sqrt()
        down, tall = _span(side, height, generator)
        across, wide = _span(side, width, generator)
        mates = _mates(inputs, generator)
        hole = (down[:, :, None] & across[:, None, :])[:, None].to(device)
        cut = tuple(torch.where(hole, part.index_select(0, mates), part) for part in inputs)
        return Mixed(cut, mates, (1 - tall * wide / (height * width)).float().to(device))


@dataclass(frozen=True, slots=True)
class EitherMix:
    """One of two, drawn for each batch.  share: how often the first one is."""

    first: Mix
    second: Mix
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ConfigError(f"share={self.share} is outside [0, 1].")

    def check(self, inputs: tuple[Tensor, ...]) -> None:
        self.first.check(inputs)
        self.second.check(inputs)

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> Mixed:
        is_first = float(torch.rand((), generator=generator)) < self.share
        return (self.first if is_first else self.second)(inputs, generator)


def mixed_loss(loss: RowLoss, output: Tensor, batch: Examples, mixed: Mixed) -> Tensor:
    """The weighted mean of the rows' losses, a scalar, from the net's output for ``mixed.inputs``."""
    target, weights, share = batch.target[mixed.mates], batch.weights, mixed.share
    of_mates = None if weights is None else weights[mixed.mates]
    if isinstance(share, float):
        own = mean_of_rows(loss, output, batch.target, weights)
        return share * own + (1 - share) * mean_of_rows(loss, output, target, of_mates)
    own, other = loss(output, batch.target), loss(output, target)
    if weights is not None and of_mates is not None:
        own, other = own * weights, other * of_mates
    return (share * own + (1 - share) * other).mean()


def _check_alpha(name: str, alpha: float) -> None:
    if not (alpha > 0 and isfinite(alpha)):
        raise ConfigError(f"{name}={alpha} must be finite and above 0.")


def _is_pictures(part: Tensor) -> bool:
    """Whole numbers that are values: the pixels of (n, channels, h, w)."""
    return part.dtype == torch.uint8 and part.ndim == 4


def _mates(inputs: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
    return torch.randperm(len(inputs[0]), generator=generator).to(inputs[0].device)


def _over(share: float | Tensor, part: Tensor) -> float | Tensor:
    return share if isinstance(share, float) else share.to(part.dtype).view(-1, *[1] * (part.ndim - 1))


def _span(share: Tensor, side: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """bool (n, side), the pixels of a span of this share of the side about a random one; and how many they are, (n,)."""
    length = (share * side).floor().long()
    start = torch.randint(0, side, (len(share),), generator=generator) - length // 2
    places = torch.arange(side)
    inside = (places >= start[:, None]) & (places < (start + length)[:, None])
    return inside, inside.sum(dim=1)


def _beta(alpha: float, count: int, generator: torch.Generator) -> Tensor:
    """float64 (count,) draws of Beta(alpha, alpha), as shares of two Gammas."""
    first, second = torch._standard_gamma(torch.full((2, count), alpha, dtype=torch.float64), generator=generator)
    total = first + second
    return torch.where(total > 0, first / total, torch.ones_like(total))
