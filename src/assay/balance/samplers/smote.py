"""SMOTE: new rows on the segments between neighbours of one class."""

import numpy as np

from assay.balance.oversample.parents import Growing, Parents
from assay.balance.oversample.smote import smote
from assay.balance.samplers.base import RandomState
from assay.balance.samplers.over import Interpolator
from assay.balance.strategy import Strategy


class SMOTE(Interpolator):
    """Every row once, then x + α (n − x): x a random row of the class, n one of its nearest, α uniform in [0, 1).

    sampling_strategy: see ``assay.balance.strategy.planned_counts``; "auto" raises every class to the largest.
    random_state: int for the same rows every time, None for others each time.
    k_neighbors: how many nearest rows of the class n is drawn from; a class of k rows or fewer uses all its others, and a
        class of one row is copied (``notes_`` says so).
    exact: True looks for neighbours among all rows, False may miss one in a hundred for speed; None decides by size.
    threads: None takes as many as numpy's matrix products have; the rows do not depend on it.

    Distances are taken as the numbers stand: scale X first.  For columns of categories use SMOTENC or SMOTEN.
    Source: Chawla, Bowyer, Hall & Kegelmeyer (2002).
    """

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        random_state: RandomState = None,
        k_neighbors: int = 5,
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.k_neighbors = k_neighbors
        self.exact = exact
        self.threads = threads

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        return smote(growing, n_new, rng, k=self.k_neighbors)
