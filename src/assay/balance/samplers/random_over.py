"""Random over-sampling: rows of the smaller classes are drawn again, with replacement."""

from typing import Any

import numpy as np

from assay.balance.samplers.base import BaseSampler, RandomState, rows_of
from assay.balance.strategy import Strategy


class RandomOverSampler(BaseSampler):
    """Every row once, then copies of rows of the classes in ``sampling_strategy``.

    sampling_strategy: see ``assay.balance.strategy.planned_counts``; "auto" raises every class to the largest.
    random_state: int for the same rows every time, None for others each time.
    Sets ``sampling_strategy_`` (label → rows made) and ``sample_indices_`` (n_out,), the position in X of each row.
    """

    _kind = "over"

    def __init__(self, *, sampling_strategy: Strategy = "auto", random_state: RandomState = None) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """X: (n, d) array, sparse matrix, or frame of pandas or polars with columns of any dtype; y: (n,) labels.

        Returns both resampled, of the types and dtypes that came in.  Raises ValueError.
        """
        target = self._checked(X, y)
        rng = self._generator()
        drawn = [rng.choice(np.flatnonzero(target == label), n) for label, n in self.sampling_strategy_.items()]
        self.sample_indices_ = np.concatenate([np.arange(len(target)), *drawn]).astype(np.int64)
        return rows_of(X, self.sample_indices_, new_index=True), rows_of(y, self.sample_indices_, new_index=True)
