"""The rows of a table as points: prepared without a target, a random part of them where there are many."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.core.errors import DataError
from assay.core.seeds import generator, seed32
from assay.data.dataset import Dataset
from assay.data.rows import Block
from assay.data.schema import Schema
from assay.prepare.columns import ColumnsStep, FittedColumns
from assay.prepare.matrix.components import Pca
from assay.prepare.matrix.transform import Spectrum
from assay.prepare.names import names_of
from assay.prepare.step import FittedStep, Step

FEWEST = 20
"""Rows below which nothing is said of groups or oddness."""

MOST_DIRECTIONS = 10


@dataclass(frozen=True, eq=False)
class Points:
    """matrix: float64 (n, width), the drawn rows.  drawn: int64 (n,), their positions in the data, rising.

    step: fitted on the drawn rows; of: rows there are.
    """

    matrix: np.ndarray
    drawn: np.ndarray
    step: FittedStep
    of: int

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.step.blocks

    def __len__(self) -> int:
        return len(self.drawn)


def points_of(data: Dataset, *, most_rows: int, seed: int, step: Step | None = None) -> Points:
    """The features of the data as points.  step: how columns are prepared; numbers standardised and one-hot unless given.

    Raises DataError for fewer than 20 rows.
    """
    if len(data) < FEWEST:
        raise DataError(f"{data.source} has {len(data)} rows; at least {FEWEST} are needed to say what is usual among them.")
    drawn = np.arange(len(data))
    if len(data) > most_rows:
        drawn = np.sort(generator(seed, "points").choice(len(data), most_rows, replace=False))
    schema = Schema(tuple(data.schema.features))
    frame = data.frame[drawn].select(schema.names())
    way = step or ColumnsStep(mode="dense")
    fitted = way.fit(frame, schema, np.zeros(len(drawn)), seed32(seed, "prepare"))
    return Points(np.asarray(fitted.transform(frame), dtype=np.float64), drawn, fitted, len(data))


def spectra_of_points(points: Points, methods: Sequence[str], most: int = MOST_DIRECTIONS) -> tuple[tuple[str, Spectrum], ...]:
    """Of the principal components among ``methods`` ("pca", "pca-correlation"), on all drawn rows; most: directions kept."""
    if not isinstance(points.step, FittedColumns) or points.matrix.shape[1] < 1:
        return ()
    ways = {"pca": Pca(width=most), "pca-correlation": Pca(of="correlation", width=most)}
    found = []
    for name in methods:
        if name in ways:
            fitted = ways[name].fit(points.matrix, points.blocks, np.zeros(len(points)), 0)
            found.append((name, fitted.spectrum(names_of(points.step))))
    return tuple(found)
