"""What a loss is: the type, the losses that change with the epoch, and the checks that all of them share.

A loss is a frozen dataclass of plain settings that can be called; it holds no tensors, so it lives on no device and can
be compared, printed and kept as JSON.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from assay.core.errors import ConfigError

RowLoss = Callable[[Tensor, Tensor], Tensor]
"""(output of the net (n, …), target (n,)) -> losses (n,)."""


@runtime_checkable
class Scheduled(Protocol):
    """A loss that is another one at some epochs."""

    def at_epoch(self, epoch: int, epochs: int) -> RowLoss:
        """The loss of epoch ``epoch`` (counted from 0) of a training planned for ``epochs``."""
        ...


@runtime_checkable
class Phased(Protocol):
    """A loss that changes once for all, and whose training is only done when its last phase was."""

    def last_phase(self, epochs: int) -> int:
        """The epoch (counted from 0) of a training planned for ``epochs`` in which the last phase begins."""
        ...


def last_phase(loss: RowLoss, epochs: int) -> int:
    """The epoch in which the loss's last phase begins; 0 for one that is the same, or changes a little every epoch."""
    return loss.last_phase(epochs) if isinstance(loss, Phased) else 0


def at_epoch(loss: RowLoss, epoch: int, epochs: int) -> RowLoss:
    """The loss to train with in epoch ``epoch`` (counted from 0) of ``epochs``: ``loss`` itself, unless it is scheduled."""
    return loss.at_epoch(epoch, epochs) if isinstance(loss, Scheduled) else loss


def wide(output: Tensor) -> Tensor:
    """The output in at least single precision: exponentials of half-precision logits overflow at 11."""
    return output.float() if output.dtype in (torch.float16, torch.bfloat16) else output


def one_number(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs (n, 1) and values (n,) -> two float tensors (n,).

    Raises ConfigError for other shapes: (n,) and (n, 1) would be broadcast to (n, n) without a word.
    """
    if output.ndim != 2 or output.shape[1] != 1 or target.shape != output.shape[:1]:
        raise ConfigError(
            f"this loss compares outputs (n, 1) with values (n,), not {tuple(output.shape)} with {tuple(target.shape)}; "
            "give the net one output."
        )
    output = wide(output)
    return output.squeeze(1), target.to(output.dtype)


def check_smoothing(value: float) -> None:
    """Raises ConfigError for a label smoothing outside [0, 1)."""
    if not 0 <= value < 1:
        raise ConfigError(f"label_smoothing={value} is outside [0, 1).")
