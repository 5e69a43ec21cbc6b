"""What the samplers share: checking X and y, drawing, and handing back the type that came in.

Conventions are scikit-learn's: the constructor only stores, ``fit_resample`` sets names that
end in ``_``, errors are ValueErrors.
"""

from typing import Any

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from assay.balance.oversample.parents import Parents
from assay.balance.segments import is_sparse
from assay.balance.strategy import Kind, SamplingError, Strategy, planned_counts
from assay.core.seeds import generator

RandomState = int | np.random.RandomState | np.random.Generator | None


class BaseSampler(BaseEstimator):  # type: ignore[misc]
    """Checks for ``fit`` and ``fit_resample``; subclasses say which rows come out."""

    _kind: Kind
    sampling_strategy: Strategy
    random_state: RandomState
    parents_: Parents
    sample_indices_: np.ndarray

    def fit(self, X: Any, y: Any) -> "BaseSampler":
        """Check X and y and set ``sampling_strategy_``; ``fit_resample`` does this too."""
        self._checked(X, y)
        return self

    def carried_weights(self, sample_weight: Any) -> np.ndarray:
        """float64 (n_out,): weights of the rows that ``fit_resample`` returned last.

        sample_weight: (n,) of the rows that it was given.  A row that was kept or copied has its own weight, a new one the mean
        of its parents'.  Raises ValueError.
        """
        weights = np.asarray(sample_weight, dtype=np.float64)
        if not hasattr(self, "sampling_strategy_"):
            raise SamplingError(f"{type(self).__name__} has returned no rows yet; call fit_resample first.")
        if weights.shape != (self.n_rows_,):
            raise SamplingError(
                f"sample_weight has shape {weights.shape}, and {self.n_rows_} rows were resampled; pass one each."
            )
        return self._carried(weights)

    def _carried(self, weights: np.ndarray) -> np.ndarray:
        if hasattr(self, "parents_"):
            return np.concatenate([weights, self.parents_.mean_of(weights)])
        return np.asarray(weights[self.sample_indices_])

    def _checked(self, X: Any, y: Any) -> np.ndarray:
        """The target (n,) after all checks but those of the values of X."""
        check_consistent_length(X, y)
        target = column_or_1d(y)
        check_classification_targets(target)
        self._planned(X, target)
        return np.asarray(target)

    def _planned(self, X: Any, target: np.ndarray) -> None:
        """Set what a fit sets.  X: of which the columns are counted and named.  target: (n,)."""
        validate_data(self, X=X, reset=True, skip_check_array=True)
        self.n_rows_ = len(target)
        self.sampling_strategy_ = planned_counts(self.sampling_strategy, target, self._kind)

    def _generator(self) -> np.random.Generator:
        """The stream of ``random_state``: an int always gives the same one, None never."""
        state = self.random_state
        if isinstance(state, np.random.Generator):
            return state
        if isinstance(state, np.random.RandomState):
            return np.random.default_rng(state.randint(0, 2**31 - 1, 4))
        return np.random.default_rng() if state is None else generator(state, "sampler", type(self).__name__)


def rows_of(values: Any, rows: np.ndarray, *, new_index: bool) -> Any:
    """The rows at these positions, in the type of ``values``: list, array, sparse matrix, pandas or polars.

    new_index: number the rows of a pandas object anew (copies would share a label).
    """
    if isinstance(values, pl.DataFrame | pl.Series):
        return values[rows]
    if hasattr(values, "iloc"):
        taken = values.iloc[rows]
        return taken.reset_index(drop=True) if new_index else taken
    if is_sparse(values):
        return (values if values.format in ("csr", "csc") else values.tocsr())[rows]
    if isinstance(values, list | tuple):
        return [values[row] for row in rows]
    return np.asarray(values)[rows]


def labels_below(y: Any, sources: np.ndarray) -> Any:
    """y, then the labels of the rows at ``sources``, in the type of y."""
    if isinstance(y, np.ndarray):
        return np.concatenate([y, y[sources]])
    return rows_of(y, np.concatenate([np.arange(len(y)), sources]), new_index=True)
