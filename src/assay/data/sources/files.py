"""Files of rows: the form by suffix, unpacked when they are compressed."""

import gzip
import io
import json
import os
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from assay.core.errors import DataError
from assay.core.memory import memory_bound, size_text
from assay.data.shelf import Shelf
from assay.data.sources.archives import DAMAGE, from_pictures_zip
from assay.data.sources.arrays import from_npz
from assay.data.sources.conll import SUFFIXES as CONLL
from assay.data.sources.conll import from_conll
from assay.data.sources.delimited import parse_delimited
from assay.data.sources.encodings import decode
from assay.data.sources.folders import PICTURE_SUFFIXES, from_folder
from assay.data.sources.large import POLARS_ERRORS, TEXT, from_large, is_large
from assay.data.sources.lines import from_lines
from assay.data.sources.raw import RawTable

_JSON = (".jsonl", ".ndjson", ".json")
_ARROW = (".arrow", ".ipc", ".feather")
UNPACKED_SHARE = 8
"""Of the memory bound: an archive whose file would take more is not unpacked, because reading it takes some copies of it."""
_KNOWN = "CSV, TSV, Parquet, JSON lines, Arrow, npz, CoNLL, each also as .gz or in a .zip, or a folder or zip of pictures"


def from_path(path: Path, memory: int | None = None, *, labelled: bool = True, lines: bool = False, unless: str = "") -> RawTable:
    """The rows of a file or of a folder or zip of pictures. Raises DataError, OSError aside, for whatever cannot be read.

    labelled: whether the folders of pictures are their classes.
    lines: whether a .txt file is running text, a row each line, and not a table.
    unless: the column whose name in the first line makes it a table all the same.
    memory: bytes that this process may use; a table that would take too much of it is read in pieces.  None: read whole.
    """
    most = memory_bound() if memory is None else memory
    try:
        before = _facts(path)
        if stat.S_ISDIR(before.st_mode):
            return _folder(path, labelled=labelled)
        if memory is not None and is_large(path, memory) and not (lines and _is_txt(path.name)):
            large = from_large(path, Shelf.new(memory))
            refuse_changed(path, before)
            return large
        content = _whole(path, before, most)
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror}).") from error
    if path.suffix.lower() == ".zip" and (pictures := _pictures_of_zip(path, content, most, labelled=labelled)) is not None:
        refuse_changed(path, before)
        return pictures
    try:
        name, content = _unpacked(path, content, most // UNPACKED_SHARE)
        found = from_lines(content, str(path), unless) if lines and _is_txt(name) else None
        if found is None:
            found = _parse(content, PurePosixPath(name).suffix.lower(), path, most)
    except DataError:
        refuse_changed(path, before)  # a row cut in two by its writer is no ragged row
        raise
    refuse_changed(path, before)
    return found


def _is_txt(name: str) -> bool:
    return PurePosixPath(name.lower().removesuffix(".gz")).suffix == ".txt"


def _facts(path: Path) -> os.stat_result:
    """What the system says of the path.  Raises DataError where there is nothing, or something that is read without an end."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"{path}: there is no such file{_neighbour(path)}") from None
    except ValueError as error:
        raise DataError(f"{str(path)!r} is no name of a file ({error}).") from error
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise DataError(f"{path}: this is neither a file nor a folder (a pipe or a device); write its rows into a file first.")
    return found


def _folder(path: Path, *, labelled: bool) -> RawTable:
    try:
        return from_folder(path, labelled=labelled)
    except DataError as error:
        if path.suffix.lower() in (*TEXT, *_JSON, *_ARROW, ".parquet", ".npz"):
            raise DataError(f"{path}: this is a folder, not a file; name the file of rows.") from error
        raise


def _pictures_of_zip(path: Path, content: bytes, most: int, *, labelled: bool) -> RawTable | None:
    try:
        return from_pictures_zip(content, str(path), most // UNPACKED_SHARE, labelled=labelled)
    except DAMAGE as error:
        raise DataError(f"{path}: the archive is damaged or locked ({error}).") from error


def _whole(path: Path, facts: os.stat_result, most: int) -> bytes:
    """The bytes of a file that fits into memory; it may grow meanwhile, or be one of the system's that tells no size."""
    with path.open("rb") as stream:
        content = b"" if facts.st_size > most else stream.read(most + 1)
    if facts.st_size > most or len(content) > most:
        raise DataError(
            f"{path}: the file takes more than the memory that may be used ({size_text(most)}); save it as CSV or Parquet, "
            "which are read in pieces, or give more --memory."
        )
    return content


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


def _unpacked(path: Path, content: bytes, most: int) -> tuple[str, bytes]:
    """The name and the bytes of the one file inside a .gz or a .zip, or of the file itself.  most: bytes that they may be."""
    suffix = path.suffix.lower()
    if suffix not in (".gz", ".zip"):
        return path.name, content
    try:
        if suffix == ".gz":
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
                name, found = path.stem, stream.read(most + 1)
        else:
            name, found = _only_member(path, content, most)
    except DAMAGE as error:
        raise DataError(f"{path}: the archive is damaged or locked ({error}).") from error
    if len(found) > most:
        raise DataError(
            f"{path}: unpacked the file takes more than {size_text(most)}; unpack it yourself, because CSV and Parquet "
            "files are read in pieces, or give more --memory."
        )
    return name, found


def _only_member(path: Path, content: bytes, most: int) -> tuple[str, bytes]:
    """The name of the file and its bytes, no more than one beyond ``most``."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [
            info.filename
            for info in archive.infolist()
            if not info.filename.endswith("/")
            and not info.filename.startswith("__MACOSX")
            and not PurePosixPath(info.filename).name.startswith(".")
        ]
        if len(names) != 1:
            shown = ", ".join(names[:5]) or "none"
            raise DataError(
                f"{path}: a zip must hold one file of rows, this one holds {len(names)} ({shown}); unpack it and name one."
            )
        with archive.open(names[0]) as member:
            return names[0], member.read(most + 1)


def _parse(content: bytes, suffix: str, path: Path, most: int) -> RawTable:
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
    if suffix in CONLL:
        return from_conll(content, source)
    if suffix == ".npz":
        return from_npz(content, source, most // UNPACKED_SHARE)
    if suffix == ".parquet" or suffix in _ARROW:
        try:
            frame = pl.read_parquet(content) if suffix == ".parquet" else _arrow(content)
        except (*POLARS_ERRORS, OSError, ValueError, OverflowError) as error:
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
    return (str(error).splitlines() or [type(error).__name__])[0][:120]


def _json_rows(text: str, source: str) -> pl.DataFrame:
    """JSON lines, or one JSON array of objects."""
    if text.lstrip().startswith("["):
        try:
            records = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError(f"{source}: line {error.lineno}, column {error.colno} is not JSON ({error.msg}).") from error
        except (ValueError, RecursionError) as error:
            raise DataError(f"{source}: {_beyond_json(error)}.") from error
    else:
        try:
            return pl.read_ndjson(text.encode(), infer_schema_length=None)
        except POLARS_ERRORS:
            records = [_json_line(line, number, source) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
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
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source}: line {number}: {_beyond_json(error)}.") from error


def _beyond_json(error: Exception) -> str:
    return "values are nested too deep" if isinstance(error, RecursionError) else "a number has thousands of digits"


def _json_column(values: list[Any]) -> pl.Series:
    """One type for a column: numbers, booleans, or else text as JSON would write it."""
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, bool) for value in present):
        return pl.Series(values, dtype=pl.Boolean)
    if present and all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        return pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)
    texts = [value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values]
    return pl.Series(texts, dtype=pl.String)
