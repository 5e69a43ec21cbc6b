"""What nets for texts share: tokens to vectors, a reader of the vectors, one vector a text to outputs.

Tokens are numbers in the order of the text (``prepare.sequences``): 0 fills a row behind its last token, 1 is an unknown one.
What lies behind the last token changes nothing: a batch is cut to its longest text, and readers know how long each text is.
An empty text is read as one token of the vector 0.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError, DataError
from assay.nets.blocks import dense_stack

UNKNOWN = 1
LEAST_WORDS = 2
"""Of a table of vectors: padding and the unknown token."""

TOKENS_TOGETHER = 2**14
"""That go through a net at once when no gradient is wanted, padding counted; the vectors of more would not fit into a cache."""


def token_tensor(tokens: np.ndarray, words: int) -> Tensor:
    """int (n, length) as int64, checked; tokens that the table has no vector for were not in the training rows: unknown."""
    if tokens.ndim != 2 or tokens.dtype.kind != "i" or not tokens.shape[1]:
        raise DataError(f"the net reads integer token numbers (rows, tokens), not {tokens.dtype} of the form {tokens.shape}.")
    return torch.from_numpy(np.where((tokens >= 0) & (tokens < words), tokens, UNKNOWN).astype(np.int64))


def lengths_of(tokens: Tensor) -> Tensor:
    """int64 (n,): the place behind the last token of each row (n, length), 0 for an empty row."""
    places = torch.arange(1, tokens.shape[1] + 1, device=tokens.device)
    return ((tokens != 0) * places).amax(1)


def within(lengths: Tensor, longest: int) -> Tensor:
    """bool (n, longest): whether a place lies before the end of its row."""
    return torch.arange(longest, device=lengths.device) < lengths[:, None]


def in_parts(give: Callable[[Tensor], Tensor], tokens: Tensor) -> Tensor:
    """``give`` of all rows (n, length, …), computed for rows of alike length together, each part cut to its longest row."""
    lengths = lengths_of(tokens if tokens.ndim == 2 else tokens[..., 0])
    order = torch.argsort(lengths, stable=True)
    parts, start = [], 0
    while start < len(order):
        # rows rise in length: as many as fit with the length of the last of them
        ahead = lengths[order[start:]].clamp(min=1) * torch.arange(1, len(order) - start + 1, device=order.device)
        count = max(1, int((ahead <= TOKENS_TOGETHER).sum()))
        parts.append(give(tokens[order[start : start + count]]))
        start += count
    longest = max(part.shape[1] for part in parts)
    even = [nn.functional.pad(part, (0, 0, 0, longest - part.shape[1])) if part.ndim == 3 else part for part in parts]
    return torch.cat(even)[torch.argsort(order)]


def cut(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """The rows without the columns in which none has a token (one column stays), and their lengths, each at least 1."""
    lengths = lengths_of(tokens if tokens.ndim == 2 else tokens[..., 0]).clamp(min=1)
    return tokens[:, : int(lengths.max())], lengths


class WordVectors(nn.Embedding):
    """Token numbers (n, t) -> vectors (n, t, width); padding is 0 and stays it.

    left_out: in training this share of the tokens is read as unknown, so that its vector learns what words have in common.
    """

    def __init__(self, words: int, width: int, left_out: float = 0.0) -> None:
        super().__init__(words, width, padding_idx=0)
        self.left_out = left_out
        nn.init.normal_(self.weight, std=width**-0.5)
        with torch.no_grad():
            self.weight[0] = 0.0

    def forward(self, tokens: Tensor) -> Tensor:
        if self.training and self.left_out:
            lost = (torch.rand(tokens.shape, device=tokens.device) < self.left_out) & (tokens != 0)
            tokens = tokens.masked_fill(lost, UNKNOWN)
        return super().forward(tokens)

    def begin_from(self, vectors: np.ndarray) -> None:
        """Take these vectors (m, width) for the first m known tokens, and their mean for the unknown one."""
        if vectors.ndim != 2 or vectors.shape[1] != self.embedding_dim or len(vectors) + LEAST_WORDS > self.num_embeddings:
            raise ConfigError(
                f"vectors of the form {vectors.shape} do not fit a table of {self.num_embeddings - LEAST_WORDS} words, "
                f"{self.embedding_dim} numbers each."
            )
        known = torch.from_numpy(np.array(vectors, dtype=np.float32))
        with torch.no_grad():
            self.weight[LEAST_WORDS : LEAST_WORDS + len(known)] = known
            self.weight[UNKNOWN] = known.mean(0)


class Reader(nn.Module):
    """vectors (n, t, width), lengths int (n,) from 1 to t -> one vector a text (n, size)."""

    size: int


class TextNet(nn.Module):
    """tokens int (n, length) -> outputs (n, outputs): word vectors, a reader, dense layers."""

    def __init__(self, vectors: WordVectors, reader: Reader, hidden: Sequence[int], outputs: int, dropout: float) -> None:
        super().__init__()
        self.vectors = vectors
        self.dropout = nn.Dropout(dropout)
        self.reader = reader
        self.layers = dense_stack((reader.size, *hidden, outputs), "relu", dropout)
        for layer in self.layers.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        return self._of(tokens) if torch.is_grad_enabled() else in_parts(self._of, tokens)

    def _of(self, tokens: Tensor) -> Tensor:
        rows, lengths = cut(tokens)
        read = self.reader(self.dropout(self.vectors(rows)), lengths)
        return self.layers(self.dropout(read))  # type: ignore[no-any-return]


def check_table(words: int, outputs: int, width: int, hidden: tuple[int, ...], *shares: float) -> None:
    """Raise ConfigError unless counts are at least 1 (2 for the rows of the table) and shares lie in [0, 1)."""
    if words < LEAST_WORDS or min(outputs, width, *hidden, 1) < 1 or not all(0 <= share < 1 for share in shares):
        raise ConfigError(
            f"words={words} must be at least {LEAST_WORDS}, outputs={outputs}, width={width} and hidden={hidden} at least 1, "
            "and dropout and left_out in [0, 1)."
        )
