"""A row of a table as one vector: its numbers, plain or embedded, then its categories."""

import numpy as np
import torch
from torch import Tensor, nn

from assay.nets.tabular.categories import Categories
from assay.nets.tabular.inputs import split
from assay.nets.tabular.numbers import NumberEmbedding, PiecewiseLinearEmbedding


class TableFeatures(nn.Module):
    """x (n, numbers + categories) -> (n, width).

    embedding: of the numbers, each becoming so many places side by side; None leaves a number as it is.
    """

    def __init__(self, numbers: int, embedding: NumberEmbedding | None, categories: Categories) -> None:
        super().__init__()
        self.numbers = numbers
        self.embedding = embedding
        self.categories = categories
        self.number_width = 1 if embedding is None else embedding.width
        self.width = numbers * self.number_width + categories.width

    def learn(self, matrix: np.ndarray, target: np.ndarray | None = None) -> None:
        """Take what is measured, not learnt by gradients, from rows (n, numbers + categories) and their target (n,)."""
        if isinstance(self.embedding, PiecewiseLinearEmbedding):
            self.embedding.learn(matrix[:, : self.numbers], target)

    def forward(self, x: Tensor) -> Tensor:
        numbers, codes = split(x, self.numbers)
        parts = []
        if self.numbers:
            parts.append(numbers if self.embedding is None else self.embedding(numbers).flatten(1))
        if codes.shape[1]:
            parts.append(self.categories(codes, x.dtype))
        return torch.cat(parts, dim=1)
