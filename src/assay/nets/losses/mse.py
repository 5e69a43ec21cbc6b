"""Squared error: the loss whose minimum is the mean."""

from dataclasses import dataclass

import torch
from torch import Tensor

from assay.nets.losses.row import one_number


@dataclass(frozen=True, slots=True)
class SquaredError:
    """(output − target)² from outputs (n, 1) and values (n,), in the target's unit squared."""

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        given, wanted = one_number(output, target)
        return torch.square(given - wanted)
