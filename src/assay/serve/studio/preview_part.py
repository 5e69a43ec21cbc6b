"""The first rows of a source, whatever its size: read as a run would read them, from a bounded part of it."""

import gzip
import zipfile
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Protocol

import polars as pl

from assay.core.errors import DataError
from assay.data.reader import load
from assay.data.sources.delimited import parse_delimited
from assay.data.sources.encodings import decode
from assay.data.sources.files import from_path
from assay.data.sources.large import COLUMNS, TEXT
from assay.data.sources.raw import RawTable

MOST_BYTES = 8 * 2**20
"""Of a text file; a smaller one is read whole."""

MOST_ROWS = 20_000

_LINES = (".jsonl", ".ndjson")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Part:
    """table: the columns as the source has them.  source: what ``assay.data.read`` reads the same rows from.

    is_whole: whether these are all rows.
    """

    table: RawTable
    source: Path | pl.DataFrame
    is_whole: bool


def part_of(path: Path) -> Part:
    """Raises DataError for whatever a run could not read either, and for a large file that cannot be read in part."""
    suffixes = _suffixes(path)
    if path.is_dir():
        return Part(load(path), path, is_whole=True)
    if suffixes[-1] not in (".gz", ".zip"):
        if suffixes[-1] in COLUMNS:  # a small file may hold any number of equal rows
            return _of_columns(path)
        if path.stat().st_size <= MOST_BYTES:
            return _few_rows(Part(from_path(path), path, is_whole=True))
    content, is_whole = _head(path, suffixes)
    if is_whole:
        return _few_rows(Part(from_path(path), path, is_whole=True))
    kind = _inner_suffix(path, suffixes)
    if kind in TEXT:
        frame, notes = parse_delimited(decode(content, str(path))[0], str(path), TEXT[kind])
    elif kind in _LINES:
        try:
            frame, notes = pl.read_ndjson(content, infer_schema_length=None), []
        except pl.exceptions.PolarsError as error:
            raise DataError(f"{path}: its first lines are not JSON ({str(error).splitlines()[0][:120]}).") from error
    else:
        size = f"{MOST_BYTES // 2**20} MiB"
        raise DataError(f"{path}: more than {size} of {kind or 'this form'} cannot be shown in part; save it as CSV or Parquet.")
    frame = frame.head(MOST_ROWS)
    return Part(RawTable(frame, str(path), path.parent, notes=tuple(notes)), frame, is_whole=False)


def _few_rows(part: Part) -> Part:
    """A small file may still hold more rows than are looked at here."""
    if part.table.frame.height <= MOST_ROWS or part.table.given_test is not None:
        return part
    return _first_rows(part.table.frame.head(MOST_ROWS), Path(part.table.source), part.table.notes)


def _first_rows(frame: pl.DataFrame, path: Path, notes: tuple[str, ...] = ()) -> Part:
    return Part(RawTable(frame, str(path), path.parent, notes=notes), frame, is_whole=False)


def _of_columns(path: Path) -> Part:
    try:
        lazy = pl.scan_parquet(path, glob=False) if path.suffix.lower() == ".parquet" else pl.scan_ipc(path)
        if int(lazy.select(pl.len()).collect().item()) > MOST_ROWS:
            return _first_rows(lazy.head(MOST_ROWS).collect(), path)
        return Part(from_path(path), path, is_whole=True)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: its first rows cannot be read ({str(error).splitlines()[0][:120]}).") from error


def _suffixes(path: Path) -> list[str]:
    return [suffix.lower() for suffix in path.suffixes] or [""]


def _head(path: Path, suffixes: list[str]) -> tuple[bytes, bool]:
    """The first bytes of what is inside, up to the end of a row, and whether that is all."""
    try:
        if suffixes[-1] == ".gz":
            with gzip.open(path) as stream:
                return _cut(stream, path)
        if suffixes[-1] == ".zip":
            with zipfile.ZipFile(path) as archive:
                names = _members(archive)
                if len(names) != 1:
                    return b"", True  # reading it says what is wrong with it
                with archive.open(names[0]) as member:
                    return _cut(member, path)
        with path.open("rb") as plain:
            return _cut(plain, path)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path}: the file is damaged or locked ({error}).") from error


def _members(archive: zipfile.ZipFile) -> list[str]:
    names = [info.filename for info in islice(archive.infolist(), 1000) if not info.is_dir()]
    return [name for name in names if not name.startswith("__MACOSX") and not PurePosixPath(name).name.startswith(".")]


def _inner_suffix(path: Path, suffixes: list[str]) -> str:
    if suffixes[-1] == ".gz":
        return suffixes[-2] if len(suffixes) > 1 else ""
    if suffixes[-1] == ".zip":
        with zipfile.ZipFile(path) as archive:
            return PurePosixPath(_members(archive)[0]).suffix.lower()
    return suffixes[-1]


def _cut(stream: _Readable, path: Path) -> tuple[bytes, bool]:
    content = stream.read(MOST_BYTES + 1)
    if len(content) <= MOST_BYTES:
        return content, True
    end = len(content)
    for _ in range(1000):  # a line end inside quotes ends no row
        end = content.rfind(b"\n", 0, end)
        if end < 0:
            raise DataError(f"{path}: its first row is longer than {MOST_BYTES // 2**20} MiB.")
        if content.count(b'"', 0, end) % 2 == 0:
            return content[: end + 1], False
    return content[: content.rfind(b"\n") + 1], False
