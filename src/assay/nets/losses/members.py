"""The losses of a net that is an ensemble inside: every member is trained, their mean is judged."""

from dataclasses import dataclass

from torch import Tensor

from assay.core.errors import ConfigError
from assay.nets.losses.posterior import posterior_logits
from assay.nets.losses.row import RowLoss, at_epoch, last_phase


@dataclass(frozen=True, slots=True)
class PerMember:
    """The mean over members of ``loss``, (n,), from outputs (n, members, o) and targets (n, …).

    The loss of the members' mean would let them make up for each other, and they would stop being models of their own.
    Source: Gorishniy, Kotelnikov & Babenko (2025), TabM.
    """

    loss: RowLoss

    def at_epoch(self, epoch: int, epochs: int) -> RowLoss:
        return PerMember(at_epoch(self.loss, epoch, epochs))

    def last_phase(self, epochs: int) -> int:
        return last_phase(self.loss, epochs)

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        n, members = self._sizes(output)
        losses = self.loss(output.flatten(0, 1), target.repeat_interleave(members, dim=0))  # (n · members,)
        return losses.view(n, members).mean(dim=1)

    def posterior_logits(self, output: Tensor) -> Tensor:
        """Member by member, (n, members, o): average the probabilities, not these."""
        self._sizes(output)
        return posterior_logits(self.loss, output.flatten(0, 1)).view(output.shape)

    def _sizes(self, output: Tensor) -> tuple[int, int]:
        if output.ndim != 3 or output.shape[1] == 0:
            raise ConfigError(f"a loss of members takes outputs (n, members, o), not {tuple(output.shape)}.")
        return output.shape[0], output.shape[1]


@dataclass(frozen=True, slots=True)
class OfMean:
    """``loss`` of the members' mean output, (n,), from outputs (n, members, o); of (n, o) it is ``loss`` itself.

    For validation of values, whose prediction is that mean.
    """

    loss: RowLoss

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        return self.loss(output.mean(dim=1) if output.ndim == 3 else output, target)
