"""Does it say something about the target that a value is missing?

For each column the rows in which it is missing are held against those in which it is known: two shares of each class (score
test or Fisher's, Newcombe's interval), or for a number two means (Welch 1947).  The p-values are corrected by Holm (1979)
over all columns and classes.  Where a difference is shown, a flag for gaps is worth a column, and filling the gaps without
one throws it away; where none is shown, that is no proof that values are missing at random.  Rows count as independent.
Source: Rubin (1976) on what missing at random means; Little & Rubin (2019).
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.measure.compare import holm
from assay.measure.two_proportions import two_proportions

Call = Literal["higher", "lower", "no difference shown", "too few rows"]


@dataclass(frozen=True, slots=True)
class MissingSignal:
    """One column with gaps, and for more than two classes one class.

    rows_missing, rows_known: how many.  positive: the code of the class whose rate it is, or None for a number.
    missing, known: the rate of that class (the mean of the target) where the column is missing, and where it is known.
    difference: missing - known, with low and high at ``level``; None where a side has too few rows.
    p_raw, p: two-sided, before and after Holm.  test: its name.  call: of ``missing`` against ``known``.
    """

    column: str
    positive: int | None
    rows_missing: int
    rows_known: int
    missing: float | None
    known: float | None
    difference: float | None
    low: float | None
    high: float | None
    level: float
    p_raw: float | None
    p: float | None
    test: str
    call: Call

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def missing_signals(features: pl.DataFrame, target: np.ndarray, *, level: float = 0.95) -> list[MissingSignal]:
    """Every column with at least one gap (null or NaN), in the order of the frame.

    target: int64 (n,) class codes (two classes: the rate of class 1), or float64 (n,).
    Raises ConfigError for a level that is none.

    >>> gaps = pl.DataFrame({"income": [None] * 40 + [1.0] * 160})
    >>> found = missing_signals(gaps, np.array([1] * 20 + [0] * 20 + [1] * 16 + [0] * 144))
    >>> [(one.column, one.missing, one.known, one.call) for one in found]
    [('income', 0.5, 0.1, 'higher')]
    """
    if not 0.5 < level < 1:
        raise ConfigError(f"level={level}: it must lie between 0.5 and 1, such as 0.95.")
    classes: list[int | None] = [None]
    if target.dtype.kind in "iu":
        n_classes = int(target.max(initial=1)) + 1
        classes = [1] if n_classes == 2 else list(range(n_classes))
    gaps = {series.name: _is_missing(series) for series in features.get_columns()}
    found = [
        _signal(name, missing, target, positive, level) for name, missing in gaps.items() if missing.any() for positive in classes
    ]
    adjusted = holm([one.p_raw for one in found])
    return [_called(one, p) for one, p in zip(found, adjusted, strict=True)]


def _is_missing(series: pl.Series) -> np.ndarray:
    missing = series.is_null()
    if series.dtype.is_float():
        missing = missing | series.is_nan().fill_null(False)
    return missing.to_numpy()


def _signal(name: str, missing: np.ndarray, target: np.ndarray, positive: int | None, level: float) -> MissingSignal:
    answers = target.astype(np.float64) if positive is None else (target == positive).astype(np.float64)
    inside, outside = answers[missing], answers[~missing]
    rate, rest = (float(side.mean()) if len(side) else None for side in (inside, outside))
    if positive is None:
        tested, test = _means(inside, outside, level), "Welch"
    else:
        tested, test = _shares(inside, outside, level)
    difference, low, high, p = tested or (None, None, None, None)
    return MissingSignal(
        name, positive, len(inside), len(outside), rate, rest, difference, low, high, level, p, None, test, "too few rows"
    )


Tested = tuple[float, float, float, float] | None
"""difference, low, high, p."""


def _shares(inside: np.ndarray, outside: np.ndarray, level: float) -> tuple[Tested, str]:
    if not len(inside) or not len(outside):
        return None, "score"
    found = two_proportions(int(inside.sum()), len(inside), int(outside.sum()), len(outside), level=level)
    return (found.difference, found.low, found.high, found.p), found.test


def _means(inside: np.ndarray, outside: np.ndarray, level: float) -> Tested:
    if min(len(inside), len(outside)) < 2 or not inside.var() + outside.var():
        return None
    from scipy.stats import ttest_ind

    found = ttest_ind(inside, outside, equal_var=False)
    interval = found.confidence_interval(level)
    return float(inside.mean() - outside.mean()), float(interval.low), float(interval.high), float(found.pvalue)


def _called(one: MissingSignal, p: float | None) -> MissingSignal:
    if p is None or one.difference is None:
        return one
    if p > 1 - one.level + 1e-12 or one.difference == 0:
        return replace(one, p=p, call="no difference shown")
    return replace(one, p=p, call="higher" if one.difference > 0 else "lower")
