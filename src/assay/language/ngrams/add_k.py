"""Add-k smoothing (Lidstone; Laplace with k = 1): p(w | h) = (c(h, w) + k) / (c(h) + k V)."""

import numpy as np

from assay.core.errors import ConfigError
from assay.language.ngrams.conventions import STANDARD, Convention
from assay.language.ngrams.counts import NgramCounts
from assay.language.ngrams.model import NgramModel, model_of
from assay.prepare.corpus import END


def add_k(counts: NgramCounts, k: float = 1.0, convention: Convention = STANDARD) -> NgramModel:
    """h: the order - 1 words before.  V: as the convention says; a context that was never seen gives each word 1/V.

    Raises ConfigError for a k that is not above 0.
    """
    if not 0 < k < np.inf:
        raise ConfigError(f"k={k} must be above 0, or words that were not seen would be impossible.")
    size = convention.size(counts.vocabulary_size)
    if size < 1:
        raise ConfigError(f"the convention {convention.name!r} needs a vocabulary with a word.")
    order, levels = counts.order, counts.levels
    flat = [np.full(len(level), -np.log(size)) for level in levels[:-1]]
    backoffs = [np.zeros(len(level)) for level in levels[:-1]]
    often = counts.counts[-1]
    totals = counts.totals(order)
    if order > 1:
        backoffs[-1] = np.log(k * size / (totals + k * size))
    if not convention.ends_learned:
        often = np.where(levels[-1].words == END, 0, often)
    top = np.log((often + k) / (totals[levels[-1].parents] + k * size))
    return model_of(
        levels,
        counts.vocabulary_size,
        [*flat, top],
        backoffs,
        f"add-k, k = {k:g}",
        is_probability=convention.marks_in_vocabulary and convention.ends_learned,
        convention=convention.name,
    )
