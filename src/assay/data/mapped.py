"""Columns that lie in a file and are read where they lie.

A mapped column costs address space and page cache, which the system takes back when it needs memory, and several processes
share it.  polars has no reader that maps a file, so the column is handed to it by Arrow's C data interface: two structs of
pointers, whose buffers are parts of the mapped file.  A file holds one column in Arrow's own layout:

Float64        validity bits, values
Datetime(us)   validity bits, values
String         validity bits, 16-byte views, and the bytes of the strings longer than 12, a part for each block of rows

Other types are not mapped.  Source: https://arrow.apache.org/docs/format/CDataInterface.html (and Columnar.html).
"""

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

BLOCK = 1 << 20
"""Rows that are written at once; a multiple of 8, so that validity bits of blocks join at bytes."""

_ALIGNED = 64
_INLINE = 12
_FORMATS: dict[pl.DataType | type[pl.DataType], bytes] = {pl.Float64: b"g", pl.Datetime("us"): b"tsu:", pl.String: b"vu"}
_NULLABLE = 2


@dataclass(frozen=True, slots=True)
class Laid:
    """A column in a file.  nulls: how many.  parts: (offset, bytes) of each buffer, the validity bits first."""

    path: Path
    name: str
    format: bytes
    rows: int
    nulls: int
    parts: tuple[tuple[int, int], ...]


def can_be_laid(series: pl.Series) -> bool:
    return series.dtype in _FORMATS


def lay(series: pl.Series, path: Path) -> Laid:
    """Write a column of a type that can be laid into a new file.

    Raises OSError when the disk is full, or the file is there: it may be mapped, and a mapped file that shrinks ends processes.
    """
    nulls = series.null_count()
    with path.open("xb") as stream:
        parts = [_written(stream, [_validity(block) for block in _blocks(series)] if nulls else [])]
        if series.dtype == pl.String:
            parts += _strings(stream, series)
        else:
            parts.append(_written(stream, (_values(block) for block in _blocks(series))))
    return Laid(path, series.name, _FORMATS[series.dtype], len(series), nulls, tuple(parts))


def opened(laid: Laid) -> pl.Series:
    """The column, whose cells stay in the file.  The file may be removed afterwards, but not changed."""
    if not laid.rows:
        empty = {kind: dtype for dtype, kind in _FORMATS.items()}[laid.format]
        return pl.Series(laid.name, [], dtype=empty)
    whole = np.memmap(laid.path, dtype=np.uint8, mode="r")
    buffers: list[np.ndarray | None] = [whole[start : start + size] if size else None for start, size in laid.parts]
    if laid.format == b"vu":  # strings end with the sizes of their byte buffers
        sizes = np.array([size for _, size in laid.parts[2:]], dtype=np.int64)
        buffers = [*buffers[:2], *[_NOTHING if buffer is None else buffer for buffer in buffers[2:]], sizes]
    return pl.Series(_Exported(laid, buffers)).alias(laid.name)


_NOTHING = np.zeros(1, dtype=np.uint8)


def _blocks(series: pl.Series) -> Any:
    return (series.slice(start, BLOCK) for start in range(0, len(series), BLOCK))


def _validity(block: pl.Series) -> np.ndarray:
    return np.packbits(block.is_not_null().to_numpy(), bitorder="little")


def _values(block: pl.Series) -> np.ndarray:
    physical = block.to_physical()
    return physical.fill_null(0).to_numpy()


def _written(stream: BinaryIO, arrays: Any) -> tuple[int, int]:
    """Where a buffer begins and how long it is."""
    stream.write(b"\0" * (-stream.tell() % _ALIGNED))
    start = stream.tell()
    for array in arrays:
        stream.write(np.ascontiguousarray(array).data)
    return start, stream.tell() - start


def _strings(stream: BinaryIO, series: pl.Series) -> list[tuple[int, int]]:
    """The views, then the bytes of long strings, block by block: a view's offset has 32 bits."""
    long: list[bytes] = []

    def views() -> Any:
        for block in _blocks(series):
            made, rest = _views(block, len(long))
            long.append(rest)
            yield made

    parts = [_written(stream, views())]
    # Held until the views are written: a file with many long texts takes their memory once.
    return [*parts, *(_written(stream, [np.frombuffer(rest, dtype=np.uint8)]) for rest in long)]


def _views(block: pl.Series, number: int) -> tuple[np.ndarray, bytes]:
    """uint8 (n, 16) views: length, then 12 bytes, or 4 bytes, the buffer's number and the offset in it; and that buffer."""
    filled = block.fill_null("")
    lengths = filled.str.len_bytes().to_numpy().astype(np.int32)
    joined = str(filled.str.join("")[0]).encode()
    cells = np.frombuffer(joined + b"\0" * _INLINE, dtype=np.uint8)
    starts = np.concatenate([[0], np.cumsum(lengths[:-1], dtype=np.int64)])
    views = np.zeros((len(block), 16), dtype=np.uint8)
    views[:, :4] = lengths[:, None].view(np.uint8).reshape(-1, 4)
    places = np.arange(_INLINE)
    views[:, 4:] = np.where(places < lengths[:, None], cells[starts[:, None] + places], 0)
    long = lengths > _INLINE
    if not long.any():
        return views, b""
    rest = str(filled.filter(pl.Series(long)).str.join("")[0]).encode()
    offsets = np.concatenate([[0], np.cumsum(lengths[long][:-1], dtype=np.int64)])
    place = np.empty((int(long.sum()), 2), dtype=np.int32)
    place[:, 0], place[:, 1] = number, offsets
    views[long, 8:] = place.view(np.uint8)
    return views, rest


class _Schema(ctypes.Structure):
    _fields_ = (
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_char_p),
        ("flags", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


class _Array(ctypes.Structure):
    _fields_ = (
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.c_void_p),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


class _Exported:
    """A column as Arrow's PyCapsule protocol asks for it.  What it points to lives until the importer releases it."""

    def __init__(self, laid: Laid, buffers: list[np.ndarray | None]):
        self.laid = laid
        self.buffers = buffers

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        laid = self.laid
        pointers = (ctypes.c_void_p * len(self.buffers))(*[None if one is None else one.ctypes.data for one in self.buffers])
        kept = (self.buffers, pointers)
        schema = _Schema(laid.format, b"", None, _NULLABLE, 0, None, None, ctypes.cast(_release_schema, ctypes.c_void_p), None)
        array = _Array(
            *(laid.rows, laid.nulls, 0, len(self.buffers), 0, ctypes.addressof(pointers), None, None),
            *(ctypes.cast(_release_array, ctypes.c_void_p), id(kept)),
        )
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))
        self.structs = schema, array  # the importer moves them out while this object is alive
        return _capsule(schema, b"arrow_schema"), _capsule(array, b"arrow_array")


def _capsule(struct: ctypes.Structure, name: bytes) -> object:
    return _new_capsule(ctypes.addressof(struct), name, None)


_new_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_New", ctypes.pythonapi)
)


def _schema_released(pointer: Any) -> None:
    pointer.contents.release = None


def _array_released(
    pointer: Any, drop: Any = ctypes.pythonapi.Py_DecRef, cast: Any = ctypes.cast, kind: Any = ctypes.py_object
) -> None:
    # The defaults: columns are let go at the end of a process too, when the names of this module may be gone.
    array = pointer.contents
    if array.private_data:
        kept = cast(array.private_data, kind)
        array.private_data = array.release = None
        drop(kept)


_release_schema = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))(_schema_released)
_release_array = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))(_array_released)
# polars may call these at any time, so they live as long as the process.
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_release_array))
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_release_schema))
