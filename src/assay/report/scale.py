"""A scale for bars that stand in table cells: positions in per cent of the cell, and round ticks.

Bars in a table need no drawing library, stretch with the page, and leave the names in
the table itself, where they can be read aloud, searched and copied.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from assay.report.language import Words
from assay.report.numbers import number


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Scale:
    """low..high of the data stands at 0..100 per cent."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def at(self, value: float) -> float:
        """Per cent from the left, rounded so that bytes stay equal on every machine; values outside stand at the edge."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def told(self, w: Words) -> "Scale":
        """The same scale with its ticks written as the language writes numbers."""
        return replace(self, ticks=tuple(replace(tick, text=w.decimal(tick.text)) for tick in self.ticks))


def step_for(width: float, ticks: int) -> float:
    """The round step (1, 2 or 5 times a power of ten) that gives at most ``ticks`` steps over ``width``."""
    rough = width / ticks
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))


def scale_for(values: Iterable[float | None], *, ticks: int = 6, keep: Iterable[float] = ()) -> Scale:
    """A scale that holds every finite value with a little air, and round ticks (none without values).

    keep: values that must be on it too.
    """
    given = [v for v in values if v is not None and math.isfinite(v)]
    if not given:
        return Scale(0.0, 1.0, ())
    known = [float(v) for v in (*given, *keep)]
    low, high = min(known), max(known)
    if high - low <= 1e-12 * max(1.0, abs(low)):
        pad = abs(low) * 0.05 or 0.5
        low, high = low - pad, high + pad
    pad = 0.04 * (high - low)
    low, high = low - pad, high + pad
    step = step_for(high - low, ticks)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    bare = Scale(low, high, ())
    return Scale(low, high, tuple(Tick(bare.at(i * step), number(i * step, decimals)) for i in range(first, last + 1)))
