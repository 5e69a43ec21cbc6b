"""Random under-sampling: rows of the larger classes are left out."""

from typing import Any

import numpy as np

from assay.balance.samplers.base import BaseSampler, RandomState, rows_of
from assay.balance.strategy import Strategy


class RandomUnderSampler(BaseSampler):
    """A random part of the classes in ``sampling_strategy``, every row of the others; in the order of the classes.

    sampling_strategy: see ``assay.balance.strategy.planned_counts``; "auto" lowers every class to the smallest.
    random_state: int for the same rows every time, None for others each time.
    replacement: whether a row may be drawn twice.
    Sets ``sampling_strategy_`` (label → rows kept) and ``sample_indices_`` (n_out,), the position in X of each row.
    """

    _kind = "under"

    def __init__(
        self, *, sampling_strategy: Strategy = "auto", random_state: RandomState = None, replacement: bool = False
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.replacement = replacement

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """X: (n, d) array, sparse matrix, or frame of pandas or polars with columns of any dtype; y: (n,) labels.

        Returns both resampled, of the types and dtypes that came in; rows of pandas keep their labels.  Raises ValueError.
        """
        target = self._checked(X, y)
        rng = self._generator()
        kept = []
        for label in np.unique(target).tolist():
            rows = np.flatnonzero(target == label)
            if label in self.sampling_strategy_:
                rows = rng.choice(rows, self.sampling_strategy_[label], replace=self.replacement)
            kept.append(rows)
        self.sample_indices_ = np.concatenate(kept).astype(np.int64)
        return rows_of(X, self.sample_indices_, new_index=False), rows_of(y, self.sample_indices_, new_index=False)
