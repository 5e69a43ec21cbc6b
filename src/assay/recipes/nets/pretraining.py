"""Which candidates of a study show whether pretraining helped: one that begins from a base beside one of the same network that
does not.
"""

from collections.abc import Sequence
from typing import Any

from assay.recipes.named import base_name, recipe_named
from assay.recipes.nets.embedding import EmbeddingStep
from assay.recipes.nets.shapes import PictureShape
from assay.recipes.nets.transfer import TransferShape
from assay.recipes.recipe import Recipe
from assay.recipes.registry import RECIPES, WITH_BASE


def pretraining_pairs(texts: Sequence[str]) -> list[tuple[str, str]]:
    """(recipe with a base, recipe from first weights) of one network and one picture size, in the order of the texts."""
    if not any(base_name(text) in WITH_BASE.names() for text in texts):
        return []
    known = [text for text in texts if base_name(text) in (*RECIPES.names(), *WITH_BASE.names())]
    networks = {text: network_of(recipe_named(text)) for text in known}
    with_base = [text for text in known if base_name(text) in WITH_BASE.names()]
    scratch = [text for text in known if text not in with_base and networks[text] is not None]
    return [(text, other) for text in with_base for other in scratch if networks[text] == networks[other]]


def network_of(recipe: Recipe) -> tuple[str, int] | None:
    """Name and picture size of the network that a recipe trains or looks through, or None."""
    step, shape = recipe.step, getattr(recipe.learner, "shape", None)
    if isinstance(step, EmbeddingStep):
        return step.base.network, step.base.size
    if isinstance(shape, TransferShape):
        return shape.base.network, shape.base.size
    pixels: Any = step
    return (shape.network, int(pixels.size)) if isinstance(shape, PictureShape) else None
