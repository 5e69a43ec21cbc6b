"""Tomek links: two rows of different classes, each the nearest of the other.

One of the two is noise, or both lie at the border.  At least one of them is not of the largest class, so the largest class
need not be asked; where one row in ten is positive that saves nine questions in ten.  Of several nearest rows at the same
distance the first counts.

Source: Tomek (1976), Two modifications of CNN; Batista, Prati & Monard (2004).
"""

import numpy as np

from assay.balance.geometry import Points, Search
from assay.balance.undersample.shrinking import Kept, Shrinking


def without_tomek_links(rows: Shrinking, chosen: list[int]) -> Kept:
    """All rows but those of the chosen classes that have a link; in their old order."""
    linked = tomek_links(rows.points, rows.target, rows.search).ravel()
    stays = np.ones(len(rows.target), dtype=bool)
    stays[linked[np.isin(rows.target[linked], chosen)]] = False
    return Kept(np.flatnonzero(stays))


def tomek_links(points: Points, target: np.ndarray, search: Search) -> np.ndarray:
    """int64 (n_links, 2) positions, each link once.  points: float (n, d).  target: int (n,) codes."""
    nearest = np.full(len(target), -1)
    asked = np.flatnonzero(target != np.bincount(target).argmax())
    if not len(asked):
        return np.zeros((0, 2), dtype=np.int64)
    nearest[asked] = search.nearest(points, 1, rows=asked).rows[:, 0]
    first = asked[target[nearest[asked]] != target[asked]]
    second = nearest[first]
    unasked = np.unique(second[nearest[second] < 0])
    if len(unasked):
        nearest[unasked] = search.nearest(points, 1, rows=unasked).rows[:, 0]
    links = np.column_stack([first, second])[nearest[second] == first]
    return np.unique(np.sort(links, axis=1), axis=0)
