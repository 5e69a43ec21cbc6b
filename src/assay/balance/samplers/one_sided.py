"""One-sided selection: redundant rows of the larger classes are left out, then those at the border."""

from assay.balance.samplers.base import RandomState
from assay.balance.samplers.under import Remover
from assay.balance.strategy import SamplingError, Strategy
from assay.balance.undersample.one_sided import drawn_seeds, one_sided
from assay.balance.undersample.shrinking import Kept, Shrinking


class OneSidedSelection(Remover):
    """Every row of the smallest class; of the chosen ones random seeds and the rows that these call wrongly, less Tomek links.

    The rows stand in the order of the classes, seeds first.

    sampling_strategy, exact, threads: as in TomekLinks; the smallest class cannot be chosen, for it is what the others are
        measured against (imbalanced-learn leaves one row of it).
    random_state: int for the same seeds every time, None for others each time.
    n_neighbors: how many nearest rows call a row; None is 1.
    n_seeds_S: how many seeds a class has; none is drawn twice.
    Source: Kubat & Matwin (1997).
    """

    _kind = "clean"

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        random_state: RandomState = None,
        n_neighbors: int | None = None,
        n_seeds_S: int = 1,
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.n_neighbors = n_neighbors
        self.n_seeds_S = n_seeds_S
        self.exact = exact
        self.threads = threads

    def _kept(self, rows: Shrinking, planned: dict[int, int]) -> Kept:
        if rows.smallest in planned:
            raise SamplingError(
                f"sampling_strategy={self.sampling_strategy!r} chooses class {rows.labels[rows.smallest]}, the smallest one, "
                "which one-sided selection measures the others against; leave it out."
            )
        seeds = drawn_seeds(rows, list(planned), self.n_seeds_S, self._generator())
        return one_sided(rows, seeds, k=self.n_neighbors or 1)
