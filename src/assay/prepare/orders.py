"""A column of categories as the position of its level in an order: one number, where the order means something.

A position gives levels distances.  That is right for small, medium, large, and wrong for towns (trees bear it, sums and
distances do not); which it is, the user says by naming the order, or the levels by being numbers.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError, ConfigError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.categories import MOST_LEVELS, codes_of, counted_levels
from assay.prepare.encoder import Encoder, Part
from assay.prepare.gaps import NUMBERS

_LEADING = re.compile(r"\s*[<>≤≥]?\s*([+-]?\d+(?:[.,]\d+)?)")


def natural_order(series: pl.Series) -> tuple[str, ...] | None:
    """The levels by the numbers they begin with ("18-25", "26-40", "41+"); None where some begin with none, or two alike."""
    levels = counted_levels(series)[0][:MOST_LEVELS]
    found = [_LEADING.match(level) for level in levels]
    numbers = [float(match[1].replace(",", ".")) for match in found if match is not None]
    if not levels or len(numbers) < len(levels) or len(set(numbers)) < len(levels):
        return None
    return tuple(level for _, level in sorted(zip(numbers, levels, strict=True)))


def check_order(name: str, series: pl.Series, order: tuple[str, ...]) -> None:
    """Raise ConfigError where training rows hold levels that the order does not name."""
    left = sorted(set(counted_levels(series)[0]) - set(order))
    if left:
        shown = ", ".join(repr(level) for level in left[:5]) + (" …" if len(left) > 5 else "")
        raise ConfigError(
            f"column {name!r} holds {len(left)} levels that its order does not name ({shown}); add them to the order."
        )


@dataclass(frozen=True)
class OrdinalCode:
    """levels: in their order.  number: what is made of the position; a level not among them is a gap, as missing is."""

    KIND: ClassVar[str] = "ordinal-code"

    levels: tuple[str, ...]
    number: Encoder

    @classmethod
    def fit(cls, series: pl.Series, levels: tuple[str, ...], fit_number: Callable[[pl.Series], Encoder]) -> Self:
        return cls(levels, fit_number(_positions(series, levels)))

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.number.parts

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1 or 2)."""
        return np.asarray(self.number.transform(_positions(series, self.levels)))

    def state(self) -> State:
        return {"kind": self.KIND, "levels": list(self.levels), "number": self.number.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        levels, number = checks.distinct_texts(state, "levels", most=MOST_LEVELS), checks.entry(state, "number")
        if not isinstance(number, dict):
            raise BundleError("the saved model has an order of levels without the number that is made of it.")
        return cls(levels, NUMBERS[checks.choice(number, "kind", NUMBERS)].from_state(number))


def _positions(series: pl.Series, levels: tuple[str, ...]) -> pl.Series:
    """Float64, from 0; null where a value is no level."""
    codes = codes_of(series, levels, unknown=-1, missing=-1).astype(np.float64)
    return pl.Series(np.where(codes < 0, np.nan, codes)).fill_nan(None)
