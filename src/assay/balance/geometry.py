"""Where rows lie for a method that looks at neighbours."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from assay.balance.neighbours import Neighbours, nearest
from assay.balance.scratch import scratch
from assay.balance.segments import is_sparse

Points = Any  # np.ndarray | sparse.csr_matrix, float, (n, d)


class Geometry(Protocol):
    """What makes two rows near may depend on the class that grows (a category costs what that class's numbers vary by)."""

    def points(self, own: np.ndarray) -> Points:
        """(len(own), d) points of the rows of the class, which stand at the positions ``own``."""
        ...

    def around(self, own: np.ndarray) -> Points:
        """(n, d) points of all rows, as they lie for that class."""
        ...


@dataclass(frozen=True)
class Plain:
    """Rows that are points already: float (n, d), dense or csr, without NaN."""

    values: Points

    def points(self, own: np.ndarray) -> Points:
        if is_sparse(self.values):
            return self.values[own]
        taken = scratch((len(own), self.values.shape[1]), self.values.dtype)
        return np.take(self.values, own, axis=0, out=taken)

    def around(self, own: np.ndarray) -> Points:  # noqa: ARG002 - points lie alike for every class
        return self.values


@dataclass(frozen=True)
class Search:
    """How neighbours are sought (``neighbours.nearest``).

    exact: True looks at every row, False may miss a few for speed, None decides by size.
    threads: None takes as many as numpy's matrix products have; the answer does not depend on it.
    """

    exact: bool | None = None
    threads: int | None = None

    def nearest(self, points: Points, k: int, rows: np.ndarray | None = None) -> Neighbours:
        return nearest(points, k, rows=rows, exact=self.exact, threads=self.threads)
