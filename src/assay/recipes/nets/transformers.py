"""Transformers that read texts."""

from dataclasses import replace

from assay.nets.settings import TrainSettings
from assay.prepare.sequences import TokenSequenceStep
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.transformer_shapes import TextTransformerShape
from assay.recipes.recipe import Recipe

TEXT_TRANSFORMER = Recipe(
    name="text-transformer",
    title="two Transformer layers over the words of a text, and their mean",
    tasks=frozenset({"binary", "multiclass"}),
    step=TokenSequenceStep(),
    learner=NetLearner(
        shape=TextTransformerShape(),
        training=TrainSettings(
            learning_rate=2e-3, weight_decay=0.01, schedule="one-cycle", batch_size=32, epochs=10, patience=None
        ),
    ),
    simplicity=64,
    reads=frozenset({"text"}),
    needs=frozenset({"text"}),
    extra="nets",
    encoded_treatments=False,
)

TEXT_TRANSFORMER_SUBWORDS = replace(
    TEXT_TRANSFORMER,
    name="text-transformer-subwords",
    title="two Transformer layers over the pieces of the words of a text (WordPiece), and their mean",
    step=TokenSequenceStep(units="wordpiece", max_words=8000),
    simplicity=65,
)
