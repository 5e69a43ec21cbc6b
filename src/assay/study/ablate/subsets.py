"""Fewer training rows of a fold: subsets that lie within each other, so that a doubling only ever adds rows.

Rows of their own are drawn class by class; groups come whole; of rows in time order the latest stay, since these are what a
shorter memory would hold.
"""

import numpy as np

from assay.core.seeds import generator
from assay.data.dataset import Dataset
from assay.splits.plan import Fold, Plan


def nested_rows(data: Dataset, plan: Plan, fold: Fold, part: int, seed: int) -> np.ndarray:
    """int64, rising: one training row of the fold in ``part``; the rows of a larger part are among those of a smaller one.

    seed: of the study.
    """
    train = np.asarray(fold.train, dtype=np.int64)
    if part == 1:
        return train
    wanted = max(1, len(train) // part)
    if plan.time is not None:
        order = np.lexsort((train, plan.time[train]))
        return np.sort(train[order[len(train) - wanted :]])
    rng = generator(seed, "ablation rows", fold.repeat, fold.fold)
    if plan.groups is not None:
        return np.sort(train[_whole_groups(plan.groups[train], wanted, rng)])
    shuffled = train[rng.permutation(len(train))]
    if not data.question.is_classification:
        return np.sort(shuffled[:wanted])
    codes = data.take(shuffled).target
    kept = [shuffled[codes == code][: max(1, int((codes == code).sum()) // part)] for code in np.unique(codes)]
    return np.sort(np.concatenate(kept))


def _whole_groups(groups: np.ndarray, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """Positions of the rows of groups in a drawn order, as many groups as do not exceed ``wanted`` rows; one at least."""
    names, code, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = rng.permutation(len(names))
    many = max(1, int(np.searchsorted(np.cumsum(sizes[order]), wanted, side="right")))
    return np.flatnonzero(np.isin(code, order[:many]))
