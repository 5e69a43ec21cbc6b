"""Rows of numbers and codes as tensors: into what a net reads, out of what it says, and how far the one is from the other.

A net's output for such a row is ``width`` numbers: one for each number column, then a logit for each level of each code
column.  Columns of codes are worked on together, padded to the most levels, so that their number costs no Python.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError

MOST_WIDTH = 10**6


@dataclass(frozen=True)
class MixedColumns:
    """numbers: how many columns are numbers.  levels: how many codes each column after them has."""

    numbers: int
    levels: tuple[int, ...]

    @property
    def width(self) -> int:
        """Numbers a row becomes when its codes are one-hot, and numbers a net says of a row."""
        return self.numbers + sum(self.levels)

    @cached_property
    def offsets(self) -> Tensor:
        """int64 (codes,): where in the one-hot part the levels of each column begin."""
        counts = torch.tensor([0, *self.levels], dtype=torch.int64)
        return counts.cumsum(0)[: len(self.levels)]

    @cached_property
    def owners(self) -> Tensor:
        """int64 (sum of levels,): which column of codes each level is of."""
        return torch.repeat_interleave(torch.arange(len(self.levels)), torch.tensor(self.levels, dtype=torch.int64))

    @cached_property
    def _sums(self) -> Tensor:
        """float32 (sum of levels, codes): a 1 where the level is of the column."""
        return functional.one_hot(self.owners, len(self.levels)).float()

    @cached_property
    def _places(self) -> Tensor:
        """int64 (sum of levels,): where each level stands in the padded form, laid out flat."""
        most = max(self.levels, default=0)
        places = [column * most + level for column, count in enumerate(self.levels) for level in range(count)]
        return torch.tensor(places, dtype=torch.int64)

    def codes(self, table: Tensor) -> Tensor:
        """int64 (n, codes) of table (n, numbers + codes)."""
        return table[:, self.numbers :].long()

    def widened(self, table: Tensor) -> Tensor:
        """table (n, numbers + codes) -> (n, width): the numbers, then each code one-hot."""
        if not self.levels:
            return table
        hot = table.new_zeros((len(table), sum(self.levels)))
        hot.scatter_(1, self.codes(table) + self.offsets.to(table.device), 1.0)
        return torch.cat([table[:, : self.numbers], hot], dim=1)

    def padded(self, flat: Tensor, fill: float) -> Tensor:
        """(n, sum of levels) -> (n, codes, most levels), ``fill`` where a column has fewer."""
        most = max(self.levels, default=0)
        full = flat.new_full((len(flat), len(self.levels) * most), fill)
        return full.index_copy(1, self._places.to(flat.device), flat).view(len(flat), len(self.levels), most)

    def log_shares(self, output: Tensor) -> Tensor:
        """output (n, width) -> (n, codes, most levels): log-probabilities of the levels, -inf where there is none."""
        return self.padded(output[:, self.numbers :], -torch.inf).log_softmax(dim=2)

    def shares(self, logits: Tensor) -> Tensor:
        """(n, sum of levels) -> (n, sum of levels): probabilities, those of a column summing to 1."""
        top, log_sums = self._log_sums(logits)
        owners = self.owners.to(logits.device)
        return (logits - top[:, owners] - log_sums[:, owners]).exp()

    def cross_entropies(self, output: Tensor, table: Tensor) -> Tensor:
        """(n, codes): minus the log-probability that the output gives to each code of the table."""
        logits = output[:, self.numbers :]
        top, log_sums = self._log_sums(logits)
        return log_sums + (top - logits.gather(1, self.codes(table) + self.offsets.to(output.device)))

    def _log_sums(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """(n, codes) twice: the largest logit of a column (without gradient), and the log of the sum of exp(logit - largest).

        Without padding, which costs most where a column of many levels stands beside others of two.
        """
        owners = self.owners.to(logits.device)
        least = logits.new_full((len(logits), len(self.levels)), -torch.inf)
        top = least.scatter_reduce(1, owners.expand(len(logits), -1), logits.detach(), "amax")
        return top, ((logits - top[:, owners]).exp() @ self._sums.to(logits)).log()

    def draws(self, output: Tensor, rows: Tensor, columns: Tensor, rng: torch.Generator) -> Tensor:
        """int64 (m,): a code for each pair of a row and a column of codes (int64 (m,) each), by the output's probabilities."""
        most = torch.arange(max(self.levels, default=0), device=output.device)
        counts = torch.tensor(self.levels, dtype=torch.int64, device=output.device)[columns]
        places = self.offsets.to(output.device)[columns, None] + most  # (m, most levels)
        logits = output[rows[:, None], self.numbers + places.clamp_max(sum(self.levels) - 1)]
        return draw_codes(logits.masked_fill(most >= counts[:, None], -torch.inf), rng)

    def drawn(self, output: Tensor, rng: torch.Generator) -> Tensor:
        """(n, codes): one code of each column by the output's probabilities, as floats."""
        return draw_codes(self.log_shares(output), rng).to(output.dtype)


def check_columns(numbers: int, levels: tuple[int, ...], classes: int) -> None:
    """Raises ConfigError for columns that no table has."""
    if numbers < 0 or classes < 0 or any(level < 1 for level in levels) or not numbers + len(levels):
        raise ConfigError(f"numbers={numbers}, levels={levels[:5]}, classes={classes}: a table has columns, and none below zero.")
    if numbers + sum(levels) + classes > MOST_WIDTH or len(levels) * max(levels, default=0) > MOST_WIDTH:
        raise ConfigError(
            f"{numbers + sum(levels)} inputs, {max(levels, default=0)} of them of one column, are too many for a net."
        )


def draw_codes(log_shares: Tensor, rng: torch.Generator) -> Tensor:
    """int64 (…,): draws from log-probabilities (…, K): the largest of them after Gumbel noise."""
    return (log_shares + gumbel(log_shares, rng)).argmax(dim=-1)


def gumbel(like: Tensor, rng: torch.Generator) -> Tensor:
    """Noise whose largest sum with log-probabilities falls on a level with its probability. Source: Gumbel (1954)."""
    uniform = torch.rand(like.shape, generator=rng, dtype=like.dtype).to(like.device)
    tiny = torch.finfo(like.dtype).tiny
    return -(-uniform.clamp_min(tiny).log()).clamp_min(tiny).log()


def class_inputs(classes: Tensor, n_classes: int, like: Tensor) -> Tensor:
    """int64 (n,) -> one-hot (n, n_classes) of the type of ``like``; nothing, (n, 0), where there are no classes."""
    if not n_classes:
        return like.new_zeros((len(classes), 0))
    return functional.one_hot(classes, n_classes).to(like.dtype)


def normal(shape: tuple[int, ...], rng: torch.Generator, like: Tensor) -> Tensor:
    """Standard normal numbers, drawn on the processor (whose generator it is) for the device of ``like``."""
    return torch.randn(shape, generator=rng, dtype=like.dtype).to(like.device)


@dataclass(frozen=True)
class MixedReconstruction:
    """How far an output is from its row: squared errors of the numbers, cross-entropies of the codes, mean over the columns."""

    numbers: int
    levels: tuple[int, ...]

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """output (n, width), target (n, numbers + codes) -> (n,)."""
        columns = MixedColumns(self.numbers, self.levels)
        squares = (output[:, : self.numbers] - target[:, : self.numbers]).square().sum(dim=1)
        crossed = columns.cross_entropies(output, target).sum(dim=1) if self.levels else 0.0
        return (squares + crossed) / (self.numbers + len(self.levels))
