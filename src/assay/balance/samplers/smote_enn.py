"""SMOTE, then edited nearest neighbours over all classes."""

from typing import Any

from assay.balance.samplers.base import RandomState
from assay.balance.samplers.combined import Combination
from assay.balance.samplers.edited import EditedNearestNeighbours
from assay.balance.strategy import Strategy


class SMOTEENN(Combination):
    """The rows of SMOTE, old and new ones alike, that agree with their neighbours; in the order of the classes.

    sampling_strategy, random_state: of SMOTE.
    smote, enn: samplers in place of SMOTE and of EditedNearestNeighbours(sampling_strategy="all"), with their own settings.
    exact, threads: as in SMOTE; of the samplers made here.
    Source: Batista, Prati & Monard (2004).
    """

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        random_state: RandomState = None,
        smote: Any = None,
        enn: Any = None,
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.smote = smote
        self.enn = enn
        self.exact = exact
        self.threads = threads

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """As SMOTE's.  Sets ``sampling_strategy_`` (label → rows made before cleaning), ``smote_``, ``enn_``, ``notes_``."""
        cleaner = EditedNearestNeighbours(sampling_strategy="all", exact=self.exact, threads=self.threads)
        self.smote_, self.enn_ = self._samplers(self.enn, cleaner)
        return self._grown_then_cleaned(X, y, self.enn_)
