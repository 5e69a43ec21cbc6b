"""The pictures of a page as files of their own: SVG and PNG from one figure, in the page's light colours, with their legend.

On the page names stand in HTML beside a picture; here they are drawn, as text and never as mathematics or markup.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from html import escape
from io import BytesIO
from typing import Any

from assay.report.figures import Figure, LegendEntry
from assay.report.language import LONGEST_NAME
from assay.report.leaderboard import Board
from assay.report.pictures.canvas import DASHES, GRID, INK, MUTED, PAPER, SERIES, Drawing, Picture, clean, painted, written

LIGHT: Mapping[str, str] = {
    INK: "#1c1d21",
    MUTED: "#5d606a",
    GRID: "#e3e1da",
    PAPER: "#fdfdfb",
    **dict(
        zip(
            SERIES,
            ("#0067a5", "#c8520a", "#00835c", "#a8518a", "#8a6d00", "#3f8fc0", "#5a5f66", "#7d3c98"),
            strict=True,
        )
    ),
}
"""The stand-ins of the canvas in the light colours of report.css."""

DOTS_PER_INCH = 200
ROW_INCHES = 0.27
_WITHOUT_TIME = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True)
class Shown:
    """What is drawn, and the words that stand around it on the page."""

    drawing: Drawing
    paint: Callable[[Any], None]
    heading: str
    legend: tuple[LegendEntry, ...] = ()


def pictures_of(view: Any) -> Iterator[Shown]:
    """Every picture that the templates are given, in their order, each key once."""
    seen: set[str] = set()
    for shown in _pictures_in(view):
        if shown.drawing.key not in seen:
            seen.add(shown.drawing.key)
            yield shown


def _pictures_in(value: Any) -> Iterator[Shown]:
    if isinstance(value, Figure):
        if isinstance(value.svg, Picture):
            yield Shown(value.svg.drawing, value.svg.paint, value.heading, value.legend)
    elif isinstance(value, Picture):
        yield Shown(value.drawing, value.paint, value.drawing.title)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _pictures_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _pictures_in(inner)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _pictures_in(getattr(value, field.name))


def drawn(shown: Shown) -> tuple[bytes, bytes]:
    """(SVG, PNG) of the picture; equal pictures give equal bytes."""
    drawing, room = shown.drawing, 0.3 + 0.2 * len(shown.legend)
    taller = replace(drawing, height=drawing.height + room)

    def save(figure: Any) -> tuple[bytes, bytes]:
        (axes,) = figure.axes
        axes.set_title(_text(shown.heading), loc="left", color=INK, fontsize=10)
        _add_legend(figure, shown.legend)
        _point(axes, drawing.point)
        _recolour(figure)
        return _saved(figure, taller)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a name in a script that the font lacks: the SVG has it as text
        return painted(taller, shown.paint, save, LIGHT)


def _saved(figure: Any, drawing: Drawing) -> tuple[bytes, bytes]:
    svg, png = BytesIO(), BytesIO()
    figure.savefig(svg, format="svg", facecolor=LIGHT[PAPER], metadata=_WITHOUT_TIME)
    figure.savefig(png, format="png", facecolor=LIGHT[PAPER], dpi=DOTS_PER_INCH, metadata={"Software": None})
    head, tag, rest = svg.getvalue().decode().partition("<svg ")
    attributes, close, rest = rest.partition(">")
    told = f"<title>{escape(clean(drawing.title))}</title><desc>{escape(clean(drawing.description))}</desc>"
    return f'{head}{tag}role="img" {attributes}{close}\n {told}{rest}'.encode(), png.getvalue()


def _add_legend(figure: Any, legend: Sequence[LegendEntry]) -> None:
    from matplotlib.lines import Line2D

    if not legend:
        return
    handles = [
        Line2D(
            [0],
            [0],
            color=SERIES[entry.slot % len(SERIES)],
            linestyle=DASHES[entry.slot % len(DASHES)],
            linewidth=2.0 if entry.is_main else 1.4,
        )
        for entry in legend
    ]
    names = [_text(entry.name) for entry in legend]
    figure.legend(handles, names, loc="outside lower left", frameon=False, labelcolor=INK, ncols=1, handlelength=3.2)


def _text(text: str) -> str:
    """A name or heading as one line; a leading "_" would keep it out of the legend."""
    line = " ".join(clean(text).split())
    line = line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"
    return f"\N{ZERO WIDTH SPACE}{line}" if line.startswith("_") else line


def _point(axes: Any, point: str) -> None:
    """Ticks with the decimal sign of the page."""
    from matplotlib.ticker import FuncFormatter

    for axis in (axes.xaxis, axes.yaxis):
        told = axis.get_major_formatter()
        if isinstance(told, FuncFormatter):
            axis.set_major_formatter(FuncFormatter(lambda at, place, told=told: written(told(at, place), point)))


def _recolour(figure: Any) -> None:
    """Stand-ins of whatever was painted become the light colours; their transparency stays."""
    from matplotlib.collections import Collection
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.text import Text

    for artist in figure.findobj():
        if isinstance(artist, Line2D):
            for part in ("color", "markerfacecolor", "markeredgecolor"):
                getattr(artist, f"set_{part}")(_light(getattr(artist, f"get_{part}")()))
        elif isinstance(artist, Patch):
            artist.set_facecolor(_light(artist.get_facecolor()))
            artist.set_edgecolor(_light(artist.get_edgecolor()))
        elif isinstance(artist, Collection):
            artist.set_facecolor([_light(colour) for colour in artist.get_facecolor()])
            artist.set_edgecolor([_light(colour) for colour in artist.get_edgecolor()])
        elif isinstance(artist, Text):
            artist.set_color(_light(artist.get_color()))


def _light(colour: Any) -> Any:
    from matplotlib.colors import to_hex, to_rgba

    if isinstance(colour, str) and colour in ("none", "auto"):
        return colour
    rgba = to_rgba(colour)
    known = LIGHT.get(to_hex(rgba))
    return colour if known is None else to_rgba(known, rgba[3])


def forest(board: Board, title: str, description: str, point: str) -> Shown | None:
    """The leaderboard as a forest plot; None where no row has a value.

    The page shows the same as rows of a table, so that names can be read aloud, searched and copied.
    """
    rows = [row for row in board.rows if row.bar is not None]
    if not rows:
        return None
    height = 1.1 + ROW_INCHES * len(rows)

    def paint(axes: Any) -> None:
        if board.band is not None:
            axes.axvspan(*board.band, color=SERIES[0], alpha=0.09, linewidth=0)
        for place, row in enumerate(rows):
            bar = row.bar
            if bar is None:
                continue
            if bar.low is not None and bar.high is not None:
                axes.plot([bar.low, bar.high], [place, place], color=SERIES[0], linewidth=1.8)
                axes.plot([bar.low, bar.high], [place, place], color=SERIES[0], linestyle="none", marker="|", markersize=7)
            axes.plot([bar.at], [place], color=SERIES[0], linestyle="none", marker="D" if row.is_winner else "o", markersize=5)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, 100)
        axes.set_yticks(range(len(rows)), [_text(row.name) for row in rows])
        for label, row in zip(axes.get_yticklabels(), rows, strict=True):
            label.set_color(INK)
            label.set_fontweight("bold" if row.is_winner else "normal")
        axes.set_xticks([tick.at for tick in board.scale.ticks], [tick.text for tick in board.scale.ticks])
        axes.grid(visible=False, axis="y")

    return Shown(Drawing("leaderboard", title, description, width=7.2, height=height, point=point), paint, title)
