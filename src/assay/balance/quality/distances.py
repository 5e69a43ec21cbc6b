"""How far the new rows are from real rows of their class: a column at a time, and two columns at a time.

Numbers: the Kolmogorov-Smirnov distance, the largest gap between the two distribution functions.  Categories: the total
variation distance, the share of rows that would have to change their level (missing is a level).  Both lie in [0, 1].
Beside each stands what chance gives: the distance that two samples of one law, of these sizes, pass in one case of twenty.
New rows are no independent sample (they were made from the real ones), so a distance below chance proves no likeness.

Pairs: two numbers by Spearman's rank correlation, any pair with a category by Cramér's V (bias-corrected), numbers then cut at
the fifths of the real rows; what is reported is the difference between real and new rows.

Sources: Kolmogorov (1933), Smirnov (1948); Spearman (1904); Cramér (1946), Bergsma (2013).
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from assay.balance.mixed import Matrix
from assay.balance.segments import is_sparse
from assay.data.rows import Block

CHANCE_LEVEL = 0.95
CHANCE_DRAWS = 200
MOST_PAIRED = 40
"""Columns of which pairs are formed (780 pairs), the first of the table; more are measured by themselves alone."""
MOST_OF_A_BLOCK = 8
"""A block of kind "other" that is wider (text weights, pixels) has no columns that mean something by themselves."""
FIFTHS = 5

ColumnKind = Literal["number", "category"]


@dataclass(frozen=True, slots=True)
class ColumnDistance:
    """distance: in [0, 1].  chance: what two samples of one law pass in one case of twenty.

    missing_real, missing_new: shares of rows without a value.  fractions: share of new rows with a fraction in a column that
    holds whole numbers in real rows.
    """

    name: str
    kind: ColumnKind
    distance: float
    chance: float
    missing_real: float
    missing_new: float
    fractions: float = 0.0


@dataclass(frozen=True, slots=True)
class PairDistance:
    """One pair of columns: the association in real and in new rows; both in [-1, 1] for ranks, in [0, 1] for Cramér's V."""

    first: str
    second: str
    measure: Literal["rank correlation", "Cramér's V"]
    real: float
    new: float

    @property
    def difference(self) -> float:
        return abs(self.real - self.new)


@dataclass(frozen=True, slots=True)
class Values:
    """One column of both sides: floats, NaN missing; for a category codes (missing is a code of its own)."""

    name: str
    kind: ColumnKind
    real: np.ndarray
    new: np.ndarray


def columns_of(real: Matrix, new: Matrix, blocks: tuple[Block, ...]) -> tuple[list[Values], list[str]]:
    """The columns that mean something by themselves, and the names of the blocks that do not."""
    blocks = blocks or (Block("columns", "other", 0, real.shape[1]),)
    found, left_out = [], []
    for block in blocks:
        width = block.stop - block.start
        if block.kind == "other" and width > MOST_OF_A_BLOCK:
            left_out.append(f"{block.name} ({width} columns that mean nothing one by one)")
            continue
        a, b = (_part(side, block) for side in (real, new))
        if block.kind == "one-hot":
            found.append(Values(block.name, "category", _level(a), _level(b)))
        elif block.kind == "code":
            found.append(Values(block.name, "category", _code(a[:, 0]), _code(b[:, 0])))
        else:
            names = [block.name] if width == 1 else [f"{block.name} [{place + 1}]" for place in range(width)]
            found.extend(Values(name, "number", a[:, place], b[:, place]) for place, name in enumerate(names))
    return found, left_out


def column_distance(values: Values, rng: np.random.Generator) -> ColumnDistance:
    """rng: for what chance gives a category."""
    if values.kind == "category":
        distance, chance = _total_variation(values.real, values.new, rng)
        return ColumnDistance(
            values.name,
            "category",
            distance,
            chance,
            float(np.mean(values.real == MISSING)),
            float(np.mean(values.new == MISSING)),
        )
    holes = np.isnan(values.real), np.isnan(values.new)
    known, made = values.real[~holes[0]], values.new[~holes[1]]
    missing = float(holes[0].mean()), float(holes[1].mean())
    if not len(known) or not len(made):
        return ColumnDistance(values.name, "number", float(bool(len(known)) != bool(len(made))), 1.0, *missing)
    whole = bool((known == np.round(known)).all())
    fractions = float(np.mean(made != np.round(made))) if whole else 0.0
    distance, chance = kolmogorov_smirnov(known, made), _chance_of_ks(len(known), len(made))
    return ColumnDistance(values.name, "number", distance, chance, *missing, fractions)


