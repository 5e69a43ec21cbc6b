"""The changes that have a name in ``nets.image.augmentation``, which says what each is for."""

from assay.nets.image.augment.affine import RandomAffine
from assay.nets.image.augment.blur import RandomBlur
from assay.nets.image.augment.colour import RandomColour
from assay.nets.image.augment.crop import RandomCrop, RandomResizedCrop
from assay.nets.image.augment.erase import Cutout
from assay.nets.image.augment.flip import RandomFlip
from assay.nets.image.augment.noise import RandomNoise
from assay.nets.image.augment.randaugment import RandAugment
from assay.nets.image.augment.sequence import Sequence
from assay.nets.image.augment.shift import RandomShift
from assay.nets.training.mix import CutMix, EitherMix, Mixup

SHIFT = RandomShift(2)
FLIP = RandomFlip()
CROP = RandomCrop()
FLIP_CROP = Sequence((FLIP, CROP))
FLIP_CROP_CUTOUT = Sequence((FLIP, CROP, Cutout(0.25)))
RESIZED_CROP = Sequence((FLIP, RandomResizedCrop()))
TURN = Sequence((FLIP, RandomFlip("up-down"), RandomAffine(degrees=180, beyond="reflect")))
COLOUR = Sequence((FLIP, CROP, RandomColour(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)))
NOISE = Sequence((RandomBlur(), RandomNoise()))
RANDAUGMENT = Sequence((FLIP, CROP, RandAugment()))

MIXUP = Mixup(0.2)
CUTMIX = CutMix(1.0)
MIXUP_CUTMIX = EitherMix(MIXUP, CUTMIX)
