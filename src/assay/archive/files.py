"""The three files of a saved model on disk: a folder, or one ``.assay`` file (a zip that only stores).

Nothing here looks into the files.  Reading trusts no name and no size: the names are ours, every
size is capped before a byte is read, links are refused.  A ``.assay`` file carries the SHA-256 of
everything before it as the comment at its end, so that a changed byte anywhere in it is seen, in
the parts that a zip reader skips too.
"""

import hashlib
import os
import stat
import struct
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import IO

from assay.core.errors import BundleError
from assay.core.files import write_atomic, write_folder_atomic
from assay.core.names import did_you_mean

MANIFEST, STATE, WEIGHTS = "manifest.json", "state.json", "weights.safetensors"
MIB = 2**20
MAX_BYTES: Mapping[str, int] = {MANIFEST: 16 * MIB, STATE: 512 * MIB, WEIGHTS: 1400 * MIB}
"""Together below 2 GiB, so that the .assay file never needs zip64, and one that uses it is not ours."""
SUFFIX = ".assay"
_SEAL = b"assay sha256 "
_SEAL_BYTES = len(_SEAL) + 64
_TAIL_BYTES = 20 + 22  # where a zip64 locator would lie, and the end record
_MAX_TABLE_BYTES = 1024  # three entries take less than 250


# ---- writing


def write(path: Path, parts: Mapping[str, bytes]) -> None:
    """Write all of a bundle or nothing; what was at ``path`` stays whole until the new one is.

    Raises BundleError when ``path`` holds something that is not a bundle, when a part is over its limit, and when the
    disk refuses (full, read-only, no permission).
    """
    for name, content in parts.items():
        if len(content) > MAX_BYTES[name]:
            raise BundleError(
                f"the model's {name} would have {len(content)} bytes, and a bundle takes {MAX_BYTES[name]}; "
                "use a recipe that keeps less of its training rows."
            )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_replaceable(path)
        if path.suffix == SUFFIX:
            write_atomic(path, _seal(parts))
        else:
            write_folder_atomic(path, {name: parts[name] for name in MAX_BYTES})
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BundleError(
            f"{path}: the model cannot be saved here ({reason}); what was there before is as it was. "
            "Free space or choose another place, and save again."
        ) from error


def _check_replaceable(path: Path) -> None:
    if path.is_symlink():
        raise BundleError(f"{path} is a link; a model is not written through links. Name the place itself.")
    if not path.exists():
        return
    if path.is_dir():
        names = {entry.name for entry in os.scandir(path)}
        fits = path.suffix != SUFFIX and (not names or (MANIFEST in names and names <= set(MAX_BYTES)))
    else:
        with path.open("rb") as stream:
            head = stream.read(30 + len(MANIFEST))
        fits = path.suffix == SUFFIX and (not head or (head[:4] == b"PK\x03\x04" and head[30:] == MANIFEST.encode()))
    if not fits:
        raise BundleError(f"{path} exists and is not a saved model; nothing was written. Choose another name, or move it away.")


