"""Cutting rows in two or in K, so that classes are spread evenly and groups and time are never torn.

The one place that knows how rows, groups and moments may be divided; the outer plan
(``making``) and the folds inside training rows (``inner``) only differ in what they do when
it cannot be done.  Nothing here raises for the user: ``most_folds``, ``lacking_for_two`` and
``starving`` say in words what stands in the way.
"""

from dataclasses import dataclass

import numpy as np

from assay.core.seeds import generator, seed32

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Units:
    """What the cutting of n rows has to respect.

    codes: int64 (n,) class codes to be spread evenly, or None.
    groups: (n,) values that may not be torn, or None.  time: float64 (n,), cut forwards only, or None.
    labels: the names of the classes in code order, for messages.
    """

    n_rows: int
    codes: np.ndarray | None = None
    groups: np.ndarray | None = None
    time: np.ndarray | None = None
    labels: tuple[str, ...] = ()

    def take(self, rows: np.ndarray) -> "Units":
        return Units(
            len(rows),
            codes=None if self.codes is None else self.codes[rows],
            groups=None if self.groups is None else self.groups[rows],
            time=None if self.time is None else self.time[rows],
            labels=self.labels,
        )

    def label(self, code: int) -> str:
        return repr(self.labels[code]) if code < len(self.labels) else str(code)


def most_folds(units: Units) -> tuple[int, str]:
    """The largest number of folds that can be made (it may be below 2), and a clause that says why not more."""
    if units.time is not None:
        cuts = len(_cuts(units.time, units.groups)[0])
        what = "moments that tear no group apart" if units.groups is not None else "distinct moments"
        return cuts, f"K folds forward in time need K + 1 {what}, there are {cuts + 1}"
    if units.groups is None:
        if units.codes is None:
            return units.n_rows, f"there are {units.n_rows} rows"
        counts = np.bincount(units.codes)
        rarest = _rarest(counts)
        return int(counts[rarest]), f"class {units.label(rarest)} has {counts[rarest]} rows"
    table = _class_table(units.groups, units.codes)
    if units.codes is None:
        return len(table), f"there are {len(table)} groups"
    spread = (table > 0).sum(axis=0)
    rarest = _rarest(spread)
    return int(spread[rarest]), f"class {units.label(rarest)} is found in {spread[rarest]} groups"


def lacking_for_two(units: Units) -> str | None:
    """Why the rows cannot be cut in two parts, or None when they can."""
    if units.time is not None and not len(_cuts(units.time, units.groups)[0]):
        if units.groups is None:
            return "all rows have the same time"
        return "at every moment a cut would tear a group apart"
    if units.groups is not None and units.time is None and len(np.unique(units.groups)) < 2:
        return "there is one group only"
    return "there are fewer than 2 rows" if units.n_rows < 2 else None


def starving(units: Units, pairs: list[Pair]) -> str | None:
    """A clause about the first pair whose training side could teach no model, or None.

    Without time every class must be among the training rows; forwards in time a class may
    turn up late, but two classes must be there from the start.
    """
    if units.codes is None:
        return None
    every = np.unique(units.codes)
    for number, (train, _) in enumerate(pairs):
        there = np.unique(units.codes[train])
        if len(there) < 2:
            only = units.label(int(there[0])) if len(there) else "none"
            return f"the training rows of fold {number} would hold one class only ({only})"
        missing = np.setdiff1d(every, there)
        if units.time is None and len(missing):
            return f"the training rows of fold {number} would hold no row of class {units.label(int(missing[0]))}"
    return None


def k_folds(units: Units, folds: int, seed: int) -> list[Pair]:
    """``folds`` pairs (train, test) of rising positions; ``folds`` may not exceed ``most_folds``.

    Rows: stratified by class where there are codes.  Groups: whole groups, classes as even as they can be.
    Time: forward chaining; fold k trains on the blocks 0..k and is measured on block k + 1, so the first
    block is never measured on.
    """
    rows = np.arange(units.n_rows)
    if units.time is not None:
        values, before = _cuts(units.time, units.groups)
        chosen = values[_nearest_cuts(before, np.arange(1, folds + 1) * units.n_rows / (folds + 1))]
        block = np.searchsorted(chosen, units.time, side="right")
        return [(rows[block <= k], rows[block == k + 1]) for k in range(folds)]
    if units.groups is not None:
        part = _deal(units.groups, units.codes, np.full(folds, 1.0 / folds), seed)
        return [(rows[part != k], rows[part == k]) for k in range(folds)]
    from sklearn.model_selection import KFold, StratifiedKFold

    if units.codes is None:
        return list(KFold(folds, shuffle=True, random_state=seed32(seed, "rows")).split(rows))
    return list(StratifiedKFold(folds, shuffle=True, random_state=seed32(seed, "rows")).split(rows, units.codes))


