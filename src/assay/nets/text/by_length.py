"""Batches of texts of alike length, so that short texts do not pay for the padding of long ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from assay.nets.text.reading import lengths_of
from assay.nets.training.distribute import ALONE, World
from assay.nets.training.examples import Examples

POOL = 50
"""Batches whose rows are drawn together and then sorted: the larger, the less padding, and the less chance in a batch."""


@dataclass(frozen=True)
class ByLength:
    """Examples as a source of batches: every epoch all rows, in new company of alike length, the batches in a random order.

    examples: their first input is token numbers (n, length), or (n, length, kinds) whose first kind is 0 behind the end of a
    row.  Padding is left in place; nets cut it off.
    """

    examples: Examples

    @cached_property
    def rows(self) -> int:
        return len(self.examples)

    @cached_property
    def lengths(self) -> Tensor:
        tokens = self.examples.inputs[0]
        return lengths_of(tokens if tokens.ndim == 2 else tokens[..., 0]).cpu()

    def count(self, batch_size: int) -> int:
        """Batches in an epoch."""
        return -(-self.rows // batch_size)

    def epoch(self, order: int, batch_size: int, skip: int, world: World = ALONE) -> Iterator[Examples]:
        """This process's share of each batch. order: the seed of company and order.  skip: batches left out at the beginning."""
        generator = torch.Generator().manual_seed(order)
        drawn = torch.randperm(self.rows, generator=generator)
        pools = [pool[torch.argsort(self.lengths[pool], stable=True)] for pool in torch.split(drawn, POOL * batch_size)]
        batches = torch.cat(pools).tensor_split(self.count(batch_size))
        for place in torch.randperm(len(batches), generator=generator)[skip:].tolist():
            rows = batches[place].to(self.examples.target.device)
            yield self.examples.take(rows if world.size == 1 else rows[world.rank :: world.size])
