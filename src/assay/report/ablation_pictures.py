"""The learning curve: the metric by training rows, each part with its interval."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from assay.report.language import ENGLISH, Words
from assay.report.numbers import count
from assay.report.pictures.canvas import SERIES, Drawing, draw, tidy_axis
from assay.study.ablate.result import Found


def learning_curve(lines: Sequence[Found], key: str, metric: str, w: Words = ENGLISH) -> Markup:
    """lines: with values, from the fewest rows to the most; rows are drawn so that every doubling is as far."""
    rows = np.array([line.rows for line in lines], dtype=np.float64)
    values = [line.value for line in lines if line.value is not None]
    at = np.array([one.value for one in values], dtype=np.float64)
    low = np.array([at[place] if one.low is None else one.low for place, one in enumerate(values)])
    high = np.array([at[place] if one.high is None else one.high for place, one in enumerate(values)])
    ends = [(w.fixed(float(at[place]), 4), count(round(rows[place]))) for place in (0, -1)]
    said = w("ablation-curve-said", *ends[0], *ends[1])

    def paint(axes: Any) -> None:
        axes.errorbar(rows, at, yerr=[at - low, high - at], color=SERIES[0], linewidth=1.9, elinewidth=1.1, capsize=3, marker="o")
        axes.set_xscale("log", base=2)
        axes.set_xticks(rows, [count(round(one)) for one in rows])
        axes.minorticks_off()
        tidy_axis(axes.yaxis)
        axes.set_xlabel(w("ablation-curve-x"))
        axes.set_ylabel(metric)

    return draw(Drawing(key, w("ablation-curve-title", metric), said, 6.2, 3.3, w.point), paint)
