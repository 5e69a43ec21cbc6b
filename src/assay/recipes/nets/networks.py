"""Any network for pictures as a recipe: "network:resnet50" trains it from its first weights on pictures of its own size.

"network:resnet50@96" takes pictures of 96 pixels a side, "network:timm/resnet26d@64" a network of timm, "network" alone is a
small ResNet on 32.
"""

from dataclasses import replace
from typing import Any

from assay.core.errors import ConfigError
from assay.core.optional import require
from assay.nets.image.registry import is_network_name, network_named
from assay.nets.settings import TrainSettings
from assay.prepare.pixels import PixelsStep
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.shapes import PictureShape
from assay.recipes.recipe import Recipe

AT = "@"

NETWORK = Recipe(
    name="network",
    title="a network for pictures by name, from its first weights: network:resnet18, network:vit-b-16@96",
    tasks=frozenset({"binary", "multiclass"}),
    step=PixelsStep(size=32),
    learner=NetLearner(
        shape=PictureShape("resnet20", augmentation="shift"),
        training=TrainSettings(
            learning_rate=2e-3, weight_decay=0.05, schedule="one-cycle", batch_size=64, epochs=20, patience=None
        ),
        epochs_alone=20,
    ),
    simplicity=75,
    reads=frozenset({"image"}),
    needs=frozenset({"image"}),
    extra="nets",
    encoded_treatments=False,
)


def is_network(option: str) -> bool:
    """Whether an option of a recipe's text names a network."""
    return is_network_name(option.partition(AT)[0])


def with_network(recipe: Recipe, text: str, option: str) -> Recipe:
    """The recipe on this network.  Raises ConfigError for a recipe without one, and for a size that the network cannot take."""
    learner: Any = recipe.learner  # protocols cannot say that all of them are dataclasses
    if not isinstance(recipe.step, PixelsStep) or not isinstance(getattr(learner, "shape", None), PictureShape):
        raise ConfigError(f"recipe {text!r}: only recipes of networks for pictures take a network; write network:{option}.")
    require("torch", extra="nets", purpose=f"the recipe {text!r}")
    name, _, size = option.partition(AT)
    network = network_named(name)
    if size and not size.isdecimal():
        raise ConfigError(f"recipe {text!r}: {size!r} is no size; write pixels a side, such as {name}{AT}{network.size}.")
    pixels = int(size[:6]) if size else network.size
    network.check(pixels)
    shape = replace(learner.shape, network=network.name)
    return replace(
        recipe,
        step=PixelsStep(size=pixels),
        learner=replace(learner, shape=shape),
        name=f"{recipe.name}:{network.name}{AT + str(pixels) if size else ''}",
        title=network.title,
    )
