"""Files that come from a browser: streamed to the disk, never held in memory, never named by whoever sends them.

A file lies at ``uploads/SHA-256 OF ITS BYTES/A SAFE NAME``, so that the same file sent twice lies there once, and an address that
names it holds for as long as it is kept.  What its sender called it is kept beside it, as text.
"""

import gzip
import hashlib
import json
import os
import re
import time
import unicodedata
import uuid
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header

from assay.core.errors import ConfigError, DataError
from assay.core.files import write_atomic
from assay.data.sources.large import COLUMNS, TEXT
from assay.serve.studio.uploads_zip import unpack_pictures

TABLES = (*TEXT, *COLUMNS, ".jsonl", ".ndjson", ".json", ".npz")
MOST_UNPACKED = 4 * 2**30
"""Bytes that a packed file may hold: a small one can hold more than any disk."""

_NAMES = ".names.json"
_MOST_NAME = 100
_MOST_HEADER = 8192
_DAY = 24 * 3600.0


@dataclass(frozen=True)
class Upload:
    """path: what a run reads, a file or the folder of a zip of pictures.  shown: what its sender called it."""

    path: Path
    shown: str
    size: int
    when: float


def safe_name(said: str) -> str:
    """The last part of a name as a file may be called here, its ending kept; never empty, hidden or a path.

    >>> safe_name("../../etc/passwd"), safe_name("C:\\\\data\\\\my table.CSV"), safe_name("<b>.csv"), safe_name("..")
    ('passwd', 'my_table.CSV', '_b_.csv', 'data')
    """
    last = unicodedata.normalize("NFC", said.replace("\\", "/").rpartition("/")[2])
    plain = re.sub(r"[^\w.-]", "_", last).lstrip(".-")
    stem, dot, suffix = plain.partition(".")
    room = _MOST_NAME - len((dot + suffix).encode())
    if room < 1:
        return plain.encode()[-_MOST_NAME:].decode(errors="ignore").lstrip(".-") or "data"
    return (stem.encode()[:room].decode(errors="ignore") + dot + suffix).rstrip(".") or "data"


def is_readable(name: str) -> bool:
    """Whether files of such a name are read: a table, as it is or packed, or a zip, which may hold pictures."""
    path = PurePosixPath(name.lower())
    return path.suffix in TABLES or path.suffix == ".zip" or (path.suffix == ".gz" and PurePosixPath(path.stem).suffix in TABLES)


