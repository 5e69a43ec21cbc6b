"""Curves on the unit square, reliability, and the errors of a regression."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from assay.report.pictures.canvas import DASHES, INK, MUTED, SERIES, Drawing, draw, tidy_axis, unit_square

MOST_POINTS = 300


@dataclass(frozen=True)
class Line:
    """x, y: float (k,).  low, high: float (k,) of a band around y, or None.  slot: which colour and dash, 0..7.

    is_solid: the one line that matters most is drawn solid and heavier.
    """

    x: np.ndarray
    y: np.ndarray
    slot: int = 0
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    is_main: bool = False


@dataclass(frozen=True)
class Dots:
    """Reliability: x the mean probability, y the share found, low and high its interval, all float (k,)."""

    x: np.ndarray
    y: np.ndarray
    low: np.ndarray
    high: np.ndarray


def thin(values: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """Positions of at most ``most`` entries, evenly spread, first and last kept."""
    if len(values) <= most:
        return np.arange(len(values))
    return np.unique(np.linspace(0, len(values) - 1, most).round().astype(np.int64))


def unit_curves(
    drawing: Drawing, lines: Sequence[Line], *, x: str, y: str, diagonal: bool = False, level: float | None = None
) -> Markup:
    """Curves from 0 to 1; ``diagonal`` or a horizontal ``level`` marks what chance gives."""

    def paint(axes: Any) -> None:
        if diagonal:
            axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        if level is not None:
            axes.plot([0, 1], [level, level], color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        for line in reversed(lines):
            kept = thin(line.x)
            colour = SERIES[line.slot % len(SERIES)]
            if line.low is not None and line.high is not None:
                axes.fill_between(line.x[kept], line.low[kept], line.high[kept], color=colour, alpha=0.16, linewidth=0)
            axes.plot(
                line.x[kept],
                line.y[kept],
                color=colour,
                linewidth=2.0 if line.is_main else 1.4,
                linestyle=DASHES[line.slot % len(DASHES)],
            )
        unit_square(axes)
        axes.set_xlabel(x)
        axes.set_ylabel(y)

    return draw(drawing, paint)


def reliability(drawing: Drawing, dots: Dots, *, x: str, y: str) -> Markup:
    """Share found against probability said, with an interval at each dot."""

    def paint(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        axes.fill_between(dots.x, dots.low, dots.high, color=SERIES[0], alpha=0.14, linewidth=0)
        axes.vlines(dots.x, dots.low, dots.high, color=SERIES[0], linewidth=1.2)
        axes.plot(dots.x, dots.y, color=SERIES[0], linewidth=1.2, marker="o", markersize=4)
        unit_square(axes)
        axes.set_xlabel(x)
        axes.set_ylabel(y)

    return draw(drawing, paint)


def against(drawing: Drawing, predicted: np.ndarray, actual: np.ndarray, *, x: str, y: str) -> Markup:
    """One dot a row: actual over predicted, with the line on which both are equal."""

    def paint(axes: Any) -> None:
        _cloud(axes, predicted, actual)
        both = np.concatenate([predicted, actual])
        ends = [float(both.min()), float(both.max())] if len(both) else [0.0, 1.0]
        axes.plot(ends, ends, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        _label(axes, x, y)

    return draw(drawing, paint)


def residuals(drawing: Drawing, predicted: np.ndarray, errors: np.ndarray, *, x: str, y: str) -> Markup:
    """One dot a row: error over predicted, with the line of no error."""

    def paint(axes: Any) -> None:
        _cloud(axes, predicted, errors)
        axes.axhline(0, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        _label(axes, x, y)

    return draw(drawing, paint)


def _cloud(axes: Any, x: np.ndarray, y: np.ndarray) -> None:
    axes.plot(x, y, linestyle="none", marker="o", markersize=3.2, markerfacecolor=SERIES[0], markeredgewidth=0, alpha=0.35)


def _label(axes: Any, x: str, y: str) -> None:
    axes.autoscale_view()
    tidy_axis(axes.xaxis)
    tidy_axis(axes.yaxis)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
