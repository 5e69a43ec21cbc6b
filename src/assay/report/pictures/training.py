"""A training over its epochs and steps: losses, the learning rate, and one line a layer on a log axis or as shares.

Layers' names stand in the legend, which is HTML; what is drawn are numbers only.
"""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

import numpy as np
from markupsafe import Markup

from assay.nets.inside.record import Inside
from assay.report.numbers import number
from assay.report.pictures.canvas import DASHES, MUTED, SERIES, Drawing, draw, tidy_axis
from assay.report.pictures.lines import Line, thin

MOST_LINES = len(SERIES)
MOST_POINTS = 60
"""Of a line over the steps: from batch to batch gradients differ by factors, and hundreds of points hide all other lines."""
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def loss_lines(inside: Inside) -> list[tuple[str, Line]]:
    """The training loss, and the validation loss where there is one, over the epochs (from 1)."""
    epochs = np.arange(1.0, len(inside.train_loss) + 1)
    found = [("training rows", Line(epochs, inside.train_loss, slot=0, is_main=True))]
    if inside.has_validation:
        found.append(("validation rows", Line(epochs, inside.validation_loss, slot=1)))
    return found


def layer_lines(inside: Inside, series: str) -> list[tuple[str, Line]]:
    """Over the steps, one line for each layer that has such numbers; of many layers some, the first and the last among them.

    Of many steps, medians of ``abreast`` neighbours.
    """
    lines = getattr(inside, series)
    rows = [row for row in range(len(inside.layers)) if np.isfinite(lines[row]).any()]
    kept = [rows[place] for place in thin(np.array(rows), MOST_LINES)]
    steps = medians(inside.steps.astype(np.float64))
    return [(inside.layers[row].title, Line(steps, medians(lines[row]), slot=slot)) for slot, row in enumerate(kept)]


def abreast(steps: int) -> int:
    """How many recorded steps make one point of a line.

    >>> abreast(60), abreast(61), abreast(400)
    (1, 2, 7)
    """
    return max(1, ceil(steps / MOST_POINTS))


def medians(line: np.ndarray) -> np.ndarray:
    """Of ``abreast`` neighbours each, float64 (at most 60,); NaN, which is no number of theirs, is passed over.

    >>> medians(np.array([1.0, np.nan] * 60))[:3]
    array([1., 1., 1.])
    """
    size = abreast(len(line))
    parts = np.pad(line.astype(np.float64), (0, -len(line) % size), constant_values=np.nan).reshape(-1, size)
    found = np.full(len(parts), np.nan)
    known = ~np.isnan(parts).all(axis=1)
    found[known] = np.nanmedian(parts[known], axis=1)
    return found


def over_epochs(
    drawing: Drawing, lines: Sequence[Line], *, y: str, level: float | None = None, mark: int | None = None
) -> Markup:
    """Lines over the epochs. level: a dotted line across.  mark: an epoch (from 1) with an upright line."""

    def paint(axes: Any) -> None:
        for place, style in ((mark, axes.axvline), (level, axes.axhline)):
            if place is not None:
                style(place, color=MUTED, linewidth=0.9, linestyle=(0, (2, 3)))
        _paint(axes, lines)
        values = np.concatenate([line.y[np.isfinite(line.y)] for line in lines] or [np.zeros(0)])
        high = max([*values.tolist(), *([] if level is None else [level])], default=1.0)
        low = min(0.0, float(values.min(initial=0.0)))
        axes.set_ylim(low - 0.02 * (high - low), high + 0.06 * (high - low or 1.0))
        tidy_axis(axes.yaxis)
        last = max((len(line.x) for line in lines), default=1)
        axes.set_xlim(1 - 0.04 * max(last, 2), last + 0.04 * max(last, 2))
        _whole_numbers(axes.xaxis)
        axes.set_xlabel("Epoch")
        axes.set_ylabel(y)

    return draw(drawing, paint)


def over_steps(drawing: Drawing, lines: Sequence[Line], *, y: str, is_share: bool = False) -> Markup:
    """Lines over the steps, on a log axis; shares from 0 to 1 on a plain one. Numbers that are none leave a gap."""

    def paint(axes: Any) -> None:
        _paint(axes, lines, above=None if is_share else 0.0)
        if is_share:
            axes.set_ylim(-0.02, 1.04)
            axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
        else:
            log_axis(axes)
        _whole_numbers(axes.xaxis)
        axes.set_xlabel("Step")
        axes.set_ylabel(y)

    return draw(drawing, paint)


def log_axis(axes: Any) -> None:
    """The y axis by powers of ten, each tick a power or, where few are in sight, 2 and 5 times one too."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_yscale("log", nonpositive="mask")
    low, high = axes.get_ylim()
    decades = log10(high / low) if 0 < low < high else 1.0
    subs = (1.0,) if decades > 2.5 else (1.0, 2.0, 5.0)
    axes.yaxis.set_major_locator(LogLocator(10, subs=subs, numticks=9))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))


def power(value: float) -> str:
    """A tick of a log axis: plain between a thousandth and ten thousand, else with a power of ten.

    >>> power(0.01), power(2e-7), power(1e12), power(500.0)
    ('0.01', '2·10⁻⁷', '10¹²', '500')
    """
    if value <= 0:
        return ""
    exponent = floor(log10(value) + 1e-9)
    if -3 <= exponent < 4:
        return number(value, max(0, -exponent))
    digit = round(value / 10.0**exponent)
    return ("" if digit == 1 else f"{digit}·") + "10" + str(exponent).translate(_SUPERSCRIPT)


def _paint(axes: Any, lines: Sequence[Line], above: float | None = None) -> None:
    for line in reversed(lines):
        kept = thin(line.x)
        x, y = line.x[kept], line.y[kept].astype(np.float64)
        y = np.where(np.isfinite(y) & (True if above is None else y > above), y, np.nan)
        axes.plot(
            x,
            y,
            color=SERIES[line.slot % len(SERIES)],
            linewidth=2.0 if line.is_main else 1.4,
            linestyle=DASHES[line.slot % len(DASHES)],
            marker="o" if np.isfinite(y).sum() == 1 else None,
            markersize=3.5,
        )


def _whole_numbers(axis: Any) -> None:
    """Epochs and steps are counted."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 0)))
