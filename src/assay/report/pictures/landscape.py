"""The loss around trained weights as filled contours, with the weights in the middle."""

from typing import Any

import numpy as np
from markupsafe import Markup

from assay.nets.inside.views import Landscape
from assay.report.numbers import number
from assay.report.pictures.canvas import INK, PAPER, SERIES, Drawing, draw, tidy_axis

LEVELS = 9


def levels_of(loss: np.ndarray) -> np.ndarray:
    """Rising losses at which contours are drawn, float64 (k,); none where the loss is the same everywhere or nowhere a number.

    By equal factors, so that the ground near the weights is told apart; by equal steps where the losses are not all above 0.
    """
    known = loss[np.isfinite(loss)]
    if not len(known) or known.max() - known.min() <= 1e-12 * max(abs(known.max()), 1e-300):
        return np.zeros(0)
    low, high = float(known.min()), float(known.max())
    return np.geomspace(low, high, LEVELS + 1) if low > 0 and high > 1.5 * low else np.linspace(low, high, LEVELS + 1)


def landscape_picture(drawing: Drawing, landscape: Landscape) -> Markup:
    """The deeper the loss, the paler; a dot marks the trained weights. Points where the loss was no number are left empty."""

    def paint(axes: Any) -> None:
        from matplotlib.colors import to_rgba

        levels = levels_of(landscape.loss)
        surface = np.ma.masked_invalid(landscape.loss.T)  # matplotlib's first axis is y
        if len(levels):
            shades = [to_rgba(SERIES[0], 0.06 + 0.8 * place / (len(levels) - 2)) for place in range(len(levels) - 1)]
            axes.contourf(landscape.along, landscape.along, surface, levels=levels, colors=shades, antialiased=False)
            lines = axes.contour(landscape.along, landscape.along, surface, levels=levels[1:-1:2], colors=[INK], linewidths=0.5)
            axes.clabel(lines, fmt=lambda value: number(value), fontsize=7, inline_spacing=3)
        axes.plot([0], [0], marker="o", markersize=5.5, markerfacecolor=INK, markeredgecolor=PAPER, linestyle="none")
        axes.set_aspect("equal")
        axes.grid(visible=False)
        tidy_axis(axes.xaxis)
        tidy_axis(axes.yaxis)
        axes.set_xlabel("First direction")
        axes.set_ylabel("Second direction")

    return draw(drawing, paint)
