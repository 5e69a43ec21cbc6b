"""Changes of bytes that get past checksums: the inside is changed, and what vouches for it is made to fit again.

A fuzzer that flips bytes of a sealed file meets nothing but the seal.  These open a file as its format has it, change a part by
the fuzzer's own mutator or by the rules here, and close it again.  All follows from ``draw``, so a finding can be repeated.
"""

import copy
import hashlib
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from assay.archive.files import MANIFEST, STATE, WEIGHTS
from assay.core.files import canonical_json

Mutate = Callable[[bytes, int], bytes]
"""The fuzzer's own: (content, most bytes) -> content."""

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 255, 2**31 - 1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30),
    *(0.0, -0.0, 0.5, -0.5, 1.5, 1e-320, 1e308, -1e308, "", "x", "0", "../x", "nan", "a\0b", "\u202e", "a" * 300),
    *(
        [],
        [[]],
        [0],
        ["x"],
        {},
        {"x": 0},
        {"$float": "nan"},
        {"$float": "inf"},
        {"$array": "a00000", "dtype": "int64", "shape": []},
    ),
)
SEAL = b"assay sha256 "


def change_json(value: Any, draw: random.Random) -> Any:
    """A copy with one place changed: another value, another number or text, gone, twice, or that of another place."""
    changed = copy.deepcopy(value)
    places = list(_places(changed))
    if not places:
        return draw.choice(ODD)
    holder, key = draw.choice(places)
    what = draw.randrange(6)
    if what == 0:
        holder[key] = draw.choice(ODD)
    elif what == 1:
        holder[key] = _near(holder[key], draw)
    elif what == 2:
        del holder[key]
    elif what == 3 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif what == 4 and isinstance(holder, dict):
        holder[draw.choice([*holder, "x", "$dict", ""])] = copy.deepcopy(holder[key])
    else:
        other, its = draw.choice(places)
        holder[key] = copy.deepcopy(other[its])
    return changed