def hold_out(units: Units, share: float, seed: int) -> Pair:
    """(kept, held): rising positions, ``held`` being about ``share`` of the rows and never empty, ``kept`` neither.

    Time: the last rows.  Groups: whole groups.  Rows: each class in proportion, and of every class of two rows
    or more at least one row on each side.
    """
    rows = np.arange(units.n_rows)
    if units.time is not None:
        values, before = _cuts(units.time, units.groups)
        cut = values[_nearest_cuts(before, np.array([units.n_rows * (1 - share)]))[0]]
        held = units.time >= cut
    elif units.groups is not None:
        held = _deal(units.groups, units.codes, np.array([1 - share, share]), seed) == 1
    else:
        codes = np.zeros(units.n_rows, dtype=np.int64) if units.codes is None else units.codes
        held = _proportional(codes, share, generator(seed, "rows"))
    return rows[~held], rows[held]


def merge_groups(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """int64 (n,) codes: rows are in one group when a chain of shared groups of either kind leads from one to the other."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    a = _codes(first)
    b = _codes(second) + a.max() + 1
    size = int(b.max()) + 1
    links = coo_matrix((np.ones(len(a), dtype=np.int8), (a, b)), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1][a], dtype=np.int64)


def _rarest(counts: np.ndarray) -> int:
    """The code with the smallest count above 0."""
    return int(np.argmin(np.where(counts > 0, counts, np.iinfo(np.int64).max)))


def _codes(values: np.ndarray) -> np.ndarray:
    """int64 (n,): 0 … for the distinct values in rising order."""
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _cuts(time: np.ndarray, groups: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Where time may be cut: the first moment after each cut, and the number of rows before it."""
    moments, position, counts = np.unique(time, return_inverse=True, return_counts=True)
    torn = np.zeros(len(moments) + 1, dtype=np.int64)  # groups that a cut before this moment would tear, as differences
    if groups is not None:
        code = _codes(groups)
        first = np.full(code.max() + 1, len(moments))
        last = np.zeros(code.max() + 1, dtype=np.int64)
        np.minimum.at(first, code, position)
        np.maximum.at(last, code, position)
        np.add.at(torn, first + 1, 1)
        np.add.at(torn, last + 1, -1)
    allowed = np.flatnonzero(np.cumsum(torn)[1:-1] == 0) + 1
    return moments[allowed], np.cumsum(counts)[allowed - 1]


def _nearest_cuts(before: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """For each wanted number of rows the nearest cut, every cut used once and in order."""
    chosen: list[int] = []
    for index, rows in enumerate(wanted):
        lowest = chosen[-1] + 1 if chosen else 0
        highest = len(before) - (len(wanted) - index)
        chosen.append(int(np.clip(np.argmin(np.abs(before - rows)), lowest, highest)))
    return np.array(chosen, dtype=np.int64)


def _class_table(groups: np.ndarray, codes: np.ndarray | None) -> np.ndarray:
    """int64 (n_groups, n_classes): how many rows of each class a group holds; one column without classes."""
    group = _codes(groups)
    classes = np.zeros(len(group), dtype=np.int64) if codes is None else codes
    table = np.zeros((group.max() + 1, classes.max() + 1), dtype=np.int64)
    np.add.at(table, (group, classes), 1)
    return table


def _deal(groups: np.ndarray, codes: np.ndarray | None, shares: np.ndarray, seed: int) -> np.ndarray:
    """int64 (n_rows,): the part each row falls to, whole groups only, classes near their shares.

    Greedy, the weightiest groups first, each to the part where it lowers the sum of squared relative deviations most.
    The idea is that of scikit-learn's StratifiedGroupKFold; that one takes seconds for 40 000 groups (copies, grouped)
    and knows equal parts only.
    """
    table = _class_table(groups, codes).astype(np.float64)  # (n_groups, n_classes)
    table = table[:, table.sum(axis=0) > 0]
    total = table.sum(axis=0)
    goal = shares[:, None] * total
    scale = shares[:, None] * total**2
    filled = np.zeros_like(goal)
    order = generator(seed, "groups").permutation(len(table))
    order = order[np.argsort(-(table / total).max(axis=1)[order], kind="stable")]
    part = np.zeros(len(table), dtype=np.int64)
    for group in order:
        rows = table[group]
        gain = ((2 * (filled - goal) + rows) * rows / scale).sum(axis=1)
        part[group] = best = int(gain.argmin())
        filled[best] += rows
    for empty in np.flatnonzero(np.bincount(part, minlength=len(shares)) == 0):
        part[order[-1]] = empty  # a small share of few large groups: it gets the smallest
    return np.asarray(part[_codes(groups)])


def _proportional(codes: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """bool (n,): ``share`` of the rows of each class; what is left over by rounding goes to the largest fractions."""
    counts = np.bincount(codes)
    exact = counts * share
    held = np.floor(exact).astype(np.int64)
    short = round(len(codes) * share) - int(held.sum())
    held[np.argsort(held - exact, kind="stable")[: max(short, 0)]] += 1
    held = np.where(counts >= 2, np.clip(held, 1, counts - 1), 0)
    mask = np.zeros(len(codes), dtype=bool)
    for code in np.flatnonzero(held):
        mask[rng.permutation(np.flatnonzero(codes == code))[: held[code]]] = True
    return mask
