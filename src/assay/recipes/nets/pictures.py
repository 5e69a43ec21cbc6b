"""Nets for pictures."""

from dataclasses import replace

from assay.nets.settings import TrainSettings
from assay.prepare.pixels import PixelsStep
from assay.recipes.nets.heads import UsualHead
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.shapes import PictureShape
from assay.recipes.recipe import Recipe

LENET = Recipe(
    name="lenet",
    title="LeNet-5, a small convolutional network",
    tasks=frozenset({"binary", "multiclass"}),
    step=PixelsStep(size=32),
    learner=NetLearner(
        shape=PictureShape("lenet5", augmentation="shift"),
        training=TrainSettings(learning_rate=5e-3, schedule="one-cycle", batch_size=64, epochs=20, patience=None),
        epochs_alone=20,
    ),
    simplicity=70,
    reads=frozenset({"image"}),
    needs=frozenset({"image"}),
    extra="nets",
    encoded_treatments=False,
)

_SHIFTED = NetLearner(
    shape=PictureShape("resnet11-wide", augmentation="shift"),
    training=TrainSettings(
        optimizer="sgd",
        learning_rate=0.1,
        nesterov=True,
        weight_decay=5e-4,
        clip_norm=None,
        schedule="one-cycle",
        batch_size=64,
        epochs=10,
        patience=None,
        precision="auto",
    ),
    head=UsualHead(label_smoothing=0.1),
)

_MIRRORED = replace(
    _SHIFTED,
    shape=PictureShape("resnet11-wide", augmentation="flip-crop-cutout"),
    training=replace(_SHIFTED.training, epochs=30),
)

RESNET_SMALL = Recipe(
    name="resnet-small",
    title="a wide ResNet for small pictures that must not be mirrored: digits, letters, signs",
    tasks=frozenset({"binary", "multiclass"}),
    step=PixelsStep(size=32),
    learner=_SHIFTED,
    simplicity=74,
    reads=frozenset({"image"}),
    needs=frozenset({"image"}),
    extra="nets",
    encoded_treatments=False,
)

RESNET_SMALL_MIRRORED = replace(
    RESNET_SMALL,
    name="resnet-small-mirrored",
    title="the same for pictures that may be mirrored, such as photos: changed more, so that it takes more epochs",
    learner=_MIRRORED,
)
