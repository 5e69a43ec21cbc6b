"""Missing numbers from the others: chained ridge regressions, one a column with gaps, gone through a few times.

Every gap begins as the mean of its column; then each column with gaps is regressed on all others, on the rows that know it,
and its gaps are what that regression says; and again from the new values.  The regressions are scikit-learn's (Bayesian
ridge, IterativeImputer); what is kept is their coefficients, applied in the same order to new rows.  Level codes are neither
filled nor used.  A 0/1 column beside says where training rows had gaps, so that they can still speak for themselves.
Source: van Buuren & Groothuis-Oudshoorn (2011), MICE, of which this is one chain without its noise.
"""

import warnings
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.errors import BundleError, ConfigError
from assay.core.seeds import generator, seed32
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.matrix.transform import MOST_DENSE, as_dense, drawn, width_of
from assay.prepare.numbers import LARGEST
from assay.prepare.step import Matrix

PURPOSE = "filling gaps by regressions"
MOST_COEFFICIENTS = 10_000_000
FARTHEST = 1e6
"""Standard deviations from the mean at which a known value stops while it is used for others."""


@dataclass(frozen=True, kw_only=True)
class Imputation:
    """rounds: times that the chain is gone through.  most_rows: drawn from larger training rows."""

    rounds: int = 5
    most_rows: int = 10_000

    def __post_init__(self) -> None:
        if not 1 <= self.rounds <= 100 or self.most_rows < 2:
            raise ConfigError(f"rounds={self.rounds}, most_rows={self.most_rows}: 1 to 100 rounds over at least 2 rows.")

    def fit(
        self,
        matrix: Matrix,
        blocks: tuple[Block, ...],
        target: np.ndarray,  # noqa: ARG002
        seed: int,
    ) -> "FittedImputation":
        """The target is not looked at.  Raises ConfigError where the regressions would not fit into memory."""
        values = as_dense(matrix, PURPOSE)
        used = np.array([c for block in blocks if block.kind != "code" for c in range(block.start, block.stop)], dtype=np.int64)
        gaps = np.isnan(values[:, used]).any(axis=0)
        if int(gaps.sum()) * len(used) * self.rounds > MOST_COEFFICIENTS:
            raise ConfigError(
                f"filling {int(gaps.sum())} columns from {len(used)} by regressions needs too many coefficients; "
                "prepare missing by indicator or median."
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a column without a single value has no mean
            mean, spread = np.nanmean(values[:, used], axis=0), np.nanstd(values[:, used], axis=0)
        mean = np.nan_to_num(mean)
        scale = np.where(spread > 1e-12 * np.maximum(1.0, np.abs(mean)), spread, 1.0)
        rows = drawn(len(values), self.most_rows, generator(seed, "imputation"))
        order, coefficients, intercepts = self._chain(_scaled(values[np.ix_(rows, used)], mean, scale), seed)
        return FittedImputation(values.shape[1], used, np.flatnonzero(gaps), mean, scale, order, coefficients, intercepts)

    def _chain(self, scaled: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """order (e,), coefficients (e, u), intercepts (e,) of the regressions in the order in which they are applied."""
        known = scaled[:, ~np.isnan(scaled).all(axis=0)]
        width = scaled.shape[1]
        if len(scaled) < 2 or known.shape[1] < 2 or not np.isnan(known).any():
            return np.zeros(0, dtype=np.int64), np.zeros((0, width)), np.zeros(0)
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401  what makes the next import possible
        from sklearn.impute import IterativeImputer
        from threadpoolctl import threadpool_limits

        places = np.flatnonzero(~np.isnan(scaled).all(axis=0))
        model = IterativeImputer(max_iter=self.rounds, skip_complete=True, random_state=seed32(seed, "imputation"))
        with threadpool_limits(limits=1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a few rounds are what was asked for
            model.fit(known)
        order = np.array([places[one.feat_idx] for one in model.imputation_sequence_], dtype=np.int64)
        coefficients = np.zeros((len(order), width))
        for row, one in enumerate(model.imputation_sequence_):
            coefficients[row, places[one.neighbor_feat_idx]] = one.estimator.coef_
        intercepts = np.array([float(one.estimator.intercept_) for one in model.imputation_sequence_])
        # the chain starts from the means of the drawn rows; ours start from those of all, which are 0 after scaling
        return order, coefficients, intercepts


def _scaled(values: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip((values - mean) / scale, -FARTHEST, FARTHEST))


@dataclass(frozen=True, eq=False)
class FittedImputation:
    """used: int64 (u,), the columns that are filled and used.  flagged: (g,), positions in ``used`` that get a flag.

    mean, scale: float64 (u,).  order: int64 (e,), which of ``used`` each regression fills, from coefficients (e, u), (e,).
    """

    KIND: ClassVar[str] = "imputation"

    width: int
    used: np.ndarray
    flagged: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    order: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray

    def blocks(self, before: tuple[Block, ...]) -> tuple[Block, ...]:
        start = width_of(before)
        names = {column: block.name for block in before for column in range(block.start, block.stop)}
        flags = [Block(names[int(c)], "one-hot", start + k, start + k + 1) for k, c in enumerate(self.used[self.flagged])]
        return (*before, *flags)

    def spectrum(self, names: tuple[str, ...]) -> None:  # noqa: ARG002
        return None

    def transform(self, matrix: Matrix) -> np.ndarray:
        """float64 (n, width + flags)."""
        values = as_dense(matrix, PURPOSE).copy()
        missing = np.isnan(values[:, self.used])
        filled = np.where(missing, 0.0, _scaled(values[:, self.used], self.mean, self.scale))
        for column, coefficients, intercept in zip(self.order, self.coefficients, self.intercepts, strict=True):
            gaps = missing[:, column]
            filled[gaps, column] = np.clip(filled[gaps] @ coefficients + intercept, -FARTHEST, FARTHEST)
        back = np.clip(filled * self.scale + self.mean, -LARGEST, LARGEST)
        values[:, self.used] = np.where(missing, back, values[:, self.used])
        return np.hstack([values, missing[:, self.flagged]])

    def state(self) -> State:
        names = ("used", "flagged", "mean", "scale", "order", "coefficients", "intercepts")
        return {"kind": self.KIND, "width": self.width, **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_state(cls, state: State) -> Self:
        width = checks.whole(state, "width", low=0, high=10_000_000)
        used = checks.integers(state, "used", (None,), low=0, high=max(0, width - 1)).astype(np.int64)
        u = checks.whole({"columns": len(used)}, "columns", low=0, high=min(width, MOST_DENSE))
        flagged, order = (
            checks.integers(state, name, (None,), low=0, high=max(0, u - 1)).astype(np.int64) for name in ("flagged", "order")
        )
        mean, scale = checks.floats(state, "mean", (u,)), checks.floats(state, "scale", (u,))
        coefficients = checks.floats(state, "coefficients", (len(order), u))
        twice = any((np.diff(one) <= 0).any() for one in (used, flagged))
        if twice or (scale <= 0).any() or coefficients.size > MOST_COEFFICIENTS or (not u and (len(flagged) or len(order))):
            raise BundleError("the saved model fills columns that are not there, or by numbers that cannot be.")
        return cls(width, used, flagged, mean, scale, order, coefficients, checks.floats(state, "intercepts", (len(order),)))
