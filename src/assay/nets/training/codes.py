"""Class codes that a net has no output for, told before torch's kernels meet them.

Those answer with an index error on the processor, take the whole GPU down, or, with one logit, silently learn nonsense.
"""

from dataclasses import dataclass, replace

from torch import Tensor

from assay.core.errors import DataError
from assay.nets.losses.auxiliary import WithAuxiliary
from assay.nets.losses.binary import BinaryCrossEntropy
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.complement import ComplementCrossEntropy
from assay.nets.losses.deferred import Deferred
from assay.nets.losses.focal import Focal
from assay.nets.losses.ldam import LDAM
from assay.nets.losses.logit_adjustment import LogitAdjustment
from assay.nets.losses.members import PerMember
from assay.nets.losses.ordinal import Ordinal
from assay.nets.losses.posterior import LogLoss
from assay.nets.losses.row import RowLoss, at_epoch
from assay.nets.losses.weighted import ClassBalancedCrossEntropy, WeightedCrossEntropy
from assay.nets.training.examples import mean_of_rows

OF_CLASSES = (
    BinaryCrossEntropy,
    CrossEntropy,
    WeightedCrossEntropy,
    ClassBalancedCrossEntropy,
    Focal,
    ComplementCrossEntropy,
    LDAM,
    LogitAdjustment,
    LogLoss,
)


def classes(loss: RowLoss, outputs: int) -> int | None:
    """How many classes a net of so many outputs tells apart with this loss; None for a loss of numbers, or of one's own."""
    if isinstance(loss, PerMember | WithAuxiliary):
        return classes(loss.loss, outputs)
    if isinstance(loss, Deferred):
        return classes(loss.first, outputs)
    if isinstance(loss, Ordinal):
        return outputs + 1
    return max(outputs, 2) if isinstance(loss, OF_CLASSES) else None


def within_codes(loss: RowLoss, target: Tensor, which: str) -> RowLoss:
    """The loss, which looks at the net's outputs first if it is one of classes; ``which`` rows the targets are of.

    Raises DataError for negative codes.
    """
    if target.is_floating_point() or target.ndim != 1 or classes(loss, 1) is None:
        return loss
    negative = int((target < 0).sum())
    if negative:
        raise DataError(f"{negative} of the {len(target)} {which} rows have a negative class code; leave these rows out.")
    return _WithinCodes(loss, int(target.max()), which)


@dataclass(frozen=True, slots=True)
class _WithinCodes:
    loss: RowLoss
    highest: int
    which: str

    def at_epoch(self, epoch: int, epochs: int) -> "_WithinCodes":
        return replace(self, loss=at_epoch(self.loss, epoch, epochs))

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        self._check(output)
        return self.loss(output, target)

    def mean_of_rows(self, output: Tensor, target: Tensor) -> Tensor:
        self._check(output)
        return mean_of_rows(self.loss, output, target, None)

    def _check(self, output: Tensor | tuple[Tensor, ...]) -> None:
        outputs = (output if isinstance(output, Tensor) else output[0]).shape[-1]
        if self.highest >= outputs and self.highest >= (classes(self.loss, outputs) or 0):
            raise DataError(
                f"the {self.which} rows hold the class code {self.highest}, and a net of {outputs} "
                f"{'output' if outputs == 1 else 'outputs'} knows the codes 0 to {(classes(self.loss, outputs) or 0) - 1} only: "
                "give it an output for each class, or leave these rows out."
            )
