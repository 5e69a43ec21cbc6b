"""Shaded cells: numbers as squares of one colour, the stronger the larger; another colour below 0.

Every cell as an element of its own would make a picture of thousands; here all cells of one shade are one path, with
neighbours in a line joined.
"""

from typing import Any

import numpy as np

from assay.report.pictures.canvas import SERIES

SHADES = 10


def paint_cells(axes: Any, values: np.ndarray, *, left: float = 0.0, top: float = 0.0, largest: float) -> None:
    """values: float (lines, columns), drawn 1 × 1 each from (left, top) to the right and down; NaN leaves its cell empty.

    largest: the absolute value of the strongest shade.
    """
    share = np.zeros(values.shape) if largest <= 0 else np.clip(np.nan_to_num(values / largest, nan=0.0), -1, 1)
    shade = np.rint(np.abs(share) * SHADES).astype(np.int64) * np.where(share < 0, -1, 1)
    for level in range(1, SHADES + 1):
        for sign, colour in ((1, SERIES[0]), (-1, SERIES[1])):
            _fill(axes, shade == sign * level, left, top, colour, level / SHADES)


def _fill(axes: Any, cells: np.ndarray, left: float, top: float, colour: str, alpha: float) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    vertices: list[tuple[float, float]] = []
    for line, (begin, end) in runs(cells):
        x0, x1, y = left + begin, left + end, top + line
        vertices += [(x0, y), (x1, y), (x1, y + 1), (x0, y + 1), (x0, y)]
    if vertices:
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * (len(vertices) // 5)
        axes.add_patch(PathPatch(Path(vertices, codes), facecolor=colour, alpha=alpha, linewidth=0, antialiased=False))


def runs(cells: np.ndarray) -> list[tuple[int, tuple[int, int]]]:
    """Stretches of True: (line, (first column, column after the last)).

    >>> runs(np.array([[True, True, False, True]]))
    [(0, (0, 2)), (0, (3, 4))]
    """
    edges = np.diff(np.pad(cells, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    begins, ends = np.nonzero(edges == 1), np.nonzero(edges == -1)
    return [(int(line), (int(a), int(b))) for line, a, b in zip(begins[0], begins[1], ends[1], strict=True)]
