"""NearMiss: of the larger classes the rows nearest to the smallest class stay."""

from typing import Literal

from assay.balance.samplers.under import Remover
from assay.balance.strategy import SamplingError, Strategy
from assay.balance.undersample.near_miss import near_miss
from assay.balance.undersample.shrinking import Kept, Shrinking


class NearMiss(Remover):
    """Every row of the smallest class, and of the others those near it; in the order of the classes, the best first.

    sampling_strategy: see ``assay.balance.strategy.planned_counts``; "auto" lowers every class to the smallest.
    version: 1 keeps the rows whose nearest ``n_neighbors`` rows of the smallest class are nearest on average, 2 those whose
        farthest are; 3 looks only at the ``n_neighbors_ver3`` nearest rows of each row of the smallest class and keeps those
        whose own nearest lie farthest off (fewer than asked for where fewer are near; ``notes_`` says so).
    exact, threads: as in TomekLinks.
    Source: Zhang & Mani (2003).
    """

    _kind = "under"

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        version: Literal[1, 2, 3] = 1,
        n_neighbors: int = 3,
        n_neighbors_ver3: int = 3,
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.version = version
        self.n_neighbors = n_neighbors
        self.n_neighbors_ver3 = n_neighbors_ver3
        self.exact = exact
        self.threads = threads

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.version not in (1, 2, 3):
            raise SamplingError(f"version={self.version!r} must be 1, 2 or 3.")

    def _kept(self, rows: Shrinking, planned: dict[int, int]) -> Kept:
        return near_miss(rows, planned, version=self.version, k=self.n_neighbors, k_version_3=self.n_neighbors_ver3)
