"""Recipes of nets for pictures that are attacked while they learn, so that small changes move them less.

They cost about twice the time of their plain forms, and some accuracy on pictures that nobody attacks.
"""

from dataclasses import replace
from typing import Any

from assay.nets.attacks.hardening import Hardening
from assay.recipes.nets.networks import NETWORK
from assay.recipes.nets.pictures import LENET
from assay.recipes.recipe import Recipe


def hardened(recipe: Recipe, name: str, title: str, how: Hardening) -> Recipe:
    """The recipe of a net for pictures with its training under attack.

    >>> from assay.recipes.nets.pictures import LENET
    >>> hardened(LENET, "lenet-madry", "LeNet-5 under seven steps", Hardening(eps=8, steps=7)).name
    'lenet-madry'
    """
    learner: Any = recipe.learner  # protocols cannot say that all of them are dataclasses
    return replace(recipe, name=name, title=title, learner=replace(learner, hardening=how), simplicity=recipe.simplicity + 1)


LENET_ADVERSARIAL = hardened(LENET, "lenet-adversarial", "LeNet-5 trained under attack (steps of 8 in 256)", Hardening())
NETWORK_ADVERSARIAL = hardened(
    NETWORK,
    "network-adversarial",
    "a network for pictures by name, trained under attack: network-adversarial:resnet20@32",
    Hardening(),
)
