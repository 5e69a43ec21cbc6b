"""The levels of categories whose target differs from that of all other rows, on training rows.

Students and pensioners say yes twice as often as everybody else, and the other levels of "job" say nothing: columns for
those two alone are a legitimate encoding.  Each level is held against all other rows (two shares, class by class, or two
means by Welch 1947), and the p-values are corrected by Holm (1979) over every level of every column, so that a column of
noise gets no column of the matrix in 95 % of tables.

The choice looks at the target of the training rows, as any choice of columns does; the 0/1 columns themselves do not hold it,
and training rows are encoded as new ones are.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy import special

from assay.measure.two_proportions import two_proportions
from assay.prepare.answers import Answers
from assay.prepare.categories import codes_of, counted_levels

LARGEST_P = 0.05


def differing_levels(columns: Sequence[pl.Series], answers: Answers, *, fewest: int) -> list[tuple[tuple[str, ...], bool]]:
    """(levels that differ, whether missing values do) of each column.  fewest: levels of fewer rows are not looked at."""
    from assay.measure.compare import holm  # loads scipy.stats, which naming a recipe need not

    tests = [(place, *found) for place, series in enumerate(columns) for found in _tested(series, answers, fewest)]
    adjusted = holm([p for _, _, p in tests])
    chosen: list[dict[str | None, None]] = [{} for _ in columns]  # dicts for their order
    for (place, level, _), p in zip(tests, adjusted, strict=True):
        if p is not None and p <= LARGEST_P:
            chosen[place][level] = None
    return [(tuple(sorted(level for level in one if level is not None)), None in one) for one in chosen]


def _tested(series: pl.Series, answers: Answers, fewest: int) -> list[tuple[str | None, float]]:
    """(level, p), for more classes one a class; None is the level of missing values."""
    names, counts = counted_levels(series)
    names = [name for name, count in zip(names, counts, strict=True) if count >= fewest]
    codes = codes_of(series, tuple(names), unknown=len(names) + 1, missing=len(names))
    rows = np.bincount(codes, minlength=len(names) + 2)[: len(names) + 1]
    levels = [
        (name, place) for place, name in enumerate([*names, None]) if 0 < rows[place] < len(codes) and rows[place] >= fewest
    ]
    found: list[tuple[str | None, float]] = []
    columns = _with_last(answers)
    for column in columns.T:
        sums, squares = (np.bincount(codes, column**power, minlength=len(names) + 2) for power in (1, 2))
        known: dict[tuple[int, int], float] = {}
        for name, place in levels:
            of, every = int(rows[place]), len(codes)
            if answers.task == "regression":
                rest = (every - of, column.sum() - sums[place], (column**2).sum() - squares[place])
                found.append((name, _welch((of, sums[place], squares[place]), rest)))
            else:
                hits = int(sums[place])
                if (hits, of) not in known:  # rare levels ask the same few questions again and again
                    known[hits, of] = two_proportions(hits, of, int(column.sum()) - hits, every - of).p
                found.append((name, known[hits, of]))
    return found


def _with_last(answers: Answers) -> np.ndarray:
    """float64 (n, c): of more than two classes also the last; of a number its distance from the mean, for the squares."""
    if answers.task == "regression":
        return np.asarray(answers.values - answers.values.mean(axis=0))
    if answers.task == "binary":
        return answers.values
    return np.column_stack([answers.values, 1 - answers.values.sum(axis=1)])


def _welch(one: tuple[int, float, float], other: tuple[int, float, float]) -> float:
    """Two-sided p of equal means, from (rows, sum, sum of squares) of both; 1 where a side has one row."""
    if min(one[0], other[0]) < 2:
        return 1.0
    sides = [(total / n, max(0.0, squares - total**2 / n) / (n - 1), n) for n, total, squares in (one, other)]
    if not sides[0][1] + sides[1][1]:
        return 1.0 if sides[0][0] == sides[1][0] else 0.0
    (a, a_var, a_n), (b, b_var, b_n) = sides
    of_a, of_b = a_var / a_n, b_var / b_n
    freedom = (of_a + of_b) ** 2 / (of_a**2 / (a_n - 1) + of_b**2 / (b_n - 1))
    return float(2 * special.stdtr(freedom, -abs(a - b) / np.sqrt(of_a + of_b)))
