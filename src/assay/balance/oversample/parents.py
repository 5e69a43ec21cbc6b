"""What every method hands back, and the draws that several share."""

from dataclasses import dataclass

import numpy as np

from assay.balance.geometry import Geometry, Search
from assay.balance.neighbours import lowered


@dataclass(frozen=True)
class Parents:
    """A new row lies at first + alpha (second − first).

    first, second: int (n_new,) positions in all rows.  alpha: float64 (n_new,).
    notes: rules that applied and that the user should hear of, in words.
    """

    first: np.ndarray
    second: np.ndarray
    alpha: np.ndarray
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.first)

    def mean_of(self, weights: np.ndarray) -> np.ndarray:
        """float64 (n_new,): for each new row the mean of its parents' weights. weights: float64 (n,) of all rows."""
        return np.asarray((weights[self.first] + weights[self.second]) / 2)


@dataclass(frozen=True)
class Growing:
    """The class that grows. own: int64 (n_own,) positions of its rows.  label: what it is called in a sentence."""

    geometry: Geometry
    target: np.ndarray
    own: np.ndarray
    label: str
    search: Search


def no_parents(note: str) -> Parents:
    nothing = np.zeros(0, dtype=np.int32)
    return Parents(nothing, nothing, np.zeros(0), (note,))


def usable(k: int, available: int, growing: Growing, what: str) -> tuple[int, tuple[str, ...]]:
    """k, lowered to the rows there are, and the note that says so."""
    return lowered(k, available, what, f"class {growing.label}")


def mates_within(growing: Growing, k: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """int (n_own, k): for each row of the class its nearest others of the class, as positions within it; and notes.

    A class of one row is its own mate: its new rows are copies.
    """
    if len(growing.own) == 1:
        note = f"class {growing.label} has 1 row, which was copied: there is nothing to interpolate with."
        return np.zeros((1, 1), dtype=np.int64), (note,)
    k, notes = usable(k, len(growing.own) - 1, growing, "k_neighbors")
    return growing.search.nearest(growing.geometry.points(growing.own), k).rows, notes


def drawn(bases: np.ndarray, mates: np.ndarray, n_new: int, rng: np.random.Generator, notes: tuple[str, ...] = ()) -> Parents:
    """n_new times: one of the bases, one of its mates, and a place between them; each uniform.

    bases: int (b,) positions in all rows.  mates: int (b, k) positions in all rows.
    """
    base = rng.integers(0, len(bases), n_new, dtype=np.int32)
    mate = mates[base, rng.integers(0, mates.shape[1], n_new, dtype=np.int32)]
    return Parents(bases[base].astype(np.int32), mate.astype(np.int32), rng.random(n_new), notes)


def joined(parts: list[Parents]) -> Parents:
    """The parents of several classes, one after another; none where there are none."""
    if not parts:
        return Parents(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros(0))
    if len(parts) == 1:
        return parts[0]
    first, second, alpha = (np.concatenate([getattr(part, name) for part in parts]) for name in ("first", "second", "alpha"))
    return Parents(first, second, alpha, tuple(note for part in parts for note in part.notes))
