"""Arrays out of an .npz that anyone may have written: nothing is unpickled, and nothing is larger than the file says it is.

``numpy.load`` takes the shape in an array's header at its word and makes room for it, and expands a compressed member before
anybody asks how large it is.  Here a member is read up to the size that the archive declares for it, the sizes of all are added
up first, and a header must claim just the bytes that follow it.
"""

import sys
import tokenize
import zipfile
import zlib
from io import BytesIO
from math import prod

import numpy as np

_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npz(content: bytes, most_bytes: int) -> dict[str, np.ndarray]:
    """The arrays by name, each a copy.

    most_bytes: that the arrays may take together.  Raises ValueError, in words, for what is no .npz, is damaged, takes more than
    that, or holds Python objects.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            infos = archive.infolist()
            size = sum(info.file_size for info in infos)
            if size > most_bytes:
                raise ValueError(f"its arrays would take {size} bytes, and {most_bytes} are the most")
            arrays: dict[str, np.ndarray] = {}
            for info in infos:
                with archive.open(info) as member:
                    array = _array(member.read(info.file_size + 1), info.filename)
                arrays[info.filename.removesuffix(".npy")] = array
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise ValueError("this is no npz file, or a damaged one") from error
    if len(arrays) != len(infos):
        raise ValueError("one name stands for two arrays")
    return arrays


def _array(raw: bytes, name: str) -> np.ndarray:
    stream = BytesIO(raw)
    try:
        version = np.lib.format.read_magic(stream)
        shape, by_columns, dtype = _HEADERS[version](stream)
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError, tokenize.TokenError) as error:
        raise ValueError(f"{name!r} is no array as NumPy writes it") from error
    if dtype.hasobject:
        raise ValueError(f"{name!r} cannot be read: it holds Python objects, which are not unpickled")
    left = len(raw) - stream.tell()
    empty = prod(shape) == 0  # of texts of no letters NumPy makes ones of one, however many the shape says there are
    if any(length < 0 for length in shape) or prod(shape) * dtype.itemsize != left or (not dtype.itemsize and not empty):
        raise ValueError(f"{name!r} declares the shape {shape} of {dtype}, and {left} bytes follow")
    array = np.frombuffer(raw, dtype=dtype, offset=stream.tell()) if left else np.empty(prod(shape), dtype=dtype)
    if not all(_holds_letters(array[field]) for field in dtype.names or [...]):
        raise ValueError(f"{name!r} holds what is no letter of any script")
    return array.reshape(shape, order="F" if by_columns else "C").copy()


def _holds_letters(texts: np.ndarray) -> bool:
    """Whether every number in an array of texts is a letter's; of other arrays, True."""
    if texts.dtype.kind != "U" or not texts.size:
        return True
    codes = np.ascontiguousarray(texts).view(np.dtype(np.uint32).newbyteorder(texts.dtype.byteorder))
    return bool(codes.max() <= sys.maxunicode)
