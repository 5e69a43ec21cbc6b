"""Columns that are the target under another name, or know too much of it.

A column set after the event (who bought the loan, the severity of the injury) makes every later number too good.
Three signs, each with its evidence: the column predicts the target all but perfectly (a copy); it nearly decides it,
or holds a level without a single row of one class where chance would leave some; or it stands far out from all other
columns (Tukey's fence). They are suspicions: the column may be honest, which only its owner can say.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from assay.core.spaced import spaced
from assay.core.threads import each
from assay.data.checks.alone import Coded, auc_error, auc_of_places, code_numbers, places_of_rates, pure_levels, rates, shares
from assay.data.checks.finding import Finding
from assay.data.dataset import Dataset
from assay.data.schema import Column
from assay.data.task import Task

_COPY_AUC = 0.9995
_COPY_ACCURACY = 0.999
_COPY_CORRELATION = 0.99999
_NEAR_AUC = 0.98
_NEAR_ACCURACY = 0.98
_NEAR_CORRELATION = 0.99
_OUTLIER_AUC = 0.74  # a column below it is a feature like others, however far it stands out
_FENCE_COLUMNS = 8
_PURE_SHARE = 0.05
_PURE_P = 1e-6
_MOST_ROWS = 1_000_000  # tell an AUC to its third digit
_FEWEST = 5  # rows of a class, below which nothing is said
_SURE = 5.0  # standard errors above chance


@dataclass(frozen=True)
class _Power:
    """What one column alone can do: strength in [0, 1] (an AUC, balanced accuracy, or correlation) and how it was found."""

    name: str
    strength: float
    is_copy: bool
    is_near: bool
    is_sure: bool
    how: str
    evidence: dict[str, Any]
    pure: tuple[str, ...] = field(default=())


def leaks(data: Dataset) -> list[Finding]:
    """A warning "target-copy" or "suspicious" for each column that alone tells too much.

    Of very many rows some are looked at, evenly spaced; the evidence says how many.
    """
    task = data.task
    if task is None or task.is_language or len(data) < 2 * _FEWEST:
        return []
    if len(data) > _MOST_ROWS:
        data = data.take(spaced(len(data), _MOST_ROWS))
    target = data.target
    tried = each(lambda column: _power(data.frame[column.name], column, task, target), data.schema.features)
    powers = [power for power in tried if power is not None]
    fence = _fence([power.strength for power in powers if not power.is_copy]) if task.name == "binary" else None
    found = []
    for power in powers:
        if power.is_copy:
            found.append(_copy(power, task.target))
        elif reasons := _reasons(power, fence):
            found.append(_suspicion(power, reasons, fence))
    return found


def _power(series: pl.Series, column: Column, task: Task, target: np.ndarray) -> _Power | None:
    coded = _coded(series, column)
    if coded is None:
        return None
    if task.name == "regression":
        return _on_numbers(column.name, coded, target)
    if task.name == "binary":
        return _on_two_classes(column, coded, target == 1)
    return _on_classes(column.name, coded, target, len(task.classes))


def _coded(series: pl.Series, column: Column) -> Coded | None:
    """The column for the kernels; texts, pictures and ids only by being there or not."""
    if column.kind in ("number", "date"):
        numbers = series if series.dtype == pl.Float64 else series.to_physical().cast(pl.Float64)
        values = numbers.to_numpy()  # a null is NaN
        return None if np.isinf(values).any() else code_numbers(values)
    if column.kind == "category":
        ranks = series.rank("dense").cast(pl.Int64).fill_null(0)
        return Coded(ranks.to_numpy(), None, exact=True)
    if series.null_count() == 0:
        return None
    return Coded(series.is_not_null().cast(pl.Int64).to_numpy(), None, exact=True)


def _on_two_classes(column: Column, coded: Coded, positive: np.ndarray) -> _Power | None:
    """AUC by rank among the present cells, by being missing, and by cross-fitted rates; the best of them counts."""
    candidates: list[tuple[float, int, float, str]] = []
    for places, rows, how in _scores(coded, positive):
        n_positive = int(positive[rows].sum())
        n_negative = len(places) - n_positive
        if min(n_positive, n_negative) >= _FEWEST:
            value = auc_of_places(positive[rows], places)
            value = value if how == "levels" else max(value, 1 - value)
            candidates.append((value, n_positive + n_negative, auc_error(n_positive, n_negative), how))
    if not candidates:
        return None
    value, n, error, how = max(candidates)
    pure, evidence = _pure(column, coded, positive)
    return _Power(
        name=column.name,
        strength=value,
        is_copy=value >= _COPY_AUC,
        is_near=value >= _NEAR_AUC,
        is_sure=value - 0.5 >= _SURE * error,
        how=f"alone it reaches AUC {value:.3f} on {n} rows" + (", by being missing or not" if how == "missing" else ""),
        evidence={"auc": value, "n": n, "by": how, **evidence},
        pure=pure,
    )


def _scores(coded: Coded, positive: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, str]]:
    """(the place of each score among the distinct ones, rows it is for, by what)."""
    everywhere = np.ones(len(positive), dtype=bool)
    found = [(places_of_rates(coded.codes, positive.astype(float)), everywhere, "levels")]
    if coded.values is not None and coded.places is not None:
        found.append((coded.places, ~np.isnan(coded.values), "rank"))
    missing = coded.codes == 0
    if missing.any() and not missing.all():
        found.append((missing.astype(np.int64), everywhere, "missing"))
    return found


def _pure(column: Column, coded: Coded, positive: np.ndarray) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The levels, of five percent of the rows or more in all, that hold one class only; and the rates of the commonest levels."""
    counts = np.bincount(coded.codes)
    levels = int((counts > 0).sum())
    if not coded.exact or not 2 <= levels <= 50:
        return (), {}
    names = {code: _level_name(column, coded, code) for code in np.flatnonzero(counts).tolist()}
    hits = np.bincount(coded.codes, weights=positive)
    common = sorted(names, key=lambda code: (-counts[code], code))[:8]
    evidence: dict[str, Any] = {
        "levels": [
            {"level": names[code], "rows": int(counts[code]), "positive": float(hits[code] / counts[code])} for code in common
        ]
    }
    pure = [(names[code], rows, p) for code, rows, p in pure_levels(coded.codes, positive) if p < _PURE_P]
    share = sum(rows for _, rows, _ in pure) / len(positive)
    if share < _PURE_SHARE:
        return (), evidence
    evidence |= {"pure_share": share, "pure_levels": [{"level": name, "rows": rows, "p": p} for name, rows, p in pure]}
    return tuple(name for name, _, _ in pure), evidence


