"""Every row's place in a few parts of a column: its levels, or ranges between quantiles; a missing value is a part of its own."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from assay.data.schema import Column

RANGES = 4
MOST_LEVELS = 12


@dataclass(frozen=True)
class Parted:
    """names: what the parts are called.  code: int64 (n,), the part of each row, -1 for rare levels."""

    column: str
    names: tuple[str, ...]
    code: np.ndarray


def parted(series: pl.Series, column: Column, *, ranges: int = RANGES) -> Parted | None:
    """The parts of a number, date or category; None for other kinds."""
    if column.kind == "category":
        return _levels(series, column.name)
    if column.kind in ("number", "date"):
        return _ranges(series, column, ranges)
    return None


def _levels(series: pl.Series, name: str) -> Parted:
    texts = series.cast(pl.String)
    counts = pl.DataFrame({"level": texts.drop_nulls()}).group_by("level").len().sort(["len", "level"], descending=[True, False])
    kept = counts["level"].head(MOST_LEVELS).to_list()
    code = (
        texts.replace_strict(kept, list(range(len(kept))), default=-1, return_dtype=pl.Int64).to_numpy()
        if kept
        else np.full(len(texts), -1)
    )
    return _with_missing(name, [f"{name} = {level}" for level in kept], code, texts.is_null().to_numpy())


def _ranges(series: pl.Series, column: Column, ranges: int) -> Parted:
    values = series.to_physical().cast(pl.Float64).to_numpy().astype(np.float64)
    known = values[np.isfinite(values)]
    few = np.unique(known)
    if len(few) <= ranges:
        names = [f"{column.name} = {_text(value, series)}" for value in few]
        code = np.searchsorted(few, np.where(np.isfinite(values), values, 0.0)) if len(few) else np.full(len(values), -1)
    else:
        cuts = np.unique(np.quantile(known, np.arange(1, ranges) / ranges, method="lower"))
        cuts = cuts[cuts < known.max()]
        code = np.searchsorted(cuts, np.where(np.isfinite(values), values, 0.0), side="left")
        said = [_text(cut, series) for cut in cuts]
        names = [f"{column.name} ≤ {said[0]}"]
        names += [f"{low} < {column.name} ≤ {high}" for low, high in pairwise(said)]
        names.append(f"{column.name} > {said[-1]}")
    return _with_missing(column.name, names, np.asarray(code), ~np.isfinite(values))


def _text(value: float, series: pl.Series) -> str:
    if series.dtype.is_temporal():
        return str(pl.Series([int(value)]).cast(series.dtype)[0])[:10]
    return f"{value:.6g}"


def _with_missing(name: str, names: list[str], code: np.ndarray, missing: np.ndarray) -> Parted:
    if missing.any():
        code, names = np.where(missing, len(names), code), [*names, f"{name} is missing"]
    return Parted(name, tuple(names), code.astype(np.int64))