def _places(value: Any) -> Any:
    """(container, key) of everything inside, the first of long lists only."""
    keys = list(value) if isinstance(value, dict) else range(min(len(value), 4)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _near(value: Any, draw: random.Random) -> Any:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return draw.choice([value + 1, value - 1, -value, value * 2, value * 10**6, value // 2])
    if isinstance(value, float):
        return draw.choice([value + 1, -value, value * 1e6, value * 1e-300, float(int(value) if abs(value) < 1e9 else 0)])
    if isinstance(value, str):
        place = draw.randrange(len(value) + 1)
        return value[:place] + draw.choice(["", "x", "/", "'", "\n", "$", value]) + value[place + 1 :]
    if isinstance(value, list):
        return draw.choice([value[::-1], value[:-1], value + value, value * 3, sorted(value, key=str)])
    return dict(reversed(value.items()))


def records(content: bytes, most: int, draw: random.Random, mutate: Mutate) -> bytes:
    """A file of ``core.records``: one record changed, its length and checksum made anew."""
    lines = content.split(b"\n")
    at = draw.randrange(len(lines))
    body = lines[at][26:]
    try:
        told = canonical_json(change_json(json.loads(body), draw)).encode() if draw.random() < 0.8 else mutate(body, most)
    except (ValueError, RecursionError):
        told = mutate(body, most)
    told = told.replace(b"\n", b"")
    lines[at] = b"%08x %s " % (len(told), hashlib.sha256(told).hexdigest()[:16].encode()) + told
    return b"\n".join(lines)[:most]


def arrays(content: bytes, most: int, draw: random.Random, mutate: Mutate) -> bytes:
    """An .npz: one member changed, and packed again."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()[:20]}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError, EOFError):
        return mutate(content, most)
    if not members:
        return mutate(content, most)
    name = draw.choice(sorted(members))
    what = draw.randrange(4)
    if what == 0:
        del members[name]
    elif what == 1:
        members[draw.choice([*members, "x.npy", "array.x.npy", "../x.npy"])] = members[name]
    else:
        members[name] = mutate(members[name], most)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for key, value in members.items():
            archive.writestr(key, value)
    return stream.getvalue()


def bundle(content: bytes, most: int, draw: random.Random, mutate: Mutate) -> bytes:
    """An .assay file: a part of it changed, with hashes, digest and seal that fit."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in (MANIFEST, STATE, WEIGHTS)}
        manifest, state = json.loads(parts[MANIFEST]), json.loads(parts[STATE])
    except (zipfile.BadZipFile, ValueError, KeyError, NotImplementedError, RuntimeError, OSError, EOFError, RecursionError):
        return mutate(content, most)
    what = draw.randrange(10)
    if what == 0:
        return mutate(content, most)
    if what == 1:
        manifest = change_json(manifest, draw)
    elif what <= 5:
        for _ in range(draw.choice([1, 1, 1, 2, 4])):
            state = change_json(state, draw)
        for name in ("recipe", "task", "schema"):  # or the two would differ, which is the first thing that is looked at
            if isinstance(manifest, dict) and isinstance(state, dict) and name in state:
                manifest[name] = state[name]
    elif what <= 8:
        parts[WEIGHTS] = weights(parts[WEIGHTS], draw)
    else:
        parts[WEIGHTS] = mutate(parts[WEIGHTS], most)
    try:
        return closed(manifest, {STATE: canonical_json(state).encode(), WEIGHTS: parts[WEIGHTS]})
    except (ValueError, TypeError):
        return mutate(content, most)


def closed(manifest: Any, parts: dict[str, bytes]) -> bytes:
    """An .assay file of these parts, as Assay closes it."""
    if isinstance(manifest, dict):
        body = {key: value for key, value in manifest.items() if key != "digest"}
        if isinstance(body.get("files"), dict):
            body["files"] = {name: {"sha256": _hash(part), "bytes": len(part)} for name, part in parts.items()}
        manifest = {**body, "digest": _hash(canonical_json(body).encode())}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, part in {MANIFEST: canonical_json(manifest).encode(), **parts}.items():
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system, member.external_attr = 3, 0o644 << 16
            archive.writestr(member, part)
        archive.comment = b" " * (len(SEAL) + 64)
    body_bytes = stream.getvalue()[: -len(SEAL) - 64]
    return body_bytes + SEAL + _hash(body_bytes).encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def weights(content: bytes, draw: random.Random) -> bytes:
    """A safetensors file in which a number is another one, or an array is declared otherwise."""
    try:
        (length,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8 : 8 + length])
    except (struct.error, ValueError):
        return content
    names = [
        name for name in header if name != "__metadata__" and header[name]["data_offsets"][0] < header[name]["data_offsets"][1]
    ]
    if not names:
        return content
    entry = header[draw.choice(names)]
    if draw.random() < 0.15:
        entry["shape"] = draw.choice([entry["shape"][::-1], [*entry["shape"], 1], [-1], [2**40, 2**40], entry["shape"][:-1]])
        told = json.dumps(header, separators=(",", ":")).encode()
        told += b" " * (-len(told) % 8)
        return struct.pack("<Q", len(told)) + told + content[8 + length :]
    kinds = {
        "F64": "<f8",
        "F32": "<f4",
        "I64": "<i8",
        "I32": "<i4",
        "I16": "<i2",
        "I8": "<i1",
        "U8": "<u1",
        "U32": "<u4",
        "U64": "<u8",
    }
    start, end = entry["data_offsets"]
    cells = np.frombuffer(bytearray(content[8 + length + start : 8 + length + end]), dtype=kinds.get(entry["dtype"], "<u1"))
    odd = (0, 1, -1, 2, 7, len(cells), len(cells) - 1, 2**31 - 1, -(2**31), 2**62, float("nan"), float("inf"), 1e300, -1e300)
    for _ in range(draw.choice([1, 1, 2, 5])):
        at, other = draw.randrange(len(cells)), draw.randrange(len(cells))
        with np.errstate(all="ignore"):
            value = cells[other] if draw.random() < 0.4 else np.array(draw.choice(odd)).astype(cells.dtype)
        cells[at] = value
    return content[: 8 + length + start] + cells.tobytes() + content[8 + length + end :]


def settings(content: bytes, most: int, draw: random.Random, mutate: Mutate) -> bytes:
    """A study.toml: the value behind one equals sign is another one, or a line is gone or twice."""
    lines = content.split(b"\n")
    at = draw.randrange(len(lines))
    key, equals, value = lines[at].partition(b" = ")
    what = draw.randrange(6)
    if not equals or what == 0:
        return mutate(content, most)
    if what == 1:
        del lines[at]
    elif what == 2:
        lines.insert(at, lines[at])
    else:
        try:
            told = json.loads(value)
            other = change_json([told], draw)[0] if draw.random() < 0.5 else draw.choice(ODD)
        except (ValueError, IndexError, TypeError):
            other = draw.choice(ODD)
        lines[at] = key + equals + json.dumps(other, ensure_ascii=True).encode()
    return b"\n".join(lines)[:most]


def footer(content: bytes, most: int, draw: random.Random, mutate: Mutate) -> bytes:
    """A Parquet file: what is said of the columns is changed, the pages, or all."""
    if len(content) < 12 or draw.random() < 0.2:
        return mutate(content, most)
    (length,) = struct.unpack("<I", content[-8:-4])
    cut = max(4, len(content) - 8 - length)
    pages, told = content[:cut], content[cut:-8]
    if draw.random() < 0.7:
        told = mutate(told, len(told) + 64)
    else:
        pages = mutate(pages, len(pages) + 64)
    return pages + told + struct.pack("<I", len(told)) + content[-4:]
