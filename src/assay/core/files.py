"""Files that are whole or absent: atomic writes, checksums, canonical JSON."""

import ctypes
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO


def sha256_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no NaN: equal values give equal bytes. Raises ValueError on NaN."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def write_atomic(path: Path, content: bytes) -> None:
    """Write a whole file or none of it: a temporary neighbour, fsync, rename, fsync of the folder.

    What killed writes of this file have left beside it is removed.
    """
    clear_leftovers(path.parent, path.name)
    temporary = _part_of(path)
    with _held_file(temporary) as stream:
        try:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_folder_atomic(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a whole folder of files or none of it; a folder that is there stays whole until it changes places with the new one.

    What killed writes of this folder have left beside it is removed.
    """
    clear_leftovers(path.parent, path.name)
    fresh = _part_of(path)
    with _held_folder(fresh):
        try:
            for name, content in files.items():
                with (fresh / name).open("wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
            sync_folder(fresh)
            _put_in_place(fresh, path)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)  # what was there before, where the two have changed places
    sync_folder(path.parent)


def clear_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove what writes in ``folder`` that were killed have left: of one name, or of all; what is being written stays.

    A process holds what it is writing by a lock that ends with it, so a leftover is one that can be locked.
    """
    for entry in [found.name for found in os.scandir(folder)]:
        found = _LEFTOVER.fullmatch(entry)
        if found is None or found["name"] != (name or found["name"]):
            continue
        leftover, place = folder / entry, folder / found["name"]
        with suppress(OSError):  # of somebody else, or gone already: it takes room and does no harm
            handle = os.open(leftover, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if found["kind"] == "old" and not place.exists():
                    leftover.rename(place)
                elif leftover.is_dir():
                    shutil.rmtree(leftover)
                else:
                    leftover.unlink()
            finally:
                os.close(handle)


_LEFTOVER = re.compile(r"\.(?P<name>.+)\.\d+\.(?P<kind>part|old)", re.DOTALL)


def _part_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


@contextmanager
def _held_file(path: Path) -> Iterator[BinaryIO]:
    """A new file, locked for as long as this process writes it."""
    while True:
        with path.open("wb") as stream:
            if _hold(stream.fileno(), path):
                yield stream
                return


@contextmanager
def _held_folder(path: Path) -> Iterator[None]:
    """A new folder, likewise."""
    while True:
        path.mkdir()
        handle = os.open(path, os.O_RDONLY)
        try:
            if _hold(handle, path):
                yield
                return
        finally:
            os.close(handle)


def _hold(handle: int, path: Path) -> bool:
    """Lock it; False where another process took it for a leftover and removed it before it was locked."""
    with suppress(OSError):  # a file system without locks: nobody can lock it, so nobody takes it for a leftover
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _put_in_place(fresh: Path, path: Path) -> None:
    """Give a new folder its name; an old one of this name gets that of the new one, in one step where the system can."""
    if not path.exists():
        fresh.rename(path)
    elif not _exchange(fresh, path):
        old = path.with_name(f".{path.name}.{os.getpid()}.old")
        path.rename(old)
        try:
            fresh.rename(path)
        except OSError:
            old.rename(path)
            raise
        shutil.rmtree(old)


def _exchange(one: Path, other: Path) -> bool:
    """Let two names change places in one step; False where the system or the file system cannot (renameat2 of Linux)."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    if call(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EXDEV):
        return False
    raise OSError(number, os.strerror(number), str(other))


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` durable (where the platform can open folders)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def user_folder() -> Path:
    """Where things live that outlast a run folder (the ledger of the lock): $ASSAY_HOME, else the user's data folder."""
    given = os.environ.get("ASSAY_HOME")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_data_dir("assay", appauthor=False))


def cache_folder(name: str) -> Path:
    """Where things of one kind live that can be made again: $ASSAY_HOME/NAME, else in the user's cache."""
    given = os.environ.get("ASSAY_HOME")
    if given:
        return Path(given) / name
    import platformdirs

    return Path(platformdirs.user_cache_dir("assay", appauthor=False)) / name
