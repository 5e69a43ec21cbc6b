"""Losses row by row: what a net gave and what it should have given -> one number a row.

The mean over rows, weighted or not, is the training loop's business, so that weights mean
the same under every loss.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError

RowLoss = Callable[[Tensor, Tensor], Tensor]
"""(output of the net, target) -> losses (n,)."""


def _check_smoothing(value: float) -> None:
    if not 0 <= value < 1:
        raise ConfigError(f"label_smoothing={value} is outside [0, 1).")


@dataclass(frozen=True, slots=True)
class BinaryCrossEntropy:
    """-log p of the true class from one logit (n, 1), by class codes 0 and 1 (n,), in nats.

    label_smoothing ε: the true class is believed to 1 - ε/2, as in q'(k) = (1 - ε)·δ(k, y) + ε/K with K = 2.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        _check_smoothing(self.label_smoothing)

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        believed = target.to(output.dtype) * (1 - self.label_smoothing) + self.label_smoothing / 2
        return functional.binary_cross_entropy_with_logits(output.squeeze(1), believed, reduction="none")


@dataclass(frozen=True, slots=True)
class CrossEntropy:
    """-log p of the true class from logits (n, K), by class codes (n,), in nats.

    label_smoothing ε: q'(k) = (1 - ε)·δ(k, y) + ε/K.  Source: Szegedy et al. (2016).
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        _check_smoothing(self.label_smoothing)

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(output, target, reduction="none", label_smoothing=self.label_smoothing)


@dataclass(frozen=True, slots=True)
class SquaredError:
    """(output - target)² from outputs (n, 1) and values (n,)."""

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        return torch.square(output.squeeze(1) - target.to(output.dtype))