class Receiving:
    """A form with one file, taken apart as it arrives: ``write`` with each part of the body, then ``finish``; ``drop`` always.

    Raises ConfigError for what is no such form, DataError for a file that no run could read.
    """

    def __init__(self, folder: Path, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise ConfigError("a file is sent as a form (multipart/form-data).")
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        _clear_old(folder)
        self._part = folder / f".{uuid.uuid4().hex}.part"
        self._stream = self._part.open("xb")
        self._digest, self._size = hashlib.sha256(), 0
        self._shown: str | None = None
        self._is_ended = self._is_file = False
        self._header = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        callbacks: dict[str, Callable[..., None]] = {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._headers_known,
            "on_part_data": self._data,
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]

    def write(self, content: bytes) -> None:
        try:
            self._parser.write(content)
        except MultipartParseError as error:
            raise ConfigError(f"the form that was sent is damaged ({error}).") from error

    def finish(self) -> Upload:
        """The file in its place, whole and on the disk."""
        self._parser.finalize()
        shown = self._shown
        if shown and not self._is_ended:
            raise ConfigError("the file did not arrive whole; send it again.")
        if not shown:
            raise ConfigError("no file was chosen; choose one and send it again.")
        name = safe_name(shown)
        if not is_readable(name):
            known = f"{', '.join(TABLES)}, each also as .gz or in a .zip"
            raise DataError(f"{_short(shown)}: such files are not read; what is: {known}.")
        if not self._size:
            raise DataError(f"{_short(shown)}: the file is empty.")
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        check_packed(self._part, name, _short(shown))
        home = self._folder / self._digest.hexdigest()
        home.mkdir(exist_ok=True)
        self._part.replace(home / name)
        _keep_name(home, name, shown)
        pictures = unpack_pictures(home / name, _short(shown)) if name.lower().endswith(".zip") else None
        return Upload(pictures or home / name, shown, self._size, home.stat().st_mtime)

    def drop(self) -> None:
        """Leaves nothing behind of a file that did not arrive."""
        self._stream.close()
        self._part.unlink(missing_ok=True)

    def _begin(self) -> None:
        self._header, self._value, self._headers, self._is_file = b"", b"", {}, False

    def _end(self) -> None:
        self._is_ended = True

    def _field(self, content: bytes, start: int, end: int) -> None:
        self._header += content[start:end]

    def _add_value(self, content: bytes, start: int, end: int) -> None:
        self._value += content[start:end]
        if len(self._value) > _MOST_HEADER:
            raise ConfigError("the name of the file is too long.")

    def _end_header(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _headers_known(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        said = options.get(b"filename")
        if said is None:
            return  # a field that is no file is not read
        if self._shown is not None:
            raise ConfigError("one file at a time.")
        self._is_file, self._shown = True, said.decode("utf-8", errors="replace")

    def _data(self, content: bytes, start: int, end: int) -> None:
        if self._is_file:
            piece = content[start:end]
            self._digest.update(piece)
            self._size += len(piece)
            self._stream.write(piece)


def _clear_old(folder: Path) -> None:
    """Remove what a studio that was killed has left of files that were on their way."""
    for leftover in folder.glob(".*.part"):
        with suppress(FileNotFoundError):
            if time.time() - leftover.stat().st_mtime > _DAY:
                leftover.unlink()


def check_packed(path: Path, name: str, shown: str) -> None:
    """Raise DataError for a packed file that is damaged, or holds more than may be unpacked."""
    try:
        if name.lower().endswith(".gz"):
            size = 0
            with gzip.open(path) as stream:
                while piece := stream.read(2**20):
                    size += len(piece)
                    _refuse_bomb(size, shown)
        elif name.lower().endswith(".zip"):
            with zipfile.ZipFile(path) as archive:  # its reader gives no more bytes of a member than are declared
                _refuse_bomb(sum(info.file_size for info in archive.infolist()), shown)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise DataError(f"{shown}: the archive is damaged ({error}).") from error


def _refuse_bomb(size: int, shown: str) -> None:
    if size > MOST_UNPACKED:
        raise DataError(f"{shown}: unpacked it is larger than {MOST_UNPACKED / 2**30:.0f} GiB; put it into a data folder.")


def _keep_name(home: Path, name: str, shown: str) -> None:
    write_atomic(home / _NAMES, json.dumps({**_names(home), name: shown}).encode())


def _names(home: Path) -> dict[str, str]:
    try:
        found = json.loads((home / _NAMES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(shown) for name, shown in found.items()} if isinstance(found, dict) else {}


def shown_name(uploads: Path, path: Path) -> str:
    """What the sender called an upload; for any other path the path."""
    if not path.is_relative_to(uploads):
        return str(path)
    parts = path.relative_to(uploads).parts
    names = _names(uploads / parts[0])
    of_zip = [shown for name, shown in names.items() if name.lower().endswith(".zip")]
    return names.get(path.name) or (of_zip[0] if of_zip and len(parts) > 1 else path.name)


def uploads_in(folder: Path, most: int = 50) -> list[Upload]:
    """What has been sent so far, the newest first."""
    found = []
    for home in folder.iterdir() if folder.is_dir() else ():
        for name, shown in _names(home).items():
            path = home / name
            if path.is_file():
                pictures = home / "pictures"
                stat = path.stat()
                unpacked = pictures if name.lower().endswith(".zip") and pictures.is_dir() else None
                found.append(Upload(unpacked or path, shown, stat.st_size, stat.st_mtime))
    return sorted(found, key=lambda one: -one.when)[:most]


def _short(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:60]}…{name[-18:]}"


def size_words(size: int) -> str:
    """
    >>> size_words(12), size_words(20_480), size_words(5 * 2**20)
    ('12 bytes', '20 KiB', '5 MiB')
    """
    if size < 2**10:
        return f"{size} bytes"
    for unit, scale in (("KiB", 2**10), ("MiB", 2**20)):
        if size < scale * 2**10:
            return f"{size / scale:.0f} {unit}"
    return f"{size / 2**30:.1f} GiB"
