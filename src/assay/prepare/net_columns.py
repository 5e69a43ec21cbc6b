"""The columns of a table for nets with embeddings: numbers first, then one column of codes a category.

A step of its own beside ``ColumnsStep``, because the order of the matrix is part of what a net relies on: whatever the
order in the table, all that is a number (dates, directions of texts, pixels and flags for gaps too) stands before all
that is a code.  What is fitted is ``FittedColumns``, as for every table.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

import numpy as np
import polars as pl

from assay.core.errors import ConfigError, DefectError
from assay.core.names import did_you_mean
from assay.core.seeds import seed32
from assay.data.rows import Block
from assay.data.schema import Column, Schema
from assay.prepare.codes import EmbeddingCode
from assay.prepare.columns import READABLE, FittedColumns, fitted_columns
from assay.prepare.dates import CyclicDate
from assay.prepare.encoder import Encoder
from assay.prepare.numbers import ScaledNumber
from assay.prepare.pictures import PixelRow
from assay.prepare.quantiles import QuantileNumber
from assay.prepare.robust import RobustNumber
from assay.prepare.terms import TermSettings
from assay.prepare.texts import TextDirections

Scaling = Literal["quantile", "robust", "standard"]

SCALERS: dict[str, type[QuantileNumber | RobustNumber | ScaledNumber]] = {
    "quantile": QuantileNumber,
    "robust": RobustNumber,
    "standard": ScaledNumber,
}


@dataclass(frozen=True, kw_only=True)
class NetColumnsStep:
    """Settings of the preparation of a table for nets with embeddings.

    numbers: "quantile" (normal scores of ranks), "robust" (quartiles, smoothly clipped at 3) or "standard" (mean and
        standard deviation, clipped at 10).
    kinds: which kinds of columns are read.
    rare_below: levels seen fewer times in training share one code.
    max_levels: the most frequent levels that get a code of their own.
    terms: what counts as a term of a text.
    """

    numbers: Scaling = "quantile"
    kinds: frozenset[str] = READABLE
    rare_below: int = 5
    max_levels: int = 1000
    terms: TermSettings = field(default_factory=TermSettings)

    def __post_init__(self) -> None:
        if self.numbers not in get_args(Scaling):
            raise ConfigError(f"no scaling numbers={self.numbers!r}{did_you_mean(self.numbers, SCALERS)}")
        for name, value in (("rare_below", self.rare_below), ("max_levels", self.max_levels)):
            if value < 1:
                raise ConfigError(f"{name}={value}: at least 1 is needed.")

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> FittedColumns:  # noqa: ARG002
        """features: the training rows; the target is not looked at.

        Raises DataError when columns are read and nothing at all can be learned from them.
        """
        read = [column for column in schema.features if column.kind in self.kinds & READABLE]
        columns = sorted(read, key=lambda column: column.kind == "category")
        encoders = [self._fit_column(column, features[column.name], seed) for column in columns]
        return fitted_columns(columns, encoders, may_be_empty=not self.kinds)

    def _fit_column(self, column: Column, series: pl.Series, seed: int) -> Encoder:
        match column.kind:
            case "number":
                return SCALERS[self.numbers].fit(series)
            case "category":
                return EmbeddingCode.fit(series, rare_below=self.rare_below, max_levels=self.max_levels)
            case "date":
                return CyclicDate.fit(series)
            case "text":
                return TextDirections.fit(series, self.terms, seed32(seed, "directions", column.name))
            case _:
                return PixelRow.fit(series)


class Layout(NamedTuple):
    """numbers: how many columns are numbers.  levels: how many codes each column after them has."""

    numbers: int
    levels: tuple[int, ...]


def layout(blocks: tuple[Block, ...]) -> Layout:
    """What a net must know of a matrix that this step made, from its blocks.

    Raises DefectError for the blocks of another step: codes before numbers, or codes that may be missing.
    """
    numbers = [block for block in blocks if block.kind != "code"]
    codes = [block for block in blocks if block.kind == "code"]
    edges = [0, *(block.stop for block in (*numbers, *codes))]
    if [block.start for block in (*numbers, *codes)] != edges[:-1]:
        raise DefectError("a net for tables needs the numbers first and then the codes; its step must be NetColumnsStep.")
    for block in codes:
        if block.levels < 1 or block.stop != block.start + 1:
            raise DefectError(f"the codes of column {block.name!r} are not counted; the step must be NetColumnsStep.")
    return Layout(sum(block.stop - block.start for block in numbers), tuple(block.levels for block in codes))
