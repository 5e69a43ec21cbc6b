"""Rows far from one another: seeds as k-means++ draws them, so that a batch does not ask the same question many times.

Each next row is drawn with a chance proportional to its squared distance from the nearest one that was taken, times what a
label of it is worth.  The farthest row each time (k-centre) would take outliers one after the other.
Source: Arthur & Vassilvitskii (2007); Zhdanov (2019) for the worth as a weight.
"""

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.core.seeds import generator
from assay.data.schema import Schema
from assay.prepare.columns import ColumnsStep
from assay.recipes.fitted import Fitted
from assay.recipes.outputs import dense


def encoded(model: Fitted, features: pl.DataFrame, seed: int) -> np.ndarray:
    """float32 (n, width): numbers standardised, categories one-hot; as the model encodes them where nothing is to be learned.

    The rows themselves say what is usual: distances are between them.
    """
    schema: Schema = model.schema
    try:
        step = ColumnsStep(mode="dense").fit(features, schema, np.zeros(features.height), seed)
        return np.asarray(dense(step.transform(features)), dtype=np.float32)
    except DataError:
        matrix = np.nan_to_num(dense(model.step.transform(features)), posinf=0.0, neginf=0.0)
        return np.asarray(matrix.reshape(len(matrix), -1), dtype=np.float32)


def spread_out(points: np.ndarray, count: int, weights: np.ndarray, seed: int) -> np.ndarray:
    """int64 (count,): positions of different rows in the order they were drawn; the first is the one of largest weight.

    points: float (n, width).  weights: float (n,), >= 0, what each row is worth.  count: at most n.
    Rows that lie on a taken one are drawn last, by their weight.
    """
    n = len(points)
    order = np.lexsort((np.arange(n), -weights))
    chosen = [int(order[0])]
    free = np.ones(n, dtype=bool)
    free[chosen[0]] = False
    nearest = _squared(points, chosen[0])
    random = generator(seed, "spread-out")
    while len(chosen) < min(count, n):
        chance = np.where(free, nearest * weights, 0.0)
        total = float(chance.sum())
        if total <= 0:
            rest = order[free[order]]
            chosen += rest[: count - len(chosen)].tolist()
            break
        at = min(int(np.searchsorted(np.cumsum(chance), random.random() * total, side="right")), n - 1)
        if not free[at] or chance[at] <= 0:  # rounding at the end of the sum
            at = int(chance.argmax())
        chosen.append(at)
        free[at] = False
        nearest = np.minimum(nearest, _squared(points, at))
    return np.array(chosen, dtype=np.int64)


def _squared(points: np.ndarray, at: int) -> np.ndarray:
    """float64 (n,): squared distances from one of the points."""
    apart = points - points[at]
    return np.asarray(np.einsum("ij,ij->i", apart, apart), dtype=np.float64)
