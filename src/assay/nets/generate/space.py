"""A table of mixed columns as the matrix that nets for tables read, and back.

The matrix is that of every net for tables: all numbers first, then one column of codes for each category (here also for
values of a number that many rows share, and for missing ones).  Its inverse gives the training frame's columns and types
back.
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError, DataError
from assay.core.state import State
from assay.data.schema import Column, Schema
from assay.nets.generate.columns import LARGEST, CategoryForm, ColumnForm, ConstantForm, QuantileForm
from assay.prepare import checks
from assay.prepare.net_columns import Layout

FORMS: dict[str, type[ColumnForm]] = {form.KIND: form for form in (ConstantForm, CategoryForm, QuantileForm)}
MOST_COLUMNS = 10_000

_INTEGERS = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)
_DATES = (pl.Date, pl.Datetime("us"), pl.Datetime("ms"), pl.Datetime("ns"))
_PLAIN = (pl.Float32, pl.Float64, pl.String, pl.Boolean, pl.Categorical, *_INTEGERS, *_DATES)
DTYPES: dict[str, "pl.DataType | type[pl.DataType]"] = {str(dtype): dtype for dtype in _PLAIN}


@dataclass(frozen=True)
class TableSpace:
    """names, dtypes (keys of DTYPES), forms: one entry a column, in the frame's order."""

    names: tuple[str, ...]
    dtypes: tuple[str, ...]
    forms: tuple[ColumnForm, ...]

    @property
    def layout(self) -> Layout:
        """What a net must know of the matrix."""
        return Layout(sum(form.numbers for form in self.forms), tuple(level for form in self.forms for level in form.levels))

    def encode(self, frame: pl.DataFrame, rng: np.random.Generator | None = None) -> np.ndarray:
        """float64 (n, numbers + categories).

        rng: spreads values that many rows share over their ranks, which nets learn more easily; the
        inverse is exact with it as without.  Raises DataError for a column or a value that was not there in training.
        """
        parts = []
        for name, dtype, form in zip(self.names, self.dtypes, self.forms, strict=True):
            if name not in frame.columns:
                raise DataError(f"the rows have no column {name!r}, which the generator was fitted on.")
            parts.append(form.encode(_plain(frame[name], dtype), rng))
        return np.hstack([np.zeros((frame.height, 0)), *(numbers for numbers, _ in parts), *(codes for _, codes in parts)])

    def decode(self, matrix: np.ndarray) -> pl.DataFrame:
        """The frame of a matrix (n, numbers + categories). Raises DataError when numbers are not finite or codes no levels."""
        numbers, levels = self.layout
        if matrix.ndim != 2 or matrix.shape[1] != numbers + len(levels) or not np.isfinite(matrix).all():
            raise DataError(f"these are no rows of finite values in the {numbers + len(levels)} columns of the table's space.")
        codes = matrix[:, numbers:]
        if ((codes < 0) | (codes >= np.array(levels, dtype=np.float64)) | (codes != np.rint(codes))).any():
            raise DataError("a column of codes holds what is no code of a level.")
        columns, number, code = [], 0, numbers
        for name, dtype, form in zip(self.names, self.dtypes, self.forms, strict=True):
            wide = len(form.levels)
            series = form.decode(matrix[:, number : number + form.numbers], matrix[:, code : code + wide])
            columns.append(_typed(series, dtype).alias(name))
            number, code = number + form.numbers, code + wide
        return pl.DataFrame(columns)

    def state(self) -> State:
        entries = zip(self.names, self.dtypes, self.forms, strict=True)
        return {"columns": [{"column": name, "dtype": dtype, "form": form.state()} for name, dtype, form in entries]}

    @classmethod
    def from_state(cls, state: State) -> Self:
        columns = checks.states(state, "columns", most=MOST_COLUMNS)
        names = [checks.text(column, "column") for column in columns]
        forms = []
        for column in columns:
            form = checks.entry(column, "form")
            forms.append(FORMS[checks.choice(form, "kind", FORMS)].from_state(form))
        dtypes = tuple(checks.choice(column, "dtype", DTYPES) for column in columns)
        for dtype, form in zip(dtypes, forms, strict=True):
            of_text = isinstance(form, CategoryForm) or (isinstance(form, ConstantForm) and isinstance(form.value, str))
            if of_text != _is_text(dtype) and not (isinstance(form, ConstantForm) and form.value is None):
                raise BundleError(f"the saved generator keeps a column of type {dtype} as {form.KIND}.")
        return cls(checks.distinct_texts({"columns": names}, "columns", most=MOST_COLUMNS), dtypes, tuple(forms))


