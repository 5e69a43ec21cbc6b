"""Stupid backoff: relative frequencies, and a fixed factor for each word of context that has to be given up.

Its scores are no probabilities: they rank texts, and have no perplexity.  Source: Brants, Popat, Xu, Och & Dean (2007).
"""

import numpy as np

from assay.core.errors import ConfigError
from assay.language.ngrams.counts import NgramCounts
from assay.language.ngrams.model import NgramModel, model_of


def stupid_backoff(counts: NgramCounts, factor: float = 0.4) -> NgramModel:
    """A word that was never seen scores as if it had stood ``factor`` times.  Raises ConfigError for a factor outside (0, 1)."""
    if not 0 < factor < 1:
        raise ConfigError(f"factor={factor} must be between 0 and 1.")
    scores, backoffs = [], []
    for n, (level, often) in enumerate(zip(counts.levels, counts.counts, strict=True), start=1):
        totals = counts.totals(n)[level.parents]
        scores.append(np.log(np.where(often > 0, often, factor) / np.maximum(totals, 1)))
        if n < counts.order:
            followed = counts.totals(n + 1) > 0
            backoffs.append(np.where(followed, np.log(factor), 0.0))
    return model_of(
        counts.levels,
        counts.vocabulary_size,
        scores,
        backoffs,
        f"stupid backoff, factor {factor:g}",
        is_probability=False,
    )
