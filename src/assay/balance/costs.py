"""Rows weighted by what it costs to get them wrong.

A learner that minimises its weighted error then minimises the cost.  Assay takes the weights off again afterwards (the
prior correction), because costs belong into the threshold, where they can be changed without a new fit; what can remain
is that the learner looked more closely where mistakes are dear.
Source: Elkan (2001); Ting (2002) for the scale; Breiman, Friedman, Olshen & Stone (1984) for more than two classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import ClassVar, Self

import numpy as np

from assay.balance.common import class_counts
from assay.balance.treatment import Balanced, Correction, Stage
from assay.balance.weights import to_sum, weighted
from assay.core.errors import ConfigError, DataError
from assay.data.rows import Rows


@dataclass(frozen=True, slots=True)
class CostWeight:
    """Each row weighs in proportion to the cost of misclassifying its class, n in sum, times the weight it had.

    costs: by class code, above 0, in any currency; of two classes (a false alarm, a missed positive).  None where nobody
    knows them: the root of n_largest / n_class, half way (in log odds) between equal costs and class-weight, which is the
    square-root weighting of Mahajan et al. (2018).  The class ratio itself would be class-weight once more.
    """

    costs: tuple[float, ...] | None = None
    name: ClassVar[str] = "cost-weight"
    stage: ClassVar[Stage] = "learner"
    correction: ClassVar[Correction] = "prior"

    def __post_init__(self) -> None:
        if self.costs is None:
            return
        if len(self.costs) < 2:
            raise ConfigError(
                f"costs has {len(self.costs)} entries; it needs the cost of a mistake in each of at least 2 classes."
            )
        bad = [code for code, cost in enumerate(self.costs) if not (isfinite(cost) and cost > 0)]
        if bad:
            raise ConfigError(f"costs={self.costs}: the cost of a mistake in class {bad[0]} must be a finite number above 0.")

    @classmethod
    def of_matrix(cls, matrix: Sequence[Sequence[float]]) -> Self:
        """matrix: (K, K), the cost of saying class j (column) of a row of class k (row); what is right may cost, too.

        With two classes this is exact; with more a class's cost is the sum of its row, which forgets what it is taken for.
        Raises ConfigError unless every mistake costs more than being right about the same row.
        """
        table = np.asarray(matrix, dtype=np.float64)
        if table.ndim != 2 or table.shape[0] != table.shape[1] or len(table) < 2:
            raise ConfigError(f"a cost matrix has a row and a column for each of at least 2 classes, not shape {table.shape}.")
        extra = table - np.diag(table)[:, None]  # only the difference to being right can change a decision
        wrong = np.argwhere(~(extra > 0) & ~np.eye(len(table), dtype=bool))
        if len(wrong):
            true, said = wrong[0].tolist()
            raise ConfigError(
                f"the cost matrix makes it no dearer to say class {said} of a row of class {true} ({table[true, said]:g}) than "
                f"to be right ({table[true, true]:g}); give mistakes a higher cost."
            )
        return cls(tuple(extra.sum(axis=1).tolist()))

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        """Raises DataError when there are not as many costs as classes."""
        counts = class_counts(train, self.name)
        if self.costs is not None and len(self.costs) != len(counts):
            raise DataError(f"{self.name}: there are {len(self.costs)} costs and {len(counts)} classes; give one for each class.")
        if self.costs is None:
            return weighted(train, to_sum(counts, np.sqrt(counts.max() / np.maximum(counts, 1))))
        return replace(weighted(train, to_sum(counts, np.asarray(self.costs, dtype=np.float64))), notes=(_said(self.costs),))


def _said(costs: tuple[float, ...]) -> str:
    """The costs in words, for whoever reads the result."""
    if len(costs) == 2:
        return f"rows weigh by what mistakes cost: {costs[1]:g} for a missed positive, {costs[0]:g} for a false alarm"
    return f"rows weigh by what mistakes in their class cost: {', '.join(f'{cost:g}' for cost in costs)}"
