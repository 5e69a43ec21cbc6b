"""What SMOTE followed by a cleaning has in common."""

from typing import Any

from sklearn.base import clone

from assay.balance.samplers.base import BaseSampler
from assay.balance.samplers.smote import SMOTE
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
        grown = self.smote_.fit_resample(X, y)
        self.sampling_strategy_ = self.smote_.sampling_strategy_
        cleaned = cleaner.fit_resample(*grown)
        self.sample_indices_ = cleaner.sample_indices_
        self.notes_ = (*getattr(self.smote_, "notes_", ()), *getattr(cleaner, "notes_", ()))
        return _numbered_anew(cleaned[0]), _numbered_anew(cleaned[1])

    def _carried(self, weights: Any) -> Any:
        return self.smote_.carried_weights(weights)[self.sample_indices_]


def _numbered_anew(values: Any) -> Any:
    return values.reset_index(drop=True) if hasattr(values, "iloc") else values
