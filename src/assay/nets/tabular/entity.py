"""Entity embeddings: every category a learned vector, beside the plain numbers, read by a perceptron.

Source: Guo & Berkhahn (2016).  The vectors are worth looking at: levels that act alike come to lie close.
"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from assay.nets.tabular.categories import Categories, check_categories
from assay.nets.tabular.features import TableFeatures
from assay.nets.tabular.inputs import check_table, table_tensor
from assay.nets.tabular.mlp_embedded import EmbeddedMLP, check_hidden


@dataclass(frozen=True, slots=True)
class EntityMLPSpec:
    """numbers, levels: the columns, see ``inputs``.  outputs: 1 for two classes (one logit) or a number, else K.

    category_width: of every learned vector, 0 for the rule of ``categories.embedding_width``.
    hidden, activation, dropout: of the dense layers (the paper has 1000 and 500, for 845 thousand rows).
    """

    numbers: int
    levels: tuple[int, ...]
    outputs: int
    category_width: int = 0
    hidden: tuple[int, ...] = (256, 128)
    activation: str = "relu"
    dropout: float = 0.2

    def __post_init__(self) -> None:
        check_table(self.numbers, self.levels, self.outputs)
        check_categories(self.category_width, 0)
        check_hidden(self.hidden, self.activation, self.dropout)

    def build(self) -> EmbeddedMLP:
        features = TableFeatures(self.numbers, None, Categories(self.levels, self.category_width, 0))
        return EmbeddedMLP(features, self.hidden, self.outputs, self.activation, self.dropout)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        """float (n, numbers + categories), checked; raises DataError."""
        return table_tensor(matrix, self.numbers, self.levels)
