"""Several changes, one after the other."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from assay.nets.training.work import Augment


@dataclass(frozen=True, slots=True)
class Sequence:
    """parts: in their order, each on what the one before has made."""

    parts: "tuple[Augment, ...]"

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        for part in self.parts:
            inputs = part(inputs, generator)
        return inputs
