"""Probabilities and backoffs as codes of 8 or 16 bits: each length has a short table of each, and each run its place in it.

The tables are one-dimensional k-means of the logarithms, begun at their quantiles.  A probability is then off by some parts
in a hundred (8 bits) or ten thousand (16 bits).  The probabilities after each context are scaled so that they sum to 1 all the
same: by factors that follow from the codes, so that no file holds them.
Source: Whittaker & Raj (2001); Federico & Bertoldi (2006).
"""

from dataclasses import replace

import numpy as np

from assay.core.errors import ConfigError
from assay.language.ngrams.model import NEVER, NgramModel, Numbers
from assay.prepare.corpus import BEGIN

BITS = {8: np.uint8, 16: np.uint16}
ROUNDS = 20
WORTH = 8
"""Runs that an entry of a table is for at least, beyond 256 of them: the entry takes as many bytes."""
MOST_RESERVED = 0.999
"""Of the probability after a context, for words that were not seen there: a coded backoff may claim more than there is."""


def quantized(model: NgramModel, bits: int = 8) -> NgramModel:
    """Raises ConfigError for other than 8 or 16 bits."""
    if bits not in BITS:
        raise ConfigError(f"bits={bits}: numbers are kept in 8 or 16 bits.")
    runs = []
    for part in model.runs:
        backoffs = None if part.log_backoffs is None else coded(part.log_backoffs[:], bits)
        runs.append(replace(part, log_probabilities=coded(part.log_probability(), bits), log_backoffs=backoffs, shifts=None))
    return normalised(replace(model, runs=tuple(runs), smoothing=f"{model.smoothing}, {bits} bits"), lowering=True)


def is_quantized(model: NgramModel) -> bool:
    return model.runs[0].log_probabilities.book is not None


def normalised(model: NgramModel, *, lowering: bool = False) -> NgramModel:
    """With the shifts under which the probabilities after each context sum to 1.

    lowering: whether a coded backoff that claims more than there is takes the code below; else all backoffs stay.
    Scores that are no probabilities stay as they are.
    """
    if not model.is_probability:
        return model
    runs = [replace(part, shifts=None) for part in model.runs]
    for n in range(1, model.order + 1):
        part = runs[n - 1]
        predicted = part.words != BEGIN
        own = np.where(predicted, np.exp(part.log_probability()), 0.0)
        size = 1 if n == 1 else len(runs[n - 2])
        seen = np.bincount(part.parents, own, minlength=size)
        reserved = np.zeros(size)  # what the words after a context share that were not seen there
        if n > 1:
            current = replace(model, runs=tuple(runs))
            lower = np.where(predicted, np.exp(current.log_scores_of_runs(current.words_of(n)[:, 1:])), 0.0)
            backoffs = runs[n - 2].log_backoffs
            assert backoffs is not None  # only the longest have none
            unseen = np.maximum(1 - np.bincount(part.parents, lower, minlength=size), 0.0)
            if lowering:
                backoffs = _lowered(backoffs, unseen, seen > 0)
                runs[n - 2] = replace(runs[n - 2], log_backoffs=backoffs)
            reserved = np.minimum(np.exp(backoffs[:]) * unseen, MOST_RESERVED)
        shifts = np.log(np.divide(1 - reserved, seen, out=np.ones(size), where=seen > 0))
        runs[n - 1] = replace(part, shifts=shifts)
    return replace(model, runs=tuple(runs))


def _lowered(backoffs: Numbers, unseen: np.ndarray, followed: np.ndarray) -> Numbers:
    """Coded backoffs of which none that is followed by a kept run claims more than ``MOST_RESERVED``."""
    codes = backoffs.values.copy()
    while True:
        over = followed & (np.exp(replace(backoffs, values=codes)[:]) * unseen > MOST_RESERVED) & (codes > 0)
        if not over.any():
            return replace(backoffs, values=codes)
        codes[over] -= 1


def coded(values: np.ndarray, bits: int) -> Numbers:
    """What has a meaning of its own (a backoff of 1, an impossible word) keeps it to the last bit."""
    exact = np.array([value for value in (NEVER, 0.0) if (values == value).any()])
    unique, often = np.unique(values[~np.isin(values, exact)], return_counts=True)
    most = min(2**bits, max(2**8, len(values) // WORTH)) - len(exact)
    centres = _centres(unique, often, most)
    book = np.sort(np.concatenate([exact, centres]))
    if not len(book):
        book = np.zeros(1)
    return Numbers(_nearest(book, values).astype(BITS[bits]), book)


def _nearest(book: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The place of the nearest entry of a rising table."""
    return np.searchsorted((book[1:] + book[:-1]) / 2, values)


def _centres(unique: np.ndarray, often: np.ndarray, most: int) -> np.ndarray:
    if len(unique) <= most:
        return unique
    shares = np.cumsum(often) / often.sum()
    centres = unique[np.unique(np.searchsorted(shares, (np.arange(most) + 0.5) / most))]
    for _ in range(ROUNDS):
        places = _nearest(centres, unique)
        mass = np.bincount(places, often, minlength=len(centres))
        means = np.divide(np.bincount(places, often * unique, minlength=len(centres)), mass, out=centres.copy(), where=mass > 0)
        if np.array_equal(means, centres):
            break
        centres = np.sort(means)
    return np.unique(centres)
