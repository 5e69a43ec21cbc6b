"""An append-only journal that survives being killed at any moment.

The file is one of ``core.records``.  A torn last record, which a kill or a power cut may
leave, is cut off on opening and said; damage before the last record is corruption, and
refused.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core import records
from assay.core.errors import StudyError


@dataclass(frozen=True)
class JournalContent:
    """records: in order.  torn_bytes: how long an unfinished last record was."""

    records: tuple[dict[str, Any], ...]
    torn_bytes: int


def read_journal(path: Path, *, cut: bool = True) -> JournalContent:
    """Read every whole record and cut a torn tail off the file.

    cut: False for a reader that does not hold the run folder: what looks torn may be a record that a run is writing.
    Raises StudyError when a record before the last one is damaged, and OSError when the file cannot be read or cut.
    """
    if not path.exists():
        return JournalContent((), 0)
    content = path.read_bytes()
    found, end = records.parse(content)
    if content.count(b"\n", end) > 1:
        raise StudyError(
            f"{path}: record {len(found) + 1} (byte {end}) is damaged, and records follow it. "
            "Restore the file from a copy, or start again with another --out."
        )
    torn = len(content) - end
    if torn and cut:
        with path.open("r+b") as stream:
            stream.truncate(end)
            os.fsync(stream.fileno())
    return JournalContent(tuple(found), torn)


def append_record(path: Path, record: dict[str, Any]) -> None:
    """Write one record and make it durable."""
    with path.open("ab") as stream:
        records.append(stream, record)
