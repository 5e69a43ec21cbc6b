"""A loss that gives way to another towards the end of training, such as deferred reweighting."""

from dataclasses import dataclass
from math import floor

from torch import Tensor

from assay.core.errors import ConfigError
from assay.nets.losses.posterior import posterior_logits
from assay.nets.losses.row import RowLoss


@dataclass(frozen=True, slots=True)
class Deferred:
    """``first`` until the share ``until`` of the epochs is over, then ``then``; without an epoch it is ``first``.

    until: in (0, 1); the last epoch is always ``then``.
    Source: the deferred reweighting of Cao, Wei, Gaidon, Arechiga & Ma (2019): features are learnt without weights, and
    with them when the rate is small.
    """

    first: RowLoss
    then: RowLoss
    until: float = 0.8

    def __post_init__(self) -> None:
        if not 0 < self.until < 1:
            raise ConfigError(f"until={self.until} is outside (0, 1): it is the share of the epochs with the first loss.")

    def last_phase(self, epochs: int) -> int:
        # the small term because 0.29·100 is 28.999…
        return floor(self.until * epochs + 1e-9)

    def at_epoch(self, epoch: int, epochs: int) -> RowLoss:
        return self.then if epoch >= self.last_phase(epochs) else self.first

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        return self.first(output, target)

    def posterior_logits(self, output: Tensor) -> Tensor:
        """Of a finished training, so of ``then``; for weights of an earlier epoch take at_epoch(loss, epoch, epochs)."""
        return posterior_logits(self.then, output)
