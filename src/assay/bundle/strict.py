"""JSON as a saved model may hold it: no NaN, no repeated key, no nesting without end.

A bundle comes from anywhere, so what Python's parser lets through by kindness is refused here.
"""

import json
from typing import Any

from assay.core.errors import BundleError

MAX_DEPTH = 64


def parse(content: bytes, name: str) -> Any:
    """The value of a UTF-8 JSON text; raises BundleError that names the file ``name``."""
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise BundleError(f"{name} is nested deeper than {MAX_DEPTH} levels; it was not written by Assay.") from None
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise BundleError(f"{name} is not the JSON that Assay writes ({error}); copy the model again.") from error


def parse_object(content: bytes, name: str) -> dict[str, Any]:
    """As ``parse``, for a text that must hold an object."""
    value = parse(content, name)
    if not isinstance(value, dict):
        raise BundleError(f"{name} holds no JSON object; it was not written by Assay.")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key[:80]!r} comes twice")
            seen.add(key)
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
