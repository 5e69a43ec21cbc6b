"""A map of words as an SVG file of its own: a dot and its word, as text that can be searched and read aloud.

Words come from data, so the tree is built and then written: nothing in them can become markup.  A word whose place is taken
stays a dot; pointing at it shows the word.
"""

from collections.abc import Sequence
from unicodedata import east_asian_width
from xml.etree import ElementTree

import numpy as np

from assay.report.files_of_pictures import LIGHT
from assay.report.pictures.canvas import INK, MUTED, PAPER, SERIES, clean

WIDTH, HEIGHT, MARGIN, LETTERS = 900.0, 640.0, 48.0, 13.0
NARROW, WIDE = 0.6, 1.0  # of a letter's height; fonts differ
LONGEST = 40
Box = tuple[float, float, float, float]


def word_map_svg(
    words: Sequence[str], points: np.ndarray, *, title: str, description: str, groups: np.ndarray | None = None
) -> bytes:
    """The picture; equal arguments give equal bytes.

    points: float64 (n, 2).  groups: int64 (n,), which colour each word has, 0 … 7; None: all alike.  Earlier words are labelled
    first.
    """
    x, y = _placed(points)
    root = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", role="img")
    root.set("font-family", "system-ui, sans-serif")
    root.set("font-size", f"{LETTERS:g}")
    ElementTree.SubElement(root, "title").text = clean(title)
    ElementTree.SubElement(root, "desc").text = clean(description)
    ElementTree.SubElement(root, "rect", width="100%", height="100%", fill=LIGHT[PAPER])
    above = ElementTree.SubElement(root, "text", x=f"{MARGIN / 2:g}", y="24", fill=LIGHT[INK])
    above.set("font-weight", "bold")
    above.text = clean(title)
    below = ElementTree.SubElement(root, "text", x=f"{MARGIN / 2:g}", y=f"{HEIGHT - 10:g}", fill=LIGHT[MUTED])
    below.text = clean(description)
    taken: list[Box] = [(a - 3, b - 3, a + 3, b + 3) for a, b in zip(x, y, strict=True)]
    for place, word in enumerate(words):
        colour = LIGHT[SERIES[0 if groups is None else int(groups[place]) % len(SERIES)]]
        shown = clean(word if len(word) <= LONGEST else word[: LONGEST - 1] + "…")
        dot = ElementTree.SubElement(root, "circle", cx=f"{x[place]:.1f}", cy=f"{y[place]:.1f}", r="3", fill=colour)
        ElementTree.SubElement(dot, "title").text = shown
        found = _room(shown, float(x[place]), float(y[place]), taken, place)
        if found is not None:
            box, anchor = found
            taken.append(box)
            at = {"start": box[0], "middle": float(x[place]), "end": box[2]}[anchor]
            label = ElementTree.SubElement(root, "text", x=f"{at:.1f}", y=f"{box[3] - 3:.1f}", fill=LIGHT[INK])
            label.set("text-anchor", anchor)
            label.text = shown
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _placed(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both axes in the picture's units, with one scale, the middle in the middle."""
    low, high = points.min(axis=0), points.max(axis=0)
    reach = np.where(high > low, high - low, 1.0)
    scale = min((WIDTH - 3 * MARGIN) / reach[0], (HEIGHT - 2.5 * MARGIN) / reach[1])
    middle = (low + high) / 2
    return (points[:, 0] - middle[0]) * scale + WIDTH / 2 - MARGIN / 2, HEIGHT / 2 - (points[:, 1] - middle[1]) * scale


def _room(word: str, x: float, y: float, taken: list[Box], own: int) -> tuple[Box, str] | None:
    """Where the word can stand beside its dot without covering another, and which end of it is fixed there; or None."""
    width = LETTERS * sum(WIDE if east_asian_width(letter) in "WF" else NARROW for letter in word)
    half = LETTERS / 2 + 1
    for left, middle, anchor in (
        (x + 6, y, "start"),
        (x - 6 - width, y, "end"),
        (x - width / 2, y - half - 4, "middle"),
        (x - width / 2, y + half + 4, "middle"),
    ):
        box = (left, middle - half, left + width, middle + half)
        inside = box[0] >= 0 and box[2] <= WIDTH and box[1] >= 30 and box[3] <= HEIGHT - 26
        if inside and not any(_overlap(box, other) for place, other in enumerate(taken) if place != own):
            return box, anchor
    return None


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
