"""Where new rows stand among the real ones: in another class's midst, on a copy, close to the rows they came from.

A treatment that pours rows onto overlap or onto wrong labels (ADASYN's known failure) shows in the share of new rows whose
nearest real rows are mostly of another class.  The class's own real rows are asked the same question, each without itself;
a new row that copies a real one is asked without that one, or copies would look better placed than what they copy.

Distances are those of ``balance.mixed``, which SMOTE itself uses, and so is the search, with every row looked at.
Distances below 1e-6 standard deviations are rounding.

Source of the privacy hint: distance to the closest record, as in Zhao et al. (2021), CTAB-GAN; a hint and no guarantee.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.balance.mixed import Matrix
from assay.balance.neighbours import nearest
from assay.balance.segments import is_sparse

NEIGHBOURS = 5
ROUNDING = 1e-6


@dataclass(frozen=True)
class Landing:
    """Of some rows.  among_others: bool (n,), most of the nearest real rows are of another class.

    nearest: float64 (n,), the distance to the nearest real row (a row that is real itself is not its own).
    """

    among_others: np.ndarray
    nearest: np.ndarray


def landing(
    reference: Matrix, target: np.ndarray, code: int, *, own: np.ndarray | None = None, points: Matrix | None = None
) -> Landing:
    """Where rows of class ``code`` stand among the reference rows: real ones (own), or new ones (points); pass one of both.

    reference: (n, d) without NaN, dense or sparse.  target: int64 (n,).  own: int64 (m,), the rows' places in it.  points:
    (m, d), as reference.
    With n rows at most n - 1 neighbours are asked; raises ValueError for fewer than 2 rows.
    """
    if reference.shape[0] < 2:
        raise ValueError("neighbours need at least 2 reference rows.")
    k = min(NEIGHBOURS, reference.shape[0] - 1)
    if own is not None:
        found = nearest(reference, k, rows=own, exact=True)
        is_other = target[found.rows] != code
    else:
        found = nearest(reference, k + 1, queries=points, exact=True)
        is_other = target[found.rows] != code
        copied = (found.distances < ROUNDING) & ~is_other
        left = np.where(copied.any(axis=1), copied.argmax(axis=1), k)  # the farthest, where none has to be left out
        is_other = is_other[np.arange(k + 1)[None, :] != left[:, None]].reshape(-1, k)
    closest = found.distances[:, 0]
    return Landing(is_other.sum(axis=1) > k / 2, np.where(closest < ROUNDING, 0.0, closest))


def families(real: Matrix, new: Matrix) -> np.ndarray:
    """int64 (m,): for each new row the place of the nearest real row of its class, with which it stands or falls."""
    return nearest(real, 1, queries=new, exact=True).rows[:, 0].astype(np.int64)


def same_rows(real: Matrix, new: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """int64 (n,) and (m,): equal numbers for rows that are equal in every column (NaN equals NaN)."""
    if is_sparse(real):
        keys = [_key(matrix, row) for matrix in (real, new) for row in range(matrix.shape[0])]
        known: dict[bytes, int] = {}
        codes = np.array([known.setdefault(key, len(known)) for key in keys], dtype=np.int64)
    else:
        both = np.vstack([real, new]).astype(np.float64) + 0.0  # -0 is 0
        hashed = pl.DataFrame(np.where(np.isnan(both), np.nan, both)).hash_rows(seed=0).to_numpy()
        codes = np.unique(hashed, return_inverse=True)[1].astype(np.int64)
    return codes[: real.shape[0]], codes[real.shape[0] :]


def _key(matrix: Matrix, row: int) -> bytes:
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    order = np.argsort(matrix.indices[part], kind="stable")
    values = matrix.data[part][order].astype(np.float64)
    kept = values != 0
    return bytes(matrix.indices[part][order][kept].astype(np.int64).tobytes() + values[kept].tobytes())
