"""Cells that are missing, infinite, or all the same."""

import polars as pl

from assay.data.checks.finding import Finding, some
from assay.data.dataset import Dataset

_MOSTLY_MISSING = 0.5


def infinite_cells(data: Dataset) -> list[Finding]:
    """An error for each number column with infinite values: no learner takes them, and a null would hide the fault."""
    found = []
    kept = frozenset(data.frame.columns)
    for column in data.schema.columns:
        if column.kind != "number" or column.name not in kept:
            continue
        infinite = data.frame[column.name].is_infinite().fill_null(value=False)
        count = int(infinite.sum())
        if count:
            row = int(infinite.arg_true()[0]) + 1
            found.append(
                Finding(
                    "infinite",
                    "error",
                    (column.name,),
                    f"column {column.name!r} holds {count} infinite values (first: row {row}).",
                    {"count": count, "first_row": row},
                    f"leave these cells empty, or --drop {column.name}",
                )
            )
    return found


def missing_cells(data: Dataset) -> list[Finding]:
    """One note on all missing cells; one warning for the columns that are missing everywhere, one for those mostly."""
    n = len(data)
    counts = {column.name: data.frame[column.name].null_count() for column in data.schema.features}
    counts = {name: count for name, count in counts.items() if count}
    empty = [name for name, count in counts.items() if count == n]
    mostly = [name for name, count in counts.items() if _MOSTLY_MISSING * n < count < n]
    partly = [name for name, count in counts.items() if count < n]
    found = []
    if empty:
        found.append(
            Finding(
                "all-missing",
                "warning",
                tuple(empty),
                f"no value at all in {some(empty)}.",
                {"rows": n},
                f"--drop {','.join(empty)}",
            )
        )
    if mostly:
        shares = {name: round(counts[name] / n, 4) for name in mostly}
        found.append(
            Finding(
                "mostly-missing",
                "warning",
                tuple(mostly),
                f"more than half of the cells are missing in {some(mostly)}.",
                {"shares": shares},
                "keep them only if being missing means something that is known when one predicts",
            )
        )
    if partly:
        total = sum(counts[name] for name in partly)
        cells = n * len(data.schema.features)
        found.append(
            Finding(
                "missing",
                "note",
                tuple(partly),
                f"{total} cells ({total / cells:.1%}) are missing, in {some(partly)}.",
                {"cells": total, "share": total / cells, "counts": {name: counts[name] for name in partly}},
                "nothing need be done: recipes fill or read missing cells themselves",
            )
        )
    return found


def constant_columns(data: Dataset) -> list[Finding]:
    """Columns with one value and no missing cell."""
    constant = []
    for column in data.schema.features:
        series = data.frame[column.name]
        if column.kind == "image" or isinstance(series.dtype, pl.Array | pl.Binary) or series.null_count():
            continue
        if series.n_unique() == 1:
            constant.append(column.name)
    if not constant:
        return []
    return [
        Finding(
            "constant",
            "warning",
            tuple(constant),
            f"the same value in every row of {some(constant)}.",
            {"values": {name: str(data.frame[name][0]) for name in constant}},
            f"--drop {','.join(constant)}",
        )
    ]
