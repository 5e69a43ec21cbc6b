"""The embedding bag: the mean of the vectors of a text's terms, then a dense layer or two.

Source: Joulin, Grave, Bojanowski & Mikolov (2017), "Bag of tricks for efficient text classification".
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError, DataError
from assay.nets.blocks import check_activation, dense_stack
from assay.nets.initialise import initialise


class EmbeddingBagNet(nn.Module):
    """terms int (n, max_terms), 0 where there is none -> outputs (n, outputs). A text without a known term has the mean 0."""

    def __init__(self, terms: int, width: int, hidden: tuple[int, ...], outputs: int, activation: str, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(terms, width, mode="mean", padding_idx=0)
        self.dropout = nn.Dropout(dropout)
        self.layers = dense_stack((width, *hidden, outputs), activation, dropout)
        initialise(self, activation)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        with torch.no_grad():
            self.embedding.weight[0] = 0.0

    def forward(self, terms: Tensor) -> Tensor:
        return self.layers(self.dropout(self.embedding(terms)))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class EmbeddingBagSpec:
    """terms: rows of the table, the empty term 0 among them.  width: numbers a term.  outputs: 1 for two classes, else K."""

    terms: int
    outputs: int
    width: int = 64
    hidden: tuple[int, ...] = ()
    activation: str = "relu"
    dropout: float = 0.3

    def __post_init__(self) -> None:
        check_activation(self.activation)
        if min(self.terms, self.outputs, self.width, *self.hidden, 1) < 1 or not 0 <= self.dropout < 1:
            raise ConfigError(
                f"terms={self.terms}, width={self.width}, hidden={self.hidden} and outputs={self.outputs} must be at least 1, "
                "dropout in [0, 1)."
            )

    def build(self) -> EmbeddingBagNet:
        return EmbeddingBagNet(self.terms, self.width, self.hidden, self.outputs, self.activation, self.dropout)

    def tensor(self, terms: np.ndarray) -> Tensor:
        """int (n, max_terms) as a tensor. Terms the table has no row for were not in the training rows: they are left out."""
        if terms.ndim != 2 or terms.dtype.kind != "i" or not terms.shape[1]:
            raise DataError(f"the net reads integer term numbers (rows, terms), not {terms.dtype} of the form {terms.shape}.")
        return torch.from_numpy(np.where((terms >= 0) & (terms < self.terms), terms, 0).astype(np.int32))
