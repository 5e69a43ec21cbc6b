"""The multi-layer perceptron on embedded numbers and categories.

Two settings of one net: MLP-PLR (periodic numbers) and MLP-PLE (piecewise-linear numbers).
Source: Gorishniy, Rubachev & Babenko (2022), who find that with such embeddings a plain perceptron keeps up with far
heavier nets; categories as in Guo & Berkhahn (2016).
"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from assay.nets.blocks import check_activation, dense_stack
from assay.nets.initialise import initialise
from assay.nets.tabular.categories import Categories, check_categories
from assay.nets.tabular.features import TableFeatures
from assay.nets.tabular.inputs import check_dropout, check_range, check_table, table_tensor
from assay.nets.tabular.numbers import check_embedding, number_embedding


class EmbeddedMLP(nn.Module):
    """x (n, numbers + categories) -> outputs (n, outputs)."""

    def __init__(self, features: TableFeatures, hidden: tuple[int, ...], outputs: int, activation: str, dropout: float) -> None:
        super().__init__()
        self.features = features
        self.layers = dense_stack((features.width, *hidden, outputs), activation, dropout)
        initialise(self.layers, activation)
        # As in MLP: before it has learnt anything the net should not be sure of anything.
        nn.init.xavier_uniform_(self.layers[-1].get_parameter("weight"), gain=0.1)

    def learn(self, matrix: np.ndarray, target: np.ndarray | None = None) -> None:
        """Take the constants of the number embedding from training rows (n, numbers + categories) and their target (n,)."""
        self.features.learn(matrix, target)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(self.features(x))  # type: ignore[no-any-return]


def check_hidden(hidden: tuple[int, ...], activation: str, dropout: float) -> None:
    """Raise ConfigError unless these can be the layers of an ``EmbeddedMLP``."""
    check_activation(activation)
    check_dropout("dropout", dropout)
    for place, width in enumerate(hidden):
        check_range(f"hidden[{place}]", width, 1, 2**16)


@dataclass(frozen=True, slots=True)
class PeriodicMLPSpec:
    """MLP-PLR.

    numbers, levels: the columns, see ``inputs``.  outputs: 1 for two classes (one logit) or a number, else the number of
    classes.  embedding, frequencies, sigma, lite: width and settings of ``numbers.PeriodicEmbedding``.
    category_width, one_hot: see ``categories.Categories``.  hidden, activation, dropout: of the dense layers.
    """

    numbers: int
    levels: tuple[int, ...]
    outputs: int
    embedding: int = 16
    frequencies: int = 24
    sigma: float = 0.1
    lite: bool = True
    category_width: int = 0
    one_hot: int = 8
    hidden: tuple[int, ...] = (256, 256)
    activation: str = "relu"
    dropout: float = 0.15

    def __post_init__(self) -> None:
        check_table(self.numbers, self.levels, self.outputs)
        check_embedding("periodic", self.embedding, 2, self.frequencies, self.sigma)
        check_categories(self.category_width, self.one_hot)
        check_hidden(self.hidden, self.activation, self.dropout)

    def build(self) -> EmbeddedMLP:
        kind = "periodic-lite" if self.lite else "periodic"
        numbers = number_embedding(kind, self.numbers, self.embedding, bins=2, frequencies=self.frequencies, sigma=self.sigma)
        features = TableFeatures(self.numbers, numbers, Categories(self.levels, self.category_width, self.one_hot))
        return EmbeddedMLP(features, self.hidden, self.outputs, self.activation, self.dropout)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        """float (n, numbers + categories), checked; raises DataError."""
        return table_tensor(matrix, self.numbers, self.levels)


@dataclass(frozen=True, slots=True)
class PiecewiseMLPSpec:
    """MLP-PLE; its bins are taken from training rows by ``EmbeddedMLP.learn``.

    embedding, bins, relu: width and settings of ``numbers.PiecewiseLinearEmbedding``.  The others as in PeriodicMLPSpec.
    """

    numbers: int
    levels: tuple[int, ...]
    outputs: int
    embedding: int = 16
    bins: int = 48
    relu: bool = False
    category_width: int = 0
    one_hot: int = 8
    hidden: tuple[int, ...] = (256, 256)
    activation: str = "relu"
    dropout: float = 0.15

    def __post_init__(self) -> None:
        check_table(self.numbers, self.levels, self.outputs)
        check_embedding("piecewise", self.embedding, self.bins, 1, 1.0)
        check_categories(self.category_width, self.one_hot)
        check_hidden(self.hidden, self.activation, self.dropout)

    def build(self) -> EmbeddedMLP:
        kind = "piecewise-relu" if self.relu else "piecewise"
        numbers = number_embedding(kind, self.numbers, self.embedding, bins=self.bins, frequencies=1, sigma=1.0)
        features = TableFeatures(self.numbers, numbers, Categories(self.levels, self.category_width, self.one_hot))
        return EmbeddedMLP(features, self.hidden, self.outputs, self.activation, self.dropout)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        """float (n, numbers + categories), checked; raises DataError."""
        return table_tensor(matrix, self.numbers, self.levels)
