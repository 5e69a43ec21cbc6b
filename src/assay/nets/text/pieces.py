"""Texts for a language model in pieces of a bounded length, and their batches.

Each token is predicted from those of its own text before it, beginning with ``<s>``; never from another text, whatever stood
beside it in the training rows.  A text longer than ``window`` is cut: each piece is read with the ``context`` tokens before
it, so that its first token is foretold from something, and a loss or a log-probability is taken of the piece alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from assay.core.errors import DataError
from assay.core.ragged import Ragged
from assay.nets.training.distribute import ALONE, World

BEGIN = 1
"""The id of ``<s>`` (see ``prepare.corpus``)."""

BATCHES_ALIKE = 32
"""Pieces of as many batches, drawn at random, are sorted by length before they are cut: less of a batch is filled up."""


@dataclass(frozen=True, slots=True)
class PieceBatch:
    """ids int (n, t): what is read, filled up with 0 at the end.  counted bool (n, t): after which of them a token is
    foretold; target int (tokens,): which one, in the order of the rows.
    """

    ids: Tensor
    counted: Tensor
    target: Tensor

    def __len__(self) -> int:
        """Tokens that are foretold: what a mean loss is the mean of."""
        return len(self.target)


@dataclass(frozen=True)
class Pieces:
    """The pieces of ``texts``, in the order of the texts: int ids of the vocabulary, each text with its ``</s>``."""

    texts: Ragged
    window: int
    context: int
    device: str = "cpu"

    @cached_property
    def stream(self) -> np.ndarray:
        """int64: every text with ``<s>`` before it; what is read at place p foretells what stands at p + 1."""
        values, offsets = self.texts.values, self.texts.offsets
        return np.insert(values.astype(np.int64), offsets[:-1], BEGIN)

    @cached_property
    def bounds(self) -> np.ndarray:
        """int64 (pieces, 3): where in the stream each piece begins to be read, begins to count and ends."""
        parts = -(-self.texts.lengths // self.window)  # a text of no token has no piece
        owner = np.repeat(np.arange(len(self.texts)), parts)
        number = np.arange(len(owner)) - np.repeat(np.cumsum(parts) - parts, parts)
        text = self.texts.offsets[:-1][owner] + owner  # where its <s> stands
        begin = text + number * self.window
        end = np.minimum(begin + self.window, text + self.texts.lengths[owner])
        return np.stack([np.maximum(begin - self.context, text), begin, end], axis=1)

    @property
    def rows(self) -> int:
        """Tokens that are foretold."""
        return len(self.texts.values)

    def count(self, batch_size: int) -> int:
        """Batches in an epoch, of about ``batch_size`` tokens each; none without a piece."""
        return max(1, min(-(-self.rows // batch_size), len(self.bounds)))

    def epoch(self, order: int, batch_size: int, skip: int, world: World = ALONE) -> Iterator[PieceBatch]:
        """All pieces in a new order; this process's share of each batch.  skip: batches left out at the beginning."""
        generator = np.random.default_rng(order)
        places = generator.permutation(len(self.bounds))
        count = self.count(batch_size)
        lengths = self.bounds[:, 2] - self.bounds[:, 0]
        groups = np.array_split(places, -(-count // BATCHES_ALIKE))
        rising = [group[np.argsort(lengths[group], kind="stable")] for group in groups]
        # Up and down in turn, so that where two groups meet a batch of both is of like length too.
        places = np.concatenate([group[:: 1 - 2 * (number % 2)] for number, group in enumerate(rising)])
        batches = np.split(places, self._cuts(places, count))
        for number in generator.permutation(count)[skip:]:
            yield self.batch(batches[number][world.rank :: world.size])

    def in_order(self, batch_size: int) -> Iterator[tuple[np.ndarray, PieceBatch]]:
        """Every piece once, those of like length together: their numbers, and the batch."""
        lengths = self.bounds[:, 2] - self.bounds[:, 0]
        places = np.argsort(lengths, kind="stable")
        for numbers in np.split(places, self._cuts(places, self.count(batch_size))) if len(places) else ():
            yield numbers, self.batch(numbers)

    def batch(self, numbers: np.ndarray) -> PieceBatch:
        """These pieces side by side."""
        read, begin, end = self.bounds[numbers].T[:, :, None]  # (n, 1) each
        place = read + np.arange((end - read).max(initial=0))
        inside = place < end
        ids = np.where(inside, self.stream[np.minimum(place, len(self.stream) - 1)], 0)
        counted = inside & (place >= begin)
        target = self.stream[place[counted] + 1]
        parts = (torch.from_numpy(part).to(self.device) for part in (ids, counted, target))
        return PieceBatch(*parts)

    def _cuts(self, places: np.ndarray, count: int) -> np.ndarray:
        """Where to cut the pieces in this order into ``count`` batches of about as many tokens, none of them empty."""
        tokens = np.cumsum((self.bounds[:, 2] - self.bounds[:, 1])[places])
        cuts = np.searchsorted(tokens, tokens[-1] * np.arange(1, count) / count, side="left") + 1
        number = np.arange(1, count)
        rising = np.maximum.accumulate(cuts - number) + number
        return np.minimum(rising, len(places) - count + number)


def ids_of(ids: np.ndarray, tokens: int) -> Tensor:
    """Whole numbers (n, t) as a tensor; raises DataError for others, and for ids that a vocabulary of ``tokens`` has not."""
    if ids.ndim != 2 or ids.dtype.kind != "i" or not ids.shape[1]:
        raise DataError(f"the net reads integer token ids (texts, tokens), not {ids.dtype} of the form {ids.shape}.")
    check_ids(ids, tokens)
    return torch.from_numpy(ids.astype(np.int64))


def check_ids(ids: np.ndarray, tokens: int) -> None:
    """Raise DataError for ids that a vocabulary of ``tokens`` has not."""
    if len(ids) and (ids.min() < 0 or ids.max() >= tokens):
        raise DataError(f"the texts hold token ids from {ids.min()} to {ids.max()}, and the net's vocabulary has {tokens}.")
