"""The FT-Transformer: every column a token, a token of its own for the answer, and attention between them.

As published: normalisation before each part, none before the very first; ReGLU; the last block works the answer's token
out alone, for nobody reads the others.  Two departures that change no output: keys have no bias (it would move all scores
of a query alike, which a softmax does not see), and attention is torch's fused one.
Source: Gorishniy, Rubachev, Khrulkov & Babenko (2021), "Revisiting deep learning models for tabular data", section 3.3;
tokens of embedded numbers: Gorishniy, Rubachev & Babenko (2022).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.tabular.categories import CategoryTokens
from assay.nets.tabular.inputs import check_dropout, check_range, check_table, split, table_tensor, uniform_bound
from assay.nets.tabular.numbers import (
    NumberEmbedding,
    PiecewiseLinearEmbedding,
    check_embedding,
    number_embedding,
)


class Tokens(nn.Module):
    """x (n, numbers + categories) -> (n, 1 + numbers + categories, width); the first token is the answer's."""

    def __init__(self, numbers: int, levels: tuple[int, ...], width: int, embedding: NumberEmbedding | None) -> None:
        super().__init__()
        self.numbers = numbers
        self.answer = nn.Parameter(torch.empty(width).uniform_(-uniform_bound(width), uniform_bound(width)))
        self.embedding = embedding
        self.categories = CategoryTokens(levels, width) if levels else None

    def forward(self, x: Tensor) -> Tensor:
        numbers, codes = split(x, self.numbers)
        tokens = [self.answer.expand(len(x), 1, -1)]
        if self.embedding is not None:
            tokens.append(self.embedding(numbers))
        if self.categories is not None:
            tokens.append(self.categories(codes))
        return torch.cat(tokens, dim=1)


class Attention(nn.Module):
    """Each of ``queries`` (n, q, width) reads ``tokens`` (n, t, width) -> (n, q, width)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.mix = nn.Linear(width, width)
        for layer in (self.query, self.value, self.mix):
            nn.init.zeros_(layer.bias)

    def _by_head(self, x: Tensor) -> Tensor:  # (n, t, width) -> (n, heads, t, width / heads)
        return x.reshape(*x.shape[:2], self.heads, x.shape[2] // self.heads).transpose(1, 2)

    def forward(self, queries: Tensor, tokens: Tensor) -> Tensor:
        read = functional.scaled_dot_product_attention(
            self._by_head(self.query(queries)),
            self._by_head(self.key(tokens)),
            self._by_head(self.value(tokens)),
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.mix(read.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class ReGLU(nn.Module):
    """W2 dropout(a ∘ ReLU(b)) with (a, b) = W1 x: (…, width) -> (…, width).  Source: Shazeer (2020)."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.widen = nn.Linear(width, 2 * hidden)
        self.dropout = nn.Dropout(dropout)
        self.narrow = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.widen(x).chunk(2, dim=-1)
        return self.narrow(self.dropout(value * functional.relu(gate)))  # type: ignore[no-any-return]


class Block(nn.Module):
    """tokens (n, t, width) -> (n, t, width), or (n, 1, width) if ``last``: attention, then ReGLU, each added to what came in.

    first: no normalisation before attention (the paper found this to matter).
    """

    def __init__(self, attention: Attention, feed_forward: ReGLU, width: int, *, first: bool, last: bool) -> None:
        super().__init__()
        self.last = last
        self.attention_norm = nn.Identity() if first else nn.LayerNorm(width)
        self.attention = attention
        self.feed_forward_norm = nn.LayerNorm(width)
        self.feed_forward = feed_forward

    def forward(self, tokens: Tensor) -> Tensor:
        seen = self.attention_norm(tokens)
        kept, queries = (tokens[:, :1], seen[:, :1]) if self.last else (tokens, seen)
        read = kept + self.attention(queries, seen)
        return read + self.feed_forward(self.feed_forward_norm(read))  # type: ignore[no-any-return]


class FTTransformer(nn.Module):
    """x (n, numbers + categories) -> outputs (n, outputs)."""

    def __init__(self, tokens: Tokens, blocks: list[Block], width: int, outputs: int) -> None:
        super().__init__()
        self.tokens = tokens
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.LayerNorm(width)
        self.last = nn.Linear(width, outputs)

    def learn(self, matrix: np.ndarray, target: np.ndarray | None = None) -> None:
        """Take the constants of the number embedding from training rows (n, numbers + categories) and their target (n,)."""
        if isinstance(self.tokens.embedding, PiecewiseLinearEmbedding):
            self.tokens.embedding.learn(matrix[:, : self.tokens.numbers], target)

    def forward(self, x: Tensor) -> Tensor:
        answer = self.blocks(self.tokens(x))[:, 0]  # (n, width)
        return self.last(functional.relu(self.norm(answer)))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class FTTransformerSpec:
    """numbers, levels: the columns, see ``inputs``.  outputs: 1 for two classes (one logit) or a number, else K.

    blocks, width, heads: of the transformer; heads divide the width.  expansion: ReGLU's hidden width over ``width``.
    embedding: of the numbers, a kind of ``numbers.number_embedding`` ("plain" as published) with its bins, frequencies, sigma.

    The package's default is 3 blocks of width 192 and 8 heads; these are made for two cores.
    """

    numbers: int
    levels: tuple[int, ...]
    outputs: int
    blocks: int = 2
    width: int = 64
    heads: int = 4
    expansion: float = 4 / 3
    attention_dropout: float = 0.15
    feed_forward_dropout: float = 0.05
    embedding: str = "plain"
    bins: int = 48
    frequencies: int = 24
    sigma: float = 0.1

    def __post_init__(self) -> None:
        check_table(self.numbers, self.levels, self.outputs)
        check_range("blocks", self.blocks, 1, 100)
        check_range("width", self.width, 1, 4096)
        check_range("heads", self.heads, 1, self.width)
        if self.width % self.heads:
            raise ConfigError(f"width={self.width} must be a multiple of heads={self.heads}.")
        check_range("expansion", self.expansion, 1 / self.width, 100)
        check_dropout("attention_dropout", self.attention_dropout)
        check_dropout("feed_forward_dropout", self.feed_forward_dropout)
        if self.embedding == "none":
            raise ConfigError('a token needs an embedding: "plain" is the published one, "none" is for the other nets.')
        check_embedding(self.embedding, self.width, self.bins, self.frequencies, self.sigma)

    def build(self) -> FTTransformer:
        embedding = number_embedding(
            self.embedding, self.numbers, self.width, bins=self.bins, frequencies=self.frequencies, sigma=self.sigma
        )
        tokens = Tokens(self.numbers, self.levels, self.width, embedding)
        hidden = max(1, int(self.width * self.expansion))
        blocks = [
            Block(
                Attention(self.width, self.heads, self.attention_dropout),
                ReGLU(self.width, hidden, self.feed_forward_dropout),
                self.width,
                first=place == 0,
                last=place == self.blocks - 1,
            )
            for place in range(self.blocks)
        ]
        return FTTransformer(tokens, blocks, self.width, self.outputs)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        """float (n, numbers + categories), checked; raises DataError."""
        return table_tensor(matrix, self.numbers, self.levels)
