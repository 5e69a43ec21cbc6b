"""Absolute error: the loss whose minimum is the median."""

from dataclasses import dataclass

from torch import Tensor

from assay.nets.losses.row import one_number


@dataclass(frozen=True, slots=True)
class AbsoluteError:
    """|output − target| from outputs (n, 1) and values (n,), in the target's unit; its gradient at 0 is 0."""

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        given, wanted = one_number(output, target)
        return (given - wanted).abs()
