"""A picture that a neuron, a map or a layer answers most to, found by climbing the gradient from a seed.

Without regularisation what is found is grain that no eye reads: the picture is moved a little at each step (jitter), and its
total variation, its distance from grey and what a blur takes away are held low.
Sources: Olah, Mordvintsev & Schubert (2017); total variation: Mahendran & Vedaldi (2015).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.core.seeds import derive
from assay.nets.seeding import threads
from assay.nets.seeing.basis import FIRST_SPREAD, WHITE, Written, written
from assay.nets.seeing.integrated import blurred
from assay.nets.seeing.objectives import Objective, value_of
from assay.nets.seeing.scores import float_type

GREY = 0.5
STARTS = 8
"""So many beginnings are tried, each of three times the contrast, until one excites at all: below a ReLU there is no slope."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClimbSettings:
    """basis: "fourier" or "pixel".  jitter: pixels by which the picture is moved at most, either way.

    total_variation, l2, blur: weights of what is held low, with pixels in 0 … 1: the mean step between neighbours, the mean
    square distance from grey, the mean square of what a blur of one pixel takes away.
    """

    basis: str = "fourier"
    steps: int = 256
    rate: float = 0.05
    jitter: int = 2
    total_variation: float = 0.0
    l2: float = 0.0
    blur: float = 0.0

    def __post_init__(self) -> None:
        weights = (self.total_variation, self.l2, self.blur)
        if self.steps < 1 or self.rate <= 0 or self.jitter < 0 or min(weights) < 0:
            raise ConfigError(
                f"steps={self.steps} must be at least 1, rate={self.rate} above 0, jitter={self.jitter} and the weights "
                f"{weights} at least 0."
            )


@dataclass(frozen=True, eq=False)
class Climbed:
    """picture: uint8 (channels, size, size).  first, last: the objective of the picture begun with and of ``picture``.

    history: float64 (steps,), the objective at each step, of the moved picture.
    """

    name: str
    picture: np.ndarray
    first: float
    last: float
    history: np.ndarray


USUAL = ClimbSettings()


def visualise(
    model: nn.Module, objective: Objective, channels: int, size: int, *, seed: int, settings: ClimbSettings = USUAL
) -> Climbed:
    """The same picture for the same seed, on one machine and one set of versions.  The model is left as it is.

    model: in evaluation mode, standardisation included.
    """
    draws, kind = torch.Generator().manual_seed(seed), float_type(model)
    with threads(1), torch.enable_grad():
        begun = _begun(model, objective, settings.basis, (channels, size), seed)
        optimiser = torch.optim.Adam([begun.values], lr=settings.rate)
        history, first = [], float(value_of(objective, model, begun.picture().detach().to(kind)))
        for _ in range(settings.steps):
            picture = begun.picture()
            value = objective.value(model, _moved(picture, settings.jitter, draws).to(kind)).sum()
            optimiser.zero_grad()
            loss = _held_low(picture / WHITE, settings) - value
            begun.values.grad = torch.autograd.grad(loss, begun.values)[0]
            optimiser.step()
            history.append(float(value.detach()))
        found = begun.picture().detach().round().clamp(0, WHITE)
        last = float(value_of(objective, model, found.to(kind)))
    return Climbed(objective.name, found[0].to(torch.uint8).numpy(), first, last, np.array(history))


def _begun(model: nn.Module, objective: Objective, basis: str, form: tuple[int, int], seed: int) -> Written:
    """The first beginning from which there is a way up; where there is none, the faintest."""
    for start in range(STARTS):
        begun = written(basis, *form, derive(seed, start), FIRST_SPREAD * 3**start)
        value = objective.value(model, begun.picture().to(float_type(model))).sum()
        (slope,) = torch.autograd.grad(value, begun.values)
        if bool(slope.any()):
            return begun
    return written(basis, *form, derive(seed, 0))


def _moved(picture: Tensor, jitter: int, draws: torch.Generator) -> Tensor:
    """Rolled by up to so many pixels down and along."""
    if not jitter:
        return picture
    down, along = torch.randint(-jitter, jitter + 1, (2,), generator=draws).tolist()
    return torch.roll(picture, (down, along), dims=(2, 3))


def _held_low(picture: Tensor, settings: ClimbSettings) -> Tensor:
    """picture: in 0 … 1."""
    total = picture.new_zeros(())
    if settings.total_variation:
        down, along = picture.diff(dim=2).abs().mean(), picture.diff(dim=3).abs().mean()
        total = total + settings.total_variation * (down + along)
    if settings.l2:
        total = total + settings.l2 * (picture - GREY).square().mean()
    if settings.blur:
        total = total + settings.blur * (picture - blurred(picture, 1.0)).square().mean()
    return total
