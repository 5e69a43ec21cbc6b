"""SMOTE, then without the Tomek links of all classes."""

from typing import Any

from assay.balance.samplers.base import RandomState
from assay.balance.samplers.combined import Combination
from assay.balance.samplers.tomek_links import TomekLinks
from assay.balance.strategy import Strategy


class SMOTETomek(Combination):
    """The rows of SMOTE, old and new ones alike, that have no Tomek link; in SMOTE's order.

    sampling_strategy, random_state: of SMOTE.
    smote, tomek: samplers in place of SMOTE and of TomekLinks(sampling_strategy="all"), with their own settings.
    exact, threads: as in SMOTE; of the samplers made here.
    Source: Batista, Bazzan & Monard (2003); Batista, Prati & Monard (2004).
    """

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        random_state: RandomState = None,
        smote: Any = None,
        tomek: Any = None,
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.smote = smote
        self.tomek = tomek
        self.exact = exact
        self.threads = threads

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """As SMOTE's.  Sets ``sampling_strategy_`` (label → rows made before cleaning), ``smote_``, ``tomek_``, ``notes_``."""
        cleaner = TomekLinks(sampling_strategy="all", exact=self.exact, threads=self.threads)
        self.smote_, self.tomek_ = self._samplers(self.tomek, cleaner)
        return self._grown_then_cleaned(X, y, self.tomek_)
