"""How near each row is to a few support points: exp(-γ · squared distance), a column a point, beside the columns there are.

What is bent then lies straight for a model that adds up (Moody & Darken 1989).  The points are the centres of k-means or
rows that are drawn; γ is 1 over the median squared distance between rows and points unless it is given.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, get_args

import numpy as np

from assay.core.errors import ConfigError
from assay.core.seeds import generator, seed32
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.matrix.transform import MOST_DENSE, drawn, known, width_of
from assay.prepare.step import Matrix

Points = Literal["k-means", "drawn"]
MOST_POINTS, MOST_ROWS = 10_000, 10_000


@dataclass(frozen=True, kw_only=True)
class Landmarks:
    """count: of points, where there are as many different rows.  gamma: > 0, or None."""

    count: int = 50
    points: Points = "k-means"
    gamma: float | None = None

    def __post_init__(self) -> None:
        right = 1 <= self.count <= MOST_POINTS and self.points in get_args(Points) and (self.gamma is None or self.gamma > 0)
        if not right:
            raise ConfigError(
                f"count={self.count}, points={self.points!r}, gamma={self.gamma}: 1 to {MOST_POINTS} points, "
                "k-means or drawn, and a gamma above 0."
            )

    def fit(
        self,
        matrix: Matrix,
        blocks: tuple[Block, ...],  # noqa: ARG002
        target: np.ndarray,  # noqa: ARG002
        seed: int,
    ) -> "FittedLandmarks":
        """The target is not looked at; of more than 10 000 rows, so many are drawn."""
        from threadpoolctl import threadpool_limits

        values = known(matrix, "landmarks")
        rng = generator(seed, "landmarks")
        rows = np.unique(values[drawn(len(values), MOST_ROWS, rng)], axis=0)
        with threadpool_limits(limits=1):
            points = self._points(rows, rng, seed)
            gamma = self.gamma
            if gamma is None:
                squares = _squares(rows, points)
                apart = squares[squares > 1e-12]
                gamma = 1 / float(np.median(apart)) if len(apart) else 1.0
        return FittedLandmarks(points, gamma)

    def _points(self, rows: np.ndarray, rng: np.random.Generator, seed: int) -> np.ndarray:
        if len(rows) <= self.count:
            return rows
        if self.points == "drawn":
            return np.ascontiguousarray(rows[drawn(len(rows), self.count, rng)])
        from sklearn.cluster import KMeans

        model = KMeans(self.count, n_init=1, max_iter=50, random_state=seed32(seed, "landmarks")).fit(rows)
        return np.ascontiguousarray(model.cluster_centers_)


def _squares(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    """float64 (n, k): squared distances."""
    lengths = (values**2).sum(axis=1)[:, None] + (points**2).sum(axis=1)
    return np.asarray(np.maximum(lengths - 2 * values @ points.T, 0.0))


@dataclass(frozen=True, eq=False)
class FittedLandmarks:
    """points: float64 (k, d).  gamma: > 0."""

    KIND: ClassVar[str] = "landmarks"

    points: np.ndarray
    gamma: float

    @property
    def width(self) -> int:
        return int(self.points.shape[1])

    def blocks(self, before: tuple[Block, ...]) -> tuple[Block, ...]:
        start = width_of(before)
        return (*before, Block(self.KIND, "other", start, start + len(self.points)))

    def spectrum(self, names: tuple[str, ...]) -> None:  # noqa: ARG002
        return None

    def transform(self, matrix: Matrix) -> np.ndarray:
        """float64 (n, d + k)."""
        values = known(matrix, "landmarks")
        return np.hstack([values, np.exp(-self.gamma * _squares(values, self.points))])

    def state(self) -> State:
        return {"kind": self.KIND, "points": self.points, "gamma": self.gamma}

    @classmethod
    def from_state(cls, state: State) -> Self:
        points = checks.floats(state, "points", (None, None))
        checks.whole({"columns": points.shape[1]}, "columns", low=0, high=MOST_DENSE)
        checks.whole({"points": len(points)}, "points", low=0, high=MOST_POINTS)
        return cls(points, checks.real(state, "gamma", low=5e-324))
