"""Huber's loss: squared near the target, absolute far from it, so that outliers pull with bounded force."""

from dataclasses import dataclass
from math import isfinite

from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.row import one_number


@dataclass(frozen=True, slots=True)
class Huber:
    """r²/2 where |r| <= delta, else delta·(|r| − delta/2); r = output − target, from outputs (n, 1) and values (n,).

    delta: in the target's unit, above 0; nets of Assay see targets in units of their standard deviation, for which 1 is
    usual.  Source: Huber (1964).
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        if not (isfinite(self.delta) and self.delta > 0):
            raise ConfigError(f"delta={self.delta} must be above 0: it is where the loss turns from squared to absolute.")

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        given, wanted = one_number(output, target)
        return functional.huber_loss(given, wanted, reduction="none", delta=self.delta)
