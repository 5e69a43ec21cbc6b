"""ADASYN: as SMOTE, but a row gets the more new rows, the more of its neighbours are of other classes.

Its known failure follows from that: a wrong label deep inside another class gets the most.
Source: He, Bai, Garcia & Li (2008), ADASYN: adaptive synthetic sampling approach for imbalanced learning.
"""

import numpy as np

from assay.balance.oversample.parents import Growing, Parents, mates_within, no_parents, usable


def adasyn(growing: Growing, n_new: int, rng: np.random.Generator, *, k: int) -> Parents:
    """About n_new rows: each row's share of them, r_i / Σ r, is rounded (step 4 of the paper).

    No rows, with a note, where no row of the class has a neighbour of another.
    """
    others = shares_of_others(growing, k)
    if not others.any():
        return no_parents(f"no row of class {growing.label} has a neighbour of another class, so adasyn made none; use smote.")
    wanted = np.rint(others / others.sum() * n_new).astype(np.int64)
    mates, notes = mates_within(growing, k)
    base = np.repeat(np.arange(len(growing.own)), wanted)
    mate = mates[base, rng.integers(0, mates.shape[1], len(base))]
    return Parents(growing.own[base], growing.own[mate], rng.random(len(base)), notes)


def shares_of_others(growing: Growing, k: int) -> np.ndarray:
    """float64 (n_own,): r_i, the share of other classes among each row's k nearest of all rows."""
    k, _ = usable(k, len(growing.target) - 1, growing, "n_neighbors")
    found = growing.search.nearest(growing.geometry.around(growing.own), k, rows=growing.own).rows
    code = growing.target[growing.own[0]]
    return np.asarray((growing.target[found] != code).mean(axis=1))
