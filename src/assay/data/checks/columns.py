"""Columns that are not what they look like: names of rows, and codes written as numbers."""

import re

import numpy as np

from assay.data.checks.finding import Finding
from assay.data.dataset import Dataset

_ID_ROWS = 50
_ID_NAME = re.compile(r"(?i)(^|[_\W])(id|uuid|guid|key|index|number|no|nr)$")

_MOST_CODES = 50
_SMALLEST_CODE = 10  # below it integers are counts, grades and flags
_YEARS = (1850, 2150)
_ROUND = 5  # multiples of 5, 10, 100 are amounts

_ROWS_A_LEVEL = 10
_FEW_LEVELS = 50
_MOST_LEVELS = 10_000


def doubtful_readings(data: Dataset) -> list[Finding]:
    """What the reader had to decide about a column because its cells do not agree: a few words among numbers, dates in
    several forms or such that day and month cannot be told apart."""
    found = []
    for column in data.schema.columns:
        start = f"column {column.name!r}: "
        for note in data.notes:
            if column.role != "ignored" and note.startswith(start):
                found.append(
                    Finding(
                        "reading",
                        "warning",
                        (column.name,),
                        f"{note}; it is read as {column.kind}.",
                        {"kind": column.kind, "note": note},
                        f"mend these cells in the file, or say what the column is with --kind {column.name}=KIND",
                    )
                )
    return found


def many_levels(data: Dataset) -> list[Finding]:
    """Categories most of whose rows lie in levels too rare to learn from, or with very many levels."""
    found = []
    for column in data.schema.features:
        if column.kind != "category" or len(column.levels) <= _FEW_LEVELS:
            continue
        counts = data.frame[column.name].drop_nulls().value_counts()["count"].to_numpy()
        rows = int(counts.sum())
        rare = int(counts[counts < _ROWS_A_LEVEL].sum())
        if not rows or (rare <= rows / 2 and len(counts) <= _MOST_LEVELS):
            continue
        found.append(
            Finding(
                "many-levels",
                "warning",
                (column.name,),
                f"column {column.name!r} has {len(counts)} levels; {rare / rows:.0%} of its rows lie in levels of fewer than "
                f"{_ROWS_A_LEVEL} rows.",
                {"levels": len(counts), "rows": rows, "rows_in_rare_levels": rare, "rare_below": _ROWS_A_LEVEL},
                "rare levels are taken together; --prepare target or hashing tries other encodings, and --drop "
                f"{column.name} leaves the column out",
            )
        )
    return found


def id_columns(data: Dataset) -> list[Finding]:
    """Columns whose values name the rows: a model learns them by heart and knows nothing of a new row."""
    found = []
    for column in data.schema.features:
        series = data.frame[column.name]
        if column.kind == "id":
            distinct = series.n_unique()
            found.append(
                Finding(
                    "id-like",
                    "warning",
                    (column.name,),
                    f"column {column.name!r} looks like a name of the row "
                    f"({distinct} different values in {len(data)} rows); no recipe reads it.",
                    {"distinct": distinct, "rows": len(data), "kind": column.kind},
                    f"--drop {column.name}, or --kind {column.name}=text or =category if it means something",
                )
            )
        elif column.whole and _counts_rows(series.to_numpy(), column.name):
            found.append(
                Finding(
                    "id-like",
                    "warning",
                    (column.name,),
                    f"column {column.name!r} holds a different whole number in every row, as a row number or a key does.",
                    {"distinct": len(data), "rows": len(data), "kind": column.kind},
                    f"--drop {column.name} if it is a key",
                )
            )
    return found


def _counts_rows(values: np.ndarray, name: str) -> bool:
    """Distinct integers that are consecutive, or in order of the rows, or in a column called id."""
    if len(values) < _ID_ROWS or np.isnan(values).any() or len(np.unique(values)) != len(values):
        return False
    steps = np.diff(values)
    consecutive = values.max() - values.min() == len(values) - 1
    return bool(consecutive or (steps > 0).all() or (steps < 0).all() or _ID_NAME.search(name))


def code_columns(data: Dataset) -> list[Finding]:
    """Whole numbers that look like codes, such as 865, 971, 1001: their order is taken as a quantity unless said otherwise."""
    found = []
    for column in data.schema.features:
        if column.kind != "number" or not column.whole:
            continue
        values, counts = np.unique(data.frame[column.name].drop_nulls().to_numpy(), return_counts=True)
        if not _looks_like_codes(values, counts):
            continue
        shown = ", ".join(f"{value:g}" for value in values[:4])
        found.append(
            Finding(
                "codes",
                "warning",
                (column.name,),
                f"column {column.name!r} holds {len(values)} different whole numbers without an even step ({shown} …): "
                "codes, or a quantity?",
                {
                    "distinct": len(values),
                    "values": [int(value) for value in values[:20]],
                    "counts": [int(count) for count in counts[:20]],
                },
                f"--kind {column.name}=category if they are codes",
            )
        )
    return found


def _looks_like_codes(values: np.ndarray, counts: np.ndarray) -> bool:
    """Few repeated integers, none small, unevenly apart, not round amounts and not years."""
    distinct = len(values)
    if not 3 <= distinct <= _MOST_CODES or counts.sum() < 5 * distinct or values[0] < _SMALLEST_CODE or values[-1] > 2**53:
        return False
    if values[0] >= _YEARS[0] and values[-1] <= _YEARS[1]:
        return False
    whole = values.astype(np.int64)
    step = np.gcd.reduce(np.diff(whole))
    holes = ((whole[-1] - whole[0]) / step + 1) / distinct
    return bool(holes >= 2 and np.gcd.reduce(whole) < _ROUND)
