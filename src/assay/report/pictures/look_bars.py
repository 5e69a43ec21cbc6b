"""A histogram or the bars of levels as one path that stretches with its place.

matplotlib takes a tenth of a second a picture and a page may have hundreds of these, so they are written as they are: a path
in a box of 100 units' height. The same path serves the small picture of the overview and the large one of the column.
"""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, STEP, GAP = 100, 10, 1


@dataclass(frozen=True, slots=True)
class Bars:
    """path: of an SVG ``d``.  width: of its box, in units; the height is HEIGHT."""

    path: str
    width: int


def bars(counts: Sequence[int]) -> Bars:
    """A bar for each count, as high as it is large; something is never drawn as nothing.

    >>> bars([2, 0, 4])
    Bars(path='M0 100v-50h9v50zM20 100v-100h9v100z', width=30)
    """
    largest = max(counts, default=0)
    parts = []
    for place, value in enumerate(counts):
        if value:
            high = max(2, round(HEIGHT * value / largest))
            parts.append(f"M{STEP * place} {HEIGHT}v-{high}h{STEP - GAP}v{high}z")
    return Bars("".join(parts), max(1, STEP * len(counts)))
