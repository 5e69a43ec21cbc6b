"""Number columns that are the pixels of a picture: how they lie, what full ink is, and a drawing as their cells.

They are known by their names: a row and a column in each ("pixel_0_0", "1x1"), or one number counted through row by row
("pixel0" to "pixel783").  Pixels that are missing from a grid of the first form (columns that never change are often left out
of a table) stay empty; a count that has gaps is no evident grid.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.data.reference import Spread
from assay.data.schema import Column
from assay.serve.studio.trying_fields import middle_of

SIDES = range(4, 65)
_TWO = re.compile(r"(.*?)(\d{1,3})\D{1,3}(\d{1,3})")
_ONE = re.compile(r"(.*?)(\d{1,4})")
_SHARE = 0.5  # of the places of a grid that must have a column
_SCALES = (1.0, 16.0, 255.0)


@dataclass(frozen=True)
class PixelGrid:
    """names: of each place, row by row; "" where there is no column.  top: the value of full ink.

    light: whether ink is the high value, as of white on black.  whole: whether cells are whole numbers.
    """

    side: int
    places: tuple[str, ...]
    top: float
    light: bool
    whole: bool

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self.places if name)

    def cells(self, ink: np.ndarray) -> dict[str, str]:
        """float64 (side, side) in [0, 1], 1 where all is ink, as text by column."""
        values = (ink if self.light else 1.0 - ink).ravel() * self.top
        texts = (str(round(value)) if self.whole else f"{value:.4g}" for value in values.tolist())
        return {name: text for name, text in zip(self.places, texts, strict=True) if name}

    def shown(self, values: Sequence[float]) -> np.ndarray:
        """float64 (side, side) in [0, 1], brightness, from the values of ``names``; places without a column are as no ink."""
        given = iter(values)
        plain = 0.0 if self.light else 1.0
        found = [next(given) / self.top if name else plain for name in self.places]
        return np.clip(np.nan_to_num(np.array(found, dtype=np.float64)), 0.0, 1.0).reshape(self.side, self.side)


def grid_of(columns: Sequence[Column], reference: Sequence[Spread]) -> PixelGrid | None:
    """None where no number columns lie in an evident square."""
    numbers = [column for column in columns if column.kind == "number"]
    places = _by_two([one.name for one in numbers]) or _by_one([one.name for one in numbers])
    if places is None:
        return None
    side = math.isqrt(len(places))
    spreads = {spread.name: spread for spread in reference}
    highest = max((max(_known(spreads[name]), default=0.0) for name in places if name in spreads), default=0.0)
    top = next((scale for scale in _SCALES if 0 < highest <= scale), highest or _SCALES[-1])
    whole = all(one.whole for one in numbers if one.name in set(places))
    return PixelGrid(side, places, top, _is_light(places, spreads), whole and top > 1)


def _by_two(names: Sequence[str]) -> tuple[str, ...] | None:
    stems: dict[str, dict[tuple[int, int], str]] = {}
    for name in names:
        if found := _TWO.fullmatch(name):
            stems.setdefault(found[1], {})[int(found[2]), int(found[3])] = name
    for at in stems.values():
        first = min(min(place) for place in at)
        side = max(max(place) for place in at) - first + 1
        if first in (0, 1) and side in SIDES and len(at) >= _SHARE * side * side:
            return tuple(at.get((first + row, first + column), "") for row in range(side) for column in range(side))
    return None


def _by_one(names: Sequence[str]) -> tuple[str, ...] | None:
    stems: dict[str, dict[int, str]] = {}
    for name in names:
        if found := _ONE.fullmatch(name):
            stems.setdefault(found[1], {})[int(found[2])] = name
    for at in stems.values():
        side = math.isqrt(len(at))
        if side in SIDES and side * side == len(at) and min(at) in (0, 1) and max(at) - min(at) + 1 == len(at):
            return tuple(at[number] for number in sorted(at))
    return None


def _known(spread: Spread) -> tuple[float, ...]:
    return (*spread.edges, *spread.ends)


def _is_light(places: Sequence[str], spreads: dict[str, Spread]) -> bool:
    """Ink is what the middle has more of than the rim; so it is said by the medians."""
    side = math.isqrt(len(places))
    rim: list[float] = []
    middle: list[float] = []
    for place, name in enumerate(places):
        if name in spreads:
            row, column = divmod(place, side)
            (rim if {row, column} & {0, side - 1} else middle).append(middle_of(spreads[name]) or 0.0)
    return not rim or not middle or float(np.mean(middle)) >= float(np.mean(rim))
