"""From a matplotlib figure to an SVG that lives inside the page.

Three things are different from a figure on its own: its colours are the page's CSS
variables (so that it follows light, dark and print), its text is text in the page's
font, and its ids are prefixed (so that two pictures never share one).

No name that comes from data is drawn: names stand in the caption and the legend, which
are HTML, and in <title> and <desc>, which are set on the parsed tree and so escaped.
matplotlib is used without pyplot and within a context, so nothing global changes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any, TypeVar
from xml.etree import ElementTree

from markupsafe import Markup

from assay.report.numbers import MINUS, THIN, number

INK, MUTED, GRID, PAPER = "#000001", "#000002", "#000003", "#000004"
SERIES = tuple(f"#0000a{place}" for place in range(1, 9))
"""Stand-ins, swapped for CSS variables afterwards: ink, muted, grid, paper and eight series colours."""

DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.6)),
    (0, (1.4, 1.4)),
    (0, (6, 1.6, 1.4, 1.6)),
    (0, (9, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (2, 3)),
    (0, (8, 3, 2, 3)),
)
"""One for each series colour: lines differ by more than colour."""

_VARIABLES = {INK: "var(--ink)", MUTED: "var(--muted)", GRID: "var(--rule)", PAPER: "var(--paper)"} | {
    stand_in: f"var(--s{place})" for place, stand_in in enumerate(SERIES, 1)
}
_COLOUR = re.compile("|".join(_VARIABLES))
_LONG = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_DECIMAL = re.compile(rf"[+{MINUS}]?\d[\d{THIN}]*\.\d+(?: %)?")
_SETTINGS = {
    "svg.fonttype": "none",
    "svg.image_inline": True,
    "text.parse_math": False,
    "font.size": 8.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.major.pad": 4,
    "ytick.major.pad": 4,
    "lines.solid_capstyle": "round",
    "path.simplify": True,
}


Saved = TypeVar("Saved")


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a picture is called (``title``) and what is to be seen on it (``description``): read aloud, never drawn.

    key: unique on the page; letters, digits and dashes.  point: between whole and decimals of the numbers that are drawn.
    """

    key: str
    title: str
    description: str
    width: float = 4.6  # inches of 72 SVG units
    height: float = 3.7
    point: str = "."


class Picture(Markup):
    """The inline SVG, and what it was drawn from, so that it can be drawn again as a file of its own (see ``files_of``)."""

    drawing: Drawing
    paint: Callable[[Any], None]


def draw(drawing: Drawing, paint: Callable[[Any], None]) -> Picture:
    """Run ``paint(axes)`` on fresh axes and return the inline SVG; equal calls give equal bytes."""
    found = Picture(inline(painted(drawing, paint, _to_svg), drawing))
    found.drawing, found.paint = drawing, paint
    return found


def painted(
    drawing: Drawing, paint: Callable[[Any], None], save: Callable[[Any], Saved], colours: Mapping[str, str] | None = None
) -> Saved:
    """What ``save(figure)`` makes of the painted figure.

    colours: what the stand-ins are in what the settings draw (axes, grid, ticks); None leaves them as they are.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings: dict[Any, Any] = {**_SETTINGS, "svg.hashsalt": drawing.key}
        if colours is not None:
            settings |= {name: colours.get(value, value) for name, value in _SETTINGS.items() if isinstance(value, str)}
        matplotlib.rcParams.update(settings)
        figure = Figure(figsize=(drawing.width, drawing.height), layout="constrained")
        paint(figure.add_subplot())
        return save(figure)


def _to_svg(figure: Any) -> bytes:
    stream = BytesIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(stream, format="svg", transparent=True, metadata=nothing)
    return stream.getvalue()


def inline(svg: bytes, drawing: Drawing) -> Markup:
    """The <svg> element alone: page colours, prefixed ids, a title and a description."""
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style")):  # an inline <style> would reach the whole page
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.text = written(element.text, drawing.point) if element.text and element.text.strip() else None
        element.tail = None
        for name in list(element.attrib):
            value = element.attrib.pop(name)
            plain = name.rpartition("}")[2]
            if not value.startswith("rotate(-0 "):
                element.set(plain, _attribute(plain, value, drawing.key))
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{drawing.key}-title {drawing.key}-desc")
    for place, (tag, text) in enumerate((("title", drawing.title), ("desc", drawing.description))):
        element = ElementTree.Element(tag, {"id": f"{drawing.key}-{tag}"})
        element.text = clean(text)
        root.insert(place, element)
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def clean(text: str) -> str:
    """Text that HTML, SVG and UTF-8 can hold: control characters and lone surrogates become U+FFFD."""
    kept = "".join("\N{REPLACEMENT CHARACTER}" if (c < " " and c not in "\t\n") or "\x7f" <= c < "\xa0" else c for c in text)
    return kept.encode("utf-8", "replace").decode("utf-8") if any("\ud800" <= c <= "\udfff" for c in kept) else kept


def tidy_axis(axis: Any) -> None:
    """Tick labels written as the page writes numbers; no offsets, no powers of ten aside."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    ticks = [float(tick) for tick in axis.get_majorticklocs()]
    gap = min((b - a for a, b in pairwise(ticks)), default=1.0)
    decimals = next((places for places in range(9) if gap * 10**places >= 1 - 1e-9), 9)
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, decimals)))


def unit_square(axes: Any) -> None:
    """Both axes from 0 to 1."""
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.03)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])


def written(text: str, point: str) -> str:
    """The text of a tick as the page writes numbers; any other as it is."""
    return text.replace(".", point) if point != "." and _DECIMAL.fullmatch(text) else text


def _attribute(name: str, value: str, key: str) -> str:
    if name == "id":
        return f"{key}-{value}"
    if name == "href":
        return re.sub(r"^#", f"#{key}-", value)
    if name == "clip-path":
        return re.sub(r"url\(#", f"url(#{key}-", value)
    if name == "style":
        kept = (part.strip() for part in value.split(";"))
        style = ";".join(part for part in kept if part and not part.startswith(("font-family", "font:")))
        return re.sub(r"url\(#", f"url(#{key}-", _COLOUR.sub(lambda found: _VARIABLES[found[0]], style))
    if name in ("d", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "transform", "points"):
        return " ".join(_LONG.sub(lambda found: f"{float(found[0]):.2f}", value).split())
    return value
