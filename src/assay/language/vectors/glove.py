"""GloVe: vectors whose products foretell the logarithms of how often words stand near each other.

J = Σ f(Xᵢⱼ) (wᵢ · w̃ⱼ + bᵢ + b̃ⱼ − log Xᵢⱼ)², f(x) = min(1, (x / x_max)^α), by AdaGrad; the answer is w + w̃.
Source: Pennington, Socher & Manning (2014).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import sparse

from assay.core.errors import ConfigError, DataError
from assay.core.loops import loops
from assay.core.seeds import generator
from assay.language.vectors.corpus import Corpus
from assay.language.vectors.counts import word_by_word
from assay.language.vectors.vectors import WordVectors


@dataclass(frozen=True, kw_only=True)
class GloveSettings:
    """window: counts fall with the distance, 1 / k.  most: x_max, above which a pair weighs no more.  power: α.

    rate: AdaGrad's.
    """

    width: int = 100
    window: int = 10
    most: float = 10.0
    power: float = 0.75
    rate: float = 0.05
    epochs: int = 25

    def __post_init__(self) -> None:
        if min(self.width, self.window, self.epochs) < 1 or not (self.most > 0 and self.power > 0 and self.rate > 0):
            raise ConfigError("width, window, epochs, most, power and rate must be above 0.")


@dataclass(frozen=True)
class GloveFit:
    """vectors: float64 (2 n, width + 1): words, then contexts, each with its bias last.  losses: of each epoch, per cell."""

    vectors: np.ndarray
    losses: tuple[float, ...]


def weight_of(counts: np.ndarray, settings: GloveSettings) -> np.ndarray:
    """f(x)."""
    return np.asarray(np.minimum(1.0, (counts / settings.most) ** settings.power))


def glove_fit(
    counts: sparse.csr_matrix, settings: GloveSettings, *, seed: int, progress: Callable[[float], None] | None = None
) -> GloveFit:
    """Learn from a table of counts (n, n), of which the cells that are not 0 are walked in an order drawn anew each epoch."""
    cells = sparse.coo_matrix(counts)
    n = counts.shape[0]
    if cells.nnz == 0:
        raise DataError("no two words of the corpus stand near each other; give longer sentences.")
    places = np.column_stack([cells.row, cells.col + n]).astype(np.int32)
    logs, weights = np.log(cells.data), weight_of(cells.data, settings)
    rng = generator(seed, "glove")
    vectors = (rng.random((2 * n, settings.width + 1)) - 0.5) / (settings.width + 1)
    squares = np.ones_like(vectors)
    module: Any = loops("assay.language.vectors.kernels")
    losses = []
    for epoch in range(settings.epochs):
        order = rng.permutation(len(logs))
        losses.append(float(module.glove(places, logs, weights, order, vectors, squares, settings.rate)) / len(logs))
        if progress is not None:
            progress((epoch + 1) / settings.epochs)
    return GloveFit(vectors, tuple(losses))


def glove(corpus: Corpus, settings: GloveSettings, *, seed: int, progress: Callable[[float], None] | None = None) -> WordVectors:
    """w + w̃ of each word.  Equal corpus, settings and seed give equal bytes on one machine."""
    found = glove_fit(word_by_word(corpus, settings.window, by_distance=True), settings, seed=seed, progress=progress).vectors
    n = len(corpus.words)
    matrix = (found[:n, :-1] + found[n:, :-1]).astype(np.float32)
    return WordVectors(corpus.words, matrix, corpus.counts, None, {"method": "glove", "seed": seed, **asdict(settings)})
