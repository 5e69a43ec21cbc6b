"""Recipes on columns that a net has made, without looking at the target."""

from assay.nets.generate.projection import AutoencoderStep
from assay.recipes.linear import Logistic
from assay.recipes.outputs import CLASSIFICATION
from assay.recipes.recipe import Recipe

AUTOENCODER_LOGISTIC = Recipe(
    name="autoencoder-logistic",
    title="Logistic regression on standardised columns and their denoising autoencoder's narrow layer",
    tasks=CLASSIFICATION,
    step=AutoencoderStep(),
    learner=Logistic(),
    simplicity=65,
    extra="nets",
)
