"""The pieces that a picture of a computational graph is made of, in inches, and how tensors are written on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from assay.nets.inside.graph import Edge, Node, Numbers
from assay.report.numbers import decimals_for, number

CHARACTER, LINE = 0.07, 0.15
"""Width of a character and height of a line of text of 8.5 points."""

BOX_PAD, TURN, SPLIT, AIR = 0.09, 0.14, 0.045, 0.1
"""Around the text of a box; room for a corner of a path; half the distance of the two arrows; between rows."""

FIGURE_SPACE, BETWEEN = "\N{FIGURE SPACE}", 2 * "\N{NO-BREAK SPACE}"  # SVG would make one of two plain spaces
MOST_ON_LINE = 4

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Area:
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Area") -> bool:
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True, slots=True)
class Box:
    """texts: the first is what it is, the others say more."""

    node: Node
    area: Area
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    texts: tuple[str, ...]
    area: Area


@dataclass(frozen=True, slots=True)
class Path:
    """One edge.  forward: from the giving box to the reading one.  backward: the other way; empty without a gradient.

    is_stub: the end of a line of the picture; the edge goes on, with its labels, on the next one.
    """

    edge: Edge
    forward: tuple[Point, ...]
    backward: tuple[Point, ...]
    labels: tuple[Label, ...] = ()  # the value above, the gradient below
    is_stub: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    boxes: tuple[Box, ...]
    paths: tuple[Path, ...]
    width: float
    height: float


def number_lines(numbers: Numbers) -> tuple[str, ...]:
    """A small tensor number by number, a row a line where it has few; of a large one the norm.

    >>> number_lines(Numbers((2, 2), 5.0, (1.0, -2.0, 0.5, 4.0)))
    ('\u20071.000\xa0\xa0−2.000', '\u20070.500\xa0\xa0\u20074.000')
    """
    if numbers.entries is None:
        return (f"norm {number(numbers.norm)}",)
    decimals = 0 if all(entry.is_integer() for entry in numbers.entries) else min(6, decimals_for(numbers.entries))
    if max(map(abs, numbers.entries), default=0.0) >= 1e-6:  # below it number() writes a power of ten
        least = 0.5 * 10.0**-decimals
        texts = [number(0.0 if abs(entry) < least else entry, decimals) for entry in numbers.entries]
    else:
        texts = [number(entry, 0) for entry in numbers.entries]
    longest = max((len(text) for text in texts), default=0)
    texts = [text.rjust(longest, FIGURE_SPACE) for text in texts]
    row = numbers.shape[-1] if numbers.shape else 1
    if not 0 < row <= MOST_ON_LINE or len(texts) > MOST_ON_LINE * row:
        row = MOST_ON_LINE
    return tuple(BETWEEN.join(texts[start : start + row]) for start in range(0, len(texts), row)) or ("empty",)


def shape_text(shape: Sequence[int]) -> str:
    """ "2 × 3", "a number" of no axes."""
    return " × ".join(map(str, shape)) or "a number"


def two_arrows(edge: Edge, points: list[Point], labels: tuple[Label, ...]) -> Path:
    """Two arrows side by side along these points: forward on the left hand of its way, backward on the other side."""
    left, right = _beside(points, SPLIT), _beside(points, -SPLIT)
    return Path(edge, tuple(left), tuple(reversed(right)) if edge.gradient is not None else (), labels)


def _beside(points: list[Point], distance: float) -> list[Point]:
    """The same way ``distance`` to the left (y grows downwards); its pieces are level or upright."""
    shifts = []
    for (x0, y0), (x1, y1) in pairwise(points):
        across = (x1 > x0) - (x1 < x0)
        down = (y1 > y0) - (y1 < y0)
        shifts.append((down * distance, -across * distance))
    found = [(points[0][0] + shifts[0][0], points[0][1] + shifts[0][1])]
    for point, (one, other) in zip(points[1:-1], pairwise(shifts), strict=True):
        found.append((point[0] + one[0] + other[0], point[1] + one[1] + other[1]))
    found.append((points[-1][0] + shifts[-1][0], points[-1][1] + shifts[-1][1]))
    return found


def labels_at(edge: Edge, middle: float, y: float) -> tuple[Label, ...]:
    found = []
    for numbers, is_above in ((edge.value, True), (edge.gradient, False)):
        if numbers is not None:
            texts = number_lines(numbers)
            half, height = max(map(len, texts)) * CHARACTER / 2, len(texts) * LINE
            top = y - 2 * SPLIT - height if is_above else y + 2 * SPLIT
            found.append(Label(texts, Area(middle - half, top, middle + half, top + height)))
    return tuple(found)
