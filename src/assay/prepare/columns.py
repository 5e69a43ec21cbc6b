"""The columns of a table as one matrix: one small encoder a column, fitted on training rows.

modes
linear   numbers standardised, categories one-hot, texts tf-idf; csr when a text or a very wide category makes it sparse
dense    the same without csr: fewer levels, texts turned onto 32 directions
trees    numbers and date parts as they are, categories as codes, missing as NaN; texts turned onto 32 directions

Nets with embeddings have a step of their own (``net_columns``), whose fitted form is the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
import polars as pl
from scipy import sparse

from assay.core.errors import DataError
from assay.core.names import did_you_mean
from assay.core.seeds import seed32
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Column, Schema
from assay.prepare import checks
from assay.prepare.categories import LevelCode, OneHot
from assay.prepare.codes import EmbeddingCode
from assay.prepare.dates import CyclicDate, DateParts
from assay.prepare.encoder import Encoder, Mode
from assay.prepare.numbers import PlainNumber, ScaledNumber
from assay.prepare.pictures import PixelRow
from assay.prepare.quantiles import QuantileNumber
from assay.prepare.robust import RobustNumber
from assay.prepare.step import Matrix
from assay.prepare.terms import TermSettings, TermWeights
from assay.prepare.texts import TextDirections

READABLE = frozenset({"number", "category", "date", "text", "image"})
SPARSE_ABOVE = 200
"""A one-hot block wider than this is kept as csr (linear mode)."""

MOST_COLUMNS = 100_000

ENCODERS: dict[str, type[Encoder]] = {
    encoder.KIND: encoder
    for encoder in (
        *(ScaledNumber, QuantileNumber, RobustNumber, PlainNumber),
        *(OneHot, LevelCode, EmbeddingCode),
        *(CyclicDate, DateParts, TermWeights, TextDirections, PixelRow),
    )
}


@dataclass(frozen=True)
class FittedColumns:
    """One fitted encoder for each column it reads, in the order of the matrix."""

    names: tuple[str, ...]
    encoders: tuple[Encoder, ...]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        found, start = [], 0
        for name, encoder in zip(self.names, self.encoders, strict=True):
            for part in encoder.parts:
                if part.width:
                    found.append(Block(name, part.kind, start, start + part.width, part.levels))
                start += part.width
        return tuple(found)

    @property
    def width(self) -> int:
        return sum(part.width for encoder in self.encoders for part in encoder.parts)

    @cached_property
    def is_sparse(self) -> bool:
        return any(isinstance(e, TermWeights) or (isinstance(e, OneHot) and e.is_sparse) for e in self.encoders)

    def transform(self, features: pl.DataFrame) -> Matrix:
        """float64 (n_rows, width), dense or csr. Raises DataError when a column is absent or holds another kind of value."""
        parts = [_encode(encoder, features, name) for name, encoder in zip(self.names, self.encoders, strict=True)]
        if self.is_sparse:
            return sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(part) for part in parts], format="csr"))
        if not parts:
            return np.zeros((features.height, 0))
        return np.hstack([np.asarray(part) for part in parts])

    def state(self) -> State:
        columns = [{"column": name, "encoder": e.state()} for name, e in zip(self.names, self.encoders, strict=True)]
        return {"kind": "columns", "columns": columns}

    @classmethod
    def from_state(cls, state: State) -> Self:
        columns = checks.states(state, "columns", most=MOST_COLUMNS)
        names = checks.distinct_texts(
            {"columns": [checks.text(column, "column") for column in columns]}, "columns", most=MOST_COLUMNS
        )
        encoders = []
        for column in columns:
            encoder = checks.entry(column, "encoder")
            encoders.append(ENCODERS[checks.choice(encoder, "kind", ENCODERS)].from_state(encoder))
        return cls(names, tuple(encoders))


def _encode(encoder: Encoder, features: pl.DataFrame, name: str) -> Matrix:
    if name not in features.columns:
        raise DataError(f"the rows have no column {name!r}, which the model reads{did_you_mean(name, features.columns)}")
    try:
        return encoder.transform(features[name])
    except (pl.exceptions.InvalidOperationError, pl.exceptions.SchemaError) as error:
        dtype = features[name].dtype
        raise DataError(f"column {name!r} holds {dtype} values, and the model reads it as {encoder.KIND}.") from error


@dataclass(frozen=True, kw_only=True)
class ColumnsStep:
    """Settings of the preparation of a table.

    kinds: which kinds of columns are read.
    rare_below: levels seen fewer times in training share one column (one-hot modes).
    max_levels: the most frequent levels that get a column or code of their own; None: 1000, or 100 when dense.
    terms: what counts as a term of a text.
    """

    mode: Mode
    kinds: frozenset[str] = READABLE
    rare_below: int = 5
    max_levels: int | None = None
    terms: TermSettings = field(default_factory=TermSettings)

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> FittedColumns:  # noqa: ARG002
        """features: the training rows; the target is not looked at.

        Raises DataError when columns are read and nothing at all can be learned from them.
        """
        columns = [column for column in schema.features if column.kind in self.kinds & READABLE]
        encoders = tuple(self._fit_column(column, features, seed) for column in columns)
        return fitted_columns(columns, encoders, may_be_empty=not self.kinds)

    def _fit_column(self, column: Column, features: pl.DataFrame, seed: int) -> Encoder:
        series = features[column.name]
        trees, linear = self.mode == "trees", self.mode == "linear"
        match column.kind:
            case "number":
                return PlainNumber() if trees else ScaledNumber.fit(series)
            case "category":
                most = self.max_levels or (100 if self.mode == "dense" else 1000)
                if trees:
                    return LevelCode.fit(series, max_levels=most)
                sparse_above = SPARSE_ABOVE if linear else most + 2
                return OneHot.fit(series, rare_below=self.rare_below, max_levels=most, sparse_above=sparse_above)
            case "date":
                return DateParts() if trees else CyclicDate.fit(series)
            case "text":
                if linear:
                    return TermWeights.fit(series, self.terms)
                return TextDirections.fit(series, self.terms, seed32(seed, "directions", column.name))
            case _:
                return PixelRow.fit(series)


def fitted_columns(columns: Iterable[Column], encoders: Iterable[Encoder], *, may_be_empty: bool) -> FittedColumns:
    """The encoders as one step. Raises DataError when they make no column of a matrix at all, unless that may be."""
    fitted = FittedColumns(tuple(column.name for column in columns), tuple(encoders))
    if not fitted.width and not may_be_empty:
        raise DataError(f"none of the columns {_named(columns)} holds anything to learn from; add a feature column.")
    return fitted


def _named(columns: Iterable[Column]) -> str:
    names = [repr(column.name) for column in columns]
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
