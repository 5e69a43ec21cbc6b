"""navec's file: Russian vectors as codes of a product quantizer, in a tar of three members.

meta.json: {"id", "version": 1}.  vocab.bin: gzip of uint32 n, n uint32 counts, n words parted by line feeds.
pq.bin: uint32 vectors, width, parts, centroids; uint8 (vectors, parts); float32 (parts, centroids, width / parts).
Format: github.com/natasha/navec, version 1.  The vectors are unpacked.
"""

import json
import struct
import tarfile
import zlib
from pathlib import Path

import numpy as np

from assay.core.errors import DataError
from assay.language.vectors.files.limits import MOST_WIDTH, MOST_WORDS, made, opened
from assay.language.vectors.vectors import WordVectors

MEMBERS = {"meta.json": 1 << 16, "vocab.bin": 1 << 30, "pq.bin": 4 << 30}
MOST_VOCABULARY = 2 << 30
UNKNOWN, PAD = "<unk>", "<pad>"


def read_navec(path: Path) -> WordVectors:
    """The vectors with the counts of their words; the rows of ``<unk>`` and ``<pad>`` are left out.

    Raises DataError for other members, links, sizes that do not fit, and a vocabulary that unpacks to more than it may.
    """
    parts = _members(path)
    _check_meta(path, parts["meta.json"])
    words, counts = _vocabulary(path, parts["vocab.bin"])
    matrix = _unpacked(path, parts["pq.bin"], len(words))
    kept = [place for place, word in enumerate(words) if word not in (UNKNOWN, PAD)]
    if not kept:
        raise DataError(f"{path} holds no words.")
    found = made(path, [words[place] for place in kept], matrix[kept], "navec")
    if len(found) < len(kept):
        raise DataError(f"{path}: a word stands twice in the vocabulary; the file is damaged.")
    return WordVectors(found.words, found.matrix, counts[kept].astype(np.int64), None, found.told)


def _members(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with opened(path) as (stream, size), tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                if member.name not in MEMBERS or member.name in found or not member.isreg():
                    raise DataError(
                        f"{path}: {member.name[:80]!r} does not belong in a navec file (it has {', '.join(MEMBERS)}, once)."
                    )
                if not 0 <= member.size <= min(MEMBERS[member.name], size):
                    raise DataError(f"{path}: {member.name} says it has {member.size} bytes; the file has {size}.")
                content = archive.extractfile(member)
                found[member.name] = b"" if content is None else content.read(member.size + 1)
                if len(found[member.name]) != member.size:
                    raise DataError(f"{path}: {member.name} is cut short.")
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise DataError(f"{path} is not the tar that navec writes ({error}).") from error
    for name in MEMBERS:
        if name not in found:
            raise DataError(f"{path}: {name} is missing; this is no whole navec file.")
    return found


def _check_meta(path: Path, content: bytes) -> None:
    try:
        meta = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: meta.json is no JSON.") from error
    if not isinstance(meta, dict) or meta.get("version") != 1:
        raise DataError(f"{path}: meta.json must say version 1, the only one that is read.")


def _vocabulary(path: Path, content: bytes) -> tuple[list[str], np.ndarray]:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content, MOST_VOCABULARY)
    except zlib.error as error:
        raise DataError(f"{path}: vocab.bin is no gzip that can be unpacked ({error}).") from error
    if not unpacker.eof or unpacker.unused_data:
        raise DataError(
            f"{path}: vocab.bin unpacks to more than {MOST_VOCABULARY} bytes, is cut short or goes on behind its end."
        )
    if len(plain) < 4:
        raise DataError(f"{path}: vocab.bin is cut short.")
    (count,) = struct.unpack_from("<I", plain)
    if not 1 <= count <= MOST_WORDS or 4 + 4 * count > len(plain):
        raise DataError(f"{path}: vocab.bin says {count} words, which its {len(plain)} bytes cannot hold.")
    try:
        words = plain[4 + 4 * count :].decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: the words of vocab.bin are not UTF-8.") from error
    if len(words) != count:
        raise DataError(f"{path}: vocab.bin says {count} words and holds {len(words)}.")
    return words, np.frombuffer(plain, dtype="<u4", count=count, offset=4)


def _unpacked(path: Path, content: bytes, n_words: int) -> np.ndarray:
    if len(content) < 16:
        raise DataError(f"{path}: pq.bin is cut short.")
    rows, width, parts, centroids = struct.unpack_from("<4I", content)
    fits = rows == n_words and 1 <= parts <= width <= MOST_WIDTH and width % parts == 0 and 1 <= centroids <= 256
    if not fits or len(content) != 16 + rows * parts + 4 * centroids * width:
        raise DataError(
            f"{path}: pq.bin says {rows} vectors of {width} numbers in {parts} parts with {centroids} centroids, which "
            f"fits neither its {len(content)} bytes nor the {n_words} words."
        )
    indexes = np.frombuffer(content, dtype=np.uint8, count=rows * parts, offset=16).reshape(rows, parts)
    if indexes.max(initial=0) >= centroids:
        raise DataError(f"{path}: pq.bin names a centroid that is not there.")
    codes = np.frombuffer(content, dtype="<f4", offset=16 + rows * parts).reshape(parts, centroids, width // parts)
    return np.ascontiguousarray(codes[np.arange(parts), indexes].reshape(rows, width), dtype=np.float32)
