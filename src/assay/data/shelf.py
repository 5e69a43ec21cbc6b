"""Where rows lie that are too many for memory: a folder of columns, each mapped where it is read.

The folder is the process's own, below the user's cache, and goes with it; what a killed process left is removed by the next.
A frame of mapped columns is an ordinary frame of polars: only what copies rows (``Dataset.take``) has to know of the shelf.
"""

import errno
import fcntl
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.core.files import cache_folder
from assay.data.mapped import Laid, can_be_laid, lay, opened

SHARE_TAKEN = 1 / 16
"""Of the memory bound: taken rows that would be larger are laid on the shelf."""


@dataclass(frozen=True)
class Shelf:
    """above: bytes from which rows are laid here and not held in memory."""

    folder: Path
    above: int

    @classmethod
    def new(cls, memory: int) -> Self:
        """An empty one, removed when it is let go or the process ends.  memory: bytes that the process may use."""
        with _told():
            home = cache_folder("tables")
            home.mkdir(parents=True, exist_ok=True)
            _remove_left(home)
            folder = Path(tempfile.mkdtemp(prefix="rows-", dir=home))
            lock = (folder / ".lock").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
        shelf = cls(folder, int(SHARE_TAKEN * memory))
        weakref.finalize(shelf, _removed, folder, lock)
        return shelf

    def put(self, series: pl.Series) -> tuple[pl.Series, Laid | None]:
        """The column, mapped from a file of its own, and where that is; as it was where its type cannot be laid.

        Raises DataError when the disk is full.
        """
        if not can_be_laid(series):
            return series, None
        with _told():
            laid = lay(series, self.folder / uuid4().hex)
            return opened(laid), laid

    def put_away(self, series: pl.Series) -> pl.Series:
        """As ``put``, with a file that nobody else can open and that goes with the column."""
        found, laid = self.put(series)
        if laid is not None:
            laid.path.unlink()
        return found

    def taken(self, frame: pl.DataFrame, rows: np.ndarray) -> pl.DataFrame:
        """The rows at these positions, mapped if they are many."""
        if self._are_few(frame, rows):
            return frame[rows]
        return pl.DataFrame([self.put_away(column.gather(rows)) for column in frame])

    def stored(self, columns: Iterable[pl.Series]) -> "Stored":
        """Columns, made one after the other, as a frame that other processes can open."""
        made = [self.put(column) for column in columns]
        return store(self, pl.DataFrame([column for column, _ in made]), [laid for _, laid in made])

    def stored_rows(self, frame: pl.DataFrame, rows: np.ndarray) -> "Stored":
        """As ``taken``, as a frame that other processes can open."""
        if self._are_few(frame, rows):
            return Stored(self, frame[rows], ())
        return self.stored(column.gather(rows) for column in frame)

    def _are_few(self, frame: pl.DataFrame, rows: np.ndarray) -> bool:
        return frame_bytes(frame) * len(rows) <= self.above * max(frame.height, 1)


@dataclass(frozen=True)
class Stored:
    """A frame of which some columns lie on a shelf.  Pickled, it takes along their places and not their cells."""

    shelf: Shelf
    frame: pl.DataFrame = field(repr=False, compare=False)
    laid: tuple[Laid | None, ...]

    def __getstate__(self) -> dict[str, Any]:
        laid = self.laid or (None,) * self.frame.width
        there = [column for column, place in zip(self.frame, laid, strict=True) if place is None]
        return {"shelf": self.shelf, "laid": laid, "held": pl.DataFrame(there), "names": self.frame.columns}

    def __setstate__(self, state: dict[str, Any]) -> None:
        held, laid = state["held"], state["laid"]
        columns = [held[name] if place is None else opened(place) for name, place in zip(state["names"], laid, strict=True)]
        for name, value in (("shelf", state["shelf"]), ("laid", laid), ("frame", pl.DataFrame(columns))):
            object.__setattr__(self, name, value)


def store(shelf: Shelf, frame: pl.DataFrame, laid: list[Laid | None]) -> Stored:
    """The frame with the places of its columns; their files are removed when it is let go."""
    stored = Stored(shelf, frame, tuple(laid))
    weakref.finalize(stored, _unlinked, [one.path for one in laid if one is not None])
    return stored


def frame_bytes(frame: pl.DataFrame) -> int:
    """About how much memory the cells take, wherever they lie: polars' own forms, 16 bytes a short string."""
    return sum(column.estimated_size() for column in frame)  # type: ignore[misc]


def _remove_left(home: Path) -> None:
    """The folders of processes that were killed: nobody holds their locks."""
    for folder in home.glob("rows-*"):
        try:
            with (folder / ".lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # held, being made, or gone
            continue


def _removed(folder: Path, lock: Any) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    lock.close()


def _unlinked(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


@contextmanager
def _told() -> Iterator[None]:
    """A full disk or a folder that cannot be written, as one clear line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM):
            raise DataError(
                f"rows that do not fit into memory cannot be laid into {cache_folder('tables')} ({os.strerror(error.errno)}); "
                "make room there, set ASSAY_HOME to a folder on a larger disk, or give more --memory."
            ) from error
        raise
