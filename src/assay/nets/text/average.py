"""The mean of the vectors of a text's tokens, then dense layers: what a net knows of a text that ignores the order.

The embedding bag (``embedding_bag``) does the same to words and word pairs.
Source: Iyyer, Manjunatha, Boyd-Graber & Daumé (2015), "Deep unordered composition rivals syntactic methods".
"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from assay.nets.text.pooling import mean_within
from assay.nets.text.reading import Reader, TextNet, WordVectors, check_table, token_tensor


class Average(Reader):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.size = width

    def forward(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        return mean_within(vectors, lengths)


@dataclass(frozen=True, slots=True)
class AverageSpec:
    """words: rows of the table of vectors, padding and unknown among them.  width: numbers a token.  hidden: dense layers.

    outputs: 1 for two classes, else K.  left_out: the share of tokens that a training step reads as unknown.
    """

    words: int
    outputs: int
    width: int = 100
    hidden: tuple[int, ...] = ()
    dropout: float = 0.3
    left_out: float = 0.0

    def __post_init__(self) -> None:
        check_table(self.words, self.outputs, self.width, self.hidden, self.dropout, self.left_out)

    def build(self) -> nn.Module:
        vectors = WordVectors(self.words, self.width, self.left_out)
        return TextNet(vectors, Average(self.width), self.hidden, self.outputs, self.dropout)

    def tensor(self, tokens: np.ndarray) -> Tensor:
        return token_tensor(tokens, self.words)
