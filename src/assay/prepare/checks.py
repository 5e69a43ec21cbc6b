"""Reading a saved state that nobody vouches for: every value is checked before it is used.

A state comes out of a file, so its types, lengths and ranges are claims.  Each function here
takes one entry of a state and returns it with the claim proven, or raises BundleError.
"""

import sys
from collections.abc import Collection
from typing import Any

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State

LARGEST = sys.float_info.max
"""Whole numbers of a file can be larger, and are then no floats."""


def entry(state: State, name: str) -> Any:
    """The value under ``name``; raises BundleError when the state is no dict or has no such entry."""
    if not isinstance(state, dict) or name not in state:
        raise BundleError(f"the saved model has no {name!r} where one must be.")
    return state[name]


def whole(state: State, name: str, *, low: int, high: int) -> int:
    """An int in low..high."""
    value = entry(state, name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BundleError(f"the saved model's {name!r} must be a whole number from {low} to {high}.")
    return value


def flag(state: State, name: str) -> bool:
    value = entry(state, name)
    if not isinstance(value, bool):
        raise BundleError(f"the saved model's {name!r} must be true or false.")
    return value


def real(state: State, name: str, *, low: float = -np.inf, high: float = np.inf) -> float:
    """A finite float in low..high."""
    value = entry(state, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST or not low <= value <= high:
        raise BundleError(f"the saved model's {name!r} must be a finite number from {low:g} to {high:g}.")
    return float(value)


def text(state: State, name: str) -> str:
    value = entry(state, name)
    if not isinstance(value, str):
        raise BundleError(f"the saved model's {name!r} must be text.")
    return value


def choice(state: State, name: str, options: Collection[str]) -> str:
    value = text(state, name)
    if value not in options:
        raise BundleError(f"the saved model's {name!r} must be one of {', '.join(sorted(options))}.")
    return value


def distinct_texts(state: State, name: str, *, most: int) -> tuple[str, ...]:
    """A list of different strings, at most ``most`` of them."""
    values = entry(state, name)
    if not isinstance(values, list) or len(values) > most or not all(isinstance(value, str) for value in values):
        raise BundleError(f"the saved model's {name!r} must be a list of at most {most} texts.")
    if len(set(values)) != len(values):
        raise BundleError(f"the saved model's {name!r} names something twice.")
    return tuple(values)


def states(state: State, name: str, *, most: int) -> list[State]:
    """A list of nested states, at most ``most`` of them."""
    values = entry(state, name)
    if not isinstance(values, list) or len(values) > most or not all(isinstance(value, dict) for value in values):
        raise BundleError(f"the saved model's {name!r} must be a list of at most {most} parts.")
    return values


def floats(state: State, name: str, shape: tuple[int | None, ...], dtype: type[np.floating[Any]] = np.float64) -> np.ndarray:
    """A finite array of this dtype; None in ``shape`` stands for any length."""
    values = _array(state, name, shape)
    if values.dtype != dtype or not np.isfinite(values).all():
        raise BundleError(f"the saved model's {name!r} must be finite numbers of type {np.dtype(dtype).name}.")
    return values


def rising(state: State, name: str, *, most: int, low: float = -np.inf, high: float = np.inf) -> np.ndarray:
    """float64 (k,), k from 1 to ``most``: finite numbers in low..high, each larger than the one before."""
    values = floats(state, name, (None,))
    if not 1 <= len(values) <= most or (np.diff(values) <= 0).any() or values[0] < low or values[-1] > high:
        raise BundleError(f"the saved model's {name!r} must be 1 to {most} rising numbers from {low:g} to {high:g}.")
    return values


def integers(state: State, name: str, shape: tuple[int | None, ...], *, low: int, high: int) -> np.ndarray:
    """An array of whole numbers, each in low..high."""
    values = _array(state, name, shape)
    if values.dtype.kind not in "iu" or (values.size and (values.min() < low or values.max() > high)):
        raise BundleError(f"the saved model's {name!r} must be whole numbers from {low} to {high}.")
    return values


def flags(state: State, name: str, shape: tuple[int | None, ...]) -> np.ndarray:
    """An array of bool."""
    values = _array(state, name, shape)
    if values.dtype != np.bool_:
        raise BundleError(f"the saved model's {name!r} must be true or false throughout.")
    return values


def _array(state: State, name: str, shape: tuple[int | None, ...]) -> np.ndarray:
    values = entry(state, name)
    if not isinstance(values, np.ndarray):
        raise BundleError(f"the saved model's {name!r} must be an array.")
    fits = values.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, values.shape, strict=True))
    if not fits:
        wanted = "×".join("any" if want is None else str(want) for want in shape)
        raise BundleError(f"the saved model's {name!r} has shape {values.shape}, expected {wanted}.")
    return values
