"""The columns of a table as one matrix: one small encoder a column, fitted on training rows.

modes
linear   numbers standardised, categories one-hot, texts tf-idf; csr when a text or a very wide category makes it sparse
dense    the same without csr: fewer levels, texts turned onto 32 directions
trees    numbers and date parts as they are, categories as codes, missing as NaN; texts turned onto 32 directions

Each kind of column can also be prepared in another way by name, under any mode (``fitting`` says which encoder that is).

Nets with embeddings have a step of their own (``net_columns``), whose fitted form is the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Self, get_args

import numpy as np
import polars as pl
from scipy import sparse

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Column, Schema
from assay.prepare import checks
from assay.prepare.answers import answers_of, cross_folds
from assay.prepare.bins import BinnedNumber
from assay.prepare.categories import LevelCode, OneHot
from assay.prepare.codes import EmbeddingCode
from assay.prepare.counts import CountCode
from assay.prepare.dates import CyclicDate, DateParts, ScaledDateParts
from assay.prepare.differing import differing_levels
from assay.prepare.encoder import Encoder, Mode
from assay.prepare.evidence import EvidenceCode
from assay.prepare.fitting import Fitting, LooksAtTarget
from assay.prepare.gaps import NUMBERS, Missing
from assay.prepare.hashed_terms import HashedTerms
from assay.prepare.hashing import MOST_DENSE as MOST_HASHED
from assay.prepare.hashing import HashedLevel
from assay.prepare.numbers import LARGEST
from assay.prepare.orders import OrdinalCode
from assay.prepare.pictures import PixelRow
from assay.prepare.step import Matrix
from assay.prepare.target_codes import TargetCode
from assay.prepare.terms import TermSettings, TermWeights
from assay.prepare.texts import TextDirections
from assay.prepare.vision.colour_histogram import ColourRow
from assay.prepare.vision.eigenfaces import FaceRow
from assay.prepare.vision.hog_row import HogRow
from assay.prepare.vision.way import PictureWay
from assay.prepare.vision.window import WindowRow
from assay.prepare.vision.words import WordRow

READABLE = frozenset({"number", "category", "date", "text", "image"})
MOST_COLUMNS = 100_000

Categories = Literal["one-hot", "ordinal", "label", "target", "count", "hashing", "woe", "levels"]
Numbers = Literal["plain", "standard", "robust", "quantile", "log", "bins"]
Dates = Literal["parts", "cycles"]
CHOICES: dict[str, tuple[str, ...]] = {
    "categories": get_args(Categories),
    "numbers": get_args(Numbers),
    "missing": get_args(Missing),
    "dates": get_args(Dates),
}

_OWN: tuple[type[Encoder], ...] = (
    *(BinnedNumber, OneHot, LevelCode, EmbeddingCode, OrdinalCode, CountCode, HashedLevel, TargetCode, EvidenceCode),
    *(CyclicDate, DateParts, ScaledDateParts, TermWeights, HashedTerms, TextDirections),
    *(PixelRow, HogRow, ColourRow, FaceRow, WordRow, WindowRow),
)
ENCODERS: dict[str, type[Encoder]] = {**NUMBERS, **{encoder.KIND: encoder for encoder in _OWN}}


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
        return any(
            isinstance(e, TermWeights | HashedTerms) or (isinstance(e, OneHot | HashedLevel) and e.is_sparse)
            for e in self.encoders
        )

    def transform(self, features: pl.DataFrame) -> Matrix:
        """float64 (n_rows, width), dense or csr. Raises DataError when a column is absent or holds another kind of value."""
        parts = [_encode(encoder, features, name) for name, encoder in zip(self.names, self.encoders, strict=True)]
        return self.joined(parts, features.height)

    def joined(self, parts: list[Matrix], rows: int) -> Matrix:
        """What the encoders made, one part each, as one matrix."""
        if self.is_sparse:
            return sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(part) for part in parts], format="csr"))
        if not parts:
            return np.zeros((rows, 0))
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
    try:
        series = features[name]  # features.columns is a list made anew: looked into for each of 10 000 columns it takes minutes
    except pl.exceptions.ColumnNotFoundError as error:
        near = did_you_mean(name, features.columns)
        raise DataError(f"the rows have no column {name!r}, which the model reads{near}") from error
    try:
        return encoder.transform(series)
    except (pl.exceptions.InvalidOperationError, pl.exceptions.SchemaError) as error:
        raise DataError(f"column {name!r} holds {series.dtype} values, and the model reads it as {encoder.KIND}.") from error


@dataclass(frozen=True, kw_only=True)
class ColumnsStep:
    """Settings of the preparation of a table.

    kinds: which kinds of columns are read.
    rare_below: levels seen fewer times in training share one column (one-hot modes, woe), or are not looked at (levels).
    max_levels: the most frequent levels that get a column or code of their own; None: 1000, or 100 when dense.
    terms: what counts as a term of a text.

    What follows is None where the mode decides.
    categories: "one-hot"; "ordinal" (a number where the levels have an order); "label" (a number whether they have one or
        not); "target" (the mean target of the level, smoothed); "count"; "hashing"; "woe" (weight of evidence); "levels"
        (one-hot of just those levels whose target differs from the rest of the rows).
    numbers: "plain", "standard", "robust", "quantile", "log" or "bins" (weight of evidence of monotone bins).
    missing: what stands for a missing number: "indicator" (the median and a flag), "constant", "median" or "native" (NaN).
        Bins, and the encodings of categories, have a place of their own for missing values.
    dates: "parts" (years, month, weekday, hour) or "cycles" (years, and the others as points on circles).
    pictures: what is read from them, by the settings in ``prepare.vision``; None for their pixels.

    orders: (column, its levels in order) of categories that become their position in it, whatever ``categories`` says.
    smoothing: rows' worth of the overall mean that "target" adds to each level; None: as many as empirical Bayes calls for.
    folds: parts of the training rows, each encoded by the others where an encoding looks at the target.
    hashed: columns that "hashing" makes of one.  constant: the value of ``missing="constant"``.
    """

    mode: Mode
    kinds: frozenset[str] = READABLE
    rare_below: int = 5
    max_levels: int | None = None
    terms: TermSettings = field(default_factory=TermSettings)
    categories: Categories | None = None
    numbers: Numbers | None = None
    missing: Missing | None = None
    dates: Dates | None = None
    pictures: PictureWay | None = None
    orders: tuple[tuple[str, tuple[str, ...]], ...] = ()
    smoothing: float | None = None
    folds: int = 5
    hashed: int = 128
    constant: float = 0.0

    def __post_init__(self) -> None:
        for name, options in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in options:
                raise ConfigError(f"no way {name}={value!r} to prepare columns{did_you_mean(value, options)}")
        if self.folds < 2 or not 1 <= self.hashed <= MOST_HASHED or not (self.smoothing is None or self.smoothing >= 0):
            raise ConfigError(
                f"folds={self.folds}, hashed={self.hashed}, smoothing={self.smoothing}: at least 2 folds, 1 to {MOST_HASHED} "
                "columns and a smoothing of 0 or more rows are needed."
            )
        if not abs(self.constant) <= LARGEST:
            raise ConfigError(f"constant={self.constant} must be a finite number, at most {LARGEST:g}.")
        if self.numbers == "bins" and self.missing is not None:
            raise ConfigError(f"numbers='bins' gives missing values a bin of their own; leave out missing={self.missing!r}.")
        for column, levels in self.orders:
            if not levels or len(set(levels)) < len(levels):
                raise ConfigError(
                    f"the order of column {column!r} must name each level once; it names {', '.join(levels) or 'none'}."
                )

    @property
    def looks_at_target(self) -> bool:
        """Whether encodings may hold the target of the rows they were fitted on, or be chosen by it."""
        return self.categories in ("target", "woe", "levels") or self.numbers == "bins"

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> FittedColumns:
        """features: the training rows.

        The target is looked at only where the settings ask for an encoding by it.
        Raises DataError when columns are read and nothing at all can be learned from them, and ConfigError when an encoding
        is not there for this kind of target, or an order does not fit its column.
        """
        return self._fit(self._columns(schema), features, target, seed)[0]

    def fit_training(
        self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int, units: np.ndarray | None = None
    ) -> tuple[FittedColumns, Matrix]:
        """The step fitted on all rows, and these rows encoded: where an encoding holds the target, each from the other folds.

        units: int64 (n,) or None: rows of one unit stay in one fold (copies of a row, a patient's visits); below 0: alone.
        """
        columns = self._columns(schema)
        fitted, fitting = self._fit(columns, features, target, seed)
        if not any(isinstance(encoder, LooksAtTarget) for encoder in fitted.encoders) or features.height < 2:
            return fitted, fitted.transform(features)
        held = cross_folds(target, min(self.folds, features.height), seed, units)
        parts = [
            _from_other_folds(fitting, column, features[column.name], encoder, held)
            if isinstance(encoder, LooksAtTarget)
            else _encode(encoder, features, column.name)
            for column, encoder in zip(columns, fitted.encoders, strict=True)
        ]
        return fitted, fitted.joined(parts, features.height)

    def _fit(self, columns: list[Column], features: pl.DataFrame, target: np.ndarray, seed: int) -> tuple[FittedColumns, Fitting]:
        answers = answers_of(target) if self.looks_at_target else None
        fitting = Fitting(self, answers, seed)
        if self.categories == "levels" and answers is not None:
            names = [column.name for column in columns if column.kind == "category"]
            flags = differing_levels([features[name] for name in names], answers, fewest=self.rare_below)
            fitting = Fitting(self, answers, seed, dict(zip(names, flags, strict=True)))
            if columns and len(names) == len(columns) and not any(levels or missing for levels, missing in flags):
                raise DataError(
                    f"no level of {_named(columns)} differs from all other rows; prepare categories by one-hot or target."
                )
        encoders = tuple(fitting.column(column, features[column.name]) for column in columns)
        return fitted_columns(columns, encoders, may_be_empty=not self.kinds), fitting

    def _columns(self, schema: Schema) -> list[Column]:
        """Raises ConfigError for an order of something that is no category."""
        columns = [column for column in schema.features if column.kind in self.kinds & READABLE]
        categories = [column.name for column in columns if column.kind == "category"]
        for name, _ in self.orders:
            if name not in categories:
                raise ConfigError(
                    f"an order is given for {name!r}, which is no feature of kind category{did_you_mean(name, categories)}"
                )
        return columns


def _from_other_folds(fitting: Fitting, column: Column, series: pl.Series, whole: Encoder, held: np.ndarray) -> np.ndarray:
    """float64 (n, width): each row by an encoder that was fitted on the other folds."""
    encoded = np.empty((len(series), sum(part.width for part in whole.parts)))
    for fold in np.unique(held):
        inside = held == fold
        encoder: Any = fitting.column(column, series, ~inside) if not inside.all() else whole
        encoded[inside] = encoder.on_scale_of(whole).transform(series.filter(pl.Series(inside)))
    return encoded


def fitted_columns(columns: Iterable[Column], encoders: Iterable[Encoder], *, may_be_empty: bool) -> FittedColumns:
    """The encoders as one step. Raises DataError when they make no column of a matrix at all, unless that may be."""
    fitted = FittedColumns(tuple(column.name for column in columns), tuple(encoders))
    if not fitted.width and not may_be_empty:
        raise DataError(f"none of the columns {_named(columns)} holds anything to learn from; add a feature column.")
    return fitted


def _named(columns: Iterable[Column]) -> str:
    names = [repr(column.name) for column in columns]
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
