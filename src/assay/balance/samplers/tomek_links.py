"""Tomek links: rows that are the nearest of a row of another class, and it of them, are left out."""

from assay.balance.samplers.under import Remover
from assay.balance.strategy import Strategy
from assay.balance.undersample.shrinking import Kept, Shrinking
from assay.balance.undersample.tomek import without_tomek_links


class TomekLinks(Remover):
    """All rows but those of the chosen classes that have a Tomek link, in their old order.

    sampling_strategy: the classes that lose rows: a word, or a list of labels; "auto" is all but the smallest.
    exact: True looks for neighbours among all rows, False may miss one in a hundred for speed; None decides by size.
    threads: None takes as many as numpy's matrix products have; the rows do not depend on it.

    Distances are taken as the numbers stand: scale X first.
    Source: Tomek (1976); Batista, Prati & Monard (2004).
    """

    _kind = "clean"

    def __init__(self, *, sampling_strategy: Strategy = "auto", exact: bool | None = None, threads: int | None = None) -> None:
        self.sampling_strategy = sampling_strategy
        self.exact = exact
        self.threads = threads

    def _kept(self, rows: Shrinking, planned: dict[int, int]) -> Kept:
        return without_tomek_links(rows, list(planned))