def kolmogorov_smirnov(a: np.ndarray, b: np.ndarray) -> float:
    """The largest gap between the distribution functions of two samples without NaN."""
    everywhere = np.unique(np.concatenate([a, b]))
    below = (np.searchsorted(np.sort(side), everywhere, side="right") / len(side) for side in (a, b))
    return float(np.max(np.abs(np.subtract(*below))))


def pair_distances(columns: list[Values]) -> list[PairDistance]:
    """Every pair of the first columns, the most different first."""
    used = columns[:MOST_PAIRED]
    ranks = {values.name: (_ranks(values.real), _ranks(values.new)) for values in used if values.kind == "number"}
    cut = {values.name: _in_fifths(values) for values in used}
    found = []
    for a, b in combinations(used, 2):
        if a.kind == b.kind == "number":
            real, new = (_correlation(ranks[a.name][side], ranks[b.name][side]) for side in (0, 1))
            found.append(PairDistance(a.name, b.name, "rank correlation", real, new))
        else:
            real, new = (cramers_v(cut[a.name][side], cut[b.name][side]) for side in (0, 1))
            found.append(PairDistance(a.name, b.name, "Cramér's V", real, new))
    return sorted(found, key=lambda pair: -pair.difference)


def cramers_v(a: np.ndarray, b: np.ndarray) -> float:
    """Bias-corrected, of two columns of codes; 0 where one of them does not vary.  Source: Bergsma (2013)."""
    rows, columns = (np.unique(codes, return_inverse=True)[1] for codes in (a, b))
    r, c, n = int(rows.max()) + 1, int(columns.max()) + 1, len(a)
    if r < 2 or c < 2 or n < 2:
        return 0.0
    table = np.bincount(rows * c + columns, minlength=r * c).reshape(r, c)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = max(0.0, float(np.sum((table - expected) ** 2 / expected)) / n - (r - 1) * (c - 1) / (n - 1))
    smaller = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return float(min(1.0, np.sqrt(phi / smaller))) if smaller > 0 else 0.0


MISSING = -1
NO_LEVEL = -2
"""The code of a one-hot part that is neither one level nor none: a fraction, which no treatment of ours makes."""


def _part(matrix: Matrix, block: Block) -> np.ndarray:
    part = matrix[:, block.start : block.stop]
    return np.asarray(part.toarray() if is_sparse(part) else part, dtype=np.float64)


def _level(part: np.ndarray) -> np.ndarray:
    """int64 (n,): the level of a one-hot part; all 0 is missing or unknown."""
    whole = np.isin(part, (0.0, 1.0)).all(axis=1) & (part.sum(axis=1) <= 1)
    level = np.where(part.any(axis=1), part.argmax(axis=1), MISSING)
    return np.where(whole, level, NO_LEVEL)


def _code(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), float(MISSING), values)


def _total_variation(real: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """The distance, and what two random parts of all rows together, of these sizes, pass in one case of twenty."""
    which = np.unique(np.concatenate([real, new]), return_inverse=True)[1]
    counts = np.bincount(which)
    first = np.bincount(which[: len(real)], minlength=len(counts))
    drawn = rng.multivariate_hypergeometric(counts, len(real), CHANCE_DRAWS, method="marginals")
    gaps = [np.abs(part / len(real) - (counts - part) / len(new)).sum(axis=-1) / 2 for part in (first, drawn)]
    return float(gaps[0]), float(np.quantile(gaps[1], CHANCE_LEVEL))


def _chance_of_ks(n: int, m: int) -> float:
    """The asymptotic critical value; on the safe side where values are tied."""
    return float(min(1.0, np.sqrt(-np.log((1 - CHANCE_LEVEL) / 2) / 2 * (n + m) / (n * m))))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Midranks; NaN stays NaN."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(values, nan_policy="omit"), dtype=np.float64)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's over the rows where both are known; 0 where one of them does not vary."""
    known = ~(np.isnan(a) | np.isnan(b))
    if known.sum() < 2:
        return 0.0
    x, y = a[known] - a[known].mean(), b[known] - b[known].mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(np.clip((x @ y) / scale, -1, 1)) if scale > 0 else 0.0


def _in_fifths(values: Values) -> tuple[np.ndarray, np.ndarray]:
    """Both sides as codes, numbers cut at the fifths of the real rows."""
    if values.kind == "category":
        return values.real, values.new
    known = values.real[~np.isnan(values.real)]
    edges = np.unique(np.quantile(known, np.arange(1, FIFTHS) / FIFTHS)) if len(known) else np.zeros(0)
    sides = (np.where(np.isnan(side), MISSING, np.searchsorted(edges, side)) for side in (values.real, values.new))
    first, second = sides
    return first, second
