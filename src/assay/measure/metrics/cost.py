"""What the labels cost, in the caller's currency per row.

``measure.threshold`` prices probabilities at a cut; this prices the labels as they stand, of any number of classes, as a
metric among others.  Source: Elkan (2001).
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from assay.core.errors import ConfigError
from assay.measure.metrics.mean import MeanMetric
from assay.measure.payload import Predictions, Truth


def _cost_by_row(truth: Truth, predictions: Predictions, *, costs: tuple[tuple[float, ...], ...]) -> np.ndarray:
    return np.asarray(np.array(costs)[truth["target"].astype(np.int64), predictions["label"].astype(np.int64)])


def _beyond_classes(truth: Truth, predictions: Predictions, *, n_classes: int) -> str | None:
    """Rows of a class that has no price."""
    for what, codes in (("the truth", truth["target"]), ("the labels", predictions["label"])):
        beyond = np.flatnonzero((codes < 0) | (codes >= n_classes))
        if len(beyond):
            rows = f"{len(beyond)} of {len(codes)} rows (first: {int(truth.units[beyond[0]])})"
            return f"{what} of {rows} is a class beyond the {n_classes} that have a cost"
    return None


def expected_cost(costs: Sequence[Sequence[float]] | np.ndarray) -> MeanMetric:
    """The mean cost of a row; ``costs[t][l]`` is what the label l costs where the truth is t.

    costs: (K, K), >= 0, by class code; the diagonal is usually 0.  Two classes: [[0, false alarm], [missed positive, 0]].
    Raises ConfigError for a matrix that is not square, a negative cost, or costs that are all the same.
    """
    matrix = np.asarray(costs, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
        raise ConfigError(f"costs of shape {matrix.shape}: a row for each true class, a column for each label, at least 2 each.")
    wrong = np.argwhere(~(np.isfinite(matrix) & (matrix >= 0)))
    if len(wrong):
        row, column = (int(place) for place in wrong[0])
        raise ConfigError(
            f"{len(wrong)} of {matrix.size} costs are negative or not finite (first: {matrix[row, column]:g} for label {column} "
            f"where the truth is {row}); costs are >= 0, a gain is written as what it costs to miss it."
        )
    if np.ptp(matrix) == 0:
        raise ConfigError(f"every answer costs {matrix[0, 0]:g}: such costs tell no model from another.")
    table = tuple(tuple(float(cost) for cost in row) for row in matrix)
    return MeanMetric(
        f"expected_cost@{_setting(table)}",
        "Expected cost",
        "label",
        frozenset({"binary" if len(table) == 2 else "multiclass"}),
        partial(_cost_by_row, costs=table),
        unfit=partial(_beyond_classes, n_classes=len(table)),
        bounds=(float(matrix.min()), float(matrix.max())),
        exact_ends=bool((np.diag(matrix) == matrix.min()).all()),
        shown=False,
    )


def _setting(table: tuple[tuple[float, ...], ...]) -> str:
    """As ``metric_named`` reads it: FN,FP for two classes that cost nothing when right, else the rows of the matrix."""
    if len(table) == 2 and table[0][0] == table[1][1] == 0:
        return f"{table[1][0]:.12g},{table[0][1]:.12g}"
    return ";".join(",".join(f"{cost:.12g}" for cost in row) for row in table)
