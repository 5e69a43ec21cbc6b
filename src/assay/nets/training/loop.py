"""The one training loop: every net of Assay is trained by ``train``.

What differs between nets comes in as the four hooks of ``Work``, how it is trained as ``TrainSettings``; all that changes
while training stands in one ``Standing``, which is what a checkpoint holds.  On one machine the same seed and the same
number of threads give the same bytes, whether the training was stopped in between or not.

An epoch is all batches of the source, a step is ``accumulate`` of them, and the learning rate is that of the step.
"""

from collections.abc import Callable, Sized
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from time import monotonic
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.core.seeds import derive
from assay.nets.seeding import isolated, reseed, threads
from assay.nets.settings import Run, TrainSettings
from assay.nets.training.checkpoint import identity
from assay.nets.training.distribute import agreed, same_on_all, spread, total, world
from assay.nets.training.faults import DivergedError, check_weights
from assay.nets.training.moving import Average, Mover, copied, frozen
from assay.nets.training.phases import begin_last_phase, out_of_patience, planned_epoch
from assay.nets.training.saving import Saver
from assay.nets.training.standing import Standing, Stop
from assay.nets.training.stepping import Stepper
from assay.nets.training.work import Epoch, Work

Batch = TypeVar("Batch", bound=Sized)

UNSEEN_STEPS = 50
"""Steps on an accelerator between two looks at the losses: a look waits until they are computed."""

LOOK_SECONDS = 1.0
"""Between two questions whether the training was cancelled."""


@dataclass(frozen=True, slots=True)
class Trained:
    """model: in evaluation mode, with the weights of the best epoch of the last phase (of the last one without validation).

    best_epoch: counted from 0, a place in ``history``.  planned_epoch: the same as the plan counts it: its loss was
    at_epoch(loss, planned_epoch, settings.epochs).  last: the weights after the last epoch, by name.  stopped: why training
    ended; a "cancelled" model is half-trained, only good for being thrown away.  A sharded model stays in shards, ``last`` too.
    """

    model: nn.Module
    history: tuple[Epoch, ...]
    best_epoch: int
    stopped: Stop
    last: dict[str, Tensor]
    planned_epoch: int


def train(model: nn.Module, work: Work[Batch], settings: TrainSettings, *, seed: int, run: Run | None = None) -> Trained:
    """Train ``model`` in place and hand it back with its history.

    The batches of ``work`` are on ``run.device`` already; the model is brought there.  With ``run.checkpoints`` a training
    found in that folder goes on where it was, also one that was cancelled or ran out of seconds, if it now has more.
    Raises ConfigError when the loss stops being a number (with the batch, the layer and the probable cause), when a batch does
    not fit into memory (with one that does), and for a checkpoint of another training; the last good checkpoint is kept.
    """
    run = run or Run()
    check(work, settings, run)
    model.to(run.device)
    with threads(run.threads), isolated(seed, run.device):
        net = spread(model, run.device, shard=run.shard, thaws=any(group.thaw != 0 for group in settings.groups))
        standing = first_standing(model, work, settings, run)
        saver = Saver(run, standing, identity(settings, seed, run.threads, run.device, work.batches.rows))
        saver.begin()
        if standing.progress.stopped in ("cancelled", "seconds"):
            standing.progress.stopped = agreed(_stop(standing, settings, run, standing.progress.seconds))
        with nullcontext() if work.watch is None else work.watch.attached(model):
            while standing.progress.stopped is None:
                net.train()
                with frozen(model, settings.groups, standing.progress.epoch):
                    _steps_of_epoch(net, standing, work, settings, seed, saver)
                if standing.progress.stopped is None:
                    _judge(standing, work, settings, saver)
    return _ended(standing, work.last_phase(settings.epochs))


def check(work: Work[Batch], settings: TrainSettings, run: Run) -> None:
    """Raise ConfigError for a training that cannot be."""
    try:
        torch.zeros(0, device=run.device)
    except (RuntimeError, AssertionError) as error:
        said = str(error).partition("\n")[0]
        raise ConfigError(
            f"device={run.device!r} cannot be used here ({said}); take 'cpu', or 'cuda' or 'mps' if there."
        ) from error
    if settings.batch_size > work.batches.rows:
        raise ConfigError(f"batch_size={settings.batch_size} is above the {work.batches.rows} training rows; use at most these.")
    if world().size > 1 and any(objective.moves for objective in work.objectives):
        raise ConfigError("an objective that moves a part of the net is trained in one process; start it without torchrun.")


def first_standing(model: nn.Module, work: Work[Batch], settings: TrainSettings, run: Run) -> Standing:
    """Where a training begins; the model is on its device, and spread."""
    return Standing(
        model=model,
        movers=[Mover(model, settings, moves=objective.moves, device=run.device) for objective in work.objectives],
        generator=torch.Generator(),
        average=None if settings.ema is None else Average(model, settings.ema),
        device=torch.device(run.device),
    )


