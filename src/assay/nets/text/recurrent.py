"""A recurrent net over the tokens of a text, its states pooled into one vector, dense layers."""

from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.text.cells import Cell, Recurrent, check_cell
from assay.nets.text.pooling import AttentionPooling, max_within, mean_within
from assay.nets.text.reading import Reader, TextNet, WordVectors, check_table, token_tensor

Pooling = Literal["last", "mean", "max", "attention"]


class Recurring(Reader):
    """pooling: the last state (of each way), the mean or the greatest of all, or a mean by attention."""

    def __init__(self, body: Recurrent, pooling: Pooling) -> None:
        super().__init__()
        self.body, self.pooling = body, pooling
        self.attention = AttentionPooling(body.size) if pooling == "attention" else None
        self.size = body.size

    def forward(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        states, last = self.body(vectors, lengths)
        if self.attention is not None:
            return self.attention(states, lengths)  # type: ignore[no-any-return]
        if self.pooling == "last":
            return last  # type: ignore[no-any-return]
        return mean_within(states, lengths) if self.pooling == "mean" else max_within(states, lengths)


@dataclass(frozen=True, slots=True)
class RecurrentSpec:
    """cell, layers, both_ways: see ``cells``; states: numbers a state and way.  pooling: of the states.

    The others as in ``average.AverageSpec``.
    """

    words: int
    outputs: int
    width: int = 64
    cell: str = "lstm"
    states: int = 64
    layers: int = 1
    both_ways: bool = False
    pooling: str = "last"
    hidden: tuple[int, ...] = ()
    dropout: float = 0.3
    left_out: float = 0.0

    def __post_init__(self) -> None:
        check_table(self.words, self.outputs, self.width, self.hidden, self.dropout, self.left_out)
        check_cell(self.cell)
        if self.pooling not in get_args(Pooling):
            raise ConfigError(f"no pooling {self.pooling!r}{did_you_mean(self.pooling, get_args(Pooling))}")
        if self.states < 1 or not 1 <= self.layers <= 100:
            raise ConfigError(f"states={self.states} must be at least 1, layers={self.layers} from 1 to 100.")

    def build(self) -> nn.Module:
        body = Recurrent(self.width, self.states, cast(Cell, self.cell), self.layers, self.both_ways, self.dropout)
        reader = Recurring(body, cast(Pooling, self.pooling))
        return TextNet(WordVectors(self.words, self.width, self.left_out), reader, self.hidden, self.outputs, self.dropout)

    def tensor(self, tokens: np.ndarray) -> Tensor:
        return token_tensor(tokens, self.words)
