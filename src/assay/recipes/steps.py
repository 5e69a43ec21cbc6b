"""Every fitted preparation step by the ``kind`` in its state: those of ``prepare``, and those that need a net.

These are the only classes a saved model may ask for.
"""

from assay.core.registry import Registry
from assay.prepare.registry import FITTED_STEPS as WITHOUT_NETS
from assay.prepare.step import FittedStep

FITTED_STEPS: Registry[type[FittedStep]] = Registry("preparation step")

for _name in WITHOUT_NETS.names():
    FITTED_STEPS.add(_name, WITHOUT_NETS.target(_name))
FITTED_STEPS.add("autoencoder", "assay.nets.generate.projection:FittedAutoencoder")
FITTED_STEPS.add("embedding", "assay.recipes.nets.embedding:FittedEmbedding")
FITTED_STEPS.add("frame", "assay.recipes.frames:FittedFrame")
FITTED_STEPS.add("word-vectors", "assay.recipes.word_vectors:FittedWordVectors")