def fit_space(frame: pl.DataFrame, schema: Schema) -> TableSpace:
    """Learn the space of a frame's rows.

    Numbers, dates and categories are read; raises DataError for columns of another kind, for infinite numbers, and when
    every column is constant.
    """
    forms, dtypes = [], []
    for name in frame.columns:
        column, dtype = schema[name], str(frame[name].dtype)
        if column.kind not in ("number", "category", "date") or dtype not in DTYPES:
            raise DataError(
                f"a generator makes numbers, categories and dates, and column {name!r} is of kind {column.kind} ({dtype}); "
                "drop it, or use random-oversample."
            )
        forms.append(_form(_plain(frame[name], dtype), column))
        dtypes.append(dtype)
    space = TableSpace(tuple(frame.columns), tuple(dtypes), tuple(forms))
    if space.layout == Layout(0, ()):
        raise DataError(
            f"all {frame.width} columns are constant over the {frame.height} training rows; there is nothing to learn."
        )
    return space


def schema_of(frame: pl.DataFrame) -> Schema:
    """The schema of a typed frame that comes without one: numbers, dates and categories by their types."""
    return Schema(tuple(Column(series.name, _kind(series)) for series in frame.get_columns()))


def _kind(series: pl.Series) -> Literal["number", "category", "date", "image"]:
    if series.dtype.is_numeric():
        return "number"
    if series.dtype.is_temporal():
        return "date"
    return "category" if _is_text(str(series.dtype)) else "image"


def _is_text(dtype: str) -> bool:
    return dtype in ("String", "Boolean", "Categorical")


def _form(series: pl.Series, column: Column) -> ColumnForm:
    if (series.dtype == pl.String) != (column.kind == "category") and series.null_count() < len(series):
        raise DataError(f"column {column.name!r} is a {column.kind} and holds {series.dtype} values.")
    beyond = 0 if series.dtype == pl.String else int((~series.is_finite() | (series.abs() > LARGEST)).sum())
    if beyond:
        raise DataError(
            f"column {column.name!r} holds {beyond} numbers that are infinite or beyond {LARGEST:g}, which a generator cannot "
            "learn; mend them, or drop the column."
        )
    present = series.drop_nulls().unique()
    if not len(present) or (len(present) == 1 and not series.null_count()):
        return ConstantForm(present[0] if len(present) else None)
    return CategoryForm.fit(series) if series.dtype == pl.String else QuantileForm.fit(series)


def _plain(series: pl.Series, dtype: str) -> pl.Series:
    """Float64 (NaN as null) or String."""
    if str(series.dtype) != dtype:
        raise DataError(f"column {series.name!r} is {series.dtype}, and was {dtype} in training.")
    if _is_text(dtype):
        return series.cast(pl.String)
    return series.to_physical().cast(pl.Float64).fill_nan(None)


def _typed(series: pl.Series, dtype: str) -> pl.Series:
    wanted = DTYPES[dtype]
    if series.null_count() == len(series):
        return pl.Series([None] * len(series), dtype=wanted)
    if wanted == pl.Boolean:
        return series == "true"
    if wanted in _DATES:
        return series.round().cast(pl.Int64).cast(pl.Int32 if wanted == pl.Date else pl.Int64).cast(wanted)
    return series.round().cast(wanted) if wanted in _INTEGERS else series.cast(wanted)
