"""What a training does, as four hooks: where batches come from, what is minimised, how an epoch is judged, who looks on.

Classification, regression, detection, a pair of adversaries and a language model differ in these and
in nothing else.
"""

from collections.abc import Callable, Iterator, Sized
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.losses.row import RowLoss, at_epoch, last_phase
from assay.nets.training.codes import within_codes
from assay.nets.training.distribute import World
from assay.nets.training.examples import Examples, InMemory, mean_loss, mean_of_rows, weighted
from assay.nets.training.mix import Mix, mixed_loss

Batch = TypeVar("Batch", bound=Sized)
Source = TypeVar("Source", bound=Sized, covariant=True)

Augment = Callable[[tuple[Tensor, ...], torch.Generator], tuple[Tensor, ...]]
"""(inputs of one batch, the generator of the training) -> inputs to train on instead."""


class Batches(Protocol[Source]):
    """Where batches come from. An order is a function of its seed, so that a training can go on in the middle of an epoch."""

    @property
    def rows(self) -> int: ...
    def count(self, batch_size: int) -> int:
        """Batches in an epoch, the same in each."""
        ...

    def epoch(self, order: int, batch_size: int, skip: int, world: World) -> Iterator[Source]:
        """The batches from ``skip`` on, on the training's device; ``world.rank`` 's share of the rows of each."""
        ...


@dataclass(frozen=True)
class Objective(Generic[Batch]):
    """What is minimised, and by whom.

    loss(model, batch, generator): the mean loss over the rows of the batch, a scalar.  Among several processes ``model`` is a
    wrapper around the net, which can be called and nothing else.
    moves: the prefix of the names of the parameters that are moved to lower it ("": all).  A pair of adversaries is two
    objectives over one model of two parts; for every batch each takes a step, in their order.
    """

    loss: Callable[[nn.Module, Batch, torch.Generator], Tensor]
    name: str = "loss"
    moves: str = ""

    def at_epoch(self, epoch: int, epochs: int) -> "Objective[Batch]":
        """Itself, or what its loss becomes in this epoch, for a loss that changes on the way."""
        changing = getattr(self.loss, "at_epoch", None)
        return self if changing is None else replace(self, loss=changing(epoch, epochs))


@dataclass(frozen=True, slots=True)
class Epoch:
    """train_loss: the mean over the epoch's rows while the weights moved, summed over the objectives.

    rate: the learning rate of its last step.  seconds: since the training began.
    """

    train_loss: float
    validation_loss: float | None
    rate: float
    seconds: float


class Watch(Protocol):
    """Sees a training from inside, and changes nothing."""

    def attached(self, model: nn.Module) -> AbstractContextManager[None]:
        """Entered once, around the whole training."""
        ...

    def wants(self, step: int) -> bool:
        """Whether this step is to be looked at; asked before its forward pass."""
        ...

    def gradients(self, step: int, model: nn.Module) -> None:
        """After the backward pass of a wanted step, before the weights move."""
        ...

    def epoch(self, record: Epoch) -> None: ...


def _one_phase(_epochs: int) -> int:
    return 0


@dataclass(frozen=True)
class Work(Generic[Batch]):
    """validate(model): lower is better; called after each epoch, the model in evaluation mode, on every process alike.  Its
    ``at_epoch``, if it has one, says what it becomes in an epoch, as that of an objective's loss does.

    last_phase(epochs): the epoch of so many in which the last phase begins (see ``phases``), 0 where there is one phase.
    """

    batches: Batches[Batch]
    objectives: tuple[Objective[Batch], ...]
    validate: Callable[[nn.Module], float] | None = None
    watch: Watch | None = None
    last_phase: Callable[[int], int] = _one_phase

    def __post_init__(self) -> None:
        if not self.objectives:
            raise ConfigError("a training needs an objective: there is nothing to be minimised.")

    def validate_at(self, epoch: int, epochs: int) -> Callable[[nn.Module], float] | None:
        """``validate`` as it is in this epoch."""
        changing: Callable[[int, int], Callable[[nn.Module], float]] | None = getattr(self.validate, "at_epoch", None)
        return self.validate if changing is None else changing(epoch, epochs)


@dataclass(frozen=True, slots=True)
class Validation:
    """Rows held out of training, and the loss by which the best epoch is chosen (without label smoothing, say).

    A loss that changes on the way judges each epoch as it is there.
    """

    examples: Examples
    loss: RowLoss


def supervised(
    examples: Examples,
    loss: RowLoss,
    *,
    validation: Validation | None = None,
    augment: Augment | None = None,
    mix: Mix | None = None,
    watch: Watch | None = None,
    drawn: bool = False,
) -> Work[Examples]:
    """Learning from rows with answers: the weighted mean of ``loss`` over a batch of ``examples``.

    Rows of weight 0 are left out; the others' weights are scaled to mean 1.
    drawn: an epoch is as many rows as there are, drawn in proportion to their weights and weighing the same.
    augment: changes the inputs of a training batch, and no others.  mix: mixes the rows of a batch, after that.
    Raises DataError without a row of positive weight, for parts of different lengths, for values that are not finite, for inputs
    that cannot be mixed, and, in the first step, for class codes that the net has no output for.
    """
    if mix is not None:
        mix.check(examples.inputs)
    rows = weighted(examples)
    objective = Objective(_RowObjective(within_codes(loss, rows.target, "training"), augment, mix))
    batches = InMemory(rows, drawn)
    if validation is None:
        return Work(batches, (objective,), None, watch)
    held = weighted(validation.examples, "validation")
    judge = _Judge(held, within_codes(validation.loss, held.target, "validation"))
    return Work(batches, (objective,), judge, watch, partial(last_phase, loss))


@dataclass(frozen=True)
class _Judge:
    examples: Examples
    loss: RowLoss

    def at_epoch(self, epoch: int, epochs: int) -> "_Judge":
        return replace(self, loss=at_epoch(self.loss, epoch, epochs))

    def __call__(self, model: nn.Module) -> float:
        return mean_loss(model, self.examples, self.loss)


@dataclass(frozen=True)
class _RowObjective:
    loss: RowLoss
    augment: Augment | None
    mix: Mix | None

    def at_epoch(self, epoch: int, epochs: int) -> "_RowObjective":
        return replace(self, loss=at_epoch(self.loss, epoch, epochs))

    def __call__(self, model: nn.Module, batch: Examples, generator: torch.Generator) -> Tensor:
        inputs = batch.inputs if self.augment is None else self.augment(batch.inputs, generator)
        if self.mix is None:
            return mean_of_rows(self.loss, model(*inputs), batch.target, batch.weights)
        mixed = self.mix(inputs, generator)
        return mixed_loss(self.loss, model(*mixed.inputs), batch, mixed)
