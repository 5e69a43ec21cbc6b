"""Cutting rows in two or in K, so that classes are spread evenly and groups and time are never torn.

The one place that knows how rows, groups and moments may be divided; the outer plan
(``making``) and the folds inside training rows (``inner``) only differ in what they do when
it cannot be done.  Nothing here raises for the user: ``most_folds``, ``lacking_for_two`` and
``starving`` say in words what stands in the way.
"""

from dataclasses import dataclass, replace

import numpy as np

from assay.core.seeds import generator, seed32
from assay.splits.forward import cuts, nearest_cuts, trainable
from assay.splits.words import counted

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Units:
    """What the cutting of n rows has to respect.

    codes: int64 (n,) class codes to be spread evenly, or None.
    groups: (n,) values that may not be torn, or None.  time: float64 (n,), cut forwards only, or None.
    labels: the names of the classes in code order, for messages.
    gap, window: in the unit of time (see ``forward``): how far training rows stay away from the first moment they are
        measured on, and how far back from there they reach (None: to the start).  Without time they are 0 and None.
    """

    n_rows: int
    codes: np.ndarray | None = None
    groups: np.ndarray | None = None
    time: np.ndarray | None = None
    labels: tuple[str, ...] = ()
    gap: float = 0.0
    window: float | None = None

    def take(self, rows: np.ndarray) -> "Units":
        return replace(
            self,
            n_rows=len(rows),
            codes=None if self.codes is None else self.codes[rows],
            groups=None if self.groups is None else self.groups[rows],
            time=None if self.time is None else self.time[rows],
        )

    def label(self, code: int) -> str:
        return repr(self.labels[code]) if code < len(self.labels) else str(code)


def most_folds(units: Units) -> tuple[int, str]:
    """The largest number of folds that can be made (it may be below 2), and a clause that says why not more."""
    if units.time is not None:
        most = len(cuts(units.time, units.groups)[0])
        what = "moments that tear no group apart" if units.groups is not None else "distinct moments"
        return most, f"K folds forward in time need K + 1 {what}, {_number(most + 1)}"
    if units.groups is None:
        if units.codes is None:
            return units.n_rows, _number(units.n_rows, "row")
        counts = np.bincount(units.codes)
        rarest = _rarest(counts)
        alike = int((counts == counts[rarest]).sum()) - 1
        others = f", and so have {alike} more of {len(counts)} classes" if alike else ""
        return int(counts[rarest]), f"class {units.label(rarest)} has {counted(int(counts[rarest]), 'row')}{others}"
    table = _class_table(units.groups, units.codes)
    if units.codes is None:
        return len(table), _number(len(table), "group")
    spread = (table > 0).sum(axis=0)
    rarest = _rarest(spread)
    return int(spread[rarest]), f"class {units.label(rarest)} is found in {counted(int(spread[rarest]), 'group')}"


def _number(n: int, noun: str = "") -> str:
    """ "there is 1 group", "there are 3"."""
    what = counted(n, noun) if noun else str(n)
    return f"there {'is' if n == 1 else 'are'} {what}"


def lacking_for_two(units: Units) -> str | None:
    """Why the rows cannot be cut in two parts, or None when they can."""
    if units.time is not None and not len(cuts(units.time, units.groups)[0]):
        if len(np.unique(units.time)) < 2:
            return "all rows have the same time"
        return "at every moment a cut would tear a group apart"
    if units.groups is not None and units.time is None and len(np.unique(units.groups)) < 2:
        return "there is one group only"
    return "there are fewer than 2 rows" if units.n_rows < 2 else None


def starving(units: Units, pairs: list[Pair]) -> str | None:
    """A clause about the first pair whose training side could teach no model, or None.

    Without time every class must be among the training rows; forwards in time a class may
    turn up late, but two classes must be there from the start.  A gap or a window may leave no row at all.
    """
    for number, (train, _) in enumerate(pairs):
        if not len(train):
            return f"gap and window would leave fold {number} no training rows"
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
    block is never measured on.  Gap and window take training rows away, perhaps all of them (see ``starving``).
    """
    rows = np.arange(units.n_rows)
    if units.time is not None:
        values, before = cuts(units.time, units.groups)
        chosen = values[nearest_cuts(before, np.arange(1, folds + 1) * units.n_rows / (folds + 1))]
        block = np.searchsorted(chosen, units.time, side="right")
        return [(rows[_before(units, float(begin))], rows[block == k + 1]) for k, begin in enumerate(chosen)]
    if units.groups is not None:
        part = _deal(units.groups, units.codes, np.full(folds, 1.0 / folds), seed)
        return [(rows[part != k], rows[part == k]) for k in range(folds)]
    from sklearn.model_selection import KFold, StratifiedKFold

    if units.codes is None:
        return list(KFold(folds, shuffle=True, random_state=seed32(seed, "rows")).split(rows))
    return list(StratifiedKFold(folds, shuffle=True, random_state=seed32(seed, "rows")).split(rows, units.codes))


def _before(units: Units, begin: float) -> np.ndarray:
    if units.time is None:
        raise TypeError("rows without a time have no before.")
    return trainable(units.time, begin, gap=units.gap, window=units.window)


def leave_one_group_out(units: Units) -> list[Pair]:
    """One pair (train, test) of rising positions a group, in the order of the groups' values: the group is the test."""
    if units.groups is None:
        raise TypeError("rows without groups have none to leave out.")
    rows = np.arange(units.n_rows)
    return [(rows[units.groups != group], rows[units.groups == group]) for group in np.unique(units.groups)]


def hold_out(units: Units, share: float, seed: int) -> Pair:
    """(kept, held): rising positions, ``held`` being about ``share`` of the rows and never empty, ``kept`` neither.

    Time: the last rows; ``kept`` leaves out what gap and window forbid, and that may be all (see ``starving``).
    Groups: whole groups.  Rows: each class in proportion, and of every class of two rows or more at least one row on
    each side.
    """
    rows = np.arange(units.n_rows)
    if units.time is not None:
        values, before = cuts(units.time, units.groups)
        cut = float(values[nearest_cuts(before, np.array([units.n_rows * (1 - share)]))[0]])
        return rows[_before(units, cut)], rows[units.time >= cut]
    if units.groups is not None:
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
