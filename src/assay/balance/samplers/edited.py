"""Edited nearest neighbours: rows that their neighbours would call another class are left out."""

from assay.balance.samplers.under import Remover
from assay.balance.strategy import SamplingError, Strategy
from assay.balance.undersample.edited import Selection, edited
from assay.balance.undersample.shrinking import Kept, Shrinking


class EditedNearestNeighbours(Remover):
    """The rows of the chosen classes that agree with their neighbours, every row of the others; in the order of the classes.

    sampling_strategy, exact, threads: as in TomekLinks.
    n_neighbors: how many nearest rows are asked; where there are fewer, all of them (``notes_`` says so).
    kind_sel: "all", a row stays when all of them are of its class; "mode", when most are.
    Source: Wilson (1972).
    """

    _kind = "clean"

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        n_neighbors: int = 3,
        kind_sel: Selection = "all",
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.n_neighbors = n_neighbors
        self.kind_sel = kind_sel
        self.exact = exact
        self.threads = threads

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.kind_sel not in ("all", "mode"):
            raise SamplingError(f"kind_sel={self.kind_sel!r} must be 'all' or 'mode'.")

    def _kept(self, rows: Shrinking, planned: dict[int, int]) -> Kept:
        return edited(rows, list(planned), k=self.n_neighbors, kind=self.kind_sel)
