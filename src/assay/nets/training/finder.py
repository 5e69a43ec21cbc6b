"""A learning rate to begin with: train on ever larger ones until the loss explodes, and take where it fell most steeply.

Source: Smith (2017), Cyclical learning rates; the steepest fall, the factor 4 of an explosion: Howard & Gugger (2020), fastai.
"""

from collections.abc import Iterator, Sized
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import islice
from math import isfinite
from typing import TypeVar

from torch import nn

from assay.core.errors import ConfigError
from assay.core.seeds import derive
from assay.nets.seeding import isolated, reseed, threads
from assay.nets.settings import Run, TrainSettings
from assay.nets.training.distribute import world
from assay.nets.training.faults import DivergedError
from assay.nets.training.loop import check, first_standing
from assay.nets.training.moving import frozen
from assay.nets.training.stepping import Stepper
from assay.nets.training.work import Work

Batch = TypeVar("Batch", bound=Sized)

EXPLODED = 4.0
"""The loss, as a multiple of the lowest one, beyond which larger rates are not tried."""

MEMORY = 0.9
"""Of the running mean that is watched for an explosion."""


@dataclass(frozen=True, slots=True)
class Found:
    """rates: (s,), rising by one factor.  losses: (s,), smoothed over neighbouring steps.  suggestion: one of the rates."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggestion: float


def find_learning_rate(
    model: nn.Module,
    work: Work[Batch],
    settings: TrainSettings,
    *,
    seed: int,
    run: Run | None = None,
    low: float = 1e-7,
    high: float = 10.0,
    steps: int = 100,
) -> Found:
    """The rate at which the loss falls most steeply when every step's rate is larger than the last, ``low`` to ``high``.

    A copy of ``model`` is trained, the model itself is left as it is.  Everything of ``settings`` holds but rate, schedule
    and moving average.  Raises ConfigError for an impossible range, among several processes, and if the loss never falls.
    """
    run = run or Run()
    check(work, settings, run)
    if not (0 < low < high and isfinite(high)) or steps < 20:
        raise ConfigError(f"low={low}, high={high}, steps={steps}: rates must rise from above 0, in at least 20 steps.")
    if world().size > 1:
        raise ConfigError("a learning rate is looked for in one process; start it without torchrun.")
    rates = [low * (high / low) ** (step / (steps - 1)) for step in range(steps)]
    with threads(run.threads), isolated(seed, run.device):
        trial = deepcopy(model).to(run.device).train()
        with frozen(trial, settings.groups, 0):
            losses = _smooth(_losses(trial, work, replace(settings, ema=None), rates, seed, run), reach=steps // 20)
    return Found(tuple(rates[: len(losses)]), tuple(losses), rates[_steepest(losses)])


def _losses(model: nn.Module, work: Work[Batch], settings: TrainSettings, rates: list[float], seed: int, run: Run) -> list[float]:
    """The losses of steps at these rates, up to the explosion."""
    standing = first_standing(model, work, settings, run)
    for mover in standing.movers:
        mover.check_moves(0)
    noise = derive(seed, "noise", 0)
    standing.generator.manual_seed(noise)
    reseed(noise, run.device)
    objectives = tuple(objective.at_epoch(0, settings.epochs) for objective in work.objectives)
    stepper = Stepper(model, standing, objectives, settings, None)
    losses, running, lowest = list[float](), 0.0, float("inf")
    for step, (rate, parcel) in enumerate(zip(rates, _parcels(work, settings, seed), strict=False)):
        try:
            loss = stepper.step(parcel, step, rate)[0].item()
        except DivergedError:
            if not step:
                raise
            break
        if not isfinite(loss):
            break
        losses.append(loss)
        running = MEMORY * running + (1 - MEMORY) * loss
        known = running / (1 - MEMORY ** (step + 1))
        if step < 1 / (1 - MEMORY):  # too few to be a mean: one easy batch would make all others look like an explosion
            continue
        lowest = min(lowest, known)
        if known - lowest > (EXPLODED - 1) * abs(lowest):
            break
    return losses


def _parcels(work: Work[Batch], settings: TrainSettings, seed: int) -> Iterator[list[Batch]]:
    """The batches of one step after the other, epoch after epoch without end."""
    epoch = 0
    while True:
        source = work.batches.epoch(derive(seed, "order", epoch), settings.batch_size, 0, world())
        while parcel := list(islice(source, settings.accumulate)):
            yield parcel
        epoch += 1


def _smooth(losses: list[float], reach: int) -> list[float]:
    """Means over neighbours with weights that fall to both sides: unlike a running mean they do not lag behind."""
    smooth = []
    for place in range(len(losses)):
        near = range(max(0, place - reach), min(len(losses), place + reach + 1))
        weights = [reach + 1 - abs(place - other) for other in near]
        smooth.append(sum(weight * losses[other] for weight, other in zip(weights, near, strict=True)) / sum(weights))
    return smooth


def _steepest(losses: list[float]) -> int:
    """Where the loss falls most in one step to both sides, before it is lowest. Raises ConfigError if it never falls."""
    lowest = min(range(len(losses)), key=losses.__getitem__)
    falls = {place: losses[place + 1] - losses[place - 1] for place in range(1, min(lowest, len(losses) - 2) + 1)}
    steepest = min(falls, key=falls.__getitem__, default=0)
    if not falls or falls[steepest] >= 0:
        raise ConfigError("the loss fell at no learning rate: widen low and high, or look at the data and the loss.")
    return steepest
