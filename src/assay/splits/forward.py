"""Time: where it may be cut, how far training stays away from what it is measured on, how far back it reaches.

Gap and window are lengths in the unit of the time column, not counts of rows: what makes a gap necessary (a label that
is known 30 days later, a feature that looks 7 days ahead) is a length of time however many rows fall into it.  With the
order of the rows as the time (``@row``) the unit is a row, and both mean what ``gap`` and ``max_train_size`` mean in
scikit-learn's TimeSeriesSplit.
Sources: the gap: Racine (2000), hv-block cross-validation; de Prado (2018), "embargo"; sliding window: Tashman (2000).
"""

import math
import re
from datetime import timedelta

import numpy as np

from assay.core.errors import ConfigError

Span = float | str | timedelta
"""A length of time as a user says it: a number in the unit of a number column, "7d" or a timedelta for dates."""

_MICROSECONDS = {"s": 1e6, "min": 60e6, "h": 3600e6, "d": 86400e6, "w": 7 * 86400e6}
_WRITTEN = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]*)\s*")


def span_length(value: Span, *, dates: bool, setting: str) -> float:
    """The length in the unit of ``Dataset.time``: microseconds where the time column holds dates, else its own unit.

    value: for dates "90s", "15min", "12h", "7d", "2w" or a timedelta; for numbers (and @row) a number, also as text.
    setting: "gap" or "window", for messages.  Raises ConfigError for what is no such length.

    >>> span_length("7d", dates=True, setting="gap") == 7 * 24 * 3600 * 1e6, span_length("100", dates=False, setting="gap")
    (True, 100.0)
    """
    if isinstance(value, timedelta):
        if not dates:
            raise ConfigError(f"{setting}={value}: the time column holds numbers; pass a number in its unit (for @row: rows).")
        return _checked(value / timedelta(microseconds=1), value, setting)
    found = _WRITTEN.fullmatch(str(value))
    number, unit = (float(value), "") if isinstance(value, int | float) else (0.0, "")
    if isinstance(value, str):
        if found is None:
            raise ConfigError(f"{setting}={value!r} is no length of time; write {'7d or 12h' if dates else 'a number'}.")
        number, unit = float(found[1]), found[2]
    if dates and (unit not in _MICROSECONDS and number != 0):
        raise ConfigError(f"{setting}={value}: the time column holds dates, so say the unit: 90s, 15min, 12h, 7d or 2w.")
    if not dates and unit:
        raise ConfigError(f"{setting}={value}: the time column holds numbers; pass a number in its unit (for @row: rows).")
    return _checked(number * _MICROSECONDS.get(unit, 1.0), value, setting)


def _checked(length: float, value: Span, setting: str) -> float:
    if not math.isfinite(length) or length < 0:
        raise ConfigError(f"{setting}={value}: it must be a length of 0 or more.")
    if setting == "window" and length == 0:
        raise ConfigError(f"{setting}={value}: a window without length holds no training rows; leave it out to use all of them.")
    return length


def trainable(time: np.ndarray, begin: float, *, gap: float = 0.0, window: float | None = None) -> np.ndarray:
    """bool (n,): moments that may train what is measured from ``begin`` on: gap < begin - moment <= gap + window.

    time: float64 (n,).  gap, window: in its unit; no window reaches back to the start.
    """
    away = begin - time
    # 0.8 - 0.7 is a little more than 0.1: without this a gap of 0.1 would let the moment at its edge through.
    rounding = 0.0 if gap == 0 and window is None else 1e-9 * (gap + (window or 0.0)) + 4 * float(np.spacing(abs(begin)))
    allowed = away > (gap + rounding if gap else 0.0)
    if window is not None:
        allowed &= away <= gap + window + rounding
    return np.asarray(allowed)


def cuts(time: np.ndarray, groups: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Where time may be cut: the first moment after each cut, and the number of rows before it."""
    moments, position, counts = np.unique(time, return_inverse=True, return_counts=True)
    torn = np.zeros(len(moments) + 1, dtype=np.int64)  # groups that a cut before this moment would tear, as differences
    if groups is not None:
        code = np.unique(groups, return_inverse=True)[1]
        first = np.full(code.max() + 1, len(moments))
        last = np.zeros(code.max() + 1, dtype=np.int64)
        np.minimum.at(first, code, position)
        np.maximum.at(last, code, position)
        np.add.at(torn, first + 1, 1)
        np.add.at(torn, last + 1, -1)
    allowed = np.flatnonzero(np.cumsum(torn)[1:-1] == 0) + 1
    return moments[allowed], np.cumsum(counts)[allowed - 1]


def nearest_cuts(before: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """For each wanted number of rows the nearest cut, every cut used once and in order."""
    chosen: list[int] = []
    for index, rows in enumerate(wanted):
        lowest = chosen[-1] + 1 if chosen else 0
        highest = len(before) - (len(wanted) - index)
        chosen.append(int(np.clip(np.argmin(np.abs(before - rows)), lowest, highest)))
    return np.array(chosen, dtype=np.int64)
