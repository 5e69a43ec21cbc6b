"""Real rows and new rows as one matrix of typed columns, whatever stage the treatment worked at.

A frame is coded here (a level is a code, a date its number) over the levels of both sides, so that no new level is lost;
columns that are neither number, date nor category (free texts, pictures) are left out and named.  An encoded matrix is
taken as it is.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from assay.balance.mixed import Matrix, mixed_space
from assay.balance.segments import is_sparse, stacked
from assay.balance.treatment import Balanced
from assay.core.errors import DataError
from assay.data.rows import Block, Rows

DENSE_WIDTH = 1000
"""Points with more columns than this (wide categories) are kept as csr: distances then cost what is not 0."""


@dataclass(frozen=True)
class Table:
    """real, new: rows over the same blocks, as matrices.  left_out: columns that could not be measured, with the reason."""

    real: Rows
    new: Rows
    left_out: tuple[str, ...] = ()


def is_new(source_rows: np.ndarray) -> np.ndarray:
    """bool (n,): rows that a treatment added: synthetic ones, and every repetition of a row after its first."""
    added = np.ones(len(source_rows), dtype=bool)
    added[np.unique(source_rows, return_index=True)[1]] = False
    return added | (source_rows < 0)


def as_table(before: Rows, balanced: Balanced) -> Table:
    """The rows a treatment was given and those it added; raises DataError when nothing in them can be measured."""
    after = balanced.rows.take(np.flatnonzero(is_new(balanced.source_rows)))
    if isinstance(before.features, pl.DataFrame) and isinstance(after.features, pl.DataFrame):
        return _coded(before, after)
    if isinstance(before.features, pl.DataFrame) or isinstance(after.features, pl.DataFrame):
        raise DataError("the rows before a treatment and after it are of two kinds: a frame and a matrix; pass both as one.")
    return Table(_flat(before), _flat(after))


def points_of(real: Rows, new: Matrix, own: np.ndarray) -> tuple[Matrix, Matrix]:
    """Real and new rows as points of the mixed space (see ``balance.mixed``), whose scale comes from the real rows alone.

    own: places of the real rows within which the cost of a category is taken: those of one class, as SMOTE does, or all.
    """
    space = mixed_space(real)
    both = stacked([space.matrix, new.astype(space.matrix.dtype)])
    wide = sum(_levels(both, block) for block in space.blocks if block.kind == "code")
    if wide > DENSE_WIDTH and not is_sparse(both):
        from scipy import sparse

        both = sparse.csr_matrix(both)
    points = replace(space, matrix=both).around(own)
    return points[: len(real)], points[len(real) :]


def _levels(matrix: Matrix, block: Block) -> int:
    column = matrix[:, [block.start]]
    return len(np.unique(column.toarray() if is_sparse(column) else column))


def _flat(rows: Rows) -> Rows:
    """Pixels and the like as one row of numbers each."""
    features = rows.features
    if isinstance(features, pl.DataFrame) or is_sparse(features) or features.ndim == 2:
        return rows
    return replace(rows, features=np.asarray(features).reshape(len(features), -1))


def _coded(before: Rows, after: Rows) -> Table:
    real, new = before.features, after.features
    assert isinstance(real, pl.DataFrame)
    assert isinstance(new, pl.DataFrame)
    both = pl.concat([real, new.select(real.columns)], how="vertical_relaxed")
    columns: list[np.ndarray] = []
    blocks: list[Block] = []
    left_out: list[str] = []
    for name in both.columns:
        series = both[name]
        reason = _unmeasured(series[: len(before)])
        if reason:
            left_out.append(f"{name} ({reason})")
            continue
        is_category = series.dtype in (pl.String, pl.Categorical, pl.Enum)
        values = series.cast(pl.String).rank("dense").cast(pl.Float64) - 1 if is_category else _number(series)
        place = len(columns)
        columns.append(values.fill_null(np.nan).to_numpy())
        blocks.append(Block(name, "code" if is_category else "number", place, place + 1))
    if not columns:
        raise DataError(f"none of the {both.width} columns holds numbers, dates or categories, so new rows cannot be measured.")
    matrix = np.column_stack(columns)
    return Table(
        replace(before, features=matrix[: len(before)], blocks=tuple(blocks)),
        replace(after, features=matrix[len(before) :], blocks=tuple(blocks)),
        tuple(left_out),
    )


def _number(series: pl.Series) -> pl.Series:
    return (series.to_physical() if series.dtype.is_temporal() else series).cast(pl.Float64)


def _unmeasured(series: pl.Series) -> str:
    """Why a column is not measured, or ""."""
    if series.dtype in (pl.String, pl.Categorical, pl.Enum):
        known = len(series) - series.null_count()
        return "nearly every row has a text of its own" if series.n_unique() > max(50, known / 2) else ""
    return "" if series.dtype.is_numeric() or series.dtype.is_temporal() or series.dtype == pl.Boolean else f"{series.dtype}"
