"""Changes to the 256 levels of pixels, equal to those of Pillow's ImageOps: solarize, posterize, autocontrast, equalize.

All but solarize look a level up in a table, one for each channel of each picture, so that floats are rounded to levels first.
"""

import torch
from torch import Tensor

from assay.nets.image.augment.pixels import HIGHEST, as_given, each

LEVELS = 256


def solarized(pictures: Tensor, thresholds: Tensor) -> Tensor:
    """Pixels of at least their picture's threshold (n,) are inverted."""
    inverted = (HIGHEST - pictures).to(pictures.dtype)
    return torch.where(pictures >= each(thresholds), inverted, pictures)


def posterized(pictures: Tensor, bits: Tensor) -> Tensor:
    """Only so many of the highest bits (n,), 0 … 8, of each pixel are kept."""
    width = torch.pow(2, 8 - each(bits.long()))
    return (levels(pictures) // width * width).to(pictures.dtype)


def stretched(pictures: Tensor) -> Tensor:
    """The levels of each channel stretched over 0 … 255."""
    found = levels(pictures).flatten(2)
    low, high = found.amin(dim=2, keepdim=True).double(), found.amax(dim=2, keepdim=True).double()
    same = torch.arange(LEVELS, device=pictures.device).expand(*found.shape[:2], LEVELS)
    factor = torch.full_like(high, HIGHEST) / (high - low).clamp_min(1)  # a number by a tensor is rounded twice
    table = (same * factor + -low * factor).trunc().clamp(0, LEVELS - 1).long()
    return _looked_up(torch.where(high > low, table, same), pictures)


def equalized(pictures: Tensor) -> Tensor:
    """The levels of each channel so that all are about equally frequent."""
    found = levels(pictures).flatten(2)
    n, channels, _ = found.shape
    place = torch.arange(n * channels, device=pictures.device).view(n, channels, 1) * LEVELS
    counts = torch.bincount((found + place).flatten(), minlength=n * channels * LEVELS).view(n, channels, LEVELS)
    last = counts.gather(2, found.amax(dim=2, keepdim=True))
    step = (counts.sum(dim=2, keepdim=True) - last) // (LEVELS - 1)
    before = counts.cumsum(dim=2) - counts
    table = ((before + step // 2) // step.clamp_min(1)).clamp_max(LEVELS - 1)
    same = torch.arange(LEVELS, device=pictures.device).expand_as(table)
    return _looked_up(torch.where(step > 0, table, same), pictures)


def levels(pictures: Tensor) -> Tensor:
    """int64, 0 … 255."""
    return as_given(pictures, pictures).round().long() if pictures.is_floating_point() else pictures.long()


def _looked_up(table: Tensor, pictures: Tensor) -> Tensor:
    return table.gather(2, levels(pictures).flatten(2)).view(pictures.shape).to(pictures.dtype)
