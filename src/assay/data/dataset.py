"""Typed rows: a frame, what its columns are, and a fingerprint of both.

The frame holds, by kind of column:

number     Float64, missing is null (never NaN)
category   String, missing is null
date       Datetime(us), missing is null
text       String
image      String (a path that can be opened), Binary (an encoded PNG or JPEG), or
           Array(UInt8, (height, width)) / Array(UInt8, (height, width, channels)) pixels
id         String

The target column is String (a class label) for classification and Float64 for regression.
Columns whose role is "ignored" are not kept in the frame.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.core.files import canonical_json, sha256_file
from assay.data.schema import Schema
from assay.data.task import Task

ROW_ORDER = "@row"
"""The name of the time column that stands for the order of the rows in the file."""


@dataclass(frozen=True)
class Dataset:
    """Rows with a schema and, once a target is named, a task.

    given_test: bool (n_rows,), rows that the source itself sets apart for testing; None if it does not.
    source: where the rows came from, for messages and the report.
    notes: what the reader decided that the user may want to know (encoding, separator, kinds).
    unlabelled: rows without a target, with the columns of ``frame``, or None where there are none or they were left out.  They
        have no row number, so that no plan can deal them out, and ``take`` leaves them as they are.
    """

    frame: pl.DataFrame
    schema: Schema
    task: Task | None = None
    given_test: np.ndarray | None = None
    source: str = "memory"
    notes: tuple[str, ...] = field(default=())
    unlabelled: pl.DataFrame | None = None

    def __len__(self) -> int:
        return self.frame.height

    def take(self, rows: Sequence[int] | np.ndarray) -> "Dataset":
        """The rows at these positions, in this order (a position may repeat)."""
        index = np.asarray(rows, dtype=np.int64)
        return replace(self, frame=self.frame[index], given_test=None if self.given_test is None else self.given_test[index])

    @property
    def features(self) -> pl.DataFrame:
        """The feature columns alone, in schema order."""
        return self.frame.select([column.name for column in self.schema.features])

    @property
    def target(self) -> np.ndarray:
        """int64 class codes (n_rows,) in the order of ``task.classes``, or float64 values for regression.

        Raises DataError without a task, and for a label that is not among the classes.
        """
        task = self.question
        column = self.frame[task.target]
        if not task.is_classification:
            return column.to_numpy().astype(np.float64)
        codes = column.replace_strict(list(task.classes), list(range(len(task.classes))), default=-1, return_dtype=pl.Int64)
        values = codes.to_numpy()
        if (values < 0).any():
            row = int(np.flatnonzero(values < 0)[0])
            raise DataError(f"row {row + 1}: {column[row]!r} is no class of {task.target!r} ({', '.join(task.classes[:8])}).")
        return values

    @property
    def question(self) -> Task:
        """The task; raises DataError when no target was named."""
        if self.task is None:
            raise DataError(f"{self.source}: no target is named; pass target=, or --target COL.")
        return self.task

    def _role_values(self, role: str) -> pl.Series | None:
        column = self.schema.only(role)  # type: ignore[arg-type]
        return None if column is None else self.frame[column.name]

    @property
    def groups(self) -> np.ndarray | None:
        """int64 group codes (n_rows,), or None without a group column. A missing group is a group of its own row."""
        series = self._role_values("group")
        if series is None:
            return None
        codes = series.cast(pl.String).rank("dense").cast(pl.Int64)
        top = int(codes.max() or 0)  # type: ignore[arg-type]
        alone = pl.Series(np.arange(top + 1, top + 1 + len(series)))
        return codes.zip_with(codes.is_not_null(), alone).to_numpy()

    @property
    def time(self) -> np.ndarray | None:
        """float64 (n_rows,) position in time (microseconds, or the number itself), or None without a time column."""
        series = self._role_values("time")
        if series is None:
            return None
        if series.null_count():
            raise DataError(f"{series.null_count()} rows have no time in {series.name!r}; drop or fill them first.")
        return series.to_physical().cast(pl.Float64).to_numpy()

    @property
    def weights(self) -> np.ndarray | None:
        """float64 (n_rows,) row weights, or None without a weight column."""
        series = self._role_values("weight")
        return None if series is None else series.cast(pl.Float64).to_numpy()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over schema, task and every value (for image paths: over the files' contents)."""
        digest = hashlib.sha256()
        task = None if self.task is None else self.task.to_json()
        digest.update(canonical_json({"schema": self.schema.to_json(), "task": task, "rows": len(self)}).encode())
        for column in self.schema.columns:
            if column.name in self.frame.columns:
                digest.update(_column_bytes(self.frame[column.name], is_image=column.kind == "image"))
        if self.given_test is not None:
            digest.update(np.packbits(self.given_test).tobytes())
        if self.unlabelled is not None:
            digest.update(f"unlabelled {self.unlabelled.height}".encode())
            for column in self.schema.features:
                digest.update(_column_bytes(self.unlabelled[column.name], is_image=column.kind == "image"))
        return digest.hexdigest()

    @cached_property
    def rows_fingerprint(self) -> str:
        """SHA-256 over the target's values in their order: names the rows, however many of their columns are read and how."""
        values = self.frame[self.question.target]
        return hashlib.sha256(str(len(self)).encode() + _column_bytes(values, is_image=False)).hexdigest()


def _column_bytes(series: pl.Series, *, is_image: bool) -> bytes:
    """Bytes that are equal just when the values are, whatever the chunks in memory."""
    if isinstance(series.dtype, pl.Array):
        return np.ascontiguousarray(series.to_numpy()).tobytes()
    if is_image and series.dtype == pl.String:
        series = pl.Series([None if path is None else sha256_file(Path(path)) for path in series])
    missing = np.packbits(series.is_null().to_numpy()).tobytes()
    if series.dtype in (pl.String, pl.Binary):
        filled = series.cast(pl.Binary).fill_null(b"")
        lengths = filled.bin.size().to_numpy().astype(np.int64).tobytes()
        return missing + lengths + b"".join(filled.to_list())
    values = series.to_physical().cast(pl.Float64).fill_null(0.0).to_numpy()
    return missing + np.ascontiguousarray(values + 0.0).tobytes()
