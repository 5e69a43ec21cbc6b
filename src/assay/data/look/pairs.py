"""How columns go together, two by two.

Numbers        Pearson's r, and Spearman's: r of the ranks that the cells have among the present cells of their own column.
               Both on the rows where neither is missing. (Ranks are not taken anew for every pair, which would cost a sort a
               pair; where nothing is missing it is the usual coefficient.)
Categories     Cramér's V with Bergsma's correction (2013), which takes out what chance alone gives; a missing cell is a level.
Both           The correlation ratio: the root of the share of a number's variance that lies between the levels (adjusted for
               their number), 0 … 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any, Literal

import numpy as np
import polars as pl

from assay.core.shown import Shown
from assay.data.look.parts import parted_levels
from assay.data.look.values import unit_of, values_of

MOST_NUMBERS, MOST_CATEGORIES = 300, 40
LEVELS = 50
BLOCK = 20_000
LARGE = 1e150

Measure = Literal["pearson", "spearman", "cramers_v", "correlation_ratio"]


@dataclass(frozen=True)
class Pair(Shown):
    """value: between −1 and 1 for Pearson and Spearman, else from 0 to 1.  a: the number of a mixed pair."""

    a: str
    b: str
    measure: Measure
    value: float

    def to_json(self) -> dict[str, Any]:
        return {"a": self.a, "b": self.b, "measure": self.measure, "value": self.value}


@dataclass(frozen=True, eq=False)
class Pairs(Shown):
    """numbers, categories: the columns that were compared; left_out: how many were not, being too many.

    pearson, spearman: float64 (numbers, numbers).  cramers_v: (categories, categories).  ratio: (numbers, categories).
    NaN where a column has one value only on the rows that both have.
    """

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    pearson: np.ndarray = field(repr=False)
    spearman: np.ndarray = field(repr=False)
    cramers_v: np.ndarray = field(repr=False)
    ratio: np.ndarray = field(repr=False)
    left_out: int = 0

    def strongest(self, most: int) -> list[Pair]:
        """The pairs with the largest values, of any measure; two numbers once, by the larger of their two coefficients."""
        found: list[Pair] = []
        for i, j in combinations(range(len(self.numbers)), 2):
            both = (("pearson", float(self.pearson[i, j])), ("spearman", float(self.spearman[i, j])))
            measure, value = max(both, key=lambda one: -1.0 if np.isnan(one[1]) else abs(one[1]))
            found.append(Pair(self.numbers[i], self.numbers[j], measure, value))  # type: ignore[arg-type]
        for i, j in combinations(range(len(self.categories)), 2):
            found.append(Pair(self.categories[i], self.categories[j], "cramers_v", float(self.cramers_v[i, j])))
        for i, number in enumerate(self.numbers):
            for j, category in enumerate(self.categories):
                found.append(Pair(number, category, "correlation_ratio", float(self.ratio[i, j])))
        known = [pair for pair in found if not np.isnan(pair.value)]
        return sorted(known, key=lambda pair: -abs(pair.value))[:most]

    def to_json(self, most: int = 200) -> dict[str, Any]:
        return {
            "numbers": list(self.numbers),
            "categories": list(self.categories),
            "left_out": self.left_out,
            "strongest": [pair.to_json() for pair in self.strongest(most)],
        }


def pairs_of(frame: pl.DataFrame, kinds: dict[str, str]) -> Pairs:
    """kinds: column -> kind, the most important first: of numbers and dates 300 are compared, of categories 40."""
    lines = [name for name, kind in kinds.items() if kind in ("number", "date")]
    nominal = [name for name, kind in kinds.items() if kind == "category"]
    numbers, categories = lines[:MOST_NUMBERS], nominal[:MOST_CATEGORIES]
    left_out = len(lines) - len(numbers) + len(nominal) - len(categories)
    values = np.empty((len(numbers), frame.height))
    for place, name in enumerate(numbers):
        values[place] = values_of(frame[name], unit_of(kinds[name]) or "number")
    codes = [parted_levels(frame[name], LEVELS).codes for name in categories]
    v = np.full((len(codes), len(codes)), np.nan)
    for i, j in combinations(range(len(codes)), 2):
        v[i, j] = v[j, i] = cramers_v(crossed(codes[i], codes[j]))
    values = standardized(values)
    pearson, ratio = correlations(values), correlation_ratios(values, codes)
    spearman = correlations(standardized(_ranks(values)))
    return Pairs(tuple(numbers), tuple(categories), pearson, spearman, v, ratio, left_out)


def standardized(values: np.ndarray) -> np.ndarray:
    """Each row of (columns, n) less its mean, within −1 and 1, or NaN where it is missing, infinite, or all one value.

    Without it sums of squares of dates would lose their digits, and those of huge values overflow.
    """
    found = np.full(values.shape, np.nan)
    for row, own in zip(values, found, strict=True):
        known = np.isfinite(row)
        some = row[known]
        if len(some) == 0 or some.min() == some.max():
            continue
        if np.abs(some).max() > LARGE:
            some = np.ldexp(some, -600)  # a power of two: no digit is lost
        some = some - some[0]
        some = some - some.mean()
        own[known] = some / np.abs(some).max()
    return found


def correlations(values: np.ndarray) -> np.ndarray:
    """Pearson's r of every two rows of ``standardized`` (columns, n) where both have a value; float64 (columns, columns)."""
    k, n = values.shape
    counts, sums, squares, products = (np.zeros((k, k)) for _ in range(4))
    for start in range(0, n, BLOCK):
        block = values[:, start : start + BLOCK]
        known = ~np.isnan(block)
        there, block = known.astype(np.float64), np.where(known, block, 0.0)
        counts += there @ there.T
        sums += block @ there.T
        squares += block**2 @ there.T
        products += block @ block.T
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = products - sums * sums.T / counts
        spread = squares - sums**2 / counts
        spread = np.where(spread > 1e-10 * np.maximum(squares, 1e-300), spread, np.nan)  # one value only, but for rounding
        found = covariance / np.sqrt(spread * spread.T)
    return np.asarray(np.clip(found, -1.0, 1.0))


