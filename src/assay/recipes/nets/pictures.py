"""Nets for pictures."""

from assay.nets.settings import TrainSettings
from assay.prepare.pixels import PixelsStep
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.shapes import LeNetShape
from assay.recipes.recipe import Recipe

LENET = Recipe(
    name="lenet",
    title="LeNet-5, a small convolutional network",
    tasks=frozenset({"binary", "multiclass"}),
    step=PixelsStep(size=32),
    learner=NetLearner(
        shape=LeNetShape(),
        training=TrainSettings(learning_rate=5e-3, schedule="one-cycle", batch_size=64, epochs=20, patience=None),
        epochs_alone=20,
    ),
    simplicity=70,
    reads=frozenset({"image"}),
    needs=frozenset({"image"}),
    extra="nets",
    encoded_treatments=False,
)
