"""Which columns say nearly the same, so that one alone can be spared and none seems to matter.

Each pair gets a strength of association from 0 to 1: |Spearman's rank correlation| of two numbers, Cramér's V of two
categories with Bergsma's correction for chance, and the correlation ratio of ranks for a number and a category.  Columns
are joined by complete linkage: within a group every pair is at least as strong as the threshold.
Sources: Spearman (1904); Cramér (1946); Bergsma (2013).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from assay.core.spaced import spaced
from assay.data.schema import Column

THRESHOLD = 0.7
MOST_ROWS = 10_000
ORDERED, NOMINAL = frozenset({"number", "date"}), frozenset({"category"})


def correlated_groups(
    features: pl.DataFrame, columns: Sequence[Column], *, threshold: float = THRESHOLD
) -> list[tuple[str, ...]]:
    """Groups of two columns or more, in the order of the columns; columns that are nobody's are left out."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    names, strength = association(features, columns)
    if len(names) < 2:
        return []
    tree = linkage(squareform(1 - strength, checks=False), method="complete")
    labels = fcluster(tree, 1 - threshold + 1e-12, criterion="distance")
    groups: dict[int, list[str]] = {}
    for name, label in zip(names, labels.tolist(), strict=True):
        groups.setdefault(label, []).append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def association(features: pl.DataFrame, columns: Sequence[Column]) -> tuple[list[str], np.ndarray]:
    """(names, float64 (m, m)) of the numbers, dates and categories; rows at even places where there are many."""
    kept = [column for column in columns if column.kind in ORDERED | NOMINAL]
    n = features.height
    rows = spaced(n, MOST_ROWS)
    part = features[rows]
    coded = [_ranks(part[column.name]) if column.kind in ORDERED else _codes(part[column.name]) for column in kept]
    strength = np.eye(len(kept))
    for i, first in enumerate(kept):
        for j in range(i):
            strength[i, j] = strength[j, i] = _pair(coded[i], first.kind, coded[j], kept[j].kind)
    return [column.name for column in kept], strength


def _ranks(series: pl.Series) -> np.ndarray:
    """float64 (n,), ties share their mean rank; missing as NaN."""
    return series.to_physical().cast(pl.Float64).rank("average").cast(pl.Float64).to_numpy().astype(np.float64)


def _codes(series: pl.Series) -> np.ndarray:
    """int64 (n,); missing is a level of its own."""
    return series.cast(pl.String).fill_null("\x00").rank("dense").cast(pl.Int64).to_numpy() - 1


def _pair(a: np.ndarray, kind_a: str, b: np.ndarray, kind_b: str) -> float:
    if kind_a in ORDERED and kind_b in ORDERED:
        return _spearman(a, b)
    if kind_a in ORDERED:
        return _ratio(a, b)
    return _ratio(b, a) if kind_b in ORDERED else cramers_v(a, b)


def _spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Over the rows that have both; ranks of all rows are ranked anew among them."""
    from scipy.stats import rankdata

    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 3:
        return 0.0
    x, y = rankdata(a[both]), rankdata(b[both])
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(min(1.0, abs(np.corrcoef(x, y)[0, 1])))


def _ratio(ranks: np.ndarray, codes: np.ndarray) -> float:
    """The square root of the share of the ranks' variance that lies between the levels, less what chance makes of it."""
    known = np.isfinite(ranks)
    values, levels = ranks[known], np.unique(codes[known], return_inverse=True)[1]
    n, k = len(values), int(levels.max(initial=-1)) + 1
    total = float(((values - values.mean()) ** 2).sum()) if n else 0.0
    if k < 2 or n <= k or total == 0:
        return 0.0
    means = np.bincount(levels, weights=values) / np.bincount(levels)
    inside = float(((values - means[levels]) ** 2).sum())
    return float(np.sqrt(max(0.0, 1 - inside / (n - k) / (total / (n - 1)))))


def cramers_v(a: np.ndarray, b: np.ndarray) -> float:
    """From 0 to 1, corrected for chance (Bergsma 2013); a, b: int (n,) codes."""
    a, b = np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]
    n, r, c = len(a), int(a.max(initial=-1)) + 1, int(b.max(initial=-1)) + 1
    if min(r, c) < 2:
        return 0.0
    counts = np.bincount(a * c + b, minlength=r * c).reshape(r, c).astype(np.float64)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / n
    phi = float(((counts - expected) ** 2 / expected).sum()) / n
    phi = max(0.0, phi - (r - 1) * (c - 1) / (n - 1))
    rows, cols = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    least = min(rows, cols) - 1
    return float(min(1.0, np.sqrt(phi / least))) if least > 0 else 0.0
