"""Interpolated Kneser-Ney smoothing, by default modified: a discount of its own for runs seen once, twice, and more often.

    p(w | h) = max(c(h, w) - D(c), 0) / c(h) + gamma(h) p(w | h without its first word)

where c counts, below the longest runs, the different words that stand before a run and not how often it stands; single
words are interpolated with 1/V, so that <unk> has its share.
Source: Kneser & Ney (1995); Chen & Goodman (1998), whose discounts are estimated from the numbers of runs seen 1 to 4 times.
"""

from typing import Literal

import numpy as np

from assay.core.errors import ConfigError
from assay.language.ngrams.counts import NgramCounts, totals_of
from assay.language.ngrams.model import NEVER, NgramModel, model_of

FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where too few runs are there to estimate them (those of KenLM's ``--discount_fallback``)."""

Lowest = Literal["uniform", "none"]


def kneser_ney(counts: NgramCounts, discount: float | None = None, lowest: Lowest = "uniform") -> NgramModel:
    """discount: one for all runs, between 0 and 1; None: modified Kneser-Ney, three for each length, estimated.

    lowest: what single words are interpolated with: "uniform", or "none" as in nltk, where words that were never seen then
    have no probability (``NEVER``).
    """
    if discount is not None and not 0 < discount < 1:
        raise ConfigError(f"discount={discount} must be between 0 and 1.")
    order, size = counts.order, counts.vocabulary_size - 1
    lower = np.full(1, 1 / size)
    probabilities, backoffs, notes = [], [], []
    for n, level in enumerate(counts.levels, start=1):
        often = counts.counts[n - 1] if n == order else counts.continuations(n)
        often = np.where(level.predicted, often, 0)
        discounts = np.full(4, discount or 0.0)
        if discount is None:
            estimated = modified_discounts(often)
            discounts = np.concatenate([[0.0], estimated if estimated is not None else FALLBACK])
            if estimated is None:
                notes.append(f"too few runs of {n} words to estimate their discounts; {FALLBACK} are used.")
        if n == 1 and lowest == "none":
            discounts = np.zeros(4)
        taken = np.minimum(discounts[np.minimum(often, 3)], often)
        totals = totals_of(counts, n, often)
        left = totals_of(counts, n, taken)
        share = np.divide(left, totals, out=np.ones(len(totals)), where=totals > 0)  # gamma
        own = np.divide(often - taken, totals[level.parents], out=np.zeros(len(level)), where=often > 0)
        lower = own + share[level.parents] * lower[level.suffixes]
        with np.errstate(divide="ignore"):
            probabilities.append(np.maximum(np.log(lower), NEVER))
            backoffs.append(np.log(share))
    name = "modified Kneser-Ney" if discount is None else f"Kneser-Ney, discount {discount:g}"
    return model_of(
        counts.levels,
        counts.vocabulary_size,
        probabilities,
        backoffs[1:],
        name,
        is_probability=True,
        notes=tuple(notes),
    )


def modified_discounts(often: np.ndarray) -> np.ndarray | None:
    """float64 (3,): what is taken from runs seen once, twice, and three times or more; None where it cannot be estimated.

    often: int64 (runs,), their counts.
    """
    n1, n2, n3, n4 = (int(number) for number in np.bincount(np.minimum(often, 5), minlength=6)[1:5])
    if not (n1 and n2 and n3 and n4):
        return None
    y = n1 / (n1 + 2 * n2)
    found = np.array([1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    if (found <= 0).any():
        return None
    return found
