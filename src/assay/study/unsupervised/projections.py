"""Projections of a table into few directions, and how much of the neighbourhoods each keeps.

trustworthiness   rows that the picture puts side by side are neighbours in the table, too
continuity        rows that are neighbours in the table stay so in the picture

Both are 1 where all k neighbours are kept, and near 0.5 for a random picture.  The rows are cut into blocks that share none;
each is projected and measured by itself, so the values are independent and their mean has Student's interval.  Every method is
compared with principal components on the same blocks (paired, Holm).  It says how the method does on blocks of that many rows.

Sources: Venna & Kaski (2001); Pearson (1901), Schölkopf, Smola & Müller (1998), Tenenbaum, de Silva & Langford (2000), van der
Maaten & Hinton (2008), McInnes, Healy & Melville (2018), Hinton & Salakhutdinov (2006) for the methods.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.optional import require
from assay.core.seeds import derive, generator, seed32
from assay.core.shown import Shown
from assay.measure.compare.adjust import holm
from assay.measure.interval import Interval
from assay.prepare.matrix.components import Pca
from assay.prepare.matrix.svd import TruncatedSvd
from assay.study.unsupervised.spread import mean_interval, paired_p

Projecting = Callable[[np.ndarray, int, int], np.ndarray]
REFERENCE = "pca"
FEWEST_IN_BLOCK, MOST_IN_BLOCK = 50, 500
LEVEL = 0.95
BETTER, WORSE, NO_DIFFERENCE = "better", "worse", "no difference shown"


def _pca(points: np.ndarray, width: int, seed: int) -> np.ndarray:
    return Pca(width=width).fit(points, (), np.zeros(len(points)), seed).transform(points)


def _pca_correlation(points: np.ndarray, width: int, seed: int) -> np.ndarray:
    return Pca(of="correlation", width=width).fit(points, (), np.zeros(len(points)), seed).transform(points)


def _svd(points: np.ndarray, width: int, seed: int) -> np.ndarray:
    return np.asarray(TruncatedSvd(width=width).fit(points, (), np.zeros(len(points)), seed).transform(points))


def _kernel_pca(points: np.ndarray, width: int, seed: int) -> np.ndarray:
    from sklearn.decomposition import KernelPCA

    return np.asarray(KernelPCA(width, kernel="rbf", random_state=seed).fit_transform(points))


def _isomap(points: np.ndarray, width: int, seed: int) -> np.ndarray:  # noqa: ARG001  nothing in it is drawn
    from sklearn.manifold import Isomap

    return np.asarray(Isomap(n_components=width, n_neighbors=min(10, len(points) - 1)).fit_transform(points))


def _tsne(points: np.ndarray, width: int, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE

    method = "barnes_hut" if width < 4 else "exact"
    return np.asarray(
        TSNE(width, init="random", perplexity=min(30, len(points) // 4), method=method, random_state=seed).fit_transform(points)
    )


def _autoencoder(points: np.ndarray, width: int, seed: int) -> np.ndarray:
    from assay.nets.generate.bottleneck import Bottleneck

    return Bottleneck(width=width).fit(points, (), np.zeros(len(points)), seed).transform(points)


def _umap(points: np.ndarray, width: int, seed: int) -> np.ndarray:
    umap = require("umap", extra="umap", purpose="the projection umap")
    neighbours = min(15, len(points) - 1)
    return np.asarray(umap.UMAP(neighbours, width, random_state=seed, n_jobs=1).fit_transform(points), dtype=np.float64)


def _random(points: np.ndarray, width: int, seed: int) -> np.ndarray:
    return np.asarray(points @ np.random.default_rng(seed).normal(size=(points.shape[1], width)))


METHODS: dict[str, tuple[str, Projecting]] = {
    "pca": ("principal components of the covariance", _pca),
    "pca-correlation": ("principal components of the correlation", _pca_correlation),
    "truncated-svd": ("largest singular directions, about 0", _svd),
    "kernel-pca": ("principal components of a radial kernel", _kernel_pca),
    "isomap": ("distances along the nearest neighbours", _isomap),
    "t-sne": ("neighbours' probabilities, in the picture alone", _tsne),
    "umap": ("a graph of neighbours, laid out", _umap),
    "autoencoder": ("the narrow layer of an autoencoder", _autoencoder),
    "random": ("random directions: what any picture must beat", _random),
}
DEFAULT = ("pca", "kernel-pca", "isomap", "t-sne", "random")


@dataclass(frozen=True, kw_only=True)
class ProjectionSettings:
    """width: directions.  neighbours: k.  blocks: at most."""

    methods: tuple[str, ...] = DEFAULT
    width: int = 2
    neighbours: int = 10
    blocks: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        for name in self.methods:
            if name not in METHODS:
                raise ConfigError(f"no projection {name!r}{did_you_mean(name, METHODS)}")
        if not self.methods or len(set(self.methods)) < len(self.methods):
            raise ConfigError(f"methods {', '.join(self.methods) or '(none)'}: name each method once, and one at least.")
        if self.width < 1 or not 1 <= self.neighbours < FEWEST_IN_BLOCK // 2 or self.blocks < 2:
            raise ConfigError(
                f"width={self.width}, neighbours={self.neighbours}, blocks={self.blocks}: at least 1 direction and 2 blocks, "
                f"and 1 to {FEWEST_IN_BLOCK // 2 - 1} neighbours."
            )


@dataclass(frozen=True)
class Kept(Shown):
    """What one method keeps.  against: p, Holm-corrected, against principal components; None for these and where unknown."""

    method: str
    trustworthiness: Interval
    continuity: Interval
    difference: Interval | None
    p: float | None
    call: str | None

    def to_json(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "trustworthiness": self.trustworthiness.to_json(),
            "continuity": self.continuity.to_json(),
            "against_pca": None if self.difference is None else self.difference.to_json(),
            "p": self.p,
            "call": self.call,
        }


@dataclass(frozen=True, eq=False)
class Projections(Shown):
    """kept: a line for each method.  pictures: float64 (m, width) of the first block's rows by method; rows: which these are."""

    settings: ProjectionSettings
    blocks: int
    block_rows: int
    kept: tuple[Kept, ...]
    pictures: dict[str, np.ndarray]
    rows: np.ndarray


