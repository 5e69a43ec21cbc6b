"""ADASYN: new rows where the class is outnumbered by its neighbours."""

import numpy as np

from assay.balance.oversample.adasyn import adasyn
from assay.balance.oversample.parents import Growing, Parents
from assay.balance.samplers.base import RandomState
from assay.balance.samplers.over import Interpolator
from assay.balance.strategy import SamplingError, Strategy


class ADASYN(Interpolator):
    """As SMOTE, but a row gets new rows in proportion to the share of other classes among its nearest rows.

    How many are made is rounded row by row, so it may miss what ``sampling_strategy`` asks for by a few.  A wrong label
    among rows of another class gets the most.

    sampling_strategy, random_state, exact, threads: as in SMOTE.
    n_neighbors: how many nearest rows are looked at, of all rows and then of the class.
    Raises SamplingError where no row has a neighbour of another class.
    Source: He, Bai, Garcia & Li (2008).
    """

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        random_state: RandomState = None,
        n_neighbors: int = 5,
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.n_neighbors = n_neighbors
        self.exact = exact
        self.threads = threads

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        made = adasyn(growing, n_new, rng, k=self.n_neighbors)
        if not len(made):
            raise SamplingError(
                made.notes[0] if made.notes else f"adasyn was asked for {n_new} rows and its shares round to none."
            )
        return made
