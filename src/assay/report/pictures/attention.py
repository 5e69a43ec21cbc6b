"""What a Transformer looks at in one text, as pictures: the mean over all layers and heads, then each head alone."""

from dataclasses import dataclass

from markupsafe import Markup

from assay.explain.attention import TextAttention
from assay.report.language import ENGLISH, Words
from assay.report.pictures.alignment import alignment_picture

MOST_TOKENS = 40
"""Of a text that are drawn: the first."""


@dataclass(frozen=True, slots=True)
class AttentionPicture:
    """layer, head: counted from 0; None: the mean over all."""

    layer: int | None
    head: int | None
    title: str
    svg: Markup


def attention_pictures(found: TextAttention, key: str, *, heads: bool = True, w: Words = ENGLISH) -> list[AttentionPicture]:
    """heads: whether each head is drawn too, after the mean.  key: of the ids, unique on the page."""
    places: list[tuple[int | None, int | None]] = [(None, None)]
    if heads:
        layers, many = found.weights.shape[:2]
        places += [(layer, head) for layer in range(layers) for head in range(many)]
    return [_picture(found, key, layer, head, w) for layer, head in places]


def _picture(found: TextAttention, key: str, layer: int | None, head: int | None, w: Words) -> AttentionPicture:
    if layer is None or head is None:
        title, name = w("attention-mean"), f"{key}-mean"
    else:
        title, name = w("attention-head", layer + 1, head + 1), f"{key}-{layer + 1}-{head + 1}"
    tokens = found.tokens[:MOST_TOKENS]
    if len(tokens) < len(found.tokens) or found.left_out:
        title += w("attention-first", len(tokens), len(found.tokens) + found.left_out)
    weights = found.of(layer, head)[: len(tokens), : len(tokens)]
    return AttentionPicture(layer, head, title, alignment_picture(name, title, tokens, tokens, weights, point=w.point))
