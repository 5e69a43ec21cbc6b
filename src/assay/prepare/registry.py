"""The fitted steps by the ``kind`` in their state: the only classes a saved model may ask for."""

from assay.core.registry import Registry
from assay.prepare.step import FittedStep

FITTED_STEPS: Registry[type[FittedStep]] = Registry("preparation step")

FITTED_STEPS.add("columns", "assay.prepare.columns:FittedColumns")
FITTED_STEPS.add("then", "assay.prepare.matrix.then:FittedThen")
FITTED_STEPS.add("pixels", "assay.prepare.pixels:FittedPixels")
FITTED_STEPS.add("corpus", "assay.prepare.corpus:FittedCorpus")
FITTED_STEPS.add("class-frequencies", "assay.prepare.class_frequencies:FittedClassFrequencies")
FITTED_STEPS.add("tokens", "assay.prepare.tokens:FittedTokens")
FITTED_STEPS.add("token-sequences", "assay.prepare.sequences:FittedTokenSequences")
