"""Adversarial training: every batch is attacked as the net stands, and the net learns from what came of it.

A wrapper around the objective of a ``Work``, so that the one training loop knows nothing of it.  The attack sees the batch after
its augmentation and moves it to raise the very loss that is minimised.
See ``hardening`` for the settings and their sources.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from assay.nets.attacks.bounds import WHITE
from assay.nets.attacks.hardening import Hardening
from assay.nets.losses.row import RowLoss, at_epoch
from assay.nets.training.examples import Examples

if TYPE_CHECKING:
    from assay.nets.training.work import Augment

Inner = Callable[[nn.Module, Examples, torch.Generator], Tensor]


@dataclass(frozen=True)
class Hardened:
    """An objective's loss on attacked batches.  inner: the loss on a batch as it is.  loss: what the attack raises."""

    how: Hardening
    inner: Inner
    loss: RowLoss
    augment: "Augment | None"

    def at_epoch(self, epoch: int, epochs: int) -> "Hardened":
        changing = getattr(self.inner, "at_epoch", None)
        inner = self.inner if changing is None else changing(epoch, epochs)
        return replace(self, inner=inner, loss=at_epoch(self.loss, epoch, epochs))

    def __call__(self, model: nn.Module, batch: Examples, generator: torch.Generator) -> Tensor:
        inputs = batch.inputs if self.augment is None else self.augment(batch.inputs, generator)
        (pictures,) = inputs
        count = max(1, round(self.how.share * len(batch)))  # the rows of a batch are in a random order
        moved = pictures.float()
        attacked = self._attacked(model, moved[:count], batch.target[:count], generator)
        changed = torch.cat([attacked, moved[count:]]) if count < len(batch) else attacked
        return self.inner(model, Examples((changed,), batch.target, batch.weights), generator)

    def _attacked(self, model: nn.Module, pictures: Tensor, target: Tensor, generator: torch.Generator) -> Tensor:
        """In evaluation mode: neither do running statistics see the steps, nor is the attack one on a dropout's draw."""
        net = model.module if isinstance(model, nn.parallel.DistributedDataParallel) else model
        eps, stride = self.how.eps, self.how.stride
        start = torch.rand(pictures.shape, generator=generator).to(pictures) * 2 - 1
        changed = (pictures + eps * start).clamp(0, WHITE)
        training = net.training
        net.eval()
        try:
            for _ in range(self.how.steps):
                moving = changed.detach().requires_grad_()
                (slope,) = torch.autograd.grad(self.loss(net(moving), target).sum(), moving)
                step = (changed + stride * slope.sign() - pictures).clamp(-eps, eps)
                changed = (pictures + step).clamp(0, WHITE).detach()
        finally:
            net.train(training)
        return changed