def _steps_of_epoch(
    net: nn.Module, standing: Standing, work: Work[Batch], settings: TrainSettings, seed: int, saver: Saver
) -> None:
    """The steps that are left of the present epoch."""
    progress, epoch, run = standing.progress, standing.progress.epoch, saver.run
    for mover in standing.movers:
        mover.check_moves(epoch)
    if not progress.batches:  # in the middle of an epoch the generators stand where the checkpoint put them
        noise = derive(seed, "noise", epoch, world().rank)
        standing.generator.manual_seed(noise)
        reseed(noise, run.device)
    objectives = tuple(objective.at_epoch(progress.planned, settings.epochs) for objective in work.objectives)
    stepper = Stepper(net, standing, objectives, settings, work.watch)
    batches = work.batches.count(settings.batch_size)
    steps = -(-batches // settings.accumulate)
    plan = settings.rate_plan
    drops = plan.drops([_watched(record) for record in progress.history])
    source = work.batches.epoch(derive(seed, "order", epoch), settings.batch_size, progress.batches, world())
    unseen, asked = list[tuple[Tensor, int]](), monotonic()
    while parcel := list(islice(source, settings.accumulate)):
        step = epoch * steps + progress.batches // settings.accumulate
        progress.rate = settings.learning_rate * plan.factor(step + progress.skipped * steps, settings.epochs * steps, drops)
        unseen.append(stepper.step(parcel, step, progress.rate))
        progress.batches += len(parcel)
        parcel.clear()  # so that the next one takes the same memory, which is still in the processor's cache
        now = monotonic()
        is_due = saver.is_due(now)
        if is_due or len(unseen) == UNSEEN_STEPS:
            _look(unseen, standing)
        if now - asked > LOOK_SECONDS and world().size == 1:
            asked = now
            progress.stopped = "cancelled" if run.cancelled() else None
        if is_due or progress.stopped:
            _look(unseen, standing)
            check_weights(standing.model, settings, epoch)
            saver.save()
        if progress.stopped:
            return
    _look(unseen, standing)
    if progress.batches != batches:
        raise ConfigError(
            f"the source of batches gave {progress.batches} in epoch {epoch + 1} and had promised {batches}: "
            "its epoch() and its count() must agree."
        )


def _look(unseen: list[tuple[Tensor, int]], standing: Standing) -> None:
    """Add up the losses of the steps since the last look; raises DivergedError where one is not finite."""
    progress = standing.progress
    values = torch.stack([loss for loss, _ in unseen]).tolist() if unseen else []
    for steps_ago, value in zip(range(len(values), 0, -1), values, strict=True):
        if not isfinite(value):
            raise DivergedError(
                f"the loss was {value} in epoch {progress.epoch + 1}, {steps_ago} steps before the end of batch "
                f"{progress.batches}: training diverged; use a lower learning_rate, or run it on the processor, "
                "which names the layer."
            )
    for value, (_, rows) in zip(values, unseen, strict=True):
        progress.lost += value * rows
        progress.rows += rows
    unseen.clear()


def _judge(standing: Standing, work: Work[Batch], settings: TrainSettings, saver: Saver) -> None:
    """What is known after an epoch: its losses, whether it is the best, whether it was the last."""
    progress, run = standing.progress, saver.run
    check_weights(standing.model, settings, progress.epoch)
    same_on_all(standing.model.buffers() if standing.average is None else [*standing.model.buffers(), *standing.average.buffers])
    lost, rows = progress.lost, float(progress.rows)
    if world().size > 1:
        lost, rows = total(torch.tensor([lost, rows], dtype=torch.float64, device=standing.device)).tolist()
    held = None
    validate = work.validate_at(progress.planned, settings.epochs)
    if validate is None:
        progress.best_epoch = progress.epoch
    else:
        held = _validated(standing, validate)
    seconds = saver.seconds
    record = Epoch(lost / rows, held, progress.rate, seconds)
    progress.history.append(record)
    progress.epoch, progress.batches, progress.rows, progress.lost = progress.epoch + 1, 0, 0, 0.0
    if work.watch is not None:
        work.watch.epoch(record)
    begin_last_phase(standing, work.last_phase(settings.epochs), settings.patience)
    if world().rank == 0:
        run.progress(progress.planned, settings.epochs)
    progress.stopped = agreed(_stop(standing, settings, run, seconds))
    if progress.stopped or saver.is_due_after_epoch():
        saver.save()


def _validated(standing: Standing, validate: Callable[[nn.Module], float]) -> float:
    """The validation loss of the weights that would be kept, which are set aside when they are the best so far."""
    progress, model = standing.progress, standing.model
    with nullcontext() if standing.average is None else standing.average.standing_in(model):
        model.eval()
        with torch.inference_mode():
            held = agreed(float(validate(model)))
        if not isfinite(held):
            raise DivergedError(
                f"the validation loss was {held} after epoch {progress.epoch + 1}: the validation rows hold huge or missing "
                f"values, or training diverges; look there, or use a learning_rate below {progress.rate:g}."
            )
        if progress.best_loss is None or held < progress.best_loss:
            progress.best_loss, progress.best_epoch, standing.best = held, progress.epoch, copied(model)
    return held


def _stop(standing: Standing, settings: TrainSettings, run: Run, seconds: float) -> Stop | None:
    """Why training ends now, or None. A further epoch is begun only if it is likely to fit into the seconds."""
    progress = standing.progress
    if run.cancelled():
        return "cancelled"
    if progress.planned == settings.epochs:
        return "epochs"
    if out_of_patience(progress, settings.patience):
        return "patience"
    if run.seconds is not None and progress.epoch and seconds * (progress.epoch + 1) / progress.epoch > run.seconds:
        return "seconds"
    return None


def _watched(record: Epoch) -> float:
    """The loss by which a plateau is seen."""
    return record.train_loss if record.validation_loss is None else record.validation_loss


def _ended(standing: Standing, last_phase: int) -> Trained:
    progress, model = standing.progress, standing.model
    last = copied(model) if standing.average is None else standing.average.weights
    model.load_state_dict(standing.best or last)
    history, stopped = tuple(progress.history), cast(Stop, progress.stopped)
    return Trained(model.eval(), history, progress.best_epoch, stopped, last, planned_epoch(progress, last_phase))