def _seal(parts: Mapping[str, bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in MAX_BYTES:
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3  # the same bytes on every platform
            member.external_attr = 0o644 << 16
            archive.writestr(member, parts[name])
        archive.comment = b" " * _SEAL_BYTES
    body = memoryview(stream.getbuffer())[:-_SEAL_BYTES]
    return b"".join((body, _SEAL, hashlib.sha256(body).hexdigest().encode()))


# ---- reading


def read(path: Path) -> dict[str, bytes]:
    """The bytes of the three files by name, with nothing but names and sizes checked yet. Raises BundleError."""
    try:
        if path.is_dir():
            return _read_folder(path)
        if not path.exists():
            raise BundleError(f"there is no saved model {path}{_nearest(path)}")
        if not path.is_file():
            raise BundleError(f"{path} is neither a folder nor a file; a saved model is one of these.")
        return _read_sealed(path)
    except OSError as error:
        raise BundleError(f"{path}: the saved model cannot be read ({error.strerror or type(error).__name__}).") from error


def _nearest(path: Path) -> str:
    if not path.parent.is_dir():
        return f"; there is no folder {path.parent} either."
    names = [
        entry.name for entry in os.scandir(path.parent) if entry.name.endswith(SUFFIX) or entry.is_dir(follow_symlinks=False)
    ]
    return did_you_mean(path.name, names) if names else "."


def _check_names(path: Path, names: list[str]) -> None:
    for name in names:
        if name not in MAX_BYTES:
            raise BundleError(f"{path}: {name[:80]!r} does not belong in a saved model (it has {', '.join(MAX_BYTES)}).")
        if names.count(name) > 1:
            raise BundleError(f"{path}: {name} is there twice; the file was not written by Assay.")
    for name in MAX_BYTES:
        if name not in names:
            raise BundleError(f"{path}: {name} is missing; this is no whole saved model. Copy it again.")


def _check_size(path: Path, name: str, size: int) -> None:
    if size > MAX_BYTES[name]:
        raise BundleError(f"{path}: {name} has {size} bytes; a saved model has at most {MAX_BYTES[name]} there.")


def _read_folder(path: Path) -> dict[str, bytes]:
    names: list[str] = []
    for entry in os.scandir(path):
        names.append(entry.name)
        if entry.name in MAX_BYTES and not entry.is_file(follow_symlinks=False):
            raise BundleError(f"{path}: {entry.name} is not a plain file (a link or a folder); a saved model has no links.")
        if len(names) > len(MAX_BYTES):
            break
    _check_names(path, sorted(names))
    parts: dict[str, bytes] = {}
    for name in MAX_BYTES:
        # O_NOFOLLOW and fstat: the file may have been swapped since the folder was listed
        handle = os.open(path / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            facts = os.fstat(stream.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise BundleError(f"{path}: {name} is not a plain file; a saved model has no links.")
            _check_size(path, name, facts.st_size)
            parts[name] = stream.read(MAX_BYTES[name] + 1)
        _check_size(path, name, len(parts[name]))
    return parts


def _read_sealed(path: Path) -> dict[str, bytes]:
    limit = sum(MAX_BYTES.values()) + MIB
    size = path.stat().st_size
    if size > limit:
        raise BundleError(f"{path} has {size} bytes; a saved model has at most {limit}.")
    with path.open("rb") as stream:
        _check_start(path, stream.read(4), size)
        digest, left = hashlib.sha256(), size - _SEAL_BYTES
        stream.seek(0)
        while left > 0:
            chunk = stream.read(min(left, MIB))
            if not chunk:
                break
            digest.update(chunk)
            left -= len(chunk)
        seal = stream.read(_SEAL_BYTES + 1)
        if not seal.startswith(_SEAL):
            raise BundleError(
                f"{path} is no whole saved model: the seal at its end is missing (it is cut short, changed, or not written by "
                "Assay). Copy or download it again."
            )
        if seal != _SEAL + digest.hexdigest().encode():
            raise BundleError(f"{path}: the content does not match its checksum; the file was changed or damaged. Copy it again.")
        _check_tail(path, stream, size)
        return _members(path, stream)


def _check_start(path: Path, head: bytes, size: int) -> None:
    if size < _SEAL_BYTES + _TAIL_BYTES or head != b"PK\x03\x04":
        raise BundleError(f"{path} is not a saved model of Assay; name the file or folder that model.save wrote.")


def _check_tail(path: Path, stream: IO[bytes], size: int) -> None:
    """Cap the table of contents before zipfile expands it: the seal says where the zip's last record lies."""
    stream.seek(size - _SEAL_BYTES - _TAIL_BYTES)
    tail = stream.read(_TAIL_BYTES)
    locator, (mark, members, table_bytes) = tail[:4], struct.unpack("<4s6xHL6x", tail[20:])
    if mark != b"PK\x05\x06" or locator == b"PK\x06\x07" or members != len(MAX_BYTES) or table_bytes > _MAX_TABLE_BYTES:
        raise BundleError(f"{path}: the file's table of contents is not one that Assay writes; it was made by something else.")


def _members(path: Path, stream: IO[bytes]) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = archive.infolist()
            _check_names(path, [info.filename for info in infos[: len(MAX_BYTES) + 1]])
            parts: dict[str, bytes] = {}
            for info in infos:
                _check_size(path, info.filename, info.file_size)
                if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size or info.flag_bits & 1:
                    raise BundleError(f"{path}: {info.filename} is compressed or encrypted; Assay stores it plainly.")
                with archive.open(info) as member:
                    parts[info.filename] = member.read(info.file_size + 1)
            return parts
    except (zipfile.BadZipFile, EOFError, UnicodeDecodeError, ValueError) as error:
        raise BundleError(f"{path} is not a zip that Assay writes ({error}).") from error
