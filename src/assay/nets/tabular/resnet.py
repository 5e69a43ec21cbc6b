"""The residual perceptron: blocks that add what they find to what came in, with batch normalisation before each.

Source: Gorishniy, Rubachev, Khrulkov & Babenko (2021), "Revisiting deep learning models for tabular data", section 3.2.
"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.tabular.categories import Categories, check_categories
from assay.nets.tabular.features import TableFeatures
from assay.nets.tabular.inputs import check_dropout, check_range, check_table, table_tensor


class RowsNorm(nn.BatchNorm1d):
    """Batch normalisation that survives a batch of one row: it has no spread of its own, and is taken by the running values."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) < 2:
            return functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        return super().forward(x)


class ResidualBlock(nn.Module):
    """x + dropout(W2 dropout(ReLU(W1 norm(x)))): (n, width) -> (n, width)."""

    def __init__(self, width: int, hidden: int, hidden_dropout: float, residual_dropout: float) -> None:
        super().__init__()
        self.norm = RowsNorm(width)
        self.widen = nn.Linear(width, hidden)
        self.hidden_dropout = nn.Dropout(hidden_dropout)
        self.narrow = nn.Linear(hidden, width)
        self.residual_dropout = nn.Dropout(residual_dropout)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.hidden_dropout(functional.relu(self.widen(self.norm(x))))
        return x + self.residual_dropout(self.narrow(hidden))  # type: ignore[no-any-return]


class ResNet(nn.Module):
    """x (n, numbers + categories) -> outputs (n, outputs): a projection, blocks, and norm, ReLU and a last layer."""

    def __init__(self, features: TableFeatures, width: int, blocks: list[ResidualBlock], outputs: int) -> None:
        super().__init__()
        self.features = features
        self.project = nn.Linear(features.width, width)
        self.blocks = nn.Sequential(*blocks)
        self.norm = RowsNorm(width)
        self.last = nn.Linear(width, outputs)

    def learn(self, matrix: np.ndarray, target: np.ndarray | None = None) -> None:
        """Nothing: plain numbers need no constants.  Here so that all nets for tables are called alike."""
        self.features.learn(matrix, target)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.blocks(self.project(self.features(x)))  # (n, width)
        return self.last(functional.relu(self.norm(hidden)))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class ResNetSpec:
    """numbers, levels: the columns, see ``inputs``.  outputs: 1 for two classes (one logit) or a number, else K.

    blocks, width: how many, and how wide what runs between them.  expansion: a block's hidden width over ``width``.
    hidden_dropout, residual_dropout: within a block, and on what it adds.
    category_width, one_hot: see ``categories.Categories``.
    """

    numbers: int
    levels: tuple[int, ...]
    outputs: int
    blocks: int = 2
    width: int = 192
    expansion: float = 2.0
    hidden_dropout: float = 0.25
    residual_dropout: float = 0.0
    category_width: int = 0
    one_hot: int = 8

    def __post_init__(self) -> None:
        check_table(self.numbers, self.levels, self.outputs)
        check_range("blocks", self.blocks, 1, 100)
        check_range("width", self.width, 1, 2**16)
        check_range("expansion", self.expansion, 1 / self.width, 100)
        check_dropout("hidden_dropout", self.hidden_dropout)
        check_dropout("residual_dropout", self.residual_dropout)
        check_categories(self.category_width, self.one_hot)

    def build(self) -> ResNet:
        features = TableFeatures(self.numbers, None, Categories(self.levels, self.category_width, self.one_hot))
        hidden = max(1, int(self.width * self.expansion))
        blocks = [ResidualBlock(self.width, hidden, self.hidden_dropout, self.residual_dropout) for _ in range(self.blocks)]
        return ResNet(features, self.width, blocks, self.outputs)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        """float (n, numbers + categories), checked; raises DataError."""
        return table_tensor(matrix, self.numbers, self.levels)
