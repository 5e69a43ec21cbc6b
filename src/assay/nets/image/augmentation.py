"""Augmentations by name: what happens to training pictures, and to no others; and by what names they are mixed.

shift             moved by up to 2 pixels: for what has no mirror image, such as digits and letters.
flip              mirrored left and right.
crop              padded by an eighth and cut out again.
flip-crop         both: for small photos.  Source: He et al. (2016), 4.2.
flip-crop-cutout  and a hole of a quarter of a side.  Source: DeVries & Taylor (2017).
resized-crop      a part at the old size, mirrored.  Source: Szegedy et al. (2015).
turn              mirrored both ways and turned by any angle: for cells, satellites, what has no upper side.
colour            mirrored, cropped, in other light.
noise             blurred a little, and with noise.
randaugment       mirrored, cropped, and two operations of RandAugment.  Source: Cubuk et al. (2020).

mixup             two pictures blended, with a share of Beta(0.2, 0.2).  Source: Zhang et al. (2018).
cutmix            a rectangle of one put into another.  Source: Yun et al. (2019).
mixup-cutmix      the one or the other.
"""

from typing import TYPE_CHECKING

from assay.core.registry import Registry

if TYPE_CHECKING:
    from assay.nets.training.mix import Mix
    from assay.nets.training.work import Augment

AUGMENTATIONS: "Registry[Augment]" = Registry("augmentation")
MIXES: "Registry[Mix]" = Registry("mix")

AUGMENTATIONS.add("shift", "assay.nets.image.augment.policies:SHIFT")
AUGMENTATIONS.add("flip", "assay.nets.image.augment.policies:FLIP")
AUGMENTATIONS.add("crop", "assay.nets.image.augment.policies:CROP")
AUGMENTATIONS.add("flip-crop", "assay.nets.image.augment.policies:FLIP_CROP")
AUGMENTATIONS.add("flip-crop-cutout", "assay.nets.image.augment.policies:FLIP_CROP_CUTOUT")
AUGMENTATIONS.add("resized-crop", "assay.nets.image.augment.policies:RESIZED_CROP")
AUGMENTATIONS.add("turn", "assay.nets.image.augment.policies:TURN")
AUGMENTATIONS.add("colour", "assay.nets.image.augment.policies:COLOUR")
AUGMENTATIONS.add("noise", "assay.nets.image.augment.policies:NOISE")
AUGMENTATIONS.add("randaugment", "assay.nets.image.augment.policies:RANDAUGMENT")

MIXES.add("mixup", "assay.nets.image.augment.policies:MIXUP")
MIXES.add("cutmix", "assay.nets.image.augment.policies:CUTMIX")
MIXES.add("mixup-cutmix", "assay.nets.image.augment.policies:MIXUP_CUTMIX")


def augmentation_named(name: str) -> "Augment | None":
    """None for "none".  Raises UnknownNameError with the nearest name."""
    return None if name == "none" else AUGMENTATIONS.get(name)


def mix_named(name: str) -> "Mix | None":
    """None for "none".  Raises UnknownNameError with the nearest name."""
    return None if name == "none" else MIXES.get(name)
