"""Files that would not fit into memory whole: read by polars' streaming engine, one column in memory at a time.

What comes out is the table that reading the whole file gives, cell by cell, with its columns mapped from files; kinds are
decided afterwards, by the same rules and on whole columns.
"""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.data.kinds import basic_form
from assay.data.shelf import Shelf
from assay.data.sources.delimited import (
    SEPARATOR_NAMES,
    Dialect,
    decimal_commas,
    find_dialect,
    header,
    whole_rows,
    without_preamble,
)
from assay.data.sources.encodings import decode
from assay.data.sources.raw import RawTable

SHARE = 0.5
"""Of the memory bound: a file that would take more to read is read in pieces."""

TEXT = {".csv": None, ".tsv": "\t", ".tab": "\t", ".txt": None}
COLUMNS = (".parquet", ".arrow", ".ipc", ".feather")

POLARS_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What polars raises for a file that is not as it should be; a panic is its own word for a check that failed in its Rust code."""

_TEXT_COPIES = 8  # bytes, text, text again as bytes, two masks, and cells of 16 bytes
_CELL_COPIES = 3  # the file's cells, the typed cells, and one more while rows are left out
_HEAD = 4 * 2**20
_PIECE = 16 * 2**20


def is_large(path: Path, memory: int) -> bool:
    """Whether the file is one that can be read in pieces and had better be.  memory: bytes that the process may use."""
    suffix = path.suffix.lower()
    if suffix in TEXT:
        return _TEXT_COPIES * path.stat().st_size > SHARE * memory
    if suffix not in COLUMNS or (suffix != ".parquet" and not _is_arrow_file(path)):
        return False
    try:
        lazy = _scan(path)
        rows = int(lazy.select(pl.len()).collect().item())
        return _CELL_COPIES * rows * sum(map(_cell_bytes, lazy.collect_schema().dtypes())) > SHARE * memory
    except (*POLARS_ERRORS, OSError):
        return False  # reading it says what is wrong


def from_large(path: Path, shelf: Shelf) -> RawTable:
    """The rows of a file for which ``is_large`` holds.  Raises DataError for whatever cannot be read."""
    source, root = str(path), path.absolute().parent
    suffix = path.suffix.lower()
    if suffix in TEXT:
        frame, notes = _delimited(path, shelf, TEXT[suffix])
    else:
        frame, notes = _on_shelf(_as_parquet(_scan(path), path, shelf) if suffix != ".parquet" else path, path, shelf), ()
    told = "read in pieces: the table would take too much memory and stays on disk"
    return RawTable(frame, source, root, notes=(*notes, told), shelf=shelf)


def _is_arrow_file(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(6) == b"ARROW1"


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False) if path.suffix.lower() == ".parquet" else pl.scan_ipc(path)


def _cell_bytes(dtype: pl.DataType) -> int:
    return 16 if dtype in (pl.String, pl.Binary) or dtype.is_nested() else 8


def _as_parquet(lazy: pl.LazyFrame, path: Path, shelf: Shelf) -> Path:
    """The rows in a file whose columns can be read one by one."""
    made = shelf.folder / uuid4().hex
    try:
        lazy.sink_parquet(made, compression="lz4")
    except POLARS_ERRORS as error:
        raise DataError(f"{path}: the file cannot be read in pieces ({str(error).splitlines()[0][:120]}).") from error
    return made


def _on_shelf(parquet: Path, path: Path, shelf: Shelf) -> pl.DataFrame:
    """Column after column, mapped."""
    try:
        names = pl.scan_parquet(parquet, glob=False).collect_schema().names()
        return pl.DataFrame(
            [shelf.put_away(_plain(pl.read_parquet(parquet, columns=[name], glob=False)[name])) for name in names]
        )
    except POLARS_ERRORS as error:
        raise DataError(f"{path}: the file cannot be read ({str(error).splitlines()[0][:120]}).") from error
    finally:
        if parquet != path:
            parquet.unlink(missing_ok=True)


def _plain(series: pl.Series) -> pl.Series:
    """In one of the forms that kinds are decided on; a type that is no cell of a table is refused there, if it is not dropped."""
    try:
        return basic_form(series)
    except DataError:
        return series


def _delimited(path: Path, shelf: Shelf, separator: str | None) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """As ``parse_delimited``; only files in UTF-8."""
    text, encoding = _head(path)
    body, skipped, separator = without_preamble(text, separator)
    if not body:
        raise DataError(f"{path}: the file is empty.")
    dialect = find_dialect(body, separator)
    names, notes = header(body, dialect, str(path))
    separators, records = _counted(path, dialect, skipped)
    if records < 2:
        raise DataError(f"{path}: the file has a header but no rows.")
    if separators != (len(names) - 1) * records:
        raise _ragged(path, dialect, len(names), skipped)
    lazy = pl.scan_csv(
        path,
        separator=dialect.separator,
        quote_char=dialect.quote,
        infer_schema=False,
        skip_lines=skipped,
        n_rows=records - 1,
        glob=False,
        with_column_names=lambda _: names,
    )
    frame = _on_shelf(_as_parquet(lazy, path, shelf), path, shelf)
    if frame.shape != (records - 1, len(names)):
        raise _ragged(path, dialect, len(names), skipped)
    quotes = [] if dialect.quote == '"' else [f"quotes: {dialect.quote}"]
    notes = [f"encoding: {encoding}", f"separator: {SEPARATOR_NAMES[dialect.separator]}", *notes, *quotes]
    turned = decimal_commas(frame, dialect, notes)
    if turned is not frame:
        turned = pl.DataFrame([shelf.put_away(column) for column in turned])
    return turned, tuple(notes)


def _head(path: Path) -> tuple[str, str]:
    """The first lines and the encoding of the file.  Raises DataError for another than UTF-8."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        if len(head) == _HEAD:
            head = head[: head.rfind(b"\n") + 1] or head
    text, encoding = decode(head, str(path))
    if not encoding.startswith("utf-8"):
        raise DataError(
            f"{path}: the file is larger than memory and its encoding is {encoding}; save it as UTF-8 or Parquet, or give more "
            "--memory."
        )
    if "\n" not in text and "\r" in text:
        raise DataError(f"{path}: the file is larger than memory and its lines end in bare carriage returns; save it as Parquet.")
    return text, encoding


