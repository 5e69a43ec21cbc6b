"""The scree: how much of the variance lies along each direction, a bar each, and along all up to it, a line.

Source: Cattell (1966).
"""

from typing import Any

import numpy as np
from markupsafe import Markup

from assay.report.pictures.canvas import DASHES, INK, SERIES, Drawing, draw

MOST_BARS = 30
FADED = 0.35


def scree_picture(drawing: Drawing, shares: np.ndarray, kept: int) -> Markup:
    """shares: float64 (k,) of the variance, falling; the first 30 are drawn.  kept: the first so many, in full colour."""
    shown = shares[:MOST_BARS]
    place = np.arange(1, len(shown) + 1)

    def paint(axes: Any) -> None:
        strong = place <= kept
        for own, alpha in ((strong, 1.0), (~strong, FADED)):
            if own.any():
                axes.bar(place[own], shown[own], width=0.72, color=SERIES[0], alpha=alpha, linewidth=0)
        dots = "o" if len(shown) <= MOST_BARS // 2 else None
        line = {"color": SERIES[1], "linewidth": 1.4, "linestyle": DASHES[1], "marker": dots, "markersize": 3.5}
        axes.plot(place, np.cumsum(shares)[:MOST_BARS], **line)
        if 0 < kept < len(shown):
            axes.axvline(kept + 0.5, color=INK, linewidth=0.7, linestyle=(0, (4, 3)))
        axes.set_xlim(0.4, max(len(shown), 3) + 0.6)
        axes.set_ylim(0, 1.03)
        step = max(1, -(-len(shown) // 10))
        axes.set_xticks(range(1, len(shown) + 1, step), [str(one) for one in range(1, len(shown) + 1, step)])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        axes.set_xlabel("Direction")
        axes.set_ylabel("Share of the variance")

    return draw(drawing, paint)
