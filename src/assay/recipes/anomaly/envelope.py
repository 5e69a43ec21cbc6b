"""Elliptic envelope: the squared Mahalanobis distance from the middle of the half of the rows that lie closest together.

The minimum covariance determinant is not dragged along by outliers.  It is sought in the directions in which the rows vary at
all (principal ones, whitened, which changes no Mahalanobis distance); a direction that half of the rows do not vary in, such as
the flag of a rare level, has no spread to measure by and does not count.  Equal to scikit-learn's EllipticEnvelope, sign turned.
Source: Rousseeuw (1984); Rousseeuw & Van Driessen (1999).
"""

import warnings
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from assay.core.seeds import seed32
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.recipes.anomaly.learner import AnomalyLearner
from assay.recipes.recipe import Recipe

LEAST_VARIANCE = 1e-8
"""Of a direction, as a share of the largest: less is rounding."""

ROWS_A_DIRECTION = 5
"""Fewer rows than this a direction say nothing of a covariance (Rousseeuw & Van Driessen); the widest directions are kept."""

MOST_DIRECTIONS = 200


@dataclass(frozen=True)
class FittedEnvelope:
    """location: float64 (width,).  sides: (width, m), so that the distance is the length of (row - location) @ sides."""

    NAME: ClassVar[str] = "elliptic-envelope"

    location: np.ndarray
    sides: np.ndarray

    @property
    def width(self) -> int:
        return len(self.location)

    def oddness(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n,): the squared distance."""
        return np.asarray((((rows - self.location) @ self.sides) ** 2).sum(axis=1))

    def state(self) -> State:
        return {"location": self.location, "sides": self.sides}

    @classmethod
    def from_state(cls, state: State) -> Self:
        location = checks.floats(state, "location", (None,))
        return cls(location, checks.floats(state, "sides", (len(location), None)))


@dataclass(frozen=True, kw_only=True)
class EllipticEnvelope(AnomalyLearner):
    """inside: the share of rows that the middle is sought in; None: the least that can hold a majority."""

    inside: float | None = None
    most_rows: int = 10_000

    def learn(self, rows: np.ndarray, blocks: tuple[Block, ...], seed: int) -> FittedEnvelope:  # noqa: ARG002
        from threadpoolctl import threadpool_limits

        with threadpool_limits(limits=1):  # the sums of a product are cut by thread, and so are their last digits
            mean = rows.mean(axis=0)
            variances, vectors = np.linalg.eigh(np.atleast_2d((rows - mean).T @ (rows - mean) / len(rows)))
            variances, vectors = variances[::-1], vectors[:, ::-1]
            varied = int((variances > LEAST_VARIANCE * max(variances[0], 1e-300)).sum()) if len(variances) else 0
            kept = min(varied, MOST_DIRECTIONS, len(rows) // ROWS_A_DIRECTION)
            if not kept:
                return FittedEnvelope(mean, np.zeros((len(mean), 0)))
            whitening = vectors[:, :kept] / np.sqrt(variances[:kept])
            location, factor = self._middle((rows - mean) @ whitening, seed)
            back = location * np.sqrt(variances[:kept]) @ vectors[:, :kept].T
            return FittedEnvelope(mean + back, whitening @ factor)

    def _middle(self, rows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """(k,) and (k, k): the middle, and a root of the inverse covariance about it."""
        from sklearn.covariance import MinCovDet

        for share in (self.inside, 0.9):
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    found = MinCovDet(support_fraction=share, random_state=seed32(seed, "envelope")).fit(rows)
                precision, location = found.get_precision(), found.location_
            except ValueError:  # so many rows are one and the same that they have no spread
                continue
            if np.isfinite(precision).all() and np.isfinite(location).all():
                values, vectors = np.linalg.eigh((precision + precision.T) / 2)
                return location, vectors * np.sqrt(np.maximum(values, 0.0))
        return np.zeros(rows.shape[1]), np.eye(rows.shape[1])


ELLIPTIC_ENVELOPE = Recipe(
    name="elliptic-envelope",
    title="Elliptic envelope: robust Mahalanobis distance (outliers; blind to the target)",
    tasks=frozenset({"binary"}),
    step=ColumnsStep(mode="dense"),
    learner=EllipticEnvelope(),
    simplicity=16,
)
ELLIPTIC_ENVELOPE_NOVELTY = replace(
    ELLIPTIC_ENVELOPE,
    name="elliptic-envelope-novelty",
    title="Elliptic envelope of the negative rows (novelty)",
    learner=EllipticEnvelope(novelty=True),
)
