"""Augmentations by name: what happens to training pictures, and to no others."""

from typing import TYPE_CHECKING

from assay.core.registry import Registry

if TYPE_CHECKING:
    from assay.nets.training.work import Augment

AUGMENTATIONS: "Registry[Augment]" = Registry("augmentation")

AUGMENTATIONS.add("shift", "assay.nets.image.augment:SHIFT")


def augmentation_named(name: str) -> "Augment | None":
    """None for "none".  Raises UnknownNameError with the nearest name."""
    return None if name == "none" else AUGMENTATIONS.get(name)
