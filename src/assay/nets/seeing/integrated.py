"""Integrated gradients: what each pixel added to a score on the straight way from a baseline to the picture.

The values of a picture sum to its score less that of the baseline (completeness); by how much they miss it is told beside them,
and more points are taken until they miss little.  The way is integrated by Gauss and Legendre.
Source: Sundararajan, Taly & Yan (2017).
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.seeing.scores import as_floats, in_batches, of_targets

Baseline = Literal["black", "mean", "blurred"]
BASELINES = get_args(Baseline)
POINTS, MOST_POINTS = 32, 512
TOLERANCE = 0.01
"""Of the difference of the scores; below this more points change nothing that could be seen."""

BLUR_SHARE = 8
"""The standard deviation of the blur is this part of the picture's side."""


@dataclass(frozen=True, eq=False)
class Integrated:
    """values: float64 (n, channels, h, w).  difference: (n,), score less that of the baseline; missed: (n,), the sum of the
    values less it.  points: (n,), on the way.
    """

    values: np.ndarray
    difference: np.ndarray
    missed: np.ndarray
    points: np.ndarray


def baseline_of(kind: str, model: nn.Module, pictures: Tensor) -> Tensor:
    """Pictures of no content, as large: black, the mean colour of the training pictures, or the picture itself blurred.

    Raises ConfigError for another name.
    """
    if kind == "black":
        return torch.zeros_like(pictures)
    if kind == "mean":
        return mean_colour(model, pictures)
    if kind == "blurred":
        return blurred(pictures, pictures.shape[-1] / BLUR_SHARE)
    raise ConfigError(f"no baseline {kind!r}{did_you_mean(kind, BASELINES)}")


def mean_colour(model: nn.Module, pictures: Tensor) -> Tensor:
    """Of the training pictures where the model standardises, else of each picture itself."""
    for name, value in model.named_buffers():
        if name == "standardise.mean":
            return value.to(pictures.dtype)[None, :, None, None].expand_as(pictures)
    return pictures.mean(dim=(2, 3), keepdim=True).expand_as(pictures)


def blurred(pictures: Tensor, deviation: float) -> Tensor:
    """By a Gaussian of this standard deviation in pixels; beyond the edge the outermost pixels go on."""
    reach = max(1, round(3 * deviation))
    at = torch.arange(-reach, reach + 1, dtype=pictures.dtype)
    weights = torch.exp(-0.5 * (at / max(deviation, 1e-6)) ** 2)
    weights = weights / weights.sum()
    channels = pictures.shape[1]
    along = functional.pad(pictures, (reach,) * 4, mode="replicate")
    along = functional.conv2d(along, weights.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
    return functional.conv2d(along, weights.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)


def integrated_gradients(  # as many arguments as the method has choices
    model: nn.Module,
    pictures: np.ndarray | Tensor,
    targets: np.ndarray,
    *,
    baseline: str | Tensor = "black",
    points: int = POINTS,
    most_points: int = MOST_POINTS,
    tolerance: float = TOLERANCE,
) -> Integrated:
    """pictures: (n, channels, h, w), uint8 or floating.  targets: int (n,), class codes.

    baseline: a name of ``BASELINES``, or pictures like these.  points: at first; they are doubled up to ``most_points`` for a
    picture whose values miss the difference of the scores by more than ``tolerance`` of it.
    """
    whole = as_floats(model, pictures)
    empty = baseline_of(baseline, model, whole) if isinstance(baseline, str) else as_floats(model, baseline)
    found = [
        _of_one(model, one, less, int(target), points, most_points, tolerance)
        for one, less, target in zip(whole, empty, targets, strict=True)
    ]
    values, difference, missed, taken = zip(*found, strict=True)
    return Integrated(np.stack(values), np.array(difference), np.array(missed), np.array(taken))


def _of_one(
    model: nn.Module, picture: Tensor, less: Tensor, target: int, points: int, most: int, tolerance: float
) -> tuple[np.ndarray, float, float, int]:
    with torch.no_grad():
        ends = of_targets(model(torch.stack([picture, less])), torch.tensor([target, target])).double()
    difference = float(ends[0] - ends[1])
    while True:
        values = (_mean_slope(model, picture, less, target, points) * (picture - less).double()).cpu().numpy()
        missed = float(values.sum()) - difference
        if abs(missed) <= tolerance * abs(difference) or 2 * points > most:
            return values, difference, missed, points
        points *= 2


def _mean_slope(model: nn.Module, picture: Tensor, less: Tensor, target: int, points: int) -> Tensor:
    """float64 (channels, h, w): the gradient of the score, averaged over the way."""
    at, weights = np.polynomial.legendre.leggauss(points)
    way = torch.from_numpy((at + 1) / 2).to(picture.dtype)[:, None, None, None]
    mass = torch.from_numpy(weights / 2)
    total, start = torch.zeros_like(picture, dtype=torch.float64), 0
    with torch.enable_grad():
        for part in in_batches(less + way * (picture - less), 64):
            part = part.detach().requires_grad_()
            codes = torch.full((len(part),), target)
            (slope,) = torch.autograd.grad(of_targets(model(part), codes).sum(), part)
            total += torch.einsum("n,nchw->chw", mass[start : start + len(part)], slope.double())
            start += len(part)
    return total