def _ranks(values: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    found = np.full(values.shape, np.nan)
    for row, ranks in zip(values, found, strict=True):
        known = ~np.isnan(row)
        ranks[known] = rankdata(row[known])
    return found


def crossed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """int64 (levels of a, levels of b): rows of each pair of codes."""
    size = int(b.max(initial=0)) + 1
    rows = int(a.max(initial=0)) + 1
    return np.bincount(a * size + b, minlength=rows * size).reshape(rows, size)


def cramers_v(table: np.ndarray) -> float:
    """Bias-corrected, of a table of counts (r, c) without empty lines; NaN where a side has one level or n < 2.

    >>> round(cramers_v(np.array([[30, 10], [10, 30]])), 3)
    0.49
    """
    r, c = table.shape
    n = float(table.sum())
    if min(r, c) < 2 or n < 2:
        return float("nan")
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n
    phi2 = float(((table - expected) ** 2 / expected).sum()) / n
    corrected = max(0.0, phi2 - (r - 1) * (c - 1) / (n - 1))
    least = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(1.0, corrected / least))) if least > 0 else float("nan")


def correlation_ratios(values: np.ndarray, codes: Sequence[np.ndarray]) -> np.ndarray:
    """η of every number by every category, adjusted for the number of levels; float64 (columns, categories), NaN if undefined.

    values: (columns, n), as ``standardized`` gives them.  codes: of each category int64 (n,), 0 … levels − 1.
    """
    from scipy.sparse import csr_matrix

    k, n = values.shape
    found = np.full((k, len(codes)), np.nan)
    if k == 0 or not codes:
        return found
    sizes = [int(one.max(initial=0)) + 1 for one in codes]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    counts, sums = np.zeros((starts[-1], k)), np.zeros((starts[-1], k))
    squares = np.zeros(k)
    for begin in range(0, n, BLOCK):
        block = values[:, begin : begin + BLOCK].T  # (rows, columns)
        known = ~np.isnan(block)
        block = np.where(known, block, 0.0)
        places = np.stack([one[begin : begin + BLOCK] + start for one, start in zip(codes, starts[:-1], strict=True)])
        rows = places.shape[1]
        shape = (int(starts[-1]), rows)
        is_in = csr_matrix((np.ones(places.size), (places.ravel(), np.tile(np.arange(rows), len(codes)))), shape=shape)
        counts += is_in @ known.astype(np.float64)
        sums += is_in @ block
        squares += (block**2).sum(axis=0)
    for place, (start, end) in enumerate(pairwise(starts.tolist())):
        own = counts[start:end]
        there, levels = own.sum(axis=0), (own > 0).sum(axis=0)
        between = (sums[start:end] ** 2 / np.maximum(own, 1)).sum(axis=0)
        fits = (levels > 1) & (there > levels) & (squares > 0)
        share = between / np.where(fits, squares, 1.0)
        adjusted = 1 - (1 - share) * (there - 1) / np.where(fits, there - levels, 1)
        found[:, place] = np.where(fits, np.sqrt(np.clip(adjusted, 0.0, 1.0)), np.nan)
    return found