def _pieces(path: Path, skipped: int) -> Iterator[bytes]:
    """The file without its first ``skipped`` lines and the line ends at its end.  Raises DataError where it is no UTF-8."""
    check = codecs.getincrementaldecoder("utf-8")()
    held = b""  # line ends that may be the last
    with path.open("rb") as stream:
        for _ in range(skipped):
            stream.readline()
        place = stream.tell()
        while piece := stream.read(_PIECE):
            try:
                check.decode(piece)
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{path}: byte {place + error.start} is not valid utf-8; the file is larger than memory, so save it as UTF-8 "
                    "or Parquet, or give more --memory."
                ) from error
            place += len(piece)
            piece = held + piece
            bare = piece.rstrip(b"\r\n")
            held = piece[len(bare) :]
            yield bare


def _counted(path: Path, dialect: Dialect, skipped: int) -> tuple[int, int]:
    """How many separators and how many records there are outside quotes."""
    separators, records, inside = 0, 1, False
    for piece in _pieces(path, skipped):
        cells = np.frombuffer(piece, dtype=np.uint8)
        is_quote = cells == ord(dialect.quote)
        outside = ~(np.bitwise_xor.accumulate(is_quote) ^ inside) if inside or is_quote.any() else None
        for mark in (dialect.separator, "\n"):
            found = cells == ord(mark)
            count = int(np.count_nonzero(found if outside is None else found & outside))
            separators, records = (separators, records + count) if mark == "\n" else (separators + count, records)
        inside ^= bool(np.count_nonzero(is_quote) % 2)
    return separators, records


def _ragged(path: Path, dialect: Dialect, width: int, skipped: int) -> DataError:
    """What is wrong with a file whose separators do not add up: the first line that is, found by the csv module."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for _ in range(skipped):
                stream.readline()
            records = csv.reader(stream, delimiter=dialect.separator, quotechar=dialect.quote, strict=True)
            for _ in whole_rows(records, width, str(path), skipped):
                pass
    except csv.Error as error:
        return DataError(f"{path}: a quote is not closed, or text follows one ({error}); mend the quotes.")
    except DataError as error:
        return error
    return DataError(
        f"{path}: the file is larger than memory and cannot be read in pieces; save it as Parquet, or give more --memory."
    )
