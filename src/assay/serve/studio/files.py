"""Files of a run folder over HTTP: only regular files that lie in it, no links, nothing hidden."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fastapi.responses import Response, StreamingResponse

from assay.report.numbers import number
from assay.serve.studio.place import Missing, is_plain_name

SHOWN_FOLDERS = ("model", "figures")
"""Folders inside a run whose files are listed; predictions are too many, and of use only to Assay."""

PAGE_POLICY = (
    "sandbox allow-scripts allow-downloads allow-modals allow-popups; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Of a page that a run holds: its scripts run, but as those of a stranger to the studio, and it can load and send nothing."""

FILE_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
_PIECE = 2**18


@dataclass(frozen=True, slots=True)
class Stored:
    """path: from the run folder, with slashes.  size: in words."""

    path: str
    size: str


def stored_files(folder: Path) -> list[Stored]:
    """What can be fetched: files of the run folder itself, then those of SHOWN_FOLDERS."""
    found = []
    for inside in ("", *SHOWN_FOLDERS):
        try:
            entries = sorted(os.scandir(folder / inside), key=lambda entry: entry.name)
        except OSError:
            continue
        if inside and (folder / inside).is_symlink():
            continue
        for entry in entries:
            if is_plain_name(entry.name) and entry.is_file(follow_symlinks=False):
                size = entry.stat(follow_symlinks=False).st_size
                found.append(Stored(f"{inside}/{entry.name}" if inside else entry.name, size_in_words(size)))
    return found


def size_in_words(size: int) -> str:
    """
    >>> size_in_words(812), size_in_words(20_480), size_in_words(3_500_000)
    ('812 bytes', '20 KiB', '3.3 MiB')
    """
    if size < 1024:
        return f"{size} bytes"
    return f"{number(size / 1024, 0)} KiB" if size < 2**20 else f"{number(size / 2**20, 1)} MiB"


def send_file(folder: Path, path: str) -> Response:
    """A file of the run: an .html page shows itself, shut off from the studio; anything else is saved by the browser.

    Raises Missing for what is no regular file in ``folder``, or reached through a link.
    """
    handle = _open(folder, path)
    size = os.fstat(handle).st_size
    name = path.rpartition("/")[2]
    if name.endswith(".html"):
        headers = {"content-security-policy": PAGE_POLICY}
        kind = "text/html; charset=utf-8"
    else:
        headers = {"content-security-policy": FILE_POLICY, "content-disposition": _saved_as(name)}
        kind = "application/octet-stream"
    headers["content-length"] = str(size)
    return StreamingResponse(_pieces(handle, size), media_type=kind, headers=headers)


def _open(folder: Path, path: str) -> int:
    """A handle on the file; each folder on the way is opened as itself, so that no link leads out, also not a moment later."""
    parts = path.split("/")
    if not all(map(is_plain_name, parts)):
        raise Missing(f"there is no file {path[:80]!r} in this run.")
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = inner
        handle = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
    except OSError as error:
        raise Missing(f"there is no file {path[:80]!r} in this run.") from error
    finally:
        os.close(here)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Missing(f"there is no file {path[:80]!r} in this run.")
    return handle


def _pieces(handle: int, size: int) -> Iterator[bytes]:
    """``size`` bytes at most: the length was said before, and a journal may grow meanwhile."""
    with os.fdopen(handle, "rb") as stream:
        while size > 0 and (piece := stream.read(min(_PIECE, size))):
            size -= len(piece)
            yield piece


def _saved_as(name: str) -> str:
    from urllib.parse import quote

    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
