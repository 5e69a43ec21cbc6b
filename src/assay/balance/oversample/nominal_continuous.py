"""SMOTE-NC: numbers between two rows, each category the one that most of the first row's neighbours have.

Two rows that differ in a category are as far apart there as the median standard deviation of the class's numbers.
Source: Chawla, Bowyer, Hall & Kegelmeyer (2002), section 6.1.
"""

import numpy as np


def points(numbers: np.ndarray, codes: np.ndarray, scale: np.ndarray, filling: np.ndarray) -> np.ndarray:
    """float32 (n, p + levels): rows of one class as points whose Euclidean distances are SMOTE-NC's.

    numbers: float64 (n, p), NaN where missing.  codes: int64 (n, c).  scale: float64 (p,), what a number is multiplied by.
    filling: float64 (p,), what stands for NaN.  Where no number varies, a category costs 1.
    """
    filled = np.where(np.isnan(numbers), filling, numbers) * scale
    spread = float(np.median(filled.std(axis=0)))
    entry = (spread if spread > 0 else 1.0) / np.sqrt(2)
    widths = codes.max(axis=0) + 1
    found = np.zeros((len(numbers), numbers.shape[1] + int(widths.sum())), dtype=np.float32)
    found[:, : numbers.shape[1]] = filled - filled.mean(axis=0)
    start = numbers.shape[1]
    for column, width in zip(codes.T, widths, strict=True):
        found[np.arange(len(codes)), start + column] = entry
        start += int(width)
    return found


def most_common(codes: np.ndarray, mates: np.ndarray, base: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int64 (n_new,): for each base row the level that most of its mates have, one of them at random where several do.

    codes: int64 (n,) levels of one category.  mates: int (n, k) neighbours of each row.  base: int64 (n_new,).
    """
    counts = np.zeros((len(codes), int(codes.max()) + 1), dtype=np.int32)
    rows = np.arange(len(codes))
    for mate in mates.T:
        counts[rows, codes[mate]] += 1
    at_top = counts == counts.max(axis=1, keepdims=True)
    tied = at_top.sum(axis=1)
    found = at_top.argmax(axis=1)[base]
    open_rows = np.flatnonzero(tied[base] > 1)
    which = rng.integers(0, tied[base[open_rows]])
    order = np.cumsum(at_top[base[open_rows]], axis=1)
    found[open_rows] = (order > which[:, None]).argmax(axis=1)
    return np.asarray(found)
