"""TabM: k perceptrons that share nearly all their weights, trained side by side and averaged at the end.

A linear layer of the ensemble is one shared matrix between scalings of each member's own, y = s ∘ (W (r ∘ x)) + b
(BatchEnsemble: Wen, Tran & Ba, 2020).  Only the first scaling of the first layer starts at random, all others at 1: the
members start as one net that sees the row in k ways.  "mini" keeps that first scaling only, and shares all the rest but
the last layer.  Train on the mean of the members' losses, never on the loss of their mean: they would stop being many.
Source: Gorishniy, Kotelnikov & Babenko (2025), "TabM: advancing tabular deep learning with parameter-efficient ensembling".
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.tabular.categories import Categories, check_categories
from assay.nets.tabular.features import TableFeatures
from assay.nets.tabular.inputs import check_dropout, check_range, check_table, table_tensor, uniform_bound
from assay.nets.tabular.numbers import PerColumnLinear, check_embedding, number_embedding

VARIANTS = ("full", "mini")


class BatchEnsembleLinear(nn.Module):
    """s ∘ (W (r ∘ x)) + b with W shared: x (n, members, inputs) -> (n, members, outputs).

    r: what the first scaling starts at (members, inputs); s starts at 1.
    """

    def __init__(self, r: Tensor, outputs: int) -> None:
        super().__init__()
        members, inputs = r.shape
        bound = uniform_bound(inputs)
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-bound, bound))
        self.r = nn.Parameter(r)
        self.s = nn.Parameter(torch.ones(members, outputs))
        # The members' biases start equal: what tells the members apart is the first scaling alone.
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound).repeat(members, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.addcmul(self.bias, functional.linear(x * self.r, self.weight), self.s)


class Scaling(nn.Module):
    """r ∘ x: x (n, members, inputs) -> the same form."""

    def __init__(self, r: Tensor) -> None:
        super().__init__()
        self.r = nn.Parameter(r)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.r


class TabM(nn.Module):
    """x (n, numbers + categories) -> outputs (n, members, outputs); the prediction is the mean of the members' probabilities.

    layers: (n, members, features.width) -> (n, members, width).
    """

    def __init__(self, features: TableFeatures, members: int, layers: nn.Sequential, width: int, outputs: int) -> None:
        super().__init__()
        self.features = features
        self.members = members
        self.layers = layers
        self.last = PerColumnLinear(members, width, outputs)

    def learn(self, matrix: np.ndarray, target: np.ndarray | None = None) -> None:
        """Take the constants of the number embedding from training rows (n, numbers + categories) and their target (n,)."""
        self.features.learn(matrix, target)

    def forward(self, x: Tensor) -> Tensor:
        rows = self.features(x)[:, None, :].expand(-1, self.members, -1)
        return self.last(self.layers(rows))  # type: ignore[no-any-return]


def first_scaling(features: TableFeatures, members: int) -> Tensor:
    """(members, features.width): one random value a member and column of the table, the same for all places of the column.

    Normal where numbers are embedded, else a random sign, which keeps the size of a plain number.
    """
    spans = [features.number_width] * features.numbers + list(features.categories.widths)
    if features.embedding is not None:
        drawn = torch.randn(members, len(spans))
    else:
        drawn = torch.randint(0, 2, (members, len(spans))) * 2.0 - 1.0
    numbers = drawn[:, : features.numbers, None].expand(-1, -1, features.number_width).flatten(1)
    categories = [drawn[:, place, None].expand(-1, spans[place]) for place in range(features.numbers, len(spans))]
    return torch.cat([numbers, *categories], dim=1)


def shared_layers(features: TableFeatures, members: int, hidden: tuple[int, ...], dropout: float, *, mini: bool) -> nn.Sequential:
    """The hidden layers of both variants, each followed by ReLU and dropout."""
    scaling = first_scaling(features, members)
    layers: list[nn.Module] = [Scaling(scaling)] if mini else []
    before = features.width
    for place, width in enumerate(hidden):
        if mini:
            layers.append(nn.Linear(before, width))
        else:
            layers.append(BatchEnsembleLinear(torch.ones(members, before) if place else scaling, width))
        layers += [nn.ReLU(), nn.Dropout(dropout)]
        before = width
    return nn.Sequential(*layers)


@dataclass(frozen=True, slots=True)
class TabMSpec:
    """numbers, levels: the columns, see ``inputs``.  outputs: 1 for two classes (one logit) or a number, else K.

    members: k.  variant: "full" or "mini".  hidden, dropout: of the shared layers.  embedding: of the numbers, a
    kind of ``numbers.number_embedding`` with its embedding_width, bins, frequencies and sigma.
    category_width, one_hot: see ``categories.Categories`` (the paper has every category one-hot).

    The package's own defaults are 32 members and two layers of 512; these are made for two cores.
    """

    numbers: int
    levels: tuple[int, ...]
    outputs: int
    members: int = 16
    variant: str = "full"
    hidden: tuple[int, ...] = (192, 192)
    dropout: float = 0.1
    embedding: str = "piecewise"
    embedding_width: int = 16
    bins: int = 48
    frequencies: int = 24
    sigma: float = 0.1
    category_width: int = 0
    one_hot: int = 32

    def __post_init__(self) -> None:
        check_table(self.numbers, self.levels, self.outputs)
        check_range("members", self.members, 1, 1024)
        if self.variant not in VARIANTS:
            raise ConfigError(f"no variant {self.variant!r} of TabM{did_you_mean(self.variant, VARIANTS)}")
        if not self.hidden:
            raise ConfigError("TabM needs at least one hidden layer: its members differ in how they read the row.")
        for place, width in enumerate(self.hidden):
            check_range(f"hidden[{place}]", width, 1, 2**16)
        check_dropout("dropout", self.dropout)
        check_embedding(self.embedding, self.embedding_width, self.bins, self.frequencies, self.sigma)
        check_categories(self.category_width, self.one_hot)

    def build(self) -> TabM:
        numbers = number_embedding(
            self.embedding,
            self.numbers,
            self.embedding_width,
            bins=self.bins,
            frequencies=self.frequencies,
            sigma=self.sigma,
        )
        features = TableFeatures(self.numbers, numbers, Categories(self.levels, self.category_width, self.one_hot))
        layers = shared_layers(features, self.members, self.hidden, self.dropout, mini=self.variant == "mini")
        return TabM(features, self.members, layers, self.hidden[-1], self.outputs)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        """float (n, numbers + categories), checked; raises DataError."""
        return table_tensor(matrix, self.numbers, self.levels)
