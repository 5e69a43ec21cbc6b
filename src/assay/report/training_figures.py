"""Which pictures the page of a training shows, and what they are called."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from assay.nets.inside.graph import Graph
from assay.nets.inside.record import Inside
from assay.nets.inside.views import Activations, Landscape
from assay.report.figures import Figure, legend_entry
from assay.report.numbers import count, number
from assay.report.pictures.activations import activations_drawing, activations_picture
from assay.report.pictures.canvas import Drawing
from assay.report.pictures.graph import graph_drawing, graph_picture
from assay.report.pictures.landscape import landscape_picture
from assay.report.pictures.lines import Line
from assay.report.pictures.training import abreast, layer_lines, loss_lines, over_epochs, over_steps

MOST_LAYERS = 8
"""Layers whose activations are shown: of more the first and the last, and some between."""

_SERIES = (
    (
        "activations",
        "Outputs",
        "root mean square of the outputs",
        "Lines that climb or sink from layer to layer by factors say that the first weights do not fit.",
    ),
    (
        "gradients",
        "Gradients",
        "norm of the gradient",
        "Lines far below the others learn little; one that shoots up is about to diverge. Taken after clipping.",
    ),
    ("weights", "Weights", "norm of the weights", "They should grow and then settle."),
    (
        "updates",
        "Step size",
        "step, as a share of the weights",
        "Around a thousandth is usual; a hundredth is bold, a millionth is standing still.",
    ),
    ("dead", "Dead units", "share of the units", "ReLUs that gave 0 for every row of the batch."),
    ("saturated", "Saturated outputs", "share of the outputs", "Sigmoids and tanhs in the outer 3 % of their range."),
)


def loss_figures(inside: Inside, *, failed: bool = False) -> list[Figure]:
    """The losses and the learning rate over the epochs; none where no epoch was done.

    failed: no weights are kept, so no epoch is marked.
    """
    if not len(inside.train_loss):
        return []
    named = loss_lines(inside)
    best = None if failed or inside.best_epoch is None else inside.best_epoch + 1
    ends = "; ".join(f"{name} {number(line.y[0])} in the first epoch, {number(line.y[-1])} in the last" for name, line in named)
    notes = [] if inside.chance is None else [f"Dotted across: one constant answer for every row, {number(inside.chance)}."]
    if best is not None:
        notes.append(f"Dotted upright: epoch {best}, whose weights are kept.")
    losses = over_epochs(
        Drawing("loss", "Loss by epoch", ends), [line for _, line in named], y="Loss", level=inside.chance, mark=best
    )
    epochs = np.arange(1.0, len(inside.rate) + 1)
    said = f"From {number(inside.rate[0])} to {number(inside.rate[-1])}."
    rate = over_epochs(
        Drawing("rate", "Learning rate by epoch", said), [Line(epochs, inside.rate, is_main=True)], y="Learning rate"
    )
    return [
        Figure("Losses", losses, " ".join(notes), tuple(legend_entry(name, line) for name, line in named)),
        Figure("Learning rate", rate, "At the last step of each epoch."),
    ]


def layer_figures(inside: Inside) -> list[Figure]:
    """One picture a kind of number that some layer has."""
    found = []
    together = abreast(len(inside.steps))
    medians = f" Medians of {together} recorded steps each." if together > 1 else ""
    for series, heading, y, caption in _SERIES:
        named = layer_lines(inside, series)
        if not named:
            continue
        drawing = Drawing(f"layers-{series}", f"{heading} by step", _ends(named))
        picture = over_steps(drawing, [line for _, line in named], y=y, is_share=series in ("dead", "saturated"))
        known = np.isfinite(getattr(inside, series)).any(axis=1).sum()
        some = f" Shown are {len(named)} of {known} layers." if known > len(named) else ""
        found.append(Figure(heading, picture, caption + medians + some, tuple(legend_entry(name, line) for name, line in named)))
    return found


def _ends(named: Sequence[tuple[str, Line]]) -> str:
    parts = []
    for name, line in named:
        known = line.y[np.isfinite(line.y)]
        parts.append(f"{name} from {known[0]:.3g} to {known[-1]:.3g}")
    return "; ".join(parts)


def landscape_figure(landscape: Landscape) -> Figure:
    """The loss around the weights."""
    known = landscape.loss[np.isfinite(landscape.loss)]
    lowest, highest = (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)
    middle = number(landscape.at_weights)
    said = f"At the weights {middle}, lowest {number(lowest)}, highest {number(highest)}."
    caption = (
        f"The dot is the trained net, with a loss of {middle} on {count(landscape.rows)} training rows; the stronger the shade, "
        f"the higher, up to {number(highest)}. At a distance of 1 every filter of the net has been moved by its own length."
    )
    drawing = Drawing("landscape", "Loss around the weights", said, 5.2, 4.8)
    return Figure("Loss landscape", landscape_picture(drawing, landscape), caption)


def activation_figures(activations: Activations) -> list[Figure]:
    """One picture a layer."""
    layers = activations.layers
    places = sorted({round(place) for place in np.linspace(0, len(layers) - 1, min(MOST_LAYERS, len(layers))).tolist()})
    found = []
    for place in places:
        layer = layers[place]
        what = "maps" if layer.is_map else "units"
        more = f" {count(layer.left_out)} more {what} are not shown." if layer.left_out else ""
        most = float(np.abs(layer.values).max(initial=0.0))
        sign = ", orange below 0" if float(layer.values.min(initial=0.0)) < 0 else ""
        drawing = activations_drawing(layer, f"layer-{place}")
        picture = _sized(activations_picture(drawing, layer), drawing)
        found.append(Figure(f"{layer.name} ({layer.kind})", picture, f"Strongest shade: {number(most)}{sign}.{more}"))
    return found


def graph_figure(graph: Graph) -> Figure:
    """Values and gradients of the first chosen row."""
    drawing = graph_drawing(graph, "graph-of-net", "the first of the rows below")
    picture = _sized(graph_picture(drawing, graph), drawing)
    caption = "Up to 12 numbers are written out; of larger tensors the shape and the norm stand there."
    return Figure("Computational graph", picture, f"{caption} The loss of this row is {number(graph.loss)}.")


def _sized(picture: Markup, drawing: Drawing) -> Markup:
    """The picture with its width for the page's style, which keeps the text in it readable."""
    return Markup(str(picture).replace("<svg ", f'<svg style="--inches:{drawing.width:.2f}" ', 1))
