"""Jelinek-Mercer smoothing: relative frequencies of runs of all lengths, mixed.

    p_n(w | h) = a c(h, w) / c(h) + (1 - a) p_{n-1}(w | h without its first word),   p_0 = 1/V

The weight a depends on the length of h and on how often h was seen (in powers of two): the more often, the more its own
frequencies are worth.  The weights are found by expectation maximisation, on held-out texts or on the training texts
themselves, each token scored by counts from which it is taken out (deleted interpolation).
Source: Jelinek & Mercer (1980); Chen & Goodman (1998).
"""

from dataclasses import dataclass

import numpy as np

from assay.core.ragged import Ragged
from assay.core.spaced import spaced
from assay.language.ngrams.counts import NgramCounts, check_ids, padded_ids
from assay.language.ngrams.model import NgramModel, model_of

BUCKETS = 16
ITEMS = 50_000
"""Different runs (or held-out tokens) that the weights are found on, evenly spaced; 16 weights a length need no more."""
ROUNDS = 200
ENOUGH = 1e-6
"""The search ends when a round betters the mean log-probability by less."""
LEAST, MOST = 1e-6, 1 - 1e-6
"""Weights of 0 and 1 would make words impossible."""


@dataclass(frozen=True)
class Evidence:
    """What the weights are judged by: a row for each length, a column for each item.

    frequencies: float64 (order, items), the relative frequency of the item's last word after its last n - 1 words.
    buckets: int (order, items), of the context; -1 where it was never seen.  often: float64 (items,), the items' weight.
    """

    frequencies: np.ndarray
    buckets: np.ndarray
    often: np.ndarray


def interpolated(counts: NgramCounts, held_out: Ragged | None = None) -> NgramModel:
    """held_out: texts that are not among the counted ones, as ids; None: deleted interpolation.

    Raises DataError for held-out ids that are none of the vocabulary.
    """
    uniform = 1 / (counts.vocabulary_size - 1)
    evidence = deleted(counts) if held_out is None else held(counts, held_out)
    weights = fit_weights(evidence, uniform)
    lower = np.full(1, uniform)
    probabilities, backoffs = [], []
    for n, level in enumerate(counts.levels, start=1):
        totals = counts.totals(n)
        weight = np.where(totals > 0, weights[n - 1][bucket_of(totals)], 0.0)
        own = np.divide(counts.counts[n - 1], totals[level.parents], out=np.zeros(len(level)), where=counts.counts[n - 1] > 0)
        lower = weight[level.parents] * own + (1 - weight[level.parents]) * lower[level.suffixes]
        probabilities.append(np.log(lower))
        backoffs.append(np.log1p(-weight))
    way = "deleted interpolation" if held_out is None else "weights from held-out texts"
    return model_of(
        counts.levels,
        counts.vocabulary_size,
        probabilities,
        backoffs[1:],
        f"interpolated (Jelinek-Mercer), {way}",
    )


def bucket_of(totals: np.ndarray) -> np.ndarray:
    """int64: the power of two of a count, from 0; -1 for no count."""
    found = np.frexp(totals.astype(np.float64))[1] - 1
    return np.where(totals > 0, np.minimum(found, BUCKETS - 1), -1).astype(np.int64)


def deleted(counts: NgramCounts) -> Evidence:
    """Every token of the training texts by counts without itself; all tokens that end one run of N words are one item."""
    order = counts.order
    items = np.flatnonzero(counts.counts[-1])
    items = items[spaced(len(items), ITEMS)]
    often = counts.counts[-1][items].astype(np.float64)
    frequencies, buckets = np.zeros((order, len(items))), np.full((order, len(items)), -1)
    numbers = items
    for n in range(order, 0, -1):
        totals = counts.totals(n)[counts.levels[n - 1].parents[numbers]] - 1
        frequencies[n - 1] = (counts.counts[n - 1][numbers] - 1) / np.maximum(totals, 1)
        buckets[n - 1] = bucket_of(totals)
        numbers = counts.levels[n - 1].suffixes[numbers]
    return Evidence(frequencies, buckets, often)


def held(counts: NgramCounts, texts: Ragged) -> Evidence:
    """Every token of texts that were not counted."""
    check_ids(texts, counts.vocabulary_size)
    order = counts.order
    finder = model_of(
        counts.levels,
        counts.vocabulary_size,
        [np.zeros(len(level)) for level in counts.levels],
        [np.zeros(len(level)) for level in counts.levels[:-1]],
        "",
    )
    padded, places = padded_ids(texts, order - 1)
    predicted = np.flatnonzero(places >= order - 1)
    predicted = predicted[spaced(len(predicted), ITEMS)]
    frequencies, buckets = np.zeros((order, len(predicted))), np.full((order, len(predicted)), -1)
    for n in range(1, order + 1):
        contexts = np.zeros(len(predicted), dtype=np.int64)
        for ahead in range(n - 1, 0, -1):
            word = padded[predicted - ahead]
            contexts = word.astype(np.int64) if ahead == n - 1 else finder.find(n - ahead, contexts, word)
        found = padded[predicted].astype(np.int64) if n == 1 else finder.find(n, contexts, padded[predicted])
        totals = np.where(contexts >= 0, counts.totals(n)[np.maximum(contexts, 0)], 0)
        frequencies[n - 1] = np.where(found >= 0, counts.counts[n - 1][np.maximum(found, 0)], 0) / np.maximum(totals, 1)
        buckets[n - 1] = bucket_of(totals)
    return Evidence(frequencies, buckets, np.ones(len(predicted)))


def fit_weights(evidence: Evidence, uniform: float) -> np.ndarray:
    """float64 (order, BUCKETS): the share that a context of this length and bucket keeps for its own frequencies."""
    order, items = evidence.frequencies.shape
    weights = np.full((order, BUCKETS), 0.5)
    before = -np.inf
    seen = evidence.buckets >= 0
    places = np.maximum(evidence.buckets, 0)
    for _ in range(ROUNDS):
        left = np.ones(items)
        parts = np.zeros((order, items))
        reached = np.zeros((order, items))
        for n in range(order - 1, -1, -1):
            own = np.where(seen[n], weights[n][places[n]], 0.0)
            parts[n] = left * own * evidence.frequencies[n]
            left = left * (1 - own)
        below = left * uniform
        total = parts.sum(axis=0) + below
        for n in range(order):
            below = below + parts[n]
            reached[n] = below / total * evidence.often
        for n in range(order):
            chosen = np.bincount(places[n][seen[n]], (parts[n] / total * evidence.often)[seen[n]], minlength=BUCKETS)
            asked = np.bincount(places[n][seen[n]], reached[n][seen[n]], minlength=BUCKETS)
            weights[n] = np.clip(np.divide(chosen, asked, out=weights[n].copy(), where=asked > 0), LEAST, MOST)
        score = float((np.log(total) * evidence.often).sum() / evidence.often.sum())
        if score - before < ENOUGH:
            break
        before = score
    return weights
