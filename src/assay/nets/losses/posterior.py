"""From what a net gives to the classes' probabilities: a loss that weighs, focuses or sets margins moves them.

Each such loss knows the closed form that leads back at its minimum, so that a net trained with it still gives honest
probabilities under the training prior, and nets of different losses can be stopped and compared by the same log loss.
"""

from dataclasses import dataclass
from math import log
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from assay.nets.losses.binary import BinaryCrossEntropy
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.row import RowLoss, at_epoch


@runtime_checkable
class MovesProbabilities(Protocol):
    """A loss at whose minimum the sigmoid or softmax of the output is not the classes' probabilities."""

    def posterior_logits(self, output: Tensor) -> Tensor:
        """Outputs -> logits of the same shape whose sigmoid or softmax is P(class | row) at the loss's minimum."""
        ...


def posterior_logits(loss: RowLoss, output: Tensor) -> Tensor:
    """Outputs (n, 1) or (n, K) of a net trained with ``loss`` -> logits of the same shape.

    Their sigmoid or softmax is P(class | row) under the training prior, if the net has reached the loss's minimum;
    ``output`` itself for a loss that moves nothing, or whose way back is not known (label smoothing, complement
    cross-entropy with K > 2).
    """
    return loss.posterior_logits(output) if isinstance(loss, MovesProbabilities) else output


@dataclass(frozen=True, slots=True)
class LogLoss:
    """−log of the probability that a net trained with ``trained_with`` gives the true class, (n,), in nats.

    Of outputs (n, members, o) it is that of the members' mean probability. For validation: by this number, not by a
    weighted or shifted loss, an epoch is the best one.
    """

    trained_with: RowLoss

    def at_epoch(self, epoch: int, epochs: int) -> RowLoss:
        return LogLoss(at_epoch(self.trained_with, epoch, epochs))

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        logits = posterior_logits(self.trained_with, output)
        if logits.ndim != 3:
            return _negative_log(logits, target)
        n, members, _ = logits.shape
        each = _negative_log(logits.flatten(0, 1), target.repeat_interleave(members)).view(n, members)
        return log(members) - torch.logsumexp(-each, dim=1)


def _negative_log(logits: Tensor, target: Tensor) -> Tensor:
    return BinaryCrossEntropy()(logits, target) if logits.shape[-1] == 1 else CrossEntropy()(logits, target)
