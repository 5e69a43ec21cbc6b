"""A column of pictures by the principal components of their pixels: eigenfaces.

Each picture becomes its coordinates along the directions in which the training pictures differ most, each divided by its
own spread, so that distances are Mahalanobis's.
Source: Sirovich & Kirby (1987); Turk & Pentland (1991).
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError, ConfigError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.matrix.transform import signs_of
from assay.prepare.vision.working import WorkingSize

LONGEST = 48
MOST_FACES = 1000
MOST_PIXELS = 3 * LONGEST * LONGEST
NOTHING = 1e-12
"""Of the largest variance: directions of less are rounding."""


@dataclass(frozen=True, kw_only=True)
class Eigenfaces:
    """faces: directions kept at most.  explained: the share of the variance at which fewer will do."""

    faces: int = 50
    explained: float = 0.95

    def __post_init__(self) -> None:
        if not 1 <= self.faces <= MOST_FACES or not 0 < self.explained <= 1:
            raise ConfigError(
                f"faces={self.faces}, explained={self.explained}: 1 to {MOST_FACES} directions, "
                "and a share above 0 and at most 1."
            )

    def fit(self, series: pl.Series, seed: int) -> "FaceRow":  # noqa: ARG002
        """Raises DataError for a picture that does not open."""
        from threadpoolctl import threadpool_limits

        size = WorkingSize.of(series, least=1, most=LONGEST)
        values = _values(size, series)
        mean = values.mean(axis=0)
        around = values - mean
        n, d = around.shape
        with threadpool_limits(limits=1):  # the sums of a product are cut by thread, and so are their last digits
            variances, faces = _by_rows(around) if n < d else _by_columns(around)
        total = float((around**2).sum()) / max(1, n - 1)
        real = max(1, int((variances > NOTHING * max(variances[0], NOTHING)).sum()))
        enough = int(np.searchsorted(np.cumsum(variances[:real]) / (total or 1.0), self.explained - NOTHING)) + 1
        kept = min(self.faces, real, enough)
        faces = faces[:kept] * signs_of(faces[:kept].T)[:, None]
        return FaceRow(size, mean, np.ascontiguousarray(faces), np.maximum(variances[:kept], 0.0), max(total, 0.0))


def _by_columns(around: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variances (d,), falling, and directions (d, d), one a row."""
    variances, vectors = np.linalg.eigh(around.T @ around / max(1, len(around) - 1))
    return variances[::-1], vectors[:, ::-1].T


def _by_rows(around: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same from the products of pictures instead of those of pixels, where pictures are fewer (Turk & Pentland)."""
    variances, vectors = np.linalg.eigh(around @ around.T / max(1, len(around) - 1))
    faces = vectors[:, ::-1].T @ around
    lengths = np.sqrt((faces**2).sum(axis=1, keepdims=True))
    return variances[::-1], faces / np.where(lengths > 0, lengths, 1.0)


def _values(size: WorkingSize, series: pl.Series) -> np.ndarray:
    """float64 (n, d) in 0 … 1."""
    return size.pixels(series).reshape(len(series), -1) / 255.0


@dataclass(frozen=True, eq=False)
class FaceRow:
    """mean: float64 (d,), d the pixels times channels.  faces: (k, d), rows of length 1.  variances: (k,), along each, falling.

    total: the variance of all pixels together.
    """

    KIND: ClassVar[str] = "eigenfaces"

    size: WorkingSize
    mean: np.ndarray
    faces: np.ndarray
    variances: np.ndarray
    total: float

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("other", len(self.faces)),)

    @property
    def explained(self) -> np.ndarray:
        """float64 (k,): the share of the variance along each face."""
        return np.asarray(self.variances / (self.total or 1.0))

    @property
    def mean_picture(self) -> np.ndarray:
        """float64 (height, width, channels), in 0 … 1."""
        return self.mean.reshape(self.size.height, self.size.width, self.size.channels)

    @property
    def pictures(self) -> np.ndarray:
        """float64 (k, height, width, channels), in 0 … 1: each face about middle grey, its strongest pixel at 0 or 1."""
        strongest = np.abs(self.faces).max(axis=1, keepdims=True)
        shown = 0.5 + 0.5 * self.faces / np.where(strongest > 0, strongest, 1.0)
        return np.asarray(shown.reshape(-1, self.size.height, self.size.width, self.size.channels))

    @property
    def _scale(self) -> np.ndarray:
        return np.sqrt(np.where(self.variances > 0, self.variances, 1.0))

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, k): standardised coordinates.  Raises DataError for a picture that does not open."""
        along = np.einsum("nd,kd->nk", _values(self.size, series) - self.mean, self.faces)  # not BLAS: alone as in company
        return np.asarray(along / self._scale)

    def restored(self, coordinates: np.ndarray) -> np.ndarray:
        """float64 (n, height, width, channels): the pictures of coordinates (n, k)."""
        flat = (coordinates * self._scale) @ self.faces + self.mean
        return np.asarray(flat.reshape(-1, self.size.height, self.size.width, self.size.channels))

    def state(self) -> State:
        arrays = {"mean": self.mean, "faces": self.faces, "variances": self.variances}
        return {"kind": self.KIND, **self.size.state(), **arrays, "total": self.total}

    @classmethod
    def from_state(cls, state: State) -> Self:
        size = WorkingSize.from_state(state)
        d = size.height * size.width * size.channels
        mean, faces = checks.floats(state, "mean", (d,)), checks.floats(state, "faces", (None, d))
        variances = checks.floats(state, "variances", (len(faces),))
        total = checks.real(state, "total", low=0.0)
        if not 1 <= len(faces) <= MOST_FACES or d > MOST_PIXELS:
            raise BundleError(f"the saved model's 'faces' must be 1 to {MOST_FACES} pictures of at most {LONGEST} a side.")
        bounded = (np.abs(faces) <= 1 + 1e-9).all() and ((mean >= 0) & (mean <= 1)).all()
        if not bounded or (variances < 0).any() or (np.diff(variances) > 0).any():
            raise BundleError("the saved faces have pixels or variances that none can have.")
        return cls(size, mean, faces, variances, total)
