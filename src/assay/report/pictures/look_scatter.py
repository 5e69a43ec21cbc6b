"""Two columns that go together: a dot a row, all dots of one colour as one path."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from assay.data.look.values import shown_value
from assay.report.look import Cloud
from assay.report.pictures.canvas import SERIES, Drawing, draw, tidy_axis

AIR = 0.04
COLOURS = (SERIES[0], SERIES[1])


def scatter_picture(drawing: Drawing, cloud: Cloud, is_hot: np.ndarray | None) -> Markup:
    """is_hot: bool (m,), rows drawn in the second colour, on top; None: all alike."""

    def paint(axes: Any) -> None:
        sides: Sequence[np.ndarray] = [np.ones(len(cloud.x), dtype=bool)] if is_hot is None else [~is_hot, is_hot]
        for own, colour in zip(sides, COLOURS, strict=False):
            _dots(axes, cloud.x[own], cloud.y[own], colour)
        for axis, values, unit, limit in (
            (axes.xaxis, cloud.x, cloud.units[0], axes.set_xlim),
            (axes.yaxis, cloud.y, cloud.units[1], axes.set_ylim),
        ):
            limit(*_limits(values))
            _ticks(axis, unit)

    return draw(drawing, paint)


def _dots(axes: Any, x: np.ndarray, y: np.ndarray, colour: str) -> None:
    """Lines of no length with round ends: a third of the bytes of a marker each."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if len(x) == 0:
        return
    vertices = np.repeat(np.column_stack([x, y]), 2, axis=0)
    codes = np.tile([Path.MOVETO, Path.LINETO], len(x))
    path = Path(vertices, codes)
    path.should_simplify = False  # it would take lines of no length away
    axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, linewidth=3.2, alpha=0.5, capstyle="round"))


def _limits(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    air = AIR * (high - low) or 0.5
    return low - air, high + air


def _ticks(axis: Any, unit: str) -> None:
    if unit != "date":
        tidy_axis(axis)
        return
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=4))
    axis.set_major_formatter(FuncFormatter(lambda value, _: str(shown_value(value, "date"))[:10]))
