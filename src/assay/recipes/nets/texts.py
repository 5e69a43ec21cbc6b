"""Nets for texts."""

from assay.nets.settings import TrainSettings
from assay.prepare.tokens import TokensStep
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.shapes import EmbeddingBagShape
from assay.recipes.recipe import Recipe

EMBEDDING_BAG = Recipe(
    name="embedding-bag",
    title="word and word-pair vectors, averaged",
    tasks=frozenset({"binary", "multiclass"}),
    step=TokensStep(),
    learner=NetLearner(
        shape=EmbeddingBagShape(),
        training=TrainSettings(learning_rate=0.01, weight_decay=0.01, schedule="cosine", batch_size=32, epochs=30, patience=4),
        epochs_alone=12,
    ),
    simplicity=55,
    reads=frozenset({"text"}),
    needs=frozenset({"text"}),
    extra="nets",
    encoded_treatments=False,
)
