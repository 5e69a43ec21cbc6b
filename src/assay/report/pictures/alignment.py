"""Which token looks at which: a square of shaded cells with the tokens beside it.

The tokens come from data, so no library sets them in type: each is the text of an element of a tree, which escapes it, in a
frame of its own direction.  One cell is told from its neighbours by its shade and by the number that a pointer over it shows.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
from markupsafe import Markup

from assay.report.numbers import number
from assay.report.pictures.canvas import clean, written
from assay.report.pictures.cells import SHADES

SVG = "http://www.w3.org/2000/svg"
INK, SHADE, RULE = "var(--ink,#1b1b1b)", "var(--s1,#2a6ebb)", "var(--rule,#cccccc)"
"""The page's colours, and what they are in a file of its own."""

CELL, CHARACTER, GAP = 18.0, 6.2, 6.0
MOST_TOKENS = 60
LONGEST = 16
"""Characters of a token that are written."""


def alignment_picture(
    key: str, title: str, looking: Sequence[str], looked_at: Sequence[str], weights: np.ndarray, *, point: str = "."
) -> Markup:
    """The inline SVG, in the page's colours.

    Of a side of more than 60 tokens the first 60 are drawn.
    weights: float (looking, looked_at), at least 0: how much of each token above goes into each at the left.
    key: unique on the page; letters, digits and dashes.  point: between whole and decimals.
    """
    if weights.shape != (len(looking), len(looked_at)):
        raise ValueError(f"{len(looking)} tokens look at {len(looked_at)}, and the weights have the form {weights.shape}.")
    looking, looked_at = looking[:MOST_TOKENS], looked_at[:MOST_TOKENS]
    weights = weights[:MOST_TOKENS, :MOST_TOKENS]
    lines, columns = [_short(token) for token in looking], [_short(token) for token in looked_at]
    left = GAP + CHARACTER * max(map(len, lines), default=0) + GAP
    top = GAP + CHARACTER * max(map(len, columns), default=0) + GAP
    width, height = left + CELL * len(columns) + GAP, top + CELL * len(lines) + GAP
    root = ElementTree.Element("svg", {"xmlns": SVG, "viewBox": f"0 0 {width:.1f} {height:.1f}", "role": "img"})
    root.set("style", f"width:{width:.0f}px;max-width:100%;height:auto;font-family:sans-serif")
    root.set("aria-labelledby", f"{key}-title {key}-desc")
    _add(root, "title", clean(title), id=f"{key}-title")
    _add(root, "desc", clean(_described(looking, looked_at, weights, point)), id=f"{key}-desc")
    for place, token in enumerate(lines):
        y = top + CELL * (place + 0.5)
        _token(root, token, f"translate({left - GAP:.1f} {y:.1f})", anchor="end")
    for place, token in enumerate(columns):
        x = left + CELL * (place + 0.5)
        _token(root, token, f"translate({x:.1f} {top - GAP:.1f}) rotate(-90)", anchor="start")
    largest = float(weights.max(initial=0.0))
    for (line, column), weight in np.ndenumerate(weights):
        shade = 0 if largest <= 0 else round(float(weight) / largest * SHADES)
        where = {"x": f"{left + CELL * column:.1f}", "y": f"{top + CELL * line:.1f}", "width": f"{CELL:g}", "height": f"{CELL:g}"}
        colours = {"style": f"fill:{SHADE};stroke:{RULE};stroke-width:0.5", "fill-opacity": f"{shade / SHADES:g}"}
        cell = _add(root, "rect", "", **where, **colours)
        _add(cell, "title", clean(f"{looking[line]} → {looked_at[column]}: {_share(float(weight), point)}"))
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _described(looking: Sequence[str], looked_at: Sequence[str], weights: np.ndarray, point: str) -> str:
    """For whoever does not see the picture: what each token looks at most."""
    if not len(looked_at):
        return ""
    most = weights.argmax(axis=1)
    said = (
        f"{token} → {looked_at[column]} {_share(float(weights[line, column]), point)}"
        for line, (token, column) in enumerate(zip(looking, most.tolist(), strict=True))
    )
    return "; ".join(said)


def _share(weight: float, point: str) -> str:
    return written(number(weight, 2), point)


def _short(token: str) -> str:
    text = clean(token).replace("\n", " ").replace("\t", " ")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _token(parent: ElementTree.Element, token: str, transform: str, *, anchor: str) -> None:
    style = f"fill:{INK};font-size:10px;unicode-bidi:isolate"
    _add(parent, "text", token, transform=transform, style=style, **{"text-anchor": anchor, "dy": "0.35em"})


def _add(parent: ElementTree.Element, tag: str, text: str, **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text or None
    return element
