"""The critical-difference diagram: candidates on the line of mean ranks, bars over those that are not told apart.

Source: Demsar (2006).  Best on the left.  The names of candidates are names of recipes and treatments, which registries
know, so unlike names from data they may be drawn.
"""

import re
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from markupsafe import Markup

from assay.report.numbers import number
from assay.report.pictures.canvas import INK, MUTED, SERIES, Drawing, clean, draw

STYLE = Path(__file__).parents[1] / "templates" / "report.css"
_COLOUR = re.compile(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,8})")
_FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"

BAR, ROW = 0.17, 0.34
"""Height of a bar of the groups and of a line of names; the ticks of the axis are 0.1 long."""

AIR = 0.01
"""What stands over at an end, as a share of the ranks."""


@dataclass(frozen=True, slots=True)
class RankPicture:
    """names, mean_ranks: (k,), best first.  groups: positions that are not told apart.  critical: in mean ranks."""

    names: tuple[str, ...]
    mean_ranks: tuple[float, ...]
    groups: tuple[tuple[int, ...], ...]
    critical: float


def rank_drawing(picture: RankPicture, key: str, about: str) -> Drawing:
    """A drawing of the size that the names and groups need.  about: what was ranked, such as "ROC AUC over 6 data sets"."""
    said = "; ".join(f"{name} {number(rank, 2)}" for name, rank in zip(picture.names, picture.mean_ranks, strict=True))
    longest = max(len(name) for name in picture.names)
    width, height = 3.2 + 2 * 0.075 * (longest + 6), 0.7 + 0.55 * -_floor(picture)
    description = f"Best first: {said}. Critical difference {number(picture.critical, 2)}."
    return Drawing(key, f"Mean ranks, {about}", description, width, height)


def rank_diagram(drawing: Drawing, picture: RankPicture) -> Markup:
    """The diagram as inline SVG, in the page's colours."""

    def paint(axes: Any) -> None:
        k = len(picture.names)
        axes.set_axis_off()
        _paint_scale(axes, k)
        _paint_critical(axes, picture.critical, k)
        for level, group in enumerate(picture.groups):
            ends = picture.mean_ranks[group[0]] - AIR * k, picture.mean_ranks[group[-1]] + AIR * k
            axes.plot(ends, [-0.16 - BAR * level] * 2, color=SERIES[0], linewidth=3.2, solid_capstyle="round")
        _paint_names(axes, picture)
        left, right = _edges(picture)
        axes.set_xlim(left - AIR * k, right + AIR * k)
        axes.set_ylim(_floor(picture), 0.75)

    return draw(drawing, paint)


def standalone(svg: Markup) -> bytes:
    """The inline SVG as a file of its own: fixed colours (the page's light ones) instead of variables, and a font."""
    colours: dict[str, str] = {}
    for name, colour in _COLOUR.findall(STYLE.read_text(encoding="utf-8")):
        colours.setdefault(name, colour)
    text = re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found[1]], str(svg))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" font-family="{_FONT}" font-size="8.5" '
    text = text.replace("<svg ", head, 1)
    paper = f'<rect width="100%" height="100%" fill="{colours["paper"]}" />'
    text = text.replace("</desc>", f"</desc>{paper}", 1)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + text + "\n").encode()


def _first_row(picture: RankPicture) -> float:
    return -0.16 - BAR * len(picture.groups) - 0.2


def _floor(picture: RankPicture) -> float:
    """The lower end of the drawing."""
    return _first_row(picture) - ROW * (ceil(len(picture.names) / 2) - 1) - 0.2


def _paint_scale(axes: Any, k: int) -> None:
    axes.plot([1, k], [0, 0], color=INK, linewidth=1.0)
    for rank in range(1, k + 1):
        axes.plot([rank, rank], [0, 0.1], color=INK, linewidth=1.0)
        axes.text(rank, 0.16, str(rank), ha="center", va="bottom", color=MUTED)


def _paint_critical(axes: Any, critical: float, k: int) -> None:
    axes.plot([1, 1 + critical], [0.55, 0.55], color=MUTED, linewidth=1.4)
    for end in (1, 1 + critical):
        axes.plot([end, end], [0.5, 0.6], color=MUTED, linewidth=1.4)
    middle = min(1 + critical / 2, (1 + k) / 2)
    axes.text(middle, 0.62, f"critical difference {number(critical, 2)}", ha="center", va="bottom", color=MUTED)


def _paint_names(axes: Any, picture: RankPicture) -> None:
    """The better half on the left, best on top; the rest on the right, worst on top, so that no two lines cross."""
    k = len(picture.names)
    better = ceil(k / 2)
    left, right = _edges(picture)
    for place, (name, rank) in enumerate(zip(map(clean, picture.names), picture.mean_ranks, strict=True)):
        is_left = place < better
        y = _first_row(picture) - ROW * (place if is_left else k - 1 - place)
        end = left if is_left else right
        axes.plot([rank, rank, end], [0, y, y], color=INK, linewidth=0.8, solid_joinstyle="miter")
        said = f"{name} {number(rank, 2)}" if is_left else f"{number(rank, 2)} {name}"
        away = {"xytext": (-4 if is_left else 4, 0), "textcoords": "offset points"}
        axes.annotate(said, (end, y), ha="right" if is_left else "left", va="center", color=INK, **away)


def _edges(picture: RankPicture) -> tuple[float, float]:
    """Where the lines of the names end, left and right."""
    k = len(picture.names)
    return 1 - 2 * AIR * k, max(k, 1 + picture.critical) + 2 * AIR * k
