"""An alignment as a picture: the words of the source across, those of the answer down, a darker square for more weight."""

import re
from html import escape

from assay.core.errors import ConfigError
from assay.language.alignment import Alignment
from assay.recipes.fitted import Fitted

CELL = 26
LETTER = 8.2
"""Pixels: the side of a square, and how wide a letter of a label is taken to be."""

LONGEST_LABEL = 24
MOST_WORDS = 60
"""Letters of a label, and words of a side, that are drawn."""

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def alignment_of(fitted: Fitted, text: str) -> Alignment:
    """What a model of an encoder-decoder answers to a text, and which words each word of the answer was made from.

    Raises ConfigError for a model that is none, DataError for one that does not look back at the source (seq2seq-lstm).
    """
    from assay.recipes.nets.rewriter import FittedRewriter

    if not isinstance(fitted.learner, FittedRewriter):
        raise ConfigError(
            f"a model of {fitted.recipe!r} has no alignment; seq2seq-attention and seq2seq-transformer have one, and "
            "look at the source before each word."
        )
    return fitted.learner.alignment(text).by_words()


def alignment_svg(alignment: Alignment) -> str:
    """The picture as the text of an SVG file; a square tells its words and its weight when it is pointed at.

    Each square is as dark as its weight, 1 being black.  Of a text with more than 60 words the first 60 are drawn.
    """
    across, down = ([_label(word) for word in side[:MOST_WORDS]] for side in (alignment.source, alignment.answer))
    left, top = (round(20 + LETTER * max(map(len, side), default=0)) for side in (down, across))
    width, height = left + CELL * len(across) + 10, top + CELL * len(down) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="14" role="img">',
        "<title>Alignment of the answer (rows) to the source (columns)</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for place, word in enumerate(across):
        x = left + CELL * place + CELL // 2 + 5
        parts.append(f'<text x="{x}" y="{top - 8}" transform="rotate(-90 {x} {top - 8})">{escape(word)}</text>')
    for row, word in enumerate(down):
        y = top + CELL * row
        parts.append(f'<text x="{left - 8}" y="{y + CELL // 2 + 5}" text-anchor="end">{escape(word)}</text>')
        for place, other in enumerate(across):
            weight = float(alignment.weights[row, place])
            parts.append(
                f'<rect x="{left + CELL * place}" y="{y}" width="{CELL}" height="{CELL}" fill="#000000" '
                f'fill-opacity="{weight:.3f}" stroke="#cccccc">'
                f"<title>{escape(word)} ← {escape(other)}: {weight:.2f}</title></rect>"
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _label(word: str) -> str:
    """A word without what an SVG file cannot hold, cut where it is long."""
    clean = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", word)
    return clean if len(clean) <= LONGEST_LABEL else clean[: LONGEST_LABEL - 1] + "…"
