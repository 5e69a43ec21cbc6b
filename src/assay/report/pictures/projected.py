"""A table in two directions: a dot a row, rows of the positive class in the second colour, on top."""

from typing import Any

import numpy as np
from markupsafe import Markup

from assay.report.pictures.canvas import SERIES, Drawing, draw

AIR = 0.04


def projected_picture(drawing: Drawing, points: np.ndarray, is_hot: np.ndarray | None) -> Markup:
    """points: float64 (m, 2 or more), of which the first two are drawn, or (m, 1); is_hot: bool (m,), or None: all alike.

    The axes have no ticks: a direction has no unit, and for some methods no scale.
    """
    x = points[:, 0]
    y = points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))

    def paint(axes: Any) -> None:
        sides = [np.ones(len(x), dtype=bool)] if is_hot is None else [~is_hot, is_hot]
        for own, colour in zip(sides, SERIES, strict=False):
            _dots(axes, x[own], y[own], colour)
        for values, limit in ((x, axes.set_xlim), (y, axes.set_ylim)):
            low, high = float(values.min()), float(values.max())
            air = AIR * (high - low) or 0.5
            limit(low - air, high + air)
        axes.set_xticks([])
        axes.set_yticks([])

    return draw(drawing, paint)


def _dots(axes: Any, x: np.ndarray, y: np.ndarray, colour: str) -> None:
    """Lines of no length with round ends: a third of the bytes of a marker each."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if not len(x):
        return
    path = Path(np.repeat(np.column_stack([x, y]), 2, axis=0), np.tile([Path.MOVETO, Path.LINETO], len(x)))
    path.should_simplify = False  # it would take lines of no length away
    axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, linewidth=3.2, alpha=0.5, capstyle="round"))
