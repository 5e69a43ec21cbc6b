"""SMOTE-NC: numbers between two rows, each category the one that most of the first row's neighbours have.

Two rows that differ in a category are as far apart there as the median standard deviation of the class's numbers.
Source: Chawla, Bowyer, Hall & Kegelmeyer (2002), section 6.1.
"""

from collections.abc import Sequence

import numpy as np

from assay.balance.scratch import scratch

PIECE = 16_384
"""New rows whose ties are drawn at once."""


def points(numbers: Sequence[np.ndarray], codes: Sequence[np.ndarray], scale: np.ndarray, filling: np.ndarray) -> np.ndarray:
    """float32 (n, p + levels): rows of one class as points whose Euclidean distances are SMOTE-NC's.

    numbers: p columns, float64 (n,), NaN where missing.  codes: columns of int64 (n,).  scale: float64 (p,), what a number is
    multiplied by.  filling: float64 (p,), what stands for NaN.  Where no number varies, a category costs 1.
    """
    widths = [int(column.max()) + 1 for column in codes]
    found = scratch((len(numbers[0]), len(numbers) + sum(widths)), np.float32)
    spreads = []
    for place, column in enumerate(numbers):
        filled = np.where(np.isnan(column), filling[place], column)
        spreads.append(filled.std() * scale[place])
        found[:, place] = (filled - filled.mean()) * scale[place]
    spread = float(np.median(spreads))
    start, rows = len(numbers), np.arange(len(found))
    for column, width in zip(codes, widths, strict=True):
        found[rows, start + column] = (spread if spread > 0 else 1.0) / np.sqrt(2)
        start += width
    return found


def most_common(codes: np.ndarray, mates: np.ndarray, base: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """unsigned int (n_new,): for each base row the level that most of its mates have, one of them at random where several do.

    codes: int64 (n,) levels of one category.  mates: int (n, k) neighbours of each row.  base: int (n_new,).
    """
    counts = np.zeros((len(codes), int(codes.max()) + 1), dtype=np.int32)
    rows = np.arange(len(codes))
    for mate in mates.T:
        counts[rows, codes[mate]] += 1
    at_top = counts == counts.max(axis=1, keepdims=True)
    tied = at_top.sum(axis=1)
    found = at_top.argmax(axis=1).astype(np.min_scalar_type(counts.shape[1]))[base]
    for start in range(0, len(base), PIECE):
        open_rows = start + np.flatnonzero(tied[base[start : start + PIECE]] > 1)
        which = rng.integers(0, tied[base[open_rows]])
        order = np.cumsum(at_top[base[open_rows]], axis=1)
        found[open_rows] = (order > which[:, None]).argmax(axis=1)
    return np.asarray(found)