def _level_name(column: Column, coded: Coded, code: int) -> str:
    if code == 0:
        return "missing"
    if coded.values is not None:
        return f"{coded.values[np.flatnonzero(coded.codes == code)[0]]:g}"
    return column.levels[code - 1] if column.kind == "category" and code <= len(column.levels) else "present"


def _on_classes(name: str, coded: Coded, target: np.ndarray, n_classes: int) -> _Power | None:
    """Balanced accuracy of the cross-fitted commonest class of each level, over the classes of five rows or more."""
    onehot = np.eye(n_classes)[target]
    counts = onehot.sum(axis=0)
    # Shares relative to the class's own: an unseen level, which has the overall shares, is then a draw and counts as wrong.
    lift = shares(coded.codes, onehot) / np.maximum(counts / len(target), 1e-12)
    guess = np.where(lift.max(axis=1) > 1 + 1e-9, lift.argmax(axis=1), -1)
    large = np.flatnonzero(counts >= _FEWEST)
    if len(large) < 2:
        return None
    recalls = [float((guess[target == one] == one).mean()) for one in large]
    value = float(np.mean(recalls))
    return _Power(
        name=name,
        strength=value,
        is_copy=value >= _COPY_ACCURACY,
        is_near=value >= _NEAR_ACCURACY,
        is_sure=True,
        how=f"alone it names the class with a balanced accuracy of {value:.3f} on {len(target)} rows",
        evidence={"balanced_accuracy": value, "n": len(target)},
    )


def _on_numbers(name: str, coded: Coded, target: np.ndarray) -> _Power | None:
    """|Spearman| of a number, or the correlation with the cross-fitted mean of each level."""
    from scipy.stats import rankdata

    if coded.values is None:
        fitted, rows = rates(coded.codes, target), np.ones(len(target), dtype=bool)
    else:
        fitted, rows = coded.values, ~np.isnan(coded.values)
    n = int(rows.sum())
    if n < 4 * _FEWEST or len(np.unique(fitted[rows])) < 2 or len(np.unique(target[rows])) < 2:
        return None
    value = abs(float(np.corrcoef(rankdata(fitted[rows]), rankdata(target[rows]))[0, 1]))
    return _Power(
        name=name,
        strength=value,
        is_copy=value >= _COPY_CORRELATION,
        is_near=value >= _NEAR_CORRELATION,
        is_sure=True,
        how=f"its rank correlation with the target is {value:.4f} on {n} rows",
        evidence={"spearman": value, "n": n},
    )


def _fence(strengths: list[float]) -> float | None:
    """Tukey's upper fence over the columns, or None when there are too few to have an outlier among them."""
    if len(strengths) < _FENCE_COLUMNS:
        return None
    low, high = np.quantile(strengths, [0.25, 0.75])
    return float(high + 1.5 * (high - low))


def _reasons(power: _Power, fence: float | None) -> dict[str, str]:
    """The signs of a leak, by name, in words."""
    reasons = {"near": "it nearly decides the target"} if power.is_near and power.is_sure else {}
    if power.pure:
        share, levels = power.evidence["pure_share"], ", ".join(power.pure[:5])
        reasons["pure"] = f"{share:.0%} of the rows lie in levels with one class only ({levels})"
    if fence is not None and power.is_sure and power.strength >= max(_OUTLIER_AUC, fence):
        reasons["fence"] = f"it stands out from the other columns (fence {fence:.2f})"
    return reasons


def _copy(power: _Power, target: str) -> Finding:
    return Finding(
        "target-copy",
        "warning",
        (power.name,),
        f"column {power.name!r} is a copy of the target {target!r}: {power.how}.",
        {**power.evidence, "target": target},
        f"--drop {power.name}, unless it is known before the target is",
    )


def _suspicion(power: _Power, reasons: dict[str, str], fence: float | None) -> Finding:
    return Finding(
        "suspicious",
        "warning",
        (power.name,),
        f"column {power.name!r} may know the target: {power.how}; {'; '.join(reasons.values())}.",
        {**power.evidence, "fence": fence, "signs": list(reasons)},
        f"ask when {power.name!r} is written down; --drop {power.name} if it is after the target",
    )
