"""What SMOTE followed by a cleaning has in common."""

from typing import Any

import numpy as np
from sklearn.base import clone

from assay.balance.fill import Unmade, made
from assay.balance.samplers.base import BaseSampler, labels_below, rows_of
from assay.balance.samplers.over import Interpolator, as_given
from assay.balance.samplers.smote import SMOTE
from assay.balance.samplers.under import Remover
from assay.balance.segments import is_sparse
from assay.balance.strategy import SamplingError


class Combination(BaseSampler):
    """A sampler that grows classes, then one that cleans its rows."""

    _kind = "over"
    smote: Any
    smote_: Any
    exact: bool | None
    threads: int | None

    def _samplers(self, given: Any, cleaner: Any) -> tuple[Any, Any]:
        """Clones of the samplers that were given, else SMOTE and ``cleaner``.  Raises SamplingError."""
        for one in (self.smote, given):
            if one is not None and not hasattr(one, "fit_resample"):
                raise SamplingError(f"{one!r} is no sampler; pass one with fit_resample, or None.")
        smote = SMOTE(
            sampling_strategy=self.sampling_strategy,
            random_state=self.random_state,
            exact=self.exact,
            threads=self.threads,
        )
        return smote if self.smote is None else clone(self.smote), cleaner if given is None else clone(given)

    def _grown_then_cleaned(self, X: Any, y: Any, cleaner: Any) -> tuple[Any, Any]:
        self._checked(X, y)
        if isinstance(self.smote_, Interpolator) and isinstance(cleaner, Remover) and not is_sparse(X):
            every, labels = _cleaned_before_made(self.smote_, cleaner, X, y)
        else:
            every, labels = cleaner.fit_resample(*self.smote_.fit_resample(X, y))
        self.sampling_strategy_ = self.smote_.sampling_strategy_
        self.sample_indices_ = cleaner.sample_indices_
        self.notes_ = (*getattr(self.smote_, "notes_", ()), *getattr(cleaner, "notes_", ()))
        return _numbered_anew(every), _numbered_anew(labels)

    def _carried(self, weights: Any) -> Any:
        return self.smote_.carried_weights(weights)[self.sample_indices_]


def _cleaned_before_made(grower: Interpolator, cleaner: Remover, X: Any, y: Any) -> tuple[Any, Any]:
    """What the two would return one after the other; only rows that stay are ever held in memory as a matrix."""
    values, _ = grower.grow(X, y)
    rows, labels = Unmade(values, grower.parents_), labels_below(y, grower.parents_.first)
    cleaner.choose_from(X, rows, np.asarray(labels))
    return as_given(made(rows, cleaner.sample_indices_), X), rows_of(labels, cleaner.sample_indices_, new_index=False)


def _numbered_anew(values: Any) -> Any:
    return values.reset_index(drop=True) if hasattr(values, "iloc") else values
