"""An interval as a line of text and as a whisker on a scale from 0 to 1, for tables."""

from dataclasses import dataclass

from assay.measure.interval import Interval
from assay.report.numbers import MISSING, ends_text, number


@dataclass(frozen=True, slots=True)
class Told:
    """at, low, high: per cent of the scale's width, None where undefined; values below 0 stand at its left end."""

    text: str
    ends: str
    at: float | None
    low: float | None
    high: float | None
    shown: bool = True


def told(interval: Interval, decimals: int = 2) -> Told:
    """
    >>> told(Interval(0.5, 0.25, 0.75, 0.95, "t", 9, "this recipe")).ends
    '[0.25, 0.75]'
    """
    if interval.value is None:
        return Told(MISSING, "", None, None, None)
    low, high = interval.low, interval.high
    ends = (None, None) if low is None or high is None else (_at(low), _at(high))
    return Told(number(interval.value, decimals), ends_text(low, high, decimals), _at(interval.value), *ends)


def _at(value: float) -> float:
    return round(100 * min(1.0, max(0.0, value)), 2)
