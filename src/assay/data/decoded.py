"""Decoded pictures of one run, kept so that each is decoded once and not once for every fold.

A store is a folder below the run's scratch: files of pixels of one size, each written once and never changed, so that several
processes may read and write at the same time without a lock (two that begin together may decode the same picture twice).  The
key of a picture is what it is: of encoded bytes their digest, of a file its path, inode, size and times of change, so a file
that is written anew during a run is decoded anew.  The folder is made when a run begins and removed when it ends; what a killed
run left is removed by the next one in that folder.

Arrays of pixels that are a large part of the memory are laid into a file as well and mapped: training reads them as it reads
any array, with the same bytes, and the system takes the pages back when it needs them.
"""

import errno
import mmap
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Literal, Self
from uuid import uuid4

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.data.decoding import Job, Shared
from assay.data.images import decode, decode_into
from assay.data.picture_cells import Cell

SHARE_TAKEN = 1 / 16
"""Of the memory bound: an array of pixels that would be larger is mapped."""
SHARE_OF_DISK = 1 / 4
"""Of what is free there, that a file of pixels may take; pictures beyond it are decoded again when they are asked for again."""

_DIGEST = 16
_GATHERED = 1024  # rows copied at once

Size = tuple[int, int]


@dataclass(frozen=True)
class PictureStore:
    """above: bytes from which an array of pixels is mapped and not held in memory."""

    folder: Path
    above: int

    @classmethod
    def new(cls, folder: Path, memory: int) -> Self:
        """An empty one.  memory: bytes that the process may use."""
        shutil.rmtree(folder, ignore_errors=True)
        with _told(folder):
            folder.mkdir(parents=True)
        return cls(folder, int(SHARE_TAKEN * memory))

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_there(self) -> bool:
        """False once the run has ended: a model that outlives it decodes without a store."""
        return self.folder.is_dir()

    def empty(self, shape: tuple[int, ...]) -> np.ndarray:
        """uint8, of any content: in memory, or mapped if it is large.  Raises StudyError where the disk is full."""
        size = int(np.prod(shape, dtype=np.int64))
        if size <= self.above:
            return np.empty(shape, dtype=np.uint8)
        path = self.folder / f"{uuid4().hex}.array"
        with _told(self.folder), path.open("xb+") as stream:
            path.unlink()  # it goes with the array
            return np.frombuffer(_reserved(stream, size), dtype=np.uint8).reshape(shape)

    def pixels(self, series: pl.Series, size: Size, channels: Literal[1, 3], into: np.ndarray) -> None:
        """Fill ``into``, uint8 (n, channels, height, width), from a column of kind image.  Raises as ``decode`` does."""
        if isinstance(series.dtype, pl.Array) or series.null_count() or not len(series):
            into[:] = decode(series, size=size, channels=channels).transpose(0, 3, 1, 2)
            return
        keys = _keys(series)
        known = dict(self._known(size, channels))
        places: dict[bytes, int] = {}  # of pictures that are not known yet: each once
        for row, key in enumerate(keys):
            if key not in known:
                places.setdefault(key, row)
        if places:
            decoded = self._decoded(series, list(places.values()), size, channels, list(places))
            known |= {key: (decoded, place) for place, key in enumerate(places)}
        _gather([known[key] for key in keys], into)

    def _known(self, size: Size, channels: int) -> Iterator[tuple[bytes, tuple[np.ndarray, int]]]:
        """(key, (the file it is in, its place there)) of every picture of this size that is kept."""
        for listed in sorted(self.folder.glob(f"{_form(size, channels)}-*.keys")):
            keys = listed.read_bytes()
            count = len(keys) // _DIGEST
            pixels = np.memmap(listed.with_suffix(".pixels"), np.uint8, "r", shape=(count, *size, channels))
            for place in range(count):
                yield keys[place * _DIGEST : (place + 1) * _DIGEST], (pixels, place)

    def _decoded(self, series: pl.Series, rows: list[int], size: Size, channels: Literal[1, 3], keys: list[bytes]) -> np.ndarray:
        """uint8 (n, height, width, channels) of these rows, kept for later where there is room."""
        job = Job(series.name, size, channels)
        part = series.gather(rows)
        wanted = len(rows) * job.record
        if wanted > SHARE_OF_DISK * shutil.disk_usage(self.folder).free:
            memory = Shared.new(wanted)
            decode_into(job, part, memory, rows=rows)
            return pixels_of(memory.memory, len(rows), size, channels)
        path = self.folder / f"{_form(size, channels)}-{uuid4().hex}.pixels"
        with _told(self.folder), path.open("xb+") as stream:
            shared = Shared(stream, _reserved(stream, wanted))
            try:
                decode_into(job, part, shared, rows=rows)
            except DataError:
                path.unlink()
                raise
            listed = path.with_suffix(".part")
            listed.write_bytes(b"".join(keys))
            listed.rename(path.with_suffix(".keys"))  # whoever sees it finds all of its pictures
        return pixels_of(shared.memory, len(rows), size, channels)


def pixels_of(memory: mmap.mmap, count: int, size: Size, channels: int) -> np.ndarray:
    """uint8 (count, height, width, channels) that lie at the beginning."""
    return np.frombuffer(memory, np.uint8, count * size[0] * size[1] * channels).reshape(count, *size, channels)


def _gather(found: list[tuple[np.ndarray, int]], into: np.ndarray) -> None:
    """Pictures (the file each is in, its place there) to ``into``, uint8 (n, channels, height, width)."""
    files = {id(pixels): pixels for pixels, _ in found}
    number = {one: place for place, one in enumerate(files)}
    which = np.array([number[id(pixels)] for pixels, _ in found])
    places = np.array([place for _, place in found])
    for start in range(0, len(found), _GATHERED):
        part = slice(start, start + _GATHERED)
        for one, pixels in enumerate(files.values()):
            rows = np.flatnonzero(which[part] == one)
            if len(rows):
                into[start + rows] = pixels[places[part][rows]].transpose(0, 3, 1, 2)


def _keys(series: pl.Series) -> list[bytes]:
    """What each picture is; a file that is not there has its path, and is met when it is decoded."""
    return [blake2b(_named(cell), digest_size=_DIGEST).digest() for cell in series]


def _named(cell: Cell) -> bytes:
    if isinstance(cell, bytes):
        return b"bytes" + cell
    path = str(cell)
    try:
        at = Path(path).stat()
    except OSError:
        return f"none {path}".encode()
    return f"file {at.st_dev} {at.st_ino} {at.st_size} {at.st_mtime_ns} {at.st_ctime_ns} {path}".encode()


def _form(size: Size, channels: int) -> str:
    return f"{size[0]}x{size[1]}x{channels}"


def _reserved(stream: BinaryIO, size: int) -> mmap.mmap:
    """A map of an empty file, whose room is taken now: a full disk met while a map is written would end the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(stream.fileno(), 0, size)
    else:
        stream.truncate(size)
    return mmap.mmap(stream.fileno(), size)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """A full disk or a folder that cannot be written, as one clear line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM):
            raise DataError(
                f"decoded pictures cannot be laid into {folder} ({os.strerror(error.errno)}); make room there, or use "
                "another --out."
            ) from error
        raise
