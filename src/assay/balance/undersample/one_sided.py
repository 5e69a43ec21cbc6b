"""One-sided selection: of a larger class those rows go that are redundant, then those that are noise or at the border.

Redundant is a row that the nearest of all rows of the smallest class and of a few seeds of its own calls rightly: the one
step of Hart's condensation that Kubat & Matwin make.  Noise and border are the Tomek links of what is left.

Source: Kubat & Matwin (1997), Addressing the curse of imbalanced training sets: one-sided selection; Hart (1968).
"""

from collections.abc import Mapping

import numpy as np

from assay.balance.neighbours import lowered
from assay.balance.undersample.shrinking import Kept, Shrinking, found_among, votes
from assay.balance.undersample.tomek import tomek_links


def drawn_seeds(rows: Shrinking, chosen: list[int], n_seeds: int, rng: np.random.Generator) -> dict[int, np.ndarray]:
    """For each chosen class the positions of its seeds, no row twice."""
    own = {code: rows.rows_of(code) for code in chosen}
    return {code: rng.choice(held, min(n_seeds, len(held)), replace=False) for code, held in own.items()}


def one_sided(rows: Shrinking, seeds: Mapping[int, np.ndarray], *, k: int) -> Kept:
    """The seeds and what is not redundant of the classes in ``seeds``, all rows of the others, without the linked rows of the
    former; class after class.  seeds: of larger classes.  k: how many nearest rows call a row."""
    small = rows.rows_of(rows.smallest)
    kept: list[np.ndarray] = []
    notes: tuple[str, ...] = ()
    for code in rows.codes:
        own = rows.rows_of(code)
        if code in seeds:
            among, asked = np.concatenate([small, seeds[code]]), np.setdiff1d(own, seeds[code])
            n_near, more = lowered(
                k, len(among), "n_neighbors", f"the smallest class with the seeds of class {rows.labels[code]}"
            )
            notes += more
            called = np.empty(len(asked), dtype=np.int64)
            for part, found in found_among(rows.points, among, asked, n_near, rows.search):
                called[part] = votes(rows.target[among][found.rows], max(rows.codes) + 1)
            own = np.concatenate([seeds[code], asked[called != code]])
        kept.append(own)
    left = np.concatenate(kept)
    linked = tomek_links(rows.points[left], rows.target[left], rows.search).ravel()
    stays = np.ones(len(left), dtype=bool)
    stays[linked[np.isin(rows.target[left[linked]], list(seeds))]] = False
    return Kept(left[stays], notes)
