"""Checks of what the kernels of comparison are given: numbers, of equal count, at a level that exists."""

from typing import Any

import numpy as np

from assay.core.errors import ConfigError, DataError


def finite(values: Any, what: str) -> np.ndarray:
    """float array of the values; raises DataError for NaN or infinity, naming how many and where the first ones are."""
    found = np.asarray(values, dtype=np.float64)
    bad = np.argwhere(~np.isfinite(found))
    if len(bad):
        places = ", ".join(str(tuple(map(int, place)) if len(place) > 1 else int(place[0])) for place in bad[:3])
        raise DataError(f"{len(bad)} of {found.size} {what} are no finite numbers (first at {places}); leave them out first.")
    return found


def right_or_wrong(values: Any, what: str) -> np.ndarray:
    """bool (n,) of an array of booleans or of 0 and 1; raises DataError for anything else in it."""
    found = np.asarray(values)
    if found.ndim != 1:
        raise DataError(f"{what} has {found.ndim} dimensions; it is one value a row.")
    if found.dtype != np.bool_:
        numbers = finite(found, f"values of {what}")
        bad = np.flatnonzero((numbers != 0) & (numbers != 1))
        if len(bad):
            raise DataError(
                f"{len(bad)} of {len(found)} values of {what} are neither right (1) nor wrong (0), first at {bad[0]}."
            )
        found = numbers == 1
    return found


def check_same_length(a: np.ndarray, b: np.ndarray, what: str) -> None:
    if len(a) != len(b):
        raise DataError(f"{what} have {len(a)} and {len(b)} values; a paired comparison needs the same rows on both sides.")


def check_level(level: float) -> None:
    if not 0.5 < level < 1:
        raise ConfigError(f"level={level} is no level of an interval; it lies between 0.5 and 1.")
