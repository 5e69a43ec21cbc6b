"""Edited nearest neighbours: a row goes when its nearest rows would call it another class.

Source: Wilson (1972), Asymptotic properties of nearest neighbor rules using edited data.
"""

from typing import Literal

import numpy as np

from assay.balance.neighbours import lowered
from assay.balance.undersample.shrinking import Kept, Shrinking, votes

Selection = Literal["all", "mode"]


def edited(rows: Shrinking, chosen: list[int], *, k: int, kind: Selection) -> Kept:
    """The rows of the chosen classes that stay, and all others; class after class.

    kind: "all", a row stays when all its k nearest rows are of its class; "mode", when their most frequent class is its own
        (of several as frequent ones the first).
    """
    k, notes = lowered(k, len(rows.target) - 1, "n_neighbors", "the data")
    asked = np.flatnonzero(np.isin(rows.target, chosen))
    stays = np.ones(len(rows.target), dtype=bool)
    if len(asked):
        everyone = 2 * len(asked) > len(rows.target)  # their points need no copy
        found = rows.search.nearest(rows.points, k, rows=None if everyone else asked).rows
        around, own = rows.target[found[asked] if everyone else found], rows.target[asked]
        stays[asked] = (around == own[:, None]).all(axis=1) if kind == "all" else votes(around, max(rows.codes) + 1) == own
    return Kept(np.concatenate([np.flatnonzero(stays & (rows.target == code)) for code in rows.codes]), notes)
