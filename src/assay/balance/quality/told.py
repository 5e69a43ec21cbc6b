"""Can a classifier tell new rows from real ones of the same class?

Equal numbers of both are drawn, a boosting learns to tell them apart, and its ROC AUC on rows that it has not seen says how
well it can: 0.5 is chance, 1 is always.

What would answer for the wrong reason is kept on one side of every cut.  A copy, or a row made close to a real one, would
otherwise be called by the label of the row it came from, and copies would be "told apart" with an AUC of 0.3.  Who a row
came from is not known of every treatment, so all rows, real and new alike, are cut into small cells of the mixed space
(k-means, about 5 rows each), and a cell is never parted.  The cells are blind to which row is new: cells around the real rows
would hold more new rows the emptier the place is, and were seen to tell a sample of the very same law apart (0.57).  Parents
of a row between two real rows (SMOTE) may still lie in another cell; that speaks, faintly, against the classifier.

Blocks are made of whole cells; each block is predicted by a classifier that saw the blocks before it.
Forwards, because around chance the mean over ordinary cross-validation varies more than its rows say (see the header of
``assay.study.drift``).  The first block is larger, since a classifier needs something to learn from.  The interval is
DeLong's over cells.

Sources: Friedman (2003), two samples and a classifier; Lopez-Paz & Oquab (2017); DeLong et al. (1988); Dawid (1984).
"""

from typing import Any

import numpy as np

from assay.balance.mixed import Matrix
from assay.balance.quality.landing import same_rows
from assay.balance.segments import stacked
from assay.core.seeds import generator, seed32
from assay.measure.evaluate import evaluate
from assay.measure.interval import Interval
from assay.measure.intervals import no_interval
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS

FEWEST = 30
"""Rows of each side below which nothing is claimed: a third of them is all that the first classifier sees."""
CELL_ROWS = 5
FIRST_SHARE = 1 / 3
MOST_BLOCKS = 6
FEWEST_CELLS = 10
"""Of a measured block: an interval over fewer says little about its own width."""
ROUNDS = 100


def told_apart(sides: tuple[Matrix, Matrix], points: tuple[Matrix, Matrix], *, level: float, seed: int) -> Interval:
    """ROC AUC of new against real rows, each predicted by a classifier that saw neither it nor its cell.

    sides: real (n, d) and new (m, d) rows, NaN allowed.  points: the same rows in the mixed space.  Estimand "this model": the
    classifiers as fitted.  Undefined, with the reason, below 30 rows of a side and where no two parts hold both sides.
    """
    side = np.repeat([0, 1], [sides[0].shape[0], sides[1].shape[0]])
    fewest = min(sides[0].shape[0], sides[1].shape[0])
    if fewest < FEWEST:
        reason = f"{fewest} rows of a side, and {FEWEST} are needed"
        return no_interval(reason, level=level, n=len(side), estimand="this model")
    cell = cells(stacked(list(points)), len(side) // CELL_ROWS, seed32(seed, "told apart", "cells"))
    blocks = _blocks(side, cell, seed)
    if blocks is None:
        reason = "the rows stand in too few places for two parts with rows of both sides"
        return no_interval(reason, level=level, n=len(side), estimand="this model")
    matrix = stacked(list(sides))
    parts = []
    for block in range(1, int(blocks.max()) + 1):
        test = np.flatnonzero(blocks == block)
        score = _scores(matrix, side, np.flatnonzero(blocks < block), test, seed32(seed, "told apart", block))
        truth = Truth("binary", test, {"target": side[test]})
        parts.append(Part(0, block - 1, truth, Predictions("binary", test, {"score": score})))
    design = design_of(parts, kind="group", groups=cell)
    measured = evaluate({"model": parts}, [METRICS.get("roc_auc")], design, level=level, estimand="this model")
    return measured.interval("model", "roc_auc")


def cells(points: Matrix, count: int, seed: int) -> np.ndarray:
    """int64 (n,): the cell of each point, of at most ``count``; equal points share one.  One thread: equal seeds, equal cells."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    codes, _ = same_rows(points, points[:0])
    _, first, which = np.unique(codes, return_index=True, return_inverse=True)
    if len(first) <= count:
        return np.asarray(which, dtype=np.int64)
    with threadpool_limits(limits=1):
        found = KMeans(count, n_init=1, max_iter=20, init="random", random_state=seed).fit(points[first])
    return np.asarray(np.unique(found.labels_[which], return_inverse=True)[1], dtype=np.int64)


def _blocks(side: np.ndarray, cell: np.ndarray, seed: int) -> np.ndarray | None:
    """int64 (n,): the block of each row, block 0 the larger one; as many as leave rows of both sides in each, or None."""
    size = np.bincount(cell)
    order = generator(seed, "told apart", "order").permutation(len(size))
    middle = np.empty(len(size))
    middle[order] = np.cumsum(size[order]) - size[order] / 2
    place = (middle / len(side))[cell]
    most = max(1, min(MOST_BLOCKS, int(len(size) * (1 - FIRST_SHARE)) // FEWEST_CELLS))
    for count in range(most, 0, -1):
        edges = np.linspace(FIRST_SHARE, 1, count + 1)[:-1]
        found = np.searchsorted(edges, place, side="right")
        if all(len(np.unique(side[found == block])) == 2 for block in range(count + 1)):
            return np.asarray(found)
    return None


def _scores(matrix: Matrix, side: np.ndarray, train: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    """float64: the log odds of being new, by a boosting on one thread."""
    from lightgbm import Dataset
    from lightgbm import train as boost

    settings: dict[str, Any] = {
        "objective": "binary",
        "num_leaves": 15,
        "min_data_in_leaf": 5,
        "learning_rate": 0.1,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }
    rows = Dataset(matrix[train], label=side[train], params={"verbosity": -1}, free_raw_data=True)
    return np.asarray(boost(settings, rows, num_boost_round=ROUNDS).predict(matrix[test], raw_score=True), dtype=np.float64)
