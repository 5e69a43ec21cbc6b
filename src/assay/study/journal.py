"""An append-only journal that survives being killed at any moment.

One line a record: ``LENGTH CRC32 JSON``, where LENGTH counts the bytes of the JSON and CRC32
is of them.  A record is durable (fsync) before ``append`` returns.  A torn last record,
which a kill or a power cut may leave, is cut off on opening and said; damage before the
last record is corruption, and refused.
"""

import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core.errors import StudyError
from assay.core.files import canonical_json


@dataclass(frozen=True)
class JournalContent:
    """records: in order.  torn_bytes: how long an unfinished last record was."""

    records: tuple[dict[str, Any], ...]
    torn_bytes: int


def read_journal(path: Path, *, cut: bool = True) -> JournalContent:
    """Read every whole record and cut a torn tail off the file.

    cut: False for a reader that does not hold the run folder: what looks torn may be a record that a run is writing.
    Raises StudyError when a record before the last one is damaged.
    """
    if not path.exists():
        return JournalContent((), 0)
    content = path.read_bytes()
    records: list[dict[str, Any]] = []
    position = 0
    while position < len(content):
        end = content.find(b"\n", position)
        record = _parse(content[position:end]) if end >= 0 else None
        if record is None:
            if end >= 0 and content.find(b"\n", end + 1) >= 0:
                raise StudyError(
                    f"{path}: record {len(records) + 1} (byte {position}) is damaged, and records follow it. "
                    "Restore the file from a copy, or start again with another --out."
                )
            break
        records.append(record)
        position = end + 1
    torn = len(content) - position
    if torn and cut:
        with path.open("r+b") as stream:
            stream.truncate(position)
            os.fsync(stream.fileno())
    return JournalContent(tuple(records), torn)


def append_record(path: Path, record: dict[str, Any]) -> None:
    """Write one record and make it durable."""
    payload = canonical_json(record).encode()
    line = b"%d %08x %s\n" % (len(payload), zlib.crc32(payload), payload)
    with path.open("ab") as stream:
        stream.write(line)
        stream.flush()
        os.fsync(stream.fileno())


def _parse(line: bytes) -> dict[str, Any] | None:
    parts = line.split(b" ", 2)
    if len(parts) != 3:
        return None
    length, checksum, payload = parts
    if not length.isdigit() or int(length) != len(payload):
        return None
    if checksum != b"%08x" % zlib.crc32(payload):
        return None
    value: dict[str, Any] = json.loads(payload)
    return value
