"""Pictures that are almost the same, as groups of rows: what is kept on one side of every split on request."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.core.spaced import spaced
from assay.data.picture_hashes import MOST, like_pairs


@dataclass(frozen=True)
class LikePictures:
    """codes: int64 (n,), rows with pictures that are the same or almost so share the position of the first of them.

    near: bool (n,), rows with one that is almost the same and not the same.  complete: whether all were compared.
    """

    codes: np.ndarray
    near: np.ndarray
    complete: bool


def like_pictures(series: pl.Series, equal: np.ndarray) -> LikePictures:
    """series: a column of pictures.  equal: int64 (n,), rows with the same picture share the position of the first of them.

    Missing pictures are like no other but their equals.  Raises DataError for a picture that does not open.
    """
    n = len(series)
    rows = np.unique(equal)
    rows = rows[series.is_not_null().to_numpy()[rows]]
    looked = rows if len(rows) <= MOST else rows[spaced(len(rows), MOST)]
    pairs = looked[like_pairs(series, looked)]
    codes = joined(n, np.concatenate([pairs, np.column_stack([equal, np.arange(n)])]))
    is_near = np.zeros(n, dtype=bool)
    is_near[pairs.ravel()] = True
    return LikePictures(codes, is_near[equal], len(looked) == len(rows))


def joined(n: int, pairs: np.ndarray) -> np.ndarray:
    """int64 (n,): rows that pairs (k, 2) link, over others too, share the position of the first of them."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    links = coo_matrix((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, component = connected_components(links, directed=False)
    _, first, place = np.unique(component, return_index=True, return_inverse=True)
    return np.asarray(first[place], dtype=np.int64)
