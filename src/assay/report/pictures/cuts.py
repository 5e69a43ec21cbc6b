"""What every threshold would do: a curve with its band, lines to hold it against, and where the chosen threshold lies."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from assay.report.pictures.canvas import DASHES, INK, SERIES, Drawing, draw, tidy_axis
from assay.report.pictures.lines import Line, thin


def threshold_curve(
    drawing: Drawing,
    lines: Sequence[Line],
    *,
    chosen: float,
    x: tuple[float, float],
    y: tuple[float, float],
    labels: tuple[str, str],
) -> Markup:
    """lines: over the threshold, the first on top.  chosen: drawn as an upright line.  x, y: what is shown of both axes.

    labels: of both axes.
    """
    height = y[1] - y[0]

    def within(values: np.ndarray) -> np.ndarray:
        """Far values just outside the frame, where the frame hides them: a curve may run to minus infinity."""
        return np.asarray(np.clip(values, y[0] - height, y[1] + height))

    def paint(axes: Any) -> None:
        axes.axvline(chosen, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        for line in reversed(lines):
            shown = np.flatnonzero((line.x >= x[0]) & (line.x <= x[1]))
            kept = shown[thin(shown)]
            colour = SERIES[line.slot % len(SERIES)]
            if line.low is not None and line.high is not None:
                axes.fill_between(
                    line.x[kept], within(line.low[kept]), within(line.high[kept]), color=colour, alpha=0.16, linewidth=0
                )
            axes.plot(
                line.x[kept],
                within(line.y[kept]),
                color=colour,
                linewidth=2.0 if line.is_main else 1.4,
                linestyle=DASHES[line.slot % len(DASHES)],
            )
        axes.set_xlim(*x)
        axes.set_ylim(*y)
        tidy_axis(axes.xaxis)
        tidy_axis(axes.yaxis)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])

    return draw(drawing, paint)
