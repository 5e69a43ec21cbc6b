"""Records in a file that is only ever appended to, each with its length and checksum.

One text line a record: length (8 hex digits), checksum (16 hex digits of SHA-256), JSON.  A
process that is killed while it writes leaves a torn tail, which ``parse`` stops at; whether
that is a tear or damage is for the file's owner to judge.
"""

import json
import os
import re
from typing import Any, BinaryIO

from assay.core.files import canonical_json, sha256_bytes

_HEADER_BYTES = 26  # "xxxxxxxx xxxxxxxxxxxxxxxx "
_HEADER = re.compile(rb"[0-9a-f]{8} [0-9a-f]{16} ")


def append(stream: BinaryIO, record: dict[str, Any]) -> None:
    """Write one record at the stream's end and make it durable (fsync) before returning."""
    content = canonical_json(record).encode()
    stream.write(b"%08x %s " % (len(content), _checksum(content)) + content + b"\n")
    stream.flush()
    os.fsync(stream.fileno())


def parse(content: bytes) -> tuple[list[dict[str, Any]], int]:
    """The whole records from the start on, and the position where the last of them ends.

    A record whose checksum holds and that is no JSON object was not written by ``append``; it counts as one that is not whole.
    """
    records: list[dict[str, Any]] = []
    position = 0
    while (found := _record_at(content, position)) is not None:
        record, position = found
        records.append(record)
    return records, position


def _record_at(content: bytes, start: int) -> tuple[dict[str, Any], int] | None:
    """The record that begins at ``start`` and where the next one does, or None when there is no whole record."""
    head = content[start : start + _HEADER_BYTES]
    if not _HEADER.fullmatch(head):
        return None
    end = start + _HEADER_BYTES + int(head[:8], 16)
    body = content[start + _HEADER_BYTES : end]
    if content[end : end + 1] != b"\n" or _checksum(body) != head[9:25]:
        return None
    try:
        record = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return (record, end + 1) if isinstance(record, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON, and append does not write it.")


def _checksum(content: bytes) -> bytes:
    return sha256_bytes(content)[:16].encode()
