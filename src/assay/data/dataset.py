"""Typed rows: a frame, what its columns are, and a fingerprint of both.

The frame holds, by kind of column:

number     Float64, missing is null (never NaN)
category   String, missing is null
date       Datetime(us), missing is null
text       String
image      String (a path that can be opened), Binary (an encoded PNG or JPEG), or
           Array(UInt8, (height, width)) / Array(UInt8, (height, width, channels)) pixels
id         String

The target column is String (a class label, or a text) and Float64 for regression.
Columns whose role is "ignored" are not kept in the frame.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.core.files import canonical_json, sha256_file
from assay.core.shown import show, table
from assay.data.schema import Schema
from assay.data.shelf import Stored
from assay.data.task import Task

ROW_ORDER = "@row"
"""The name of the time column that stands for the order of the rows in the file."""

_BLOCK = 1 << 20  # rows that are looked at together; whole bytes of bits


@dataclass(frozen=True)
class Dataset:
    """Rows with a schema and, once a target is named, a task.

    given_test: bool (n_rows,), rows that the source itself sets apart for testing; None if it does not.
    source: where the rows came from, for messages and the report.
    notes: what the reader decided that the user may want to know (encoding, separator, kinds).
    unlabelled: rows without a target, with the columns of ``frame``, or None where there are none or they were left out.  They
        have no row number, so that no plan can deal them out, and ``take`` leaves them as they are.
    stored: where the frame lies that does not fit into memory; None for an ordinary one.
    """

    frame: pl.DataFrame
    schema: Schema
    task: Task | None = None
    given_test: np.ndarray | None = None
    source: str = "memory"
    notes: tuple[str, ...] = field(default=())
    unlabelled: pl.DataFrame | None = None
    stored: Stored | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return self.frame.height

    def _repr_html_(self) -> str:
        """For a notebook: what it is, a line a column, and its first rows."""
        asked = "" if self.task is None else f", {self.task.name} of {self.task.target}"
        rows = [[str(cell)[:60] for cell in row] for row in self.frame.head(3).rows()]
        head = table(self.frame.columns[:12], (row[:12] for row in rows), "First rows")
        return show(f"{self.source}: {len(self)} rows{asked}", {"notes": list(self.notes)}) + self.schema._repr_html_() + head

    def take(self, rows: Sequence[int] | np.ndarray) -> "Dataset":
        """The rows at these positions, in this order (a position may repeat)."""
        index = np.asarray(rows, dtype=np.int64)
        given_test = None if self.given_test is None else self.given_test[index]
        if self.stored is None:
            return replace(self, frame=self.frame[index], given_test=given_test)
        stored = self.stored.shelf.stored_rows(self.frame, index)
        return replace(self, frame=stored.frame, given_test=given_test, stored=stored)

    def __getstate__(self) -> dict[str, Any]:
        """Without the cells that another process can read where they lie."""
        is_there = self.stored is not None and self.stored.frame is self.frame
        return {**self.__dict__, "frame": None} if is_there else {**self.__dict__, "stored": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)
        if state["frame"] is None:
            object.__setattr__(self, "frame", state["stored"].frame)

    @property
    def features(self) -> pl.DataFrame:
        """The feature columns alone, in schema order."""
        return self.frame.select([column.name for column in self.schema.features])

    @property
    def target(self) -> np.ndarray:
        """int64 class codes (n_rows,) in the order of ``task.classes``, or float64 values for regression.

        A text to be written or tags are an object array of str; what a language model predicts is its column itself, and
        this is zeros.

        Raises DataError without a task, and for a label that is not among the classes.
        """
        task = self.question
        column = self.frame[task.target]
        if task.is_language:
            return np.zeros(len(self)) if task.name == "language-model" else column.to_numpy().astype(object)
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
        kept = frozenset(self.frame.columns)
        for column in self.schema.columns:
            if column.name in kept:
                _update(digest, self.frame[column.name], is_image=column.kind == "image")
        if self.given_test is not None:
            digest.update(np.packbits(self.given_test).tobytes())
        if self.unlabelled is not None:
            digest.update(f"unlabelled {self.unlabelled.height}".encode())
            for column in self.schema.features:
                _update(digest, self.unlabelled[column.name], is_image=column.kind == "image")
        return digest.hexdigest()

    @cached_property
    def rows_fingerprint(self) -> str:
        """SHA-256 over the target's values in their order: names the rows, however many of their columns are read and how."""
        values = self.frame[self.question.target]
        digest = hashlib.sha256(str(len(self)).encode())
        _update(digest, values, is_image=False)
        return digest.hexdigest()


def _update(digest: Any, series: pl.Series, *, is_image: bool) -> None:
    """With bytes that are equal just when the values are, whatever the chunks in memory."""
    if isinstance(series.dtype, pl.Array):
        digest.update(np.ascontiguousarray(series.to_numpy()).tobytes())
        return
    if is_image and series.dtype == pl.String:
        series = pl.Series([None if path is None else sha256_file(Path(path)) for path in series])
    blocks = [series.slice(start, _BLOCK) for start in range(0, len(series), _BLOCK)]
    for block in blocks:
        digest.update(np.packbits(block.is_null().to_numpy()).tobytes())
    if series.dtype in (pl.String, pl.Binary):
        for block in blocks:
            digest.update(block.cast(pl.Binary).fill_null(b"").bin.size().to_numpy().astype(np.int64).tobytes())
        for block in blocks:
            digest.update(b"".join(block.cast(pl.Binary).fill_null(b"").to_list()))
        return
    for block in blocks:
        values = block.to_physical().cast(pl.Float64).fill_null(0.0).to_numpy()
        digest.update(np.ascontiguousarray(values + 0.0).tobytes())
