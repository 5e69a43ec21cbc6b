"""A column of numbers as CTGAN sees it: which of a few Gaussian modes a value belongs to, and where in it the value lies.

A column with several peaks, which a bounded output cannot follow, becomes a category and a number that both are easy.
Source: Xu, Skoularidou, Cuesta-Infante & Veeramachaneni (2019), section 4.2.  They draw a value's mode by its
responsibility; here it is the most likely one, so that encoding is a function, and the width of a mode is the distance to
the furthest of its rows instead of four standard deviations, so that decoding is its inverse.
"""

import warnings
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.state import State
from assay.nets.generate.columns import LARGEST, filled, gaps_put_back
from assay.nets.generate.grid import Grid
from assay.prepare import checks

MOST_MODES = 10
LEAST_WEIGHT = 0.005
ROWS_LOOKED_AT = 10_000
"""A mixture of ten is as good on these as on all."""


@dataclass(frozen=True)
class Mixture:
    """Gaussians on a line. centers, scales, weights: float64 (k,); scales and weights above 0."""

    centers: np.ndarray
    scales: np.ndarray
    weights: np.ndarray

    def most_likely(self, values: np.ndarray) -> np.ndarray:
        """int64 (n,): the mode of each value."""
        apart = (values[:, None] - self.centers) / self.scales
        return np.asarray((np.log(self.weights / self.scales) - apart**2 / 2).argmax(axis=1))

    def take(self, modes: np.ndarray) -> "Mixture":
        return Mixture(self.centers[modes], self.scales[modes], self.weights[modes])


@dataclass(frozen=True)
class ModeForm:
    """widths: float64 (k,) > 0; a value is center + a · width with a in [-1, 1].  low, high: the range of the training rows."""

    KIND: ClassVar[str] = "modes"
    numbers: ClassVar[int] = 1

    mixture: Mixture
    widths: np.ndarray
    low: float
    high: float
    grid: Grid
    has_missing: bool

    @classmethod
    def fit(cls, series: pl.Series, rng: np.random.Generator) -> Self:
        """series: Float64, finite or missing, at least two different values."""
        seen = series.drop_nulls().to_numpy()
        mixture = _fitted(seen, rng)
        mixture = mixture.take(np.unique(mixture.most_likely(seen)))
        mode = mixture.most_likely(seen)
        furthest = np.zeros(len(mixture.centers))
        np.maximum.at(furthest, mode, np.abs(seen - mixture.centers[mode]))
        widths = np.maximum(furthest, mixture.scales * 1e-6)  # all rows of a mode may have one value
        return cls(mixture, widths, float(seen.min()), float(seen.max()), Grid.fit(seen), series.null_count() > 0)

    @property
    def levels(self) -> tuple[int, ...]:
        own = (len(self.widths),) if len(self.widths) > 1 else ()
        return (*own, 2) if self.has_missing else own

    def encode(self, series: pl.Series, rng: np.random.Generator | None) -> tuple[np.ndarray, np.ndarray]:  # noqa: ARG002
        known, missing = filled(series, float(self.mixture.centers[0]), self.has_missing)
        mode = self.mixture.most_likely(known)
        inside = np.clip((known - self.mixture.centers[mode]) / self.widths[mode], -1.0, 1.0)
        codes = mode[:, None].astype(np.float64) if len(self.widths) > 1 else np.zeros((len(known), 0))
        return inside[:, None], np.hstack([codes, missing])

    def decode(self, numbers: np.ndarray, codes: np.ndarray) -> pl.Series:
        many = len(self.widths) > 1
        mode = codes[:, 0].astype(np.int64) if many else np.zeros(len(numbers), dtype=np.int64)
        known = self.mixture.centers[mode] + np.clip(numbers[:, 0], -1.0, 1.0) * self.widths[mode]
        known = np.clip(self.grid.nearest(known), self.low, self.high)
        return gaps_put_back(known, codes[:, 1:] if many else codes)

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "centers": self.mixture.centers,
            "scales": self.mixture.scales,
            "weights": self.mixture.weights,
            "widths": self.widths,
            "low": self.low,
            "high": self.high,
            "grid": self.grid.state(),
            "has_missing": self.has_missing,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        centers = checks.floats(state, "centers", (None,))
        scales, weights, widths = (checks.floats(state, name, centers.shape) for name in ("scales", "weights", "widths"))
        low, high = (checks.real(state, name, low=-LARGEST, high=LARGEST) for name in ("low", "high"))
        if not 1 <= len(centers) <= MOST_MODES or np.abs(centers).max() > LARGEST or low > high:
            raise BundleError(f"the saved generator has a column without 1 to {MOST_MODES} modes within its range.")
        if min(scales.min(), weights.min(), widths.min()) <= 0 or max(scales.max(), weights.max(), widths.max()) > 2 * LARGEST:
            raise BundleError("the saved generator has a column whose modes have no width or no weight.")
        grid = Grid.from_state(checks.entry(state, "grid"))
        return cls(Mixture(centers, scales, weights), widths, low, high, grid, checks.flag(state, "has_missing"))


def _fitted(values: np.ndarray, rng: np.random.Generator) -> Mixture:
    """The modes of these values that matter; a mixture that is nearly there will do."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import BayesianGaussianMixture

    center, scale = float(values.mean()), float(values.std())
    sample = values if len(values) <= ROWS_LOOKED_AT else rng.choice(values, ROWS_LOOKED_AT, replace=False)
    points = ((sample - center) / scale)[:, None]
    mixture = BayesianGaussianMixture(
        n_components=min(MOST_MODES, len(np.unique(points))),
        weight_concentration_prior=1e-3,
        max_iter=100,
        random_state=int(rng.integers(2**31)),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(points)
    spreads = np.sqrt(mixture.covariances_[:, 0, 0])
    heavy = np.flatnonzero(mixture.weights_ >= LEAST_WEIGHT)
    found = Mixture(mixture.means_[:, 0] * scale + center, spreads * scale, mixture.weights_)
    return found.take(heavy[np.argsort(found.centers[heavy], kind="stable")])
