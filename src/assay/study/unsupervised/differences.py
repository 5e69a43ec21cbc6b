"""What columns differ between clusters: the middle or the commonest level of each, and how much of its spread the clusters hold.

Clusters were made from these columns, so nothing here is a test; a p-value would be wrong by construction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.core.shown import Shown
from assay.data.look.values import shown_value, unit_of, values_of
from assay.data.rows import Block
from assay.data.schema import Column

MOST_COLUMNS = 200

NEARLY_ALL = 0.95
"""Of a column's spread: clusters that hold as much of it say what the column alone says."""


@dataclass(frozen=True)
class Difference(Shown):
    """share: of the spread of the prepared column, that lies between clusters (eta squared).  typical: for each cluster."""

    column: str
    share: float
    typical: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"column": self.column, "share": self.share, "typical": list(self.typical)}


def differences(
    frame: pl.DataFrame, columns: Sequence[Column], matrix: np.ndarray, blocks: Sequence[Block], labels: np.ndarray
) -> list[Difference]:
    """The columns that differ most first.  frame, matrix: the rows that have labels (n,); those in no cluster are left out."""
    inside = labels >= 0
    shares: dict[str, tuple[float, float]] = {}
    for block in blocks:
        part = matrix[inside, block.start : block.stop]
        between, total = _squares(part, labels[inside])
        before = shares.get(block.name, (0.0, 0.0))
        shares[block.name] = (before[0] + between, before[1] + total)
    found = []
    for column in columns:
        between, total = shares.get(column.name, (0.0, 0.0))
        middles = tuple(typical(frame[column.name].filter(pl.Series(labels == own)), column) for own in range(labels.max() + 1))
        found.append(Difference(column.name, between / total if total > 0 else 0.0, middles))
    return sorted(found, key=lambda one: -one.share)[:MOST_COLUMNS]


def one_column(found: Sequence[Difference]) -> str | None:
    """The column whose values the clusters merely repeat, or None; found: as ``differences`` gives them."""
    return found[0].column if found and found[0].share >= NEARLY_ALL else None


def _squares(part: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Between clusters, and in all, about the mean."""
    around = part - part.mean(axis=0)
    counts = np.bincount(labels)
    sums = np.stack([np.bincount(labels, weights=column) for column in around.T], axis=1)
    return float((sums**2 / np.maximum(counts, 1)[:, None]).sum()), float((around**2).sum())


def typical(series: pl.Series, column: Column) -> str:
    """The middle of a column along a line, the commonest level of a category; a dash of other kinds, and without values."""
    known = series.drop_nulls()
    if not len(known):
        return "–"
    unit = unit_of(column.kind)
    if unit is not None:
        values = values_of(known, unit)
        middle = shown_value(float(np.nanmedian(values)), unit)
        return middle if isinstance(middle, str) else f"{middle:.4g}"
    if column.kind != "category":
        return "–"
    counts = known.value_counts(sort=True)
    return f"{counts[known.name][0]} ({counts['count'][0] / len(known):.0%})"
