"""The one training loop: every net of Assay is trained by ``train``.

What differs between nets comes in as arguments (a loss, an augmentation, settings); all that
changes while training is local to the call.  Rows stay on the device as whole tensors, and a
mini-batch is one index_select.  On the processor the same seed gives the same bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from time import monotonic
from typing import Any, Literal

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError, DataError
from assay.core.seeds import derive
from assay.nets.losses import RowLoss
from assay.nets.seeding import isolated, threads
from assay.nets.settings import Run, TrainSettings, rate_factor

Augment = Callable[[tuple[Tensor, ...], torch.Generator], tuple[Tensor, ...]]
"""(inputs of one batch, the generator of the training) -> inputs to train on instead."""

Stop = Literal["epochs", "patience", "seconds", "cancelled"]

_NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


@dataclass(frozen=True, slots=True)
class Examples:
    """inputs: what the net is called with, each (n, …).  target: (n, …).  weights: float (n,) >= 0, or None for all 1."""

    inputs: tuple[Tensor, ...]
    target: Tensor
    weights: Tensor | None = None

    def __len__(self) -> int:
        return len(self.target)

    def to(self, device: str) -> "Examples":
        weights = None if self.weights is None else self.weights.to(device)
        return Examples(tuple(part.to(device) for part in self.inputs), self.target.to(device), weights)

    def take(self, rows: Tensor) -> "Examples":
        """The rows at these positions; an index on the same device."""
        weights = None if self.weights is None else self.weights.index_select(0, rows)
        return Examples(tuple(part.index_select(0, rows) for part in self.inputs), self.target.index_select(0, rows), weights)


@dataclass(frozen=True, slots=True)
class Validation:
    """Rows held out of training, and the loss by which the best epoch is chosen (without label smoothing, say)."""

    examples: Examples
    loss: RowLoss


@dataclass(frozen=True, slots=True)
class Epoch:
    """The mean losses of one epoch (the training loss is measured while the weights move), and the seconds since the start."""

    train_loss: float
    validation_loss: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Trained:
    """model: in evaluation mode, with the weights of the best epoch (of the last one without validation rows).

    best_epoch: counted from 0.  stopped: why training ended; a "cancelled" model is half-trained, only good
    for being thrown away.
    """

    model: nn.Module
    history: tuple[Epoch, ...]
    best_epoch: int
    stopped: Stop


def train(
    model: nn.Module,
    examples: Examples,
    loss: RowLoss,
    settings: TrainSettings,
    *,
    seed: int,
    run: Run | None = None,
    validation: Validation | None = None,
    augment: Augment | None = None,
) -> Trained:
    """Train ``model`` in place and hand it back with its history.

    Rows of weight 0 are left out; the others' weights are scaled to mean 1.  With validation rows the weights of the epoch
    with the lowest validation loss are kept, else those of the last epoch.
    Raises DataError without a row of positive weight, ConfigError when the loss stops being a number.
    """
    run = run or Run()
    kept = _weighted(examples).to(run.device)
    held = None if validation is None else Validation(validation.examples.to(run.device), validation.loss)
    model.to(run.device)
    steps = _Steps(model, kept, loss, settings, torch.Generator().manual_seed(derive(seed, "batches")), augment)
    history: list[Epoch] = []
    stopped: Stop = "epochs"
    best, began = _Best(model), monotonic()
    with threads(run.threads), isolated(derive(seed, "train"), run.device):
        for epoch in range(settings.epochs):
            train_loss = _finite(steps.epoch(epoch), epoch, settings)
            held_loss = None if held is None else _finite(mean_loss(model, held.examples, held.loss), epoch, settings)
            seconds = monotonic() - began
            history.append(Epoch(train_loss, held_loss, seconds))
            best.see(epoch, held_loss)
            run.progress(epoch + 1, settings.epochs)
            reason = _stop(settings, run, epoch, best.epoch, seconds)
            if reason is not None:
                stopped = reason
                break
    return Trained(best.restored().eval(), tuple(history), best.epoch, stopped)


def mean_loss(model: nn.Module, examples: Examples, loss: RowLoss, *, batch_rows: int = 4096) -> float:
    """The weighted mean loss over ``examples`` with the model in evaluation mode, on the examples' device."""
    model.eval()
    parts = []
    with torch.inference_mode():
        for rows in torch.split(torch.arange(len(examples), device=examples.target.device), batch_rows):
            batch = examples.take(rows)
            parts.append(loss(model(*batch.inputs), batch.target))
        losses = torch.cat(parts).cpu().double()  # here, because not every device has float64
    if examples.weights is None:
        return float(losses.mean())
    weights = examples.weights.cpu().double()
    return float((losses * weights).sum() / weights.sum())


