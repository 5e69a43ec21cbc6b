"""The loss of a net that has auxiliary heads while it trains."""

from dataclasses import dataclass

from torch import Tensor

from assay.nets.losses.posterior import posterior_logits
from assay.nets.losses.row import RowLoss, at_epoch, last_phase


@dataclass(frozen=True, slots=True)
class WithAuxiliary:
    """``loss`` of the net's output, and ``weight`` times that of each auxiliary output, (n,).

    The net gives a tuple while it trains, and its output alone when it is judged.
    Source: Szegedy et al. (2015), with a weight of 0.3.
    """

    loss: RowLoss
    weight: float

    def at_epoch(self, epoch: int, epochs: int) -> RowLoss:
        return WithAuxiliary(at_epoch(self.loss, epoch, epochs), self.weight)

    def last_phase(self, epochs: int) -> int:
        return last_phase(self.loss, epochs)

    def __call__(self, output: Tensor | tuple[Tensor, ...], target: Tensor) -> Tensor:
        if isinstance(output, Tensor):
            return self.loss(output, target)
        first, *others = output
        total = self.loss(first, target)
        for other in others:
            total = total + self.weight * self.loss(other, target)
        return total

    def posterior_logits(self, output: Tensor) -> Tensor:
        return posterior_logits(self.loss, output)
