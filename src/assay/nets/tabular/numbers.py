"""Number embeddings: a vector for every number of a row, so that a net sees more of a scalar than its size.

Dense layers learn smooth functions of a scalar first and sharp ones late; tables are full of sharp ones.  Three ways out:
piecewise-linear (the place of the number among bins taken from training rows), periodic (sines and cosines of
learned frequencies), and linear with a ReLU.  Every column has weights of its own.
Source: Gorishniy, Rubachev & Babenko (2022), "On embeddings for numerical features in tabular deep learning"; the form of
the piecewise-linear embedding without ReLU: Gorishniy, Kotelnikov & Babenko (2025), "TabM".
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.nets.tabular.bins import answer_edges, quantile_edges
from assay.nets.tabular.inputs import check_range, uniform_bound

EMBEDDINGS = ("none", "plain", "linear", "periodic", "periodic-lite", "piecewise", "piecewise-relu")


class PerColumnLinear(nn.Module):
    """One linear layer a column: x (n, columns, inputs) -> (n, columns, outputs)."""

    bias: Tensor | None

    def __init__(self, columns: int, inputs: int, outputs: int, *, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(columns, inputs, outputs))
        self.bias = nn.Parameter(torch.empty(columns, outputs)) if bias else None
        for part in self.parameters():
            nn.init.uniform_(part, -uniform_bound(inputs), uniform_bound(inputs))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.bmm(x.transpose(0, 1), self.weight).transpose(0, 1)
        return y if self.bias is None else y + self.bias


class LinearEmbedding(nn.Module):
    """weight · x + bias, after it a ReLU if asked: numbers (n, columns) -> (n, columns, width)."""

    def __init__(self, columns: int, width: int, *, relu: bool) -> None:
        super().__init__()
        self.width = width
        self.relu = relu
        self.weight = nn.Parameter(torch.empty(columns, width))
        self.bias = nn.Parameter(torch.empty(columns, width))
        for part in self.parameters():
            nn.init.uniform_(part, -uniform_bound(width), uniform_bound(width))

    def forward(self, numbers: Tensor) -> Tensor:
        y = torch.addcmul(self.bias, self.weight, numbers[..., None])
        return functional.relu(y) if self.relu else y


class PeriodicEmbedding(nn.Module):
    """ReLU(Linear(cos 2πcx, sin 2πcx)): numbers (n, columns) -> (n, columns, width).

    frequencies: how many c a column has, all learned.  sigma: the standard deviation they are drawn with, cut at 3 sigma;
    too small is safe, too large ruins the net.  lite: the columns share the linear layer.
    """

    def __init__(self, columns: int, width: int, *, frequencies: int, sigma: float, lite: bool) -> None:
        super().__init__()
        self.width = width
        self.frequencies = nn.Parameter(torch.empty(columns, frequencies))
        nn.init.trunc_normal_(self.frequencies, 0.0, sigma, a=-3 * sigma, b=3 * sigma)
        self.linear = nn.Linear(2 * frequencies, width) if lite else PerColumnLinear(columns, 2 * frequencies, width)

    def forward(self, numbers: Tensor) -> Tensor:
        angles = 2 * math.pi * self.frequencies * numbers[..., None]  # (n, columns, frequencies)
        return functional.relu(self.linear(torch.cat([angles.cos(), angles.sin()], dim=-1)))


class PiecewiseLinearEncoding(nn.Module):
    """How far a number has come through each bin: numbers (n, columns) -> (n, columns, bins), (1, …, 1, share, 0, …, 0).

    The first bin goes on below the smallest number seen, the last one above the largest.  A column with fewer distinct
    quantiles has fewer bins; the places that are left over come last and are 0, so that the form depends on settings only.
    ``edges`` is a buffer (columns, bins + 1): ascending, the last edge repeated in the places left over.  Until ``learn``
    the edges stand evenly from -3 to 3, which suits standardised numbers.
    """

    edges: Tensor

    def __init__(self, columns: int, bins: int) -> None:
        super().__init__()
        self.register_buffer("edges", torch.linspace(-3, 3, bins + 1).repeat(columns, 1))

    def learn(self, numbers: np.ndarray, target: np.ndarray | None = None) -> None:
        """Put the edges where ``bins`` says: numbers (n, columns), finite; target (n,), or None for quantiles."""
        columns, places = self.edges.shape
        if numbers.ndim != 2 or numbers.shape[1] != columns or not len(numbers):
            raise DataError(f"quantiles of {columns} columns need at least one row of them, not the form {numbers.shape}.")
        foreign = ~(np.abs(numbers) <= np.finfo(np.float32).max).all(axis=0)
        if foreign.any():
            raise DataError(
                f"column {int(foreign.argmax())} holds numbers that are not finite in float32: scale or clip it first."
            )
        values = numbers.astype(np.float64).T
        edges = [quantile_edges(c, places) if target is None else answer_edges(c, target, places) for c in values]
        self.edges.copy_(torch.from_numpy(np.stack(edges)))

    def forward(self, numbers: Tensor) -> Tensor:
        width = self.edges.diff(dim=1)  # (columns, bins)
        real = width > 0
        last = real & (functional.pad(width, (0, 1))[:, 1:] <= 0)
        high = torch.ones_like(width).masked_fill(last, math.inf)
        low = torch.zeros_like(width)
        low[:, 0] = -math.inf
        share = (numbers[..., None] - self.edges[:, :-1]) / torch.where(real, width, 1.0)
        return share.clamp(low, high).masked_fill(~real, 0.0)


class PiecewiseLinearEmbedding(nn.Module):
    """A linear layer a column on the piecewise-linear encoding: numbers (n, columns) -> (n, columns, width).

    With ``relu``: ReLU(Linear(encoding)), the form of 2022.  Without: a plain linear embedding plus Linear(encoding) whose
    weights start at 0, so that the net starts linear in every number and learns the bends (the form of TabM).
    """

    def __init__(self, columns: int, width: int, *, bins: int, relu: bool) -> None:
        super().__init__()
        self.width = width
        self.encoding = PiecewiseLinearEncoding(columns, bins)
        self.straight = None if relu else LinearEmbedding(columns, width, relu=False)
        self.linear = PerColumnLinear(columns, bins, width, bias=relu)
        if not relu:
            nn.init.zeros_(self.linear.weight)

    def learn(self, numbers: np.ndarray, target: np.ndarray | None) -> None:
        """See PiecewiseLinearEncoding."""
        self.encoding.learn(numbers, target)

    def forward(self, numbers: Tensor) -> Tensor:
        bends: Tensor = self.linear(self.encoding(numbers))
        if self.straight is None:
            return functional.relu(bends)
        return self.straight(numbers) + bends  # type: ignore[no-any-return]


NumberEmbedding = LinearEmbedding | PeriodicEmbedding | PiecewiseLinearEmbedding


def check_embedding(kind: str, width: int, bins: int, frequencies: int, sigma: float) -> None:
    """Raise ConfigError unless ``number_embedding`` can be built from these."""
    if kind not in EMBEDDINGS:
        raise ConfigError(f"no number embedding {kind!r}{did_you_mean(kind, EMBEDDINGS)}")
    check_range("width of a number's embedding", width, 1, 4096)
    check_range("bins", bins, 2, 4096)
    check_range("frequencies", frequencies, 1, 4096)
    check_range("sigma", sigma, 1e-6, 1e3)


def number_embedding(kind: str, columns: int, width: int, *, bins: int, frequencies: int, sigma: float) -> NumberEmbedding | None:
    """The embedding of this kind, None for no columns or the kind "none"; each kind reads the settings that concern it.

    kind: "linear" (with ReLU), "plain" (without), "periodic", "periodic-lite", "piecewise" or "piecewise-relu"; see the classes.
    """
    if not columns or kind == "none":
        return None
    if kind == "plain":
        return LinearEmbedding(columns, width, relu=False)
    if kind == "linear":
        return LinearEmbedding(columns, width, relu=True)
    if kind.startswith("periodic"):
        return PeriodicEmbedding(columns, width, frequencies=frequencies, sigma=sigma, lite=kind == "periodic-lite")
    return PiecewiseLinearEmbedding(columns, width, bins=bins, relu=kind == "piecewise-relu")
