"""Reading the settings of a saved net that nobody vouches for."""

from dataclasses import fields
from typing import Any

from assay.core.errors import BundleError, ConfigError

LARGEST = 10**8
MOST_PARTS = 10_000
"""Entries of a tuple: a table has at most so many columns of codes."""


def read_settings(kind: type[Any], settings: dict[str, Any]) -> Any:
    """A spec back from ``spec_to_json``; raises BundleError unless these are exactly its fields, each of its own type.

    kind: a dataclass of ints, floats, texts and tuples of ints, which refuses impossible values itself.
    """
    expected = {field.name: field.type for field in fields(kind)}
    if not isinstance(settings, dict) or set(settings) != set(expected):
        raise BundleError(f"the saved net has other settings than a {kind.__name__}, which has {sorted(expected)}.")
    values = {name: _typed(name, settings[name], wanted) for name, wanted in expected.items()}
    try:
        return kind(**values)
    except ConfigError as error:
        raise BundleError(f"the saved net has impossible settings: {error}") from error


def _typed(name: str, value: Any, wanted: Any) -> Any:
    if wanted == tuple[int, ...] and isinstance(value, list) and len(value) <= MOST_PARTS:
        value, fits = tuple(value), all(type(part) is int and abs(part) <= LARGEST for part in value)
    elif wanted is float and type(value) in (int, float):
        value, fits = float(value), abs(value) <= LARGEST
    else:
        fits = type(value) is wanted and (wanted is not int or abs(value) <= LARGEST)
    if not fits:
        raise BundleError(f"the saved net's setting {name}={value!r} is not one that it can have.")
    return value
