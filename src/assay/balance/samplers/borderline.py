"""Borderline-SMOTE: new rows from the rows near the border."""

from typing import Literal

import numpy as np

from assay.balance.oversample.borderline import borderline
from assay.balance.oversample.parents import Growing, Parents
from assay.balance.samplers.base import RandomState
from assay.balance.samplers.over import Interpolator
from assay.balance.strategy import SamplingError, Strategy

KINDS = ("borderline-1", "borderline-2")


class BorderlineSMOTE(Interpolator):
    """As SMOTE, from those rows alone that have at least half, but not all, of their nearest rows in other classes.

    sampling_strategy, random_state, k_neighbors, exact, threads: as in SMOTE.
    m_neighbors: how many nearest rows say whether a row is near the border.
    kind: "borderline-1" goes towards rows of the class, "borderline-2" towards the nearest of all rows, less than half of
        the way to one of another class.
    Where no row is near the border nothing is made, and ``notes_`` says so.
    Source: Han, Wang & Mao (2005).
    """

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        random_state: RandomState = None,
        k_neighbors: int = 5,
        m_neighbors: int = 10,
        kind: Literal["borderline-1", "borderline-2"] = "borderline-1",
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.k_neighbors = k_neighbors
        self.m_neighbors = m_neighbors
        self.kind = kind
        self.exact = exact
        self.threads = threads

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.kind not in KINDS:
            raise SamplingError(f"kind={self.kind!r} must be one of {', '.join(KINDS)}.")

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        kind = 1 + KINDS.index(self.kind)
        return borderline(growing, n_new, rng, k=self.k_neighbors, m=self.m_neighbors, kind=kind)
