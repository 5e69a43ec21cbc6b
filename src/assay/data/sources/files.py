"""Files of rows: the form by suffix, unpacked when they are compressed."""

import gzip
import io
import json
import os
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from assay.core.errors import DataError
from assay.data.shelf import Shelf
from assay.data.sources.arrays import from_npz
from assay.data.sources.delimited import parse_delimited
from assay.data.sources.encodings import decode
from assay.data.sources.folders import PICTURE_SUFFIXES, from_folder
from assay.data.sources.large import TEXT, from_large, is_large
from assay.data.sources.raw import RawTable

_JSON = (".jsonl", ".ndjson", ".json")
_ARROW = (".arrow", ".ipc", ".feather")
_KNOWN = "CSV, TSV, Parquet, JSON lines, Arrow, npz, each also as .gz or in a .zip, or a folder of pictures"


def from_path(path: Path, memory: int | None = None) -> RawTable:
    """The rows of a file or of a folder of pictures. Raises DataError, OSError aside, for whatever cannot be read.

    memory: bytes that this process may use; a table that would take too much of it is read in pieces.  None: read whole.
    """
    if path.is_dir():
        return from_folder(path)
    if not path.exists():
        raise DataError(f"{path}: there is no such file{_neighbour(path)}")
    if memory is not None and is_large(path, memory):
        before = path.stat()
        large = from_large(path, Shelf.new(memory))
        refuse_changed(path, before)
        return large
    try:
        before = path.stat()
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror}).") from error
    try:
        name, content = _unpacked(path, content)
        found = _parse(content, PurePosixPath(name).suffix.lower(), path)
    except DataError:
        refuse_changed(path, before)  # a row cut in two by its writer is no ragged row
        raise
    refuse_changed(path, before)
    return found


def refuse_changed(path: Path, before: os.stat_result) -> None:
    """Raise DataError for a file that is no longer what it was before it was read: its rows may be of two states."""
    try:
        after = path.stat()
    except OSError as error:
        raise DataError(f"{path}: the file went away while it was read ({error.strerror}); read a copy of it.") from error
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise DataError(
            f"{path}: the file changed while it was read (it had {before.st_size} bytes, now {after.st_size}); "
            "wait until it is written, or read a copy of it."
        )


def _neighbour(path: Path) -> str:
    from assay.core.names import nearest

    if not path.parent.is_dir():
        return f" (nor a folder {path.parent})."
    near = nearest(path.name, (entry.name for entry in path.parent.iterdir()))
    return f"; did you mean {near!r}?" if near else "."


def _unpacked(path: Path, content: bytes) -> tuple[str, bytes]:
    """The name and the bytes of the one file inside a .gz or a .zip, or of the file itself."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".gz":
            return path.stem, gzip.decompress(content)
        if suffix == ".zip":
            return _only_member(path, content)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path}: the archive is damaged or locked ({error}).") from error
    return path.name, content


def _only_member(path: Path, content: bytes) -> tuple[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [
            info.filename
            for info in archive.infolist()
            if not info.is_dir()
            and not info.filename.startswith("__MACOSX")
            and not PurePosixPath(info.filename).name.startswith(".")
        ]
        if any(PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES for name in names):
            raise DataError(f"{path}: a zip of pictures is not read; unpack it and name the folder.")
        if len(names) != 1:
            shown = ", ".join(names[:5]) or "none"
            raise DataError(
                f"{path}: a zip must hold one file of rows, this one holds {len(names)} ({shown}); unpack it and name one."
            )
        return names[0], archive.read(names[0])


def _parse(content: bytes, suffix: str, path: Path) -> RawTable:
    source, root = str(path), path.absolute().parent
    if not content:
        raise DataError(f"{source}: the file is empty.")
    if suffix in TEXT:
        text, encoding = decode(content, source)
        frame, notes = parse_delimited(text, source, TEXT[suffix])
        return RawTable(frame, source, root, notes=(f"encoding: {encoding}", *notes))
    if suffix in _JSON:
        text, encoding = decode(content, source)
        return RawTable(_json_rows(text, source), source, root, notes=(f"encoding: {encoding}",))
    if suffix == ".npz":
        return from_npz(content, source)
    if suffix == ".parquet" or suffix in _ARROW:
        try:
            frame = pl.read_parquet(content) if suffix == ".parquet" else _arrow(content)
        except pl.exceptions.PolarsError as error:
            raise DataError(
                f"{source}: this is no {'Parquet' if suffix == '.parquet' else 'Arrow'} file ({_first_line(error)})."
            ) from error
        return RawTable(frame, source, root)
    if suffix in PICTURE_SUFFIXES:
        raise DataError(f"{source}: this is one picture; name a folder with one subfolder per class.")
    raise DataError(f"{source}: files ending in {suffix or 'nothing'} are not read; what is: {_KNOWN}.")


def _arrow(content: bytes) -> pl.DataFrame:
    """An Arrow file begins with a mark; without it the bytes are an Arrow stream, which the same suffixes are used for."""
    return pl.read_ipc(content) if content.startswith(b"ARROW1") else pl.read_ipc_stream(content)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120]


def _json_rows(text: str, source: str) -> pl.DataFrame:
    """JSON lines, or one JSON array of objects."""
    if text.lstrip().startswith("["):
        try:
            records = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError(f"{source}: line {error.lineno}, column {error.colno} is not JSON ({error.msg}).") from error
    else:
        try:
            return pl.read_ndjson(text.encode(), infer_schema_length=None)
        except pl.exceptions.PolarsError:
            records = [_json_line(line, number, source) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    wrong = next((i for i, record in enumerate(records, 1) if not isinstance(record, dict)), None)
    if wrong is not None or not records:
        raise DataError(
            f"{source}: {'there are no rows' if wrong is None else f'entry {wrong} is no JSON object'}; each row is one object."
        )
    names = list(dict.fromkeys(name for record in records for name in record))
    return pl.DataFrame({name: _json_column([record.get(name) for record in records]) for name in names})


def _json_line(line: str, number: int, source: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{source}: line {number} is not JSON ({error.msg}).") from error


def _json_column(values: list[Any]) -> pl.Series:
    """One type for a column: numbers, booleans, or else text as JSON would write it."""
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, bool) for value in present):
        return pl.Series(values, dtype=pl.Boolean)
    if present and all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        return pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)
    texts = [value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values]
    return pl.Series(texts, dtype=pl.String)
