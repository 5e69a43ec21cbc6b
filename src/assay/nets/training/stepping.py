"""One step of a training: what a few batches say about the weights, and the weights moved by it."""

from collections.abc import Sequence, Sized
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from assay.nets.settings import TrainSettings
from assay.nets.training.distribute import rows_of_all, silent, world
from assay.nets.training.faults import (
    DivergedError,
    fitting_rows,
    is_out_of_memory,
    no_room,
    why_gradient_not_finite,
    why_not_finite,
)
from assay.nets.training.moving import Mover, is_mixed, sixteen_bits
from assay.nets.training.standing import Standing
from assay.nets.training.work import Objective, Watch

Batch = TypeVar("Batch", bound=Sized)

_OPEN: AbstractContextManager[None] = nullcontext()


@dataclass(frozen=True)
class Stepper(Generic[Batch]):
    """net: what is called, the model itself or its wrapper among several processes.  objectives: as they are in this epoch."""

    net: nn.Module
    standing: Standing
    objectives: tuple[Objective[Batch], ...]
    settings: TrainSettings
    watch: Watch | None

    def step(self, parcel: Sequence[Batch], number: int, rate: float) -> tuple[Tensor, int]:
        """Move the weights once by all batches of the parcel together; their mean loss and rows (this process's).

        On the processor a loss that is no number raises DivergedError before the weights have moved, and so does a
        gradient, if it is clipped.  Raises ConfigError for a batch that does not fit into memory.
        """
        sizes = list(map(len, parcel))
        mine = sum(sizes)
        rows = mine if self._is_alone and 0 not in sizes else rows_of_all(sizes, self.standing.device)
        looked_at = self.watch is not None and self.watch.wants(number)
        losses = []
        for objective, mover in zip(self.objectives, self.standing.movers, strict=True):
            mover.clear()
            for place, batch in enumerate(parcel):
                share = sizes[place] * self._processes / rows
                with _OPEN if self._is_alone or place == len(parcel) - 1 else silent(self.net):
                    loss = self._backward(objective, mover, batch, place, share)
                losses.append(loss if sizes[place] == mine else loss * (sizes[place] / mine))
            self._shape(mover, objective, parcel)
            if looked_at and self.watch is not None:
                self.watch.gradients(number, self.standing.model)
            mover.step(rate)
        if self.standing.average is not None:
            self.standing.average.follow()
        return losses[0] if len(losses) == 1 else torch.stack(losses).sum(), mine

    def _backward(self, objective: Objective[Batch], mover: Mover, batch: Batch, place: int, share: float) -> Tensor:
        """The loss of one batch, whose gradient is added to the others', ``share`` of it."""
        try:
            loss = self._loss(objective, batch)
            if self._is_near and not isfinite(loss.item()):
                self._refuse(objective, batch, place, loss.item())
            mover.backward(loss if share == 1 else loss * share)
            return loss.detach()
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        mover.clear()
        several = not self._is_alone  # one process cannot try alone: the others would wait for it
        fits = None if several else fitting_rows(batch, lambda smaller: mover.backward(self._loss(objective, smaller)))
        mover.clear()
        raise no_room(len(batch), fits, self.settings, self.standing.device)

    def _loss(self, objective: Objective[Batch], batch: Batch) -> Tensor:
        if not self._is_mixed:
            return objective.loss(self.net, batch, self.standing.generator)
        kind = self.standing.device.type
        with torch.autocast(kind, dtype=sixteen_bits(kind)):
            return objective.loss(self.net, batch, self.standing.generator)

    def _shape(self, mover: Mover, objective: Objective[Batch], parcel: Sequence[Batch]) -> None:
        if mover.shape_gradients(look=self._is_near):
            return
        at = self.standing.progress
        why = why_gradient_not_finite(self.standing.model, parcel, self.settings)
        raise DivergedError(
            f"the gradient of the {objective.name} was not finite after batch {at.batches + len(parcel)} of epoch "
            f"{at.epoch + 1}: {why}"
        )

    def _refuse(self, objective: Objective[Batch], batch: Batch, place: int, loss: float) -> None:
        """Raise DivergedError for a loss that is not finite: which batch, where in the net, and why."""
        at = self.standing.progress
        model, draws = self.standing.model, self.standing.generator
        why = why_not_finite(model, batch, lambda: objective.loss(model, batch, draws), self.settings)
        raise DivergedError(f"the {objective.name} was {loss} in batch {at.batches + place + 1} of epoch {at.epoch + 1}: {why}")

    @cached_property
    def _is_near(self) -> bool:
        """Whether a loss can be looked at without waiting for it."""
        return self.standing.device.type == "cpu"

    @cached_property
    def _is_mixed(self) -> bool:
        return is_mixed(self.settings, self.standing.device.type)

    @cached_property
    def _processes(self) -> int:
        return world().size

    @cached_property
    def _is_alone(self) -> bool:
        return self._processes == 1
