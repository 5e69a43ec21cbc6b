"""A state (nested dicts with arrays) as plain JSON plus a flat list of named arrays, and back.

In the JSON an array is ``{"$array": name, "dtype": …, "shape": […]}``, a float that JSON has no
word for is ``{"$float": "nan"}``, and a dict with a key that begins with "$" is written as pairs
(``{"$dict": [[key, value], …]}``), so that no column or class name can be taken for a reference.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from assay.archive.strict import MAX_DEPTH
from assay.core.errors import BundleError, DefectError
from assay.core.state import State

DTYPES: dict[str, str] = {  # safetensors' word -> numpy's
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(state: State) -> tuple[Any, dict[str, np.ndarray]]:
    """JSON value and arrays of a state. Raises DefectError for a value that no state may hold."""
    arrays: dict[str, np.ndarray] = {}
    return _encode(state, arrays, "state", 0), arrays


def _encode(value: Any, arrays: dict[str, np.ndarray], where: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise DefectError(f"{where}: a state is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, np.ndarray):
        return _encode_array(value, arrays, where)
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": str(value)}
    if isinstance(value, list | tuple):
        return [_encode(item, arrays, f"{where}[{i}]", depth + 1) for i, item in enumerate(value)]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise DefectError(f"{where}: the keys of a state are text.")
        pairs = [(key, _encode(item, arrays, f"{where}.{key}", depth + 1)) for key, item in value.items()]
        return {"$dict": [list(pair) for pair in pairs]} if any(key.startswith("$") for key in value) else dict(pairs)
    raise DefectError(f"{where}: a state cannot hold a {type(value).__name__}.")


def _encode_array(value: np.ndarray, arrays: dict[str, np.ndarray], where: str) -> dict[str, Any]:
    if value.dtype.name not in DTYPES.values():
        raise DefectError(f"{where}: a state cannot hold an array of {value.dtype}.")
    name = f"a{len(arrays):05d}"
    arrays[name] = np.asarray(value, dtype=value.dtype.newbyteorder("<"), order="C")
    return {"$array": name, "dtype": value.dtype.name, "shape": list(value.shape)}


def decode(value: Any, arrays: Mapping[str, np.ndarray], name: str) -> State:
    """The state back.

    Raises BundleError (naming the file ``name``) for a reference to an array that is not there, of another shape or
    dtype than declared, and for arrays that nothing refers to.
    """
    used: set[str] = set()
    state = _decode(value, arrays, used, name, 0)
    if not isinstance(state, dict):
        raise BundleError(f"{name} holds no model; it was not written by Assay.")
    unused = sorted(set(arrays) - used)
    if unused:
        raise BundleError(f"{name} does not name {len(unused)} of the arrays that are stored ({unused[0]!r} …).")
    return state


def _decode(value: Any, arrays: Mapping[str, np.ndarray], used: set[str], name: str, depth: int) -> Any:
    if depth > 2 * MAX_DEPTH + 2:  # "$dict" adds a level of its own to each
        raise BundleError(f"{name} is nested deeper than {MAX_DEPTH} levels; it was not written by Assay.")
    if isinstance(value, list):
        return [_decode(item, arrays, used, name, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if not any(key.startswith("$") for key in value):
        return {key: _decode(item, arrays, used, name, depth + 1) for key, item in value.items()}
    if set(value) == {"$float"} and value["$float"] in list(_FLOATS):  # a list: what the file holds may not be hashable
        return _FLOATS[value["$float"]]
    if set(value) == {"$dict"} and _are_pairs(value["$dict"]):
        return {key: _decode(item, arrays, used, name, depth + 1) for key, item in value["$dict"]}
    if set(value) == {"$array", "dtype", "shape"}:
        return _decode_array(value, arrays, used, name)
    raise BundleError(f"{name} holds a reference that Assay does not write ({sorted(value)[0][:80]!r}).")


def _are_pairs(value: Any) -> bool:
    shaped = isinstance(value, list) and all(isinstance(p, list) and len(p) == 2 and isinstance(p[0], str) for p in value)
    return shaped and len({pair[0] for pair in value}) == len(value)


def _decode_array(value: dict[str, Any], arrays: Mapping[str, np.ndarray], used: set[str], name: str) -> np.ndarray:
    key = value["$array"]
    if not isinstance(key, str) or key not in arrays:
        raise BundleError(f"{name} refers to an array {str(key)[:80]!r} that is not stored.")
    if key in used:
        raise BundleError(f"{name} refers to the array {key!r} twice; Assay writes each once.")
    array = arrays[key]
    if [array.dtype.name, list(array.shape)] != [value["dtype"], value["shape"]]:
        raise BundleError(f"{name} declares the array {key!r} otherwise than it is stored ({array.dtype}, {array.shape}).")
    used.add(key)
    return array
