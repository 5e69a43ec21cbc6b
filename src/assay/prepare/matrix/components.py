"""Principal components: the eigenvectors of the covariance matrix, or of the correlation matrix (said which).

Columns are centred; for the correlation each is first divided by its standard deviation, which takes from a column of wide
numbers the weight that its unit gave it.  All eigenvalues are kept to be read, and the eigenvectors of as many of the
largest as hold a given share of the variance.
Sources: Pearson (1901); Hotelling (1933); Jolliffe (2002) on covariance or correlation.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, get_args

import numpy as np

from assay.core.errors import BundleError, ConfigError
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.matrix.transform import MOST_DENSE, Spectrum, known, one_block, signs_of
from assay.prepare.step import Matrix

Of = Literal["covariance", "correlation"]


@dataclass(frozen=True, kw_only=True)
class Pca:
    """of: whose eigenvectors.  explained: the share of the variance that is kept.  width: directions kept, in its place."""

    of: Of = "covariance"
    explained: float = 0.95
    width: int | None = None

    def __post_init__(self) -> None:
        if self.of not in get_args(Of) or not 0 < self.explained <= 1 or (self.width is not None and self.width < 1):
            raise ConfigError(
                f"of={self.of!r}, explained={self.explained}, width={self.width}: of covariance or correlation, "
                "with a share above 0 and at most 1, or 1 direction or more."
            )

    def fit(
        self,
        matrix: Matrix,
        blocks: tuple[Block, ...],  # noqa: ARG002
        target: np.ndarray,  # noqa: ARG002
        seed: int,  # noqa: ARG002
    ) -> "FittedPca":
        """The target is not looked at."""
        from threadpoolctl import threadpool_limits

        values = known(matrix, "PCA")
        mean = values.mean(axis=0)
        around = values - mean
        spread = around.std(axis=0, ddof=min(1, len(values) - 1))
        flat = spread <= 1e-12 * np.maximum(1.0, np.abs(mean))
        scale = np.where(flat, 1.0, spread) if self.of == "correlation" else np.ones(len(mean))
        around = np.where(flat, 0.0, around / scale)
        with threadpool_limits(limits=1):  # the sums of a product are cut by thread, and so are their last digits
            eigenvalues, vectors = np.linalg.eigh(around.T @ around / max(1, len(values) - 1))
        eigenvalues, vectors = np.maximum(eigenvalues[::-1], 0.0), vectors[:, ::-1]
        kept = self._kept(eigenvalues)
        chosen = vectors[:, :kept] * signs_of(vectors[:, :kept])
        return FittedPca(self.of, mean, scale, np.ascontiguousarray(eigenvalues), np.ascontiguousarray(chosen))

    def _kept(self, eigenvalues: np.ndarray) -> int:
        if self.width is not None:
            return min(self.width, len(eigenvalues))
        total = eigenvalues.sum()
        if total <= 0:
            return min(1, len(eigenvalues))
        return min(int(np.searchsorted(np.cumsum(eigenvalues) / total, self.explained - 1e-12)) + 1, len(eigenvalues))


@dataclass(frozen=True, eq=False)
class FittedPca:
    """mean, scale: float64 (d,).  eigenvalues: (d,), falling.  vectors: (d, kept)."""

    KIND: ClassVar[str] = "pca"

    of: str
    mean: np.ndarray
    scale: np.ndarray
    eigenvalues: np.ndarray
    vectors: np.ndarray

    @property
    def width(self) -> int:
        return len(self.mean)

    def blocks(self, before: tuple[Block, ...]) -> tuple[Block, ...]:  # noqa: ARG002
        return one_block(self.KIND, self.vectors.shape[1])

    def spectrum(self, names: tuple[str, ...]) -> Spectrum:
        total = float(self.eigenvalues.sum())
        return Spectrum(self.of, names, self.eigenvalues, self.vectors, self.eigenvalues / (total or 1.0))

    def transform(self, matrix: Matrix) -> np.ndarray:
        """float64 (n, kept)."""
        return np.asarray((known(matrix, "PCA") - self.mean) / self.scale @ self.vectors)

    def state(self) -> State:
        arrays = {name: getattr(self, name) for name in ("mean", "scale", "eigenvalues", "vectors")}
        return {"kind": self.KIND, "of": self.of, **arrays}

    @classmethod
    def from_state(cls, state: State) -> Self:
        mean = checks.floats(state, "mean", (None,))
        d = checks.whole({"columns": len(mean)}, "columns", low=0, high=MOST_DENSE)
        scale, eigenvalues = checks.floats(state, "scale", (d,)), checks.floats(state, "eigenvalues", (d,))
        vectors = checks.floats(state, "vectors", (d, None))
        if (scale <= 0).any() or (eigenvalues < 0).any() or vectors.shape[1] > d:
            raise BundleError("the saved principal components have a scale or a variance that none can have.")
        return cls(checks.choice(state, "of", get_args(Of)), mean, scale, eigenvalues, vectors)
