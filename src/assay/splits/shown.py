"""Which rows of some data were ever shown to anyone, whatever lock they were behind.

The ledger counts the openings of one lock.  Another seed or share locks other rows, under a new count that begins at 1,
although most of them may have been looked at before; so every opening also marks its rows here, per data.

One file a data set, bounded by the rows and not by the openings: for each row whether no lock, one lock or more than one
has shown it (two bits, compressed), and the names of the locks (64 characters each), so that no lock is counted twice.
That is enough to tell what *other* locks have shown: a lock's own rows are marked once by itself.

The file is one record of ``core.records``; a new state is written beside it, made durable and renamed over it, so it is
whole or as it was.  Damage is refused, because a ledger that forgets is worse than none.
"""

import base64
import os
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from assay.core import records
from assay.core.errors import StudyError
from assay.core.files import sync_folder

_MOST_BYTES = 2**31
"""Of one bitmap unpacked: more rows than any data here; a file that claims more is damaged."""


def _no_rows() -> np.ndarray:
    return np.zeros(0, dtype=bool)


@dataclass(frozen=True)
class Shown:
    """locks: the names of the locks that were opened.  once, twice: bool (n,), rows that at least so many of them showed."""

    locks: frozenset[str] = frozenset()
    once: np.ndarray = field(default_factory=_no_rows)
    twice: np.ndarray = field(default_factory=_no_rows)

    def by_others(self, rows: np.ndarray, lock_key: str) -> int:
        """How many of these rows (int, distinct) a lock other than this one has shown."""
        seen = self.twice if lock_key in self.locks else self.once
        return int(seen[rows[rows < len(seen)]].sum())

    def marked(self, rows: np.ndarray, lock_key: str) -> Self:
        """With the rows of one more lock; the same when it is among them already."""
        if lock_key in self.locks:
            return self
        size = max(len(self.once), int(rows.max(initial=-1)) + 1)
        once, twice = (np.pad(mask, (0, size - len(mask))) for mask in (self.once, self.twice))
        twice[rows] |= once[rows]
        once[rows] = True
        return replace(self, locks=self.locks | {lock_key}, once=once, twice=twice)


def read_shown(path: Path) -> Shown:
    """What the file says; nothing shown where there is none.  Raises StudyError when it is damaged."""
    if not path.exists():
        return Shown()
    content = path.read_bytes()
    found, end = records.parse(content)
    if len(found) != 1 or end != len(content):
        raise _damaged(path)
    record = found[0]
    if record.get("kind") != "shown":
        raise StudyError(f"{path}: a record of kind {record.get('kind')!r} comes from a newer version of Assay; update Assay.")
    try:
        return Shown(frozenset(record["locks"]), _mask(record, "once", path), _mask(record, "twice", path))
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise _damaged(path) from error


def write_shown(path: Path, shown: Shown) -> None:
    """Put this state in place of the file's, whole or not at all; the caller holds the folder's lock."""
    for leftover in path.parent.glob(f".{path.name}.*.part"):
        leftover.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    record: dict[str, Any] = {
        "kind": "shown",
        "locks": sorted(shown.locks),
        "rows": len(shown.once),
        "once": _text(shown.once),
        "twice": _text(shown.twice),
    }
    try:
        with temporary.open("wb") as stream:
            records.append(stream, record)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def _text(mask: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 9)).decode()


def _mask(record: dict[str, Any], name: str, path: Path) -> np.ndarray:
    rows = record["rows"]
    if type(rows) is not int or not 0 <= rows <= 8 * _MOST_BYTES:
        raise _damaged(path)
    packed = zlib.decompressobj().decompress(base64.b64decode(record[name]), (rows + 7) // 8 or 1)
    if len(packed) != (rows + 7) // 8:
        raise _damaged(path)
    return np.unpackbits(np.frombuffer(packed, dtype=np.uint8), count=rows).astype(bool)


def _damaged(path: Path) -> StudyError:
    return StudyError(
        f"the ledger of the rows that were shown {path} is damaged; restore it from a backup. "
        "(To give up its record of past openings, remove it yourself.)"
    )
