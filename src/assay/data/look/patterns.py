"""Which columns are missing together: rows with the same cells missing are a pattern."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.core.shown import Shown

MOST_PATTERNS = 8


@dataclass(frozen=True)
class Pattern:
    """columns: the missing ones, in the order of the file; none of them in a row that is whole."""

    columns: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Missingness(Shown):
    """cells: missing ones of all columns.  columns: (name, rows missing), the most first.  whole: rows with nothing missing.

    patterns: the commonest, rows that are whole among them; other_patterns, other_rows: the rest.
    """

    rows: int
    cells: int
    columns: tuple[tuple[str, int], ...]
    whole: int
    patterns: tuple[Pattern, ...]
    other_patterns: int
    other_rows: int

    def to_json(self) -> dict[str, Any]:
        return {
            "cells": self.cells,
            "whole_rows": self.whole,
            "columns": [{"name": name, "missing": rows} for name, rows in self.columns],
            "patterns": [{"missing": list(one.columns), "rows": one.rows} for one in self.patterns],
            "other_patterns": self.other_patterns,
            "other_rows": self.other_rows,
        }


def missingness(frame: pl.DataFrame) -> Missingness:
    """Of every cell of the frame.

    >>> found = missingness(pl.DataFrame({"a": [None, 1, None], "b": [None, 2, 3]}))
    >>> [(one.columns, one.rows) for one in found.patterns]
    [(('a', 'b'), 1), (('a',), 1), ((), 1)]
    """
    rows = frame.height
    counted = [(name, frame[name].null_count()) for name in frame.columns]
    holed = [(name, count) for name, count in counted if count]
    columns = tuple(sorted(holed, key=lambda one: -one[1]))
    if not holed:
        return Missingness(rows, 0, (), rows, (), 0, 0)
    names = [name for name, _ in holed]
    bits = np.empty((rows, -(-len(names) // 8)), dtype=np.uint8)
    for start in range(0, len(names), 8):
        eight = np.stack([frame[name].is_null().to_numpy() for name in names[start : start + 8]], axis=1)
        bits[:, start // 8] = np.packbits(eight, axis=1)[:, 0]
    keys = bits.view(np.dtype((np.void, bits.shape[1]))).ravel()
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    is_missing = np.unpackbits(bits[first], axis=1, count=len(names)).astype(bool)
    whole = int(counts[~is_missing.any(axis=1)].sum())
    order = sorted(range(len(counts)), key=lambda place: (-counts[place], -int(is_missing[place].sum()), int(first[place])))
    shown = order[:MOST_PATTERNS]
    patterns = tuple(
        Pattern(tuple(name for name, gone in zip(names, is_missing[place], strict=True) if gone), int(counts[place]))
        for place in shown
    )
    rest = order[MOST_PATTERNS:]
    cells = sum(count for _, count in holed)
    return Missingness(rows, cells, columns, whole, patterns, len(rest), int(counts[rest].sum()) if rest else 0)
