"""What the layers of a net give for a few rows: cells of units, or the maps of a convolution, one line a row.

Rows are numbered from 1; what they are called comes from data and stands beside the picture, in HTML.
"""

from math import ceil
from typing import Any

import numpy as np
from markupsafe import Markup

from assay.nets.inside.views import LayerActivations
from assay.report.pictures.canvas import GRID, Drawing, draw
from assay.report.pictures.cells import paint_cells

MOST_PIXELS = 16
"""Larger maps are averaged down to this size: a picture of 28 × 28 in the width of a thumb shows no more."""

MOST_COLUMNS = 64
"""Cells of units are equally large on every picture: so many fill its width."""

FEW_UNITS = 9
"""Up to so many each has its number beneath it; of more, every eighth."""

MAPS_ABREAST = 12

WIDTH, ROW = 9.2, 0.2
"""Inches of a picture, and of the line of a row of units."""


def activations_drawing(layer: LayerActivations, key: str) -> Drawing:
    """A drawing of the size that the layer needs."""
    rows, columns = len(layer.values), layer.values.shape[1]
    largest = float(np.abs(layer.values).max(initial=0.0))
    what = f"{columns} maps of {layer.values.shape[2]} × {layer.values.shape[3]}" if layer.is_map else f"{columns} units"
    said = f"{rows} rows by {what}; the strongest shade stands for {largest:.3g}."
    height = ROW if not layer.is_map else (WIDTH - 0.6) / MAPS_ABREAST
    return Drawing(key, f"What {layer.name} gives", said, WIDTH, 0.55 + rows * height)


def activations_picture(drawing: Drawing, layer: LayerActivations) -> Markup:
    """One shade for one size over the whole layer; a second colour stands for what is below 0."""

    def paint(axes: Any) -> None:
        if layer.is_map:
            _paint_maps(axes, layer.values)
        else:
            _paint_units(axes, layer.values)
        axes.set_frame_on(False)
        axes.grid(visible=False)

    return draw(drawing, paint)


def _paint_units(axes: Any, values: np.ndarray) -> None:
    rows, units = values.shape
    gap = 0.15
    for row in range(rows):
        _frame(axes, 0, row * (1 + gap), units, 1)
        paint_cells(axes, values[row : row + 1], top=row * (1 + gap), largest=float(np.abs(values).max(initial=0.0)))
    axes.set_xlim(-0.1, MOST_COLUMNS + 0.1)
    axes.set_ylim(rows * (1 + gap) - gap + 0.05, -0.05)
    axes.set_yticks([row * (1 + gap) + 0.5 for row in range(rows)], [str(row + 1) for row in range(rows)])
    ticks = range(units) if units <= FEW_UNITS else [0, *range(7, units, 8)]
    axes.set_xticks([tick + 0.5 for tick in ticks], [str(tick + 1) for tick in ticks])
    axes.set_xlabel("Unit", loc="left")
    axes.set_ylabel("Row")


def _paint_maps(axes: Any, values: np.ndarray) -> None:
    small = shrunk(values)
    rows, maps, height, width = small.shape
    gap = 0.08 * max(height, width)
    largest = float(np.abs(small).max(initial=0.0))
    for row in range(rows):
        for place in range(maps):
            left, top = place * (width + gap), row * (height + gap)
            _frame(axes, left, top, width, height)
            paint_cells(axes, small[row, place], left=left, top=top, largest=largest)
    axes.set_xlim(-gap / 2, MAPS_ABREAST * (width + gap))
    axes.set_ylim(rows * (height + gap) - gap / 2, -gap / 2)
    axes.set_aspect("equal", anchor="W")
    axes.set_yticks([row * (height + gap) + height / 2 for row in range(rows)], [str(row + 1) for row in range(rows)])
    axes.set_xticks([place * (width + gap) + width / 2 for place in range(maps)], [str(place + 1) for place in range(maps)])
    axes.set_xlabel("Map", loc="left")
    axes.set_ylabel("Row")


def _frame(axes: Any, left: float, top: float, width: float, height: float) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((left, top), width, height, facecolor="none", edgecolor=GRID, linewidth=0.6))


def shrunk(values: np.ndarray, most: int = MOST_PIXELS) -> np.ndarray:
    """Maps (rows, maps, height, width) averaged over squares of equal size until neither side has more than ``most`` pixels.

    >>> shrunk(np.arange(16.0).reshape(1, 1, 4, 4), 2)[0, 0].tolist()
    [[2.5, 4.5], [10.5, 12.5]]
    """
    rows, maps, height, width = values.shape
    size = ceil(max(height, width) / most)
    if size == 1:
        return values
    padded = np.pad(values.astype(np.float64), ((0, 0), (0, 0), (0, -height % size), (0, -width % size)), constant_values=np.nan)
    squares = padded.reshape(rows, maps, padded.shape[2] // size, size, padded.shape[3] // size, size)
    return np.asarray(np.nanmean(squares, axis=(3, 5)))
