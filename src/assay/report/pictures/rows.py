"""Rows as points, before and after a treatment: real rows are dots, new rows crosses, so that grey print tells them apart."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from assay.report.pictures.canvas import SERIES, Drawing, draw, tidy_axis
from assay.study.looking import Axis, Cloud

SLOTS = (6, 0, 2, 3, 4, 7)
"""Colours of the classes, the largest first: the crowd is grey."""
NEW_SLOT = 1
SHAPES = ("x", "+", "1", "2", "3", "4")
"""Of new rows, by the rank of their class among those that grew."""
AIR = 0.04

_CLOUD = re.compile(r"<g((?: clip-path=[^>]*)?)>((?:<use [^>]*/>)+)</g>")
_STYLE = re.compile(r'style="[^"]*"')
_PLACE = re.compile(r'\b([xy])="([-\d.]+)"')
_SPACE = re.compile(r"\s+/>")
Limits = tuple[tuple[float, float], tuple[float, float]]


def limits_of(clouds: Sequence[Cloud]) -> Limits:
    """The range of both axes that holds every row, with a little air; (0, 1) without rows."""
    found = []
    for name in ("x", "y"):
        values = np.concatenate([getattr(cloud, name) for cloud in clouds])
        known = values[np.isfinite(values)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        air = AIR * (high - low) or 0.5
        found.append((low - air, high + air))
    return found[0], found[1]


def rows_picture(drawing: Drawing, cloud: Cloud, axes_of: tuple[Axis, Axis], limits: Limits, order: Sequence[int]) -> Markup:
    """order: class codes, the largest class first; it is drawn first, so that smaller classes lie upon it, new rows on top."""

    def paint(axes: Any) -> None:
        for rank, code in enumerate(order):
            own = (cloud.code == code) & ~cloud.is_new
            colour = SERIES[SLOTS[rank % len(SLOTS)]]
            size, alpha = (3.0, 0.55) if rank == 0 else (2.6, 0.65)
            dot = {"marker": "o", "markersize": size, "markerfacecolor": colour, "markeredgewidth": 0, "alpha": alpha}
            _dots(axes, cloud, own, dot)
        for rank, code in enumerate(new_codes(cloud, order)):
            own = (cloud.code == code) & cloud.is_new
            cross = {"marker": SHAPES[rank % len(SHAPES)], "markersize": 3.8, "markeredgewidth": 0.8, "alpha": 0.7}
            _dots(axes, cloud, own, {**cross, "markeredgecolor": SERIES[NEW_SLOT]})
        axes.set_xlim(*limits[0])
        axes.set_ylim(*limits[1])
        for which, axis, label in (
            (axes.xaxis, axes_of[0], axes.set_xlabel),
            (axes.yaxis, axes_of[1], axes.set_ylabel),
        ):
            _ticks(which, axis)
            label(("Across" if which is axes.xaxis else "Upwards") if axis.is_name else axis.title)

    return _lean(draw(drawing, paint), drawing.key)


def _lean(picture: Markup, key: str) -> Markup:
    """A quarter of the bytes: of each dot its place to a tenth, its marker by a short id, its style once for its group."""

    def once(group: re.Match[str]) -> str:
        styles = set(_STYLE.findall(group[2]))
        if len(styles) != 1:
            return group[0]
        dots = _PLACE.sub(lambda place: f'{place[1]}="{float(place[2]):.1f}"', _STYLE.sub("", group[2]))
        return f"<g{group[1]} {styles.pop()}>{_SPACE.sub('/>', dots)}</g>"

    text = _CLOUD.sub(once, str(picture))
    stem = key.removesuffix(key.rpartition("-")[2][1:])  # rows-1-before and rows-1-after: rows-1-b, rows-1-a
    markers = dict.fromkeys(re.findall(rf'<use href="#({re.escape(key)}-m\w+)"', text))
    short = {marker: f"{stem}{place}" for place, marker in enumerate(markers)}
    return Markup(re.sub("|".join(map(re.escape, short)), lambda found: short[found[0]], text) if short else text)


def new_codes(cloud: Cloud, order: Sequence[int]) -> list[int]:
    """Classes that have new rows here, in the order of the classes."""
    return [code for code in order if bool(((cloud.code == code) & cloud.is_new).any())]


def _dots(axes: Any, cloud: Cloud, own: np.ndarray, style: dict[str, Any]) -> None:
    if own.any():
        axes.plot(cloud.x[own], cloud.y[own], linestyle="none", **style)


def _ticks(which: Any, axis: Axis) -> None:
    """Numbers; of a category the places of its levels, whose names stand in the caption."""
    if not axis.levels:
        tidy_axis(which)
        return
    step = -(-len(axis.levels) // 12)
    which.set_ticks(range(0, len(axis.levels), step), [str(place + 1) for place in range(0, len(axis.levels), step)])
