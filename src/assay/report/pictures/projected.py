"""A table in two directions: a dot a row, rows of the positive class in the second colour, on top."""

from typing import Any

import numpy as np
from markupsafe import Markup

from assay.report.pictures.canvas import INK, MUTED, PAPER, SERIES, Drawing, draw

AIR = 0.04


def projected_picture(drawing: Drawing, points: np.ndarray, is_hot: np.ndarray | None) -> Markup:
    """points: float64 (m, 2 or more), of which the first two are drawn, or (m, 1); is_hot: bool (m,), or None: all alike.

    The axes have no ticks: a direction has no unit, and for some methods no scale.
    """
    x, y = _plane(points)

    def paint(axes: Any) -> None:
        sides = [np.ones(len(x), dtype=bool)] if is_hot is None else [~is_hot, is_hot]
        for own, colour in zip(sides, SERIES, strict=False):
            _dots(axes, x[own], y[own], colour)
        _frame(axes, x, y)

    return draw(drawing, paint)


def grouped_picture(drawing: Drawing, points: np.ndarray, labels: np.ndarray) -> Markup:
    """points: as above.  labels: int (m,) groups from 0, below 0 for rows in none, which are grey.

    Each group's number stands at the middle of its rows; of more than eight groups the others share the grey.
    """
    x, y = _plane(points)

    def paint(axes: Any) -> None:
        groups = range(int(labels.max(initial=-1)) + 1)
        _dots(axes, x[labels < 0], y[labels < 0], MUTED)
        for group in groups:
            own = labels == group
            _dots(axes, x[own], y[own], SERIES[group] if group < len(SERIES) else MUTED)
        _frame(axes, x, y)
        for group in groups:
            own = labels == group
            if own.any():
                middle = float(np.median(x[own])), float(np.median(y[own]))
                box = {"boxstyle": "circle,pad=0.25", "facecolor": PAPER, "edgecolor": MUTED, "linewidth": 0.7, "alpha": 0.85}
                axes.text(*middle, str(group + 1), ha="center", va="center", color=INK, fontsize=9, weight="bold", bbox=box)

    return draw(drawing, paint)


def _plane(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return points[:, 0], points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))


def _frame(axes: Any, x: np.ndarray, y: np.ndarray) -> None:
    for values, limit in ((x, axes.set_xlim), (y, axes.set_ylim)):
        low, high = float(values.min()), float(values.max())
        air = AIR * (high - low) or 0.5
        limit(low - air, high + air)
    axes.set_xticks([])
    axes.set_yticks([])


def _dots(axes: Any, x: np.ndarray, y: np.ndarray, colour: str) -> None:
    """Lines of no length with round ends: a third of the bytes of a marker each."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if not len(x):
        return
    path = Path(np.repeat(np.column_stack([x, y]), 2, axis=0), np.tile([Path.MOVETO, Path.LINETO], len(x)))
    path.should_simplify = False  # it would take lines of no length away
    axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, linewidth=3.2, alpha=0.5, capstyle="round"))
