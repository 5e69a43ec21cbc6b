"""Curves of one column as a picture.  Levels, whose names come from the data, are drawn as rows of a table instead."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from assay.explain.curves import Curve
from assay.report.pictures.canvas import DASHES, MUTED, SERIES, Drawing, draw, tidy_axis

MICROSECONDS_A_YEAR = 365.2425 * 86_400e6
MOST_OUTPUTS = 5


def centred(curve: Curve) -> np.ndarray:
    """float64 (G, K): a curve of answers less its mean over the rows, so that it can lie beside one of effects."""
    mass = curve.share if curve.share.sum() > 0 else np.ones(len(curve.share))
    return np.asarray(curve.value - np.average(curve.value, axis=0, weights=mass))


def shown_outputs(curve: Curve) -> list[int]:
    """Which outputs are drawn: of many classes those that move most."""
    reach = np.ptp(curve.value, axis=0)
    return sorted(np.argsort(-reach, kind="stable")[:MOST_OUTPUTS].tolist())


def curve_picture(drawing: Drawing, effects: Curve, dependence: Curve, outputs: Sequence[int], *, y: str) -> Markup:
    """Accumulated effects with their band, solid; partial dependence about its mean, thin and dotted; models of folds, faint."""

    def at(curve: Curve) -> np.ndarray:
        values = curve.grid.at
        return 1970 + values / MICROSECONDS_A_YEAR if curve.grid.points.dtype.is_temporal() else values

    def paint(axes: Any) -> None:
        axes.axhline(0, color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        for place, output in enumerate(outputs):
            colour = SERIES[place % len(SERIES)]
            x = at(effects)
            if len(outputs) == 1 and len(effects.by_model) > 1:
                for own in effects.by_model:
                    axes.plot(x, own[:, output], color=colour, linewidth=0.5, alpha=0.45)
            axes.fill_between(x, effects.low[:, output], effects.high[:, output], color=colour, alpha=0.16, linewidth=0)
            axes.plot(x, effects.value[:, output], color=colour, linewidth=1.9, linestyle=DASHES[place % len(DASHES)])
            if len(outputs) == 1:
                dotted = SERIES[1]
                axes.plot(at(dependence), centred(dependence)[:, output], color=dotted, linewidth=1.2, linestyle=(0, (1.4, 1.4)))
        axes.autoscale_view()
        tidy_axis(axes.xaxis)
        tidy_axis(axes.yaxis)
        axes.set_xlabel("Year" if effects.grid.points.dtype.is_temporal() else "Value of the column")
        axes.set_ylabel(y)

    return draw(drawing, paint)
