"""Where new rows stand among the real ones: in another class's midst, on a copy, close to the rows they came from.

A treatment that pours rows onto overlap or onto wrong labels (ADASYN's known failure) shows in the share of new rows whose
nearest real rows are mostly of another class.  The class's own real rows are asked the same question, each without itself;
a new row that copies a real one is asked without that one, or copies would look better placed than what they copy.

Distances are those of ``balance.mixed``, which SMOTE itself uses.  Distances below 1e-6 standard deviations are rounding.

Source of the privacy hint: distance to the closest record, as in Zhao et al. (2021), CTAB-GAN; a hint and no guarantee.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.balance.mixed import Matrix
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


def landing(reference: Matrix, target: np.ndarray, points: Matrix, code: int, own: np.ndarray | None) -> Landing:
    """Where ``points``, rows of class ``code``, stand among the reference rows.

    reference: (n, d), target: int64 (n,).  own: int64 (m,), the place of each point among the reference rows, None for new rows.
    With n rows at most n - 1 neighbours are asked; raises ValueError for fewer than 2 rows.
    """
    from sklearn.neighbors import NearestNeighbors

    if reference.shape[0] < 2:
        raise ValueError("neighbours need at least 2 reference rows.")
    k = min(NEIGHBOURS, reference.shape[0] - 1)
    distance, place = NearestNeighbors(n_neighbors=k + 1).fit(reference).kneighbors(points)
    distance = np.where(distance < ROUNDING, 0.0, distance)
    if own is None:
        itself = (distance == 0) & (target[place] == code)
    else:
        itself = place == own[:, None]
    left = np.where(itself.any(axis=1), itself.argmax(axis=1), k)  # the farthest, where none has to be left out
    kept = np.arange(k + 1)[None, :] != left[:, None]
    others = (target[place] != code)[kept].reshape(-1, k)
    nearest = distance[:, 0] if own is None else distance[kept].reshape(-1, k)[:, 0]
    return Landing(others.sum(axis=1) > k / 2, nearest)


def families(real: Matrix, new: Matrix) -> np.ndarray:
    """int64 (m,): for each new row the place of the nearest real row of its class, with which it stands or falls."""
    from sklearn.neighbors import NearestNeighbors

    return np.asarray(NearestNeighbors(n_neighbors=1).fit(real).kneighbors(new, return_distance=False)[:, 0], dtype=np.int64)


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
