"""Borderline-SMOTE: new rows start from those rows of the class that stand in danger, near the border.

In danger is a row that has at least half, but not all, of its m nearest rows in other classes; with all of them it counts
as noise.  Kind 1 goes towards rows of the class; kind 2 towards the nearest of all rows, and towards a row of another class
less than half of the way: there the step is U(0, 1) × U(0, 0.5), as in imbalanced-learn (the paper has U(0, 0.5)).

Source: Han, Wang & Mao (2005), Borderline-SMOTE: a new over-sampling method in imbalanced data sets learning.
"""

from dataclasses import replace

import numpy as np

from assay.balance.oversample.adasyn import shares_of_others
from assay.balance.oversample.parents import Growing, Parents, drawn, no_parents, usable


def borderline(growing: Growing, n_new: int, rng: np.random.Generator, *, k: int, m: int, kind: int) -> Parents:
    """kind: 1 or 2.  No rows, with a note, where no row of the class is in danger."""
    danger = in_danger(growing, m)
    if not len(danger):
        return no_parents(f"no row of class {growing.label} stands in danger, so borderline-smote made none; use smote.")
    bases = growing.own[danger]
    if kind == 1:
        k, notes = usable(k, len(growing.own) - 1, growing, "k_neighbors")
        if not k:
            return no_parents(f"class {growing.label} has 1 row; borderline-smote made none; use random-oversample.")
        mates = growing.own[growing.search.nearest(growing.geometry.points(growing.own), k, rows=danger).rows]
        return drawn(bases, mates, n_new, rng, notes)
    k, notes = usable(k, len(growing.target) - 1, growing, "k_neighbors")
    mates = growing.search.nearest(growing.geometry.around(growing.own), k, rows=bases).rows
    parents = drawn(bases, mates, n_new, rng, notes)
    foreign = growing.target[parents.second] != growing.target[bases[0]]
    return replace(parents, alpha=np.where(foreign, parents.alpha * rng.uniform(0, 0.5, len(parents)), parents.alpha))


def in_danger(growing: Growing, m: int) -> np.ndarray:
    """int64, the rows of the class, as positions within it, that have at least half but not all of m neighbours elsewhere."""
    others = shares_of_others(growing, m)
    return np.flatnonzero((others >= 0.5) & (others < 1))
