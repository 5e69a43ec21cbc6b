"""JSON as a saved model may hold it: the very bytes that Assay writes, and no others.

A bundle comes from anywhere.  What Python's parser lets through by kindness (NaN, a repeated key, half a
surrogate pair, 1e999) cannot be written again as the same bytes, and is refused by that.
"""

import json
from typing import Any

from assay.core.errors import BundleError
from assay.core.files import canonical_json

MAX_DEPTH = 64


def parse(content: bytes, name: str) -> Any:
    """The value of a UTF-8 JSON text; raises BundleError that names the file ``name``. See ``is_canonical``."""
    try:
        return json.loads(content.decode("utf-8"))
    except RecursionError:
        raise BundleError(f"{name} is nested deeper than {MAX_DEPTH} levels; it was not written by Assay.") from None
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise BundleError(f"{name} is not the JSON that Assay writes ({error}); copy the model again.") from error


def is_canonical(value: Any, content: bytes) -> bool:
    """Whether ``content`` is how Assay writes ``value``."""
    try:
        return canonical_json(value).encode() == content
    except (ValueError, RecursionError):
        return False


def parse_canonical(content: bytes, name: str) -> Any:
    """As ``parse``, for the bytes that Assay writes only."""
    value = parse(content, name)
    if not is_canonical(value, content):
        raise BundleError(
            f"{name} is not the JSON that Assay writes (a number or the order of keys is off); copy the model again."
        )
    return value