@dataclass(frozen=True)
class _Steps:
    """The gradient steps of one training; ``optimizer`` is the only thing in it that changes, with the model."""

    model: nn.Module
    examples: Examples
    loss: RowLoss
    settings: TrainSettings
    generator: torch.Generator
    augment: Augment | None

    @cached_property
    def optimizer(self) -> torch.optim.Optimizer:
        groups = decay_groups(self.model, self.settings.weight_decay)
        if self.settings.optimizer == "sgd":
            return torch.optim.SGD(groups, lr=self.settings.learning_rate, momentum=self.settings.momentum)
        return torch.optim.AdamW(groups, lr=self.settings.learning_rate, fused=True)

    def epoch(self, number: int) -> float:
        """One pass over the rows in a new order; returns the mean training loss."""
        self.model.train()
        count = -(-len(self.examples) // self.settings.batch_size)
        order = torch.randperm(len(self.examples), generator=self.generator).to(self.examples.target.device)
        total = torch.zeros((), device=order.device)
        for place, rows in enumerate(order.tensor_split(count)):
            factor = rate_factor(self.settings.schedule, number * count + place, self.settings.epochs * count)
            total += self._step(rows, self.settings.learning_rate * factor) * len(rows)
        return float(total) / len(self.examples)

    def _step(self, rows: Tensor, rate: float) -> Tensor:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batch = self.examples.take(rows)
        inputs = batch.inputs if self.augment is None else self.augment(batch.inputs, self.generator)
        losses = self.loss(self.model(*inputs), batch.target)
        mean = (losses if batch.weights is None else losses * batch.weights).mean()
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(mean)
        if self.settings.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip_norm)
        self.optimizer.step()
        return mean.detach()


class _Best:
    """The weights of the best epoch so far, kept apart from those that go on moving."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.epoch = 0
        self.loss: float | None = None
        self.weights: dict[str, Tensor] = {}

    def see(self, epoch: int, loss: float | None) -> None:
        """loss: the validation loss; None (no validation rows) makes the last epoch the best."""
        if loss is None:
            self.epoch = epoch
        elif self.loss is None or loss < self.loss:
            self.epoch, self.loss = epoch, loss
            self.weights = {name: value.detach().clone() for name, value in self.model.state_dict().items()}

    def restored(self) -> nn.Module:
        if self.weights:
            self.model.load_state_dict(self.weights)
        return self.model


def _stop(settings: TrainSettings, run: Run, epoch: int, best_epoch: int, seconds: float) -> Stop | None:
    """Why training ends after this epoch, or None. A further epoch is begun only if it is likely to fit into the seconds."""
    if run.cancelled():
        return "cancelled"
    if settings.patience is not None and epoch - best_epoch >= settings.patience:
        return "patience"
    if run.seconds is not None and seconds * (epoch + 2) / (epoch + 1) > run.seconds and epoch + 1 < settings.epochs:
        return "seconds"
    return None


def _finite(loss: float, epoch: int, settings: TrainSettings) -> float:
    if not isfinite(loss):
        raise ConfigError(
            f"the loss was {loss} after epoch {epoch + 1}: training diverged. Use a learning_rate below "
            f"{settings.learning_rate:g}, or look for huge values in the number columns."
        )
    return loss


def _weighted(examples: Examples) -> Examples:
    """The rows of positive weight, their weights scaled to mean 1 (and dropped when all are equal)."""
    if examples.weights is None:
        if not len(examples):
            raise DataError("a net cannot be trained on 0 rows.")
        return examples
    weights = examples.weights.double()
    rows = torch.nonzero(weights > 0).squeeze(1)
    if not len(rows) or not bool(torch.isfinite(weights).all()) or bool((weights < 0).any()):
        raise DataError("row weights must be finite, not negative, and not all 0.")
    kept = examples.take(rows)
    scaled = weights[rows] / weights[rows].mean()
    return Examples(kept.inputs, kept.target, None if bool((scaled == 1).all()) else scaled.float())


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Two groups of parameters for an optimizer: those that decay, and biases and norm layers, which do not."""
    decaying: list[nn.Parameter] = []
    spared: list[nn.Parameter] = []
    for layer in model.modules():
        for name, parameter in layer.named_parameters(recurse=False):
            spares = isinstance(layer, _NORMS) or parameter.ndim < 2 or name.endswith("bias")
            (spared if spares else decaying).append(parameter)
    return [{"params": decaying, "weight_decay": weight_decay}, {"params": spared, "weight_decay": 0.0}]
