"""Pairs of texts as token numbers: the batches that an encoder and a decoder are trained on, and their loss.

Number 0 is padding, 1 an unknown token, 2 ``<s>`` before an answer and 3 ``</s>`` behind a source and behind an answer, so
that no source is empty.  Rows of alike length share a batch: little of it is padding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.training.distribute import ALONE, World

PAD, UNKNOWN, START, END = 0, 1, 2, 3
FIRST = 4
"""The number of the first token that stands for itself."""

NEVER_SAID = (PAD, UNKNOWN, START)
"""Tokens that no answer holds."""

TOGETHER = 50
"""Batches whose rows are sorted by length with one another: fewer leave more padding, more make the order less random."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """source: int64 (n, source), each row ending with ``</s>``.  target: int64 (n, target), ``<s>`` … ``</s>``; 0 fills both."""

    source: Tensor
    target: Tensor

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: Tensor) -> "Pairs":
        return Pairs(self.source.index_select(0, rows), self.target.index_select(0, rows))


def padded(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Rows of token numbers as one matrix int64 (n, longest), 0 behind the shorter ones; one column at least."""
    matrix = np.zeros((len(rows), max(map(len, rows), default=0) or 1), dtype=np.int64)
    for place, row in enumerate(rows):
        matrix[place, : len(row)] = row
    return matrix


@dataclass(frozen=True)
class PairBatches:
    """A source of batches (see nets.training.work): every epoch all pairs in a new order, those of alike length together.

    sources, targets: token numbers of each pair, int (tokens,), ended and begun as in ``Pairs``.  device: of the batches.
    """

    sources: Sequence[np.ndarray]
    targets: Sequence[np.ndarray]
    device: str = "cpu"

    @property
    def rows(self) -> int:
        return len(self.targets)

    def count(self, batch_size: int) -> int:
        """Batches in an epoch."""
        return -(-self.rows // batch_size)

    def epoch(self, order: int, batch_size: int, skip: int, world: World = ALONE) -> Iterator[Pairs]:
        """This process's share of each batch. order: the seed of the rows' order.  skip: batches left out at the beginning."""
        for rows in self._cut(np.random.default_rng(order), batch_size)[skip:]:
            yield self.batch(rows if world.size == 1 else rows[world.rank :: world.size])

    def batch(self, rows: np.ndarray) -> Pairs:
        """The pairs at these positions, as long as the longest of them."""
        source = padded([self.sources[row] for row in rows])
        target = padded([self.targets[row] for row in rows])
        return Pairs(torch.from_numpy(source).to(self.device), torch.from_numpy(target).to(self.device))

    def in_order(self, batch_size: int) -> Iterator[Pairs]:
        """All pairs once, sorted by length."""
        rows = np.argsort(self._lengths, kind="stable")
        for part in np.array_split(rows, self.count(batch_size)):
            yield self.batch(part)

    @cached_property
    def _lengths(self) -> np.ndarray:
        """float64 (rows,): tokens of the answer, which cost the most, and then of the source."""
        said, read = (np.array([len(row) for row in side]) for side in (self.targets, self.sources))
        return np.asarray(said + read / (1.0 + read.max(initial=0)))

    def _cut(self, random: np.random.Generator, batch_size: int) -> list[np.ndarray]:
        shuffled = random.permutation(self.rows)
        pieces = []
        for start in range(0, self.rows, batch_size * TOGETHER):
            near = shuffled[start : start + batch_size * TOGETHER]
            pieces.append(near[np.argsort(self._lengths[near], kind="stable")])
        batches = np.array_split(np.concatenate(pieces), self.count(batch_size))
        return [batches[place] for place in random.permutation(len(batches))]


@dataclass(frozen=True, slots=True)
class TokenLoss:
    """The mean loss of an answer's tokens, ``</s>`` among them, each predicted from the source and the true tokens before it.

    smoothing: the share of the probability that is spread over all tokens alike, 0 for none.
    Source: Szegedy et al. (2016), section 7; Vaswani et al. (2017), section 5.4.
    """

    smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.smoothing < 1:
            raise ConfigError(f"smoothing={self.smoothing} is outside [0, 1).")

    def __call__(self, model: nn.Module, batch: Pairs, generator: torch.Generator) -> Tensor:  # noqa: ARG002
        logits = model(batch.source, batch.target[:, :-1])  # (n, t, tokens)
        return functional.cross_entropy(
            logits.flatten(0, 1), batch.target[:, 1:].flatten(), ignore_index=PAD, label_smoothing=self.smoothing
        )


@dataclass(frozen=True)
class TokenJudge:
    """The mean loss of a token over held-out pairs, without smoothing: what the best epoch is chosen by."""

    pairs: PairBatches
    batch_rows: int = 256

    def __call__(self, model: nn.Module) -> float:
        lost, tokens = 0.0, 0
        for batch in self.pairs.in_order(self.batch_rows):
            asked = batch.target[:, 1:].flatten()
            logits = model(batch.source, batch.target[:, :-1]).flatten(0, 1)
            lost += functional.cross_entropy(logits, asked, ignore_index=PAD, reduction="sum").item()
            tokens += int((asked != PAD).sum())
        return lost / tokens
