"""The computational graph of a small net: values on solid arrows to the right, gradients on dashed arrows to the left.

Only names from code (layers, weights, functions) are drawn, no name that comes from data.
"""

from typing import Any

from markupsafe import Markup

from assay.nets.inside.graph import Graph
from assay.report.numbers import number
from assay.report.pictures.canvas import INK, MUTED, PAPER, SERIES, Drawing, clean, draw
from assay.report.pictures.graph_layout import layout
from assay.report.pictures.graph_parts import LINE, Box, Label, Layout, Path

FORWARD, BACKWARD = SERIES[0], SERIES[1]
LEGEND = 0.35
"""Height of the line that says what the arrows mean."""

MARGIN = 0.06


def graph_drawing(graph: Graph, key: str, about: str) -> Drawing:
    """A drawing of the size that the graph needs.  about: what net it is, such as "2-3-1, the first row"."""
    computed = [f"{node.name} = {node.formula}" for node in graph.nodes if node.formula]
    said = f"{'; '.join(computed)}. Loss {number(graph.loss)}."
    placed = layout(graph)
    width, height = max(placed.width + 2 * MARGIN, 4.0), placed.height + LEGEND + 2 * MARGIN
    return Drawing(key, f"Computational graph, {about}", said, width, height)


def graph_picture(drawing: Drawing, graph: Graph) -> Markup:
    """The graph as inline SVG, in the page's colours; ``drawing`` as ``graph_drawing`` gives it."""
    placed = layout(graph)

    def paint(axes: Any) -> None:
        axes.figure.set_layout_engine("none")
        axes.set_position((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(-MARGIN, drawing.width - MARGIN)
        axes.set_ylim(placed.height + MARGIN, -LEGEND - MARGIN)
        _paint_legend(axes)
        _paint(axes, placed)

    return draw(drawing, paint)


def _paint(axes: Any, placed: Layout) -> None:
    for path in placed.paths:
        _paint_path(axes, path)
    for box in placed.boxes:
        _paint_box(axes, box)
    for path in placed.paths:
        for label, colour in zip(path.labels, (FORWARD, BACKWARD), strict=False):
            _paint_label(axes, label, colour)


def _paint_legend(axes: Any) -> None:
    y = -LEGEND + 0.08
    _arrow(axes, ((0.0, y), (0.4, y)), FORWARD, is_dashed=False)
    axes.text(0.48, y, "forward: values", ha="left", va="center", color=INK)
    _arrow(axes, ((2.2, y), (1.8, y)), BACKWARD, is_dashed=True)
    axes.text(2.28, y, "backward: gradients of the loss", ha="left", va="center", color=INK)


def _paint_box(axes: Any, box: Box) -> None:
    from matplotlib.patches import FancyBboxPatch

    area, is_given = box.area, box.node.kind in ("input", "target", "parameter")
    rounding = 0.02 if box.node.kind == "parameter" else 0.09
    patch = FancyBboxPatch(
        (area.left, area.top),
        area.right - area.left,
        area.bottom - area.top,
        boxstyle=f"round,pad=0,rounding_size={rounding}",
        facecolor=PAPER,
        edgecolor=MUTED if is_given else INK,
        linewidth=0.7 if is_given else 1.1,
        zorder=2.5,
    )
    axes.add_patch(patch)
    middle, centre = (area.left + area.right) / 2, (area.top + area.bottom) / 2
    for place, text in enumerate(box.texts):
        y = centre + (place - (len(box.texts) - 1) / 2) * LINE
        is_small = place > 0
        axes.text(
            middle, y, clean(text), ha="center", va="center", color=MUTED if is_small else INK, fontsize=7.5 if is_small else 8.5
        )


def _paint_label(axes: Any, label: Label, colour: str) -> None:
    """Numbers on a piece of paper, because the upright part of another edge may run behind them."""
    from matplotlib.patches import Rectangle

    area = label.area
    size = area.right - area.left, area.bottom - area.top
    axes.add_patch(Rectangle((area.left, area.top), *size, facecolor=PAPER, linewidth=0, zorder=2.5))
    middle = (area.left + area.right) / 2
    for place, text in enumerate(label.texts):
        axes.text(middle, area.top + (place + 0.5) * LINE, text, ha="center", va="center", color=colour)


def _paint_path(axes: Any, path: Path) -> None:
    _arrow(axes, path.forward, FORWARD, is_dashed=False)
    if path.backward:
        _arrow(axes, path.backward, BACKWARD, is_dashed=True)


def _arrow(axes: Any, points: tuple[tuple[float, float], ...], colour: str, *, is_dashed: bool) -> None:
    style = (0, (4, 2)) if is_dashed else "-"
    axes.plot([x for x, _ in points], [y for _, y in points], color=colour, linewidth=1.1, linestyle=style, solid_capstyle="butt")
    (x0, _), (x, y) = points[-2:]
    back = 0.085 if x0 < x else -0.085  # every path ends level
    axes.fill([x, x - back, x - back], [y, y - 0.032, y + 0.032], color=colour, linewidth=0)
