"""Files of published weights: .pth and .pt (PyTorch), .safetensors, .npz, from disk or from an https address.

Nothing in them is run: a PyTorch file is read by the reader that makes tensors and nothing else, an .npz without Python
objects.  Files and what they unpack to are bounded before they are read.
"""

import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from torch import Tensor

from assay.core.errors import DataError
from assay.core.files import sha256_file
from assay.core.npz import read_npz
from assay.nets.image.downloads import MOST_BYTES, downloaded, file_name, is_address, is_checksum

MOST_TENSORS = 20_000
WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Where training programs keep the weights in a checkpoint that holds more."""


def published_weights(where: str, sha256: str = "") -> dict[str, Tensor]:
    """The weights by name, of a file or an https address.

    where: a path; or an address, whose file is kept in the user's cache.
    sha256: the checksum of the file, 64 hexadecimal digits; an address needs one, given here, behind
    "#sha256=", or as its first digits in the file's name as torchvision's have it ("resnet18-f37072fd.pth").
    Raises DataError for a file that is missing, too large, damaged, of another kind, of another checksum, or that would run code.
    """
    if is_address(where):
        _reader(file_name(where))  # before anything is downloaded
        return read_weights(downloaded(where, sha256))
    path = Path(where).expanduser()
    if sha256:
        _check(path, sha256)
    return read_weights(path)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The weights of a local file, by name, on the processor."""
    reader = _reader(path.name)
    if not path.is_file():
        raise DataError(f"no file of weights at {path}; check the path.")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise DataError(f"{path} has {size:,} bytes; weights of at most {MOST_BYTES:,} are read.")
    return _checked(reader(path), path)


def _reader(name: str) -> Callable[[Path], Mapping[Any, Any]]:
    readers = {".pth": _torch, ".pt": _torch, ".safetensors": _safetensors, ".npz": _npz}
    reader = readers.get(Path(name).suffix.lower())
    if reader is None:
        raise DataError(f"{name!r} is no file of weights by its name; files that end in {', '.join(readers)} are read.")
    return reader


def _check(path: Path, sha256: str) -> None:
    if not is_checksum(sha256):
        raise DataError(f"{sha256!r} is no SHA-256; give its 64 hexadecimal digits.")
    if path.is_file() and sha256_file(path) != sha256.lower():
        raise DataError(f"{path} has another SHA-256 than {sha256}; it is damaged, or another file: get it again.")


def _torch(path: Path) -> Mapping[Any, Any]:
    try:
        with path.open("rb") as file:
            archived = file.read(len(_ARCHIVE)) == _ARCHIVE
        if archived:
            _check_archive(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise DataError(
            f"{path} holds more than tensors, or is damaged, and nothing in it is run; have its weights alone saved: "
            "torch.save(net.state_dict(), PATH)."
        ) from error
    except _DAMAGE as error:
        raise _damaged(path) from error
    return _weights_in(found, path)


_ARCHIVE = b"PK\x03\x04"
"""How PyTorch tells its files of today from those of until 2020, which are no archives."""

_DAMAGE = (
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    MemoryError,
    OverflowError,
    ImportError,
    struct.error,
    zipfile.BadZipFile,
)
"""What torch.load raises for bytes that are none of its own."""


def _check_archive(path: Path) -> None:
    """Refuse an archive that unpacks to more than may be read."""
    with zipfile.ZipFile(path) as archive:
        sizes = [info.file_size for info in archive.infolist()]
    if sum(sizes) > MOST_BYTES:
        raise DataError(f"{path} unpacks to {sum(sizes):,} bytes; weights of at most {MOST_BYTES:,} are read.")


def _weights_in(found: Any, path: Path) -> Mapping[Any, Any]:
    """The names and tensors of what a file holds, also one level down."""
    for key in WRAPPERS:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping):
        raise DataError(f"{path} holds no weights by name; have them saved with torch.save(net.state_dict(), PATH).")
    return found


def _safetensors(path: Path) -> Mapping[str, Tensor]:
    import safetensors

    try:
        with safetensors.safe_open(path, framework="pt") as opened:
            names = list(opened.keys())
            _few(len(names), path)
            return {name: opened.get_tensor(name) for name in names}
    except safetensors.SafetensorError as error:
        raise _damaged(path) from error


def _npz(path: Path) -> Mapping[str, Tensor]:
    try:
        arrays = read_npz(path.read_bytes(), MOST_BYTES)
    except ValueError as error:
        raise DataError(f"{path} cannot be read as weights: {error}.") from error
    odd = [name for name, array in arrays.items() if array.dtype.kind not in "fiu" or array.dtype.itemsize > 8]
    if odd:
        raise DataError(f"{path} holds {len(odd)} arrays that are no numbers (first: {odd[0]!r}, {arrays[odd[0]].dtype}).")
    return {name: torch.from_numpy(np.asarray(array, array.dtype.newbyteorder("="))) for name, array in arrays.items()}


def _checked(found: Mapping[Any, Any], path: Path) -> dict[str, Tensor]:
    """Names, and plain tensors of numbers that together are no larger than a file may be (a tensor may repeat what it holds)."""
    _few(len(found), path)
    size = 0
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            kind = type(value).__name__
            raise DataError(f"{path}: {str(name)[:80]!r} is no weight but a {kind}; only names and tensors are read.")
        if not _is_plain(value):
            raise DataError(f"{path}: the weight {name[:80]!r} is sparse, quantized or complex; only plain tensors are read.")
        size += value.numel() * value.element_size()
    if size > MOST_BYTES:
        raise DataError(f"{path} holds weights of {size:,} bytes; at most {MOST_BYTES:,} are read.")
    return dict(found)


def _is_plain(value: Tensor) -> bool:
    odd = value.is_quantized or value.is_complex() or value.is_nested
    return value.layout == torch.strided and value.device.type == "cpu" and not odd


def _few(count: int, path: Path) -> None:
    if not 1 <= count <= MOST_TENSORS:
        raise DataError(f"{path} holds {count} weights; from 1 to {MOST_TENSORS:,} are read.")


def _damaged(path: Path) -> DataError:
    return DataError(f"{path} is no file of weights, or a damaged one; get it again.")