def project(points: np.ndarray, settings: ProjectionSettings) -> Projections:
    """points: float64 (n, d), prepared.

    Raises DataError for fewer than 100 rows, 50 different ones or fewer columns than directions.
    """
    n, d = points.shape
    if n < 2 * FEWEST_IN_BLOCK or d < settings.width:
        raise DataError(
            f"{n} rows of {d} prepared columns: a projection onto {settings.width} directions is measured on at least "
            f"{2 * FEWEST_IN_BLOCK} rows of as many columns as directions."
        )
    distinct = len(np.unique(points, axis=0))
    if distinct < FEWEST_IN_BLOCK:
        raise DataError(
            f"only {distinct} of {n} rows differ once they are prepared; neighbours are not defined among copies, so at least "
            f"{FEWEST_IN_BLOCK} different rows are needed."
        )
    blocks = min(settings.blocks, n // FEWEST_IN_BLOCK)
    size = min(n // blocks, MOST_IN_BLOCK)
    order = generator(settings.seed, "blocks").permutation(n)
    values, pictures = np.empty((len(settings.methods), blocks, 2)), {}
    for number in range(blocks):
        rows = np.sort(order[number * size : (number + 1) * size])
        for place, name in enumerate(settings.methods):
            picture = _run(name, points[rows], settings.width, seed32(derive(settings.seed, "projection", name), "block", number))
            values[place, number] = kept_by(points[rows], picture, settings.neighbours)
            if number == 0:
                pictures[name] = picture
    return Projections(settings, blocks, size, compared(settings.methods, values), pictures, np.sort(order[:size]))


def kept_by(points: np.ndarray, picture: np.ndarray, neighbours: int) -> tuple[float, float]:
    """Trustworthiness and continuity."""
    from sklearn.manifold import trustworthiness

    return (
        float(trustworthiness(points, picture, n_neighbors=neighbours)),
        float(trustworthiness(picture, points, n_neighbors=neighbours)),
    )


def _run(name: str, points: np.ndarray, width: int, seed: int) -> np.ndarray:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # neighbours in separate parts: Isomap joins them
        return METHODS[name][1](points, width, seed)


def compared(methods: tuple[str, ...], values: np.ndarray) -> tuple[Kept, ...]:
    """values: (methods, blocks, 2).  The mean of both measures is what is compared."""
    both = values.mean(axis=2)
    base = methods.index(REFERENCE) if REFERENCE in methods else None
    p_values: list[float | None] = [
        None if base is None or place == base else paired_p(both[place], both[base]) for place in range(len(methods))
    ]
    found = []
    for place, p in enumerate(holm(p_values)):
        difference = call = None
        if base is not None and place != base:
            difference = mean_interval(both[place] - both[base], level=LEVEL)
            shown = p is not None and p <= 1 - LEVEL
            call = NO_DIFFERENCE if not shown else BETTER if (difference.value or 0.0) > 0 else WORSE
        trust, stay = (mean_interval(values[place, :, side], level=LEVEL, bounds=(0.0, 1.0)) for side in (0, 1))
        found.append(Kept(methods[place], trust, stay, difference, p, call))
    return tuple(found)
