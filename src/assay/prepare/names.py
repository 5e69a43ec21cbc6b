"""What the columns of a matrix are called: the column of the table, and its level where it has one."""

from assay.prepare.categories import OneHot
from assay.prepare.columns import FittedColumns


def names_of(columns: FittedColumns) -> tuple[str, ...]:
    """One name a column of the matrix: "age", "age: missing", "job: clerk", "since 2"."""
    found: list[str] = []
    for name, encoder in zip(columns.names, columns.encoders, strict=True):
        if isinstance(encoder, OneHot):
            levels = [*encoder.levels, *["rare levels"] * encoder.has_rare, *["missing"] * encoder.has_missing]
            found += [f"{name}: {level}" for level in levels]
            continue
        parts = [part for part in encoder.parts if part.width]
        if [part.kind for part in parts] == ["number", "one-hot"] and [part.width for part in parts] == [1, 1]:
            found += [name, f"{name}: missing"]
            continue
        width = sum(part.width for part in parts)
        found += [name] if width == 1 else [f"{name} {place + 1}" for place in range(width)]
    return tuple(found)
