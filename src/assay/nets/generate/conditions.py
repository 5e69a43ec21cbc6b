"""What a conditional generator of tables is asked for: one level of one column of codes, and the class.

Rows to train on are drawn by it: a column at random, one of its levels by the logarithm of how many rows have it, one of
those rows; rare levels are met often enough to be learnt.  When rows are made, levels are drawn as frequent as they are
in the class that is asked for.  Source: Xu et al. (2019), section 4.3; there the class is one of the columns, here it is
always told as well, so that rows of a class can be asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from assay.core.errors import DefectError
from assay.nets.generate.mixed import MixedColumns, class_inputs
from assay.nets.training.distribute import ALONE, World


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows with what they were drawn for.

    table: (n, numbers + codes).  classes: int64 (n,).  column: int64 (n,), the column of codes whose level was asked for;
    as many as there are such columns means none.
    """

    table: Tensor
    classes: Tensor
    column: Tensor

    def __len__(self) -> int:
        return len(self.classes)

    def take(self, rows: Tensor) -> "Asked":
        return Asked(self.table[rows], self.classes[rows], self.column[rows])

    def level(self, columns: MixedColumns) -> Tensor:
        """int64 (n,): the level that was asked for; 0 where none was."""
        with_none = torch.cat([columns.codes(self.table), self.classes.new_zeros((len(self), 1))], dim=1)
        return with_none.gather(1, self.column[:, None]).squeeze(1)


def condition(columns: MixedColumns, column: Tensor, level: Tensor, classes: Tensor, n_classes: int, like: Tensor) -> Tensor:
    """(n, sum of levels + classes): a 1 at the level that is asked for, if one is, and a 1 at the class."""
    count = len(columns.levels)
    hot = like.new_zeros((len(column), sum(columns.levels) + 1))
    starts = torch.cat([columns.offsets, torch.tensor([sum(columns.levels)])]).to(column.device)
    place = starts[column] + torch.where(column < count, level, torch.zeros_like(level))
    hot.scatter_(1, place[:, None], 1.0)
    return torch.cat([hot[:, :-1], class_inputs(classes, n_classes, like)], dim=1)


@dataclass(frozen=True)
class DrawnByLevel:
    """A source of batches: as many rows an epoch as the table has, each drawn for a level of a column, or for its class.

    n_classes: 0 where there are none; then, in a table without codes, rows are drawn alike.
    """

    table: Tensor
    classes: Tensor
    columns: MixedColumns
    n_classes: int

    @property
    def rows(self) -> int:
        return len(self.classes)

    def count(self, batch_size: int) -> int:
        return -(-self.rows // batch_size)

    def epoch(self, order: int, batch_size: int, skip: int, world: World = ALONE) -> Iterator[Asked]:
        if world.size > 1:
            raise DefectError("rows drawn by level are trained on in one process.")
        rng = torch.Generator().manual_seed(order)
        parts = torch.arange(self.rows).tensor_split(self.count(batch_size))
        column, rows = self._drawn(rng)
        for part in parts[skip:]:
            chosen = rows[part].to(self.table.device)
            yield Asked(self.table[chosen], self.classes[chosen], column[part].to(self.table.device))

    def _drawn(self, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """int64 (rows,) twice: the column that is asked for, and the row that was drawn for it."""
        choices = len(self.columns.levels) + (self.n_classes > 0)
        if not choices:
            return torch.zeros(self.rows, dtype=torch.int64), torch.randint(self.rows, (self.rows,), generator=rng)
        column = torch.randint(choices, (self.rows,), generator=rng)
        rows = torch.zeros(self.rows, dtype=torch.int64)
        for choice in range(choices):
            asked = torch.nonzero(column == choice).squeeze(1)
            ordered, counts = self._by_level[choice]
            if len(asked):
                level = torch.multinomial((counts + 1.0).log() * (counts > 0), len(asked), replacement=True, generator=rng)
                within = (torch.rand(len(asked), generator=rng, dtype=torch.float64) * counts[level]).long()
                rows[asked] = ordered[(counts.cumsum(0) - counts)[level].long() + within]
        return column, rows

    @cached_property
    def _by_level(self) -> list[tuple[Tensor, Tensor]]:
        """For each column of codes, and for the classes: the rows sorted by level, and how many each level has."""
        codes = [*self.columns.codes(self.table).cpu().unbind(1), *[self.classes.cpu()] * (self.n_classes > 0)]
        sizes = [*self.columns.levels, *[self.n_classes] * (self.n_classes > 0)]
        pairs = zip(codes, sizes, strict=True)
        return [(code.argsort(stable=True), torch.bincount(code, minlength=size).double()) for code, size in pairs]


def level_counts(table: Tensor, classes: Tensor, columns: MixedColumns, n_classes: int) -> Tensor:
    """float (max(classes, 1), sum of levels): how many rows of each class have each level."""
    told = class_inputs(classes, n_classes, table) if n_classes else table.new_ones((len(table), 1))
    return told.T @ columns.widened(table)[:, columns.numbers :]


def asked_levels(
    counts: Tensor, columns: MixedColumns, classes: Tensor, *, told: bool, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """int64 (n,) twice: a column to ask for, and a level of it, as frequent as in the rows of the class.

    counts: of ``level_counts``.  told: whether there are classes, so that asking for no level is one of the choices.
    """
    count = len(columns.levels)
    none = torch.zeros_like(classes)
    if not count:
        return none, none
    column = torch.randint(count + told, classes.shape, generator=rng)
    shares = columns.padded(counts.clamp_min(0), 0.0)[classes]  # (n, codes, most levels)
    at = column.clamp_max(count - 1)
    chosen = shares[torch.arange(len(classes)), at] + torch.finfo(shares.dtype).tiny
    return column, torch.multinomial(chosen, 1, generator=rng).squeeze(1)
