"""Smaller models: runs that are left out, and backoffs that make up for them, so that probabilities still sum to 1.

A run that a kept longer run begins with stays; single words stay.
Source: Stolcke (1998) for pruning by relative entropy.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from assay.core.errors import ConfigError
from assay.language.ngrams.counts import NgramCounts
from assay.language.ngrams.model import NgramModel, Numbers, Runs
from assay.prepare.corpus import BEGIN

TINY = 1e-12


def cut_rare(model: NgramModel, counts: NgramCounts, cuts: Sequence[int]) -> NgramModel:
    """Without the runs of n words that stand fewer than ``cuts[n - 2]`` times in the training texts.

    cuts: from runs of 2 words on; the last holds for all longer ones.  counts: those that the model was made from.
    Raises ConfigError where they are others.
    """
    if not cuts or min(cuts) < 1:
        raise ConfigError("the counts below which runs are left out must be at least 1, one for each length from 2 on.")
    if [len(runs) for runs in model.runs] != [len(level) for level in counts.levels]:
        raise ConfigError("runs are cut by the counts that the model was made from; these are of other runs.")
    keep = [np.ones(len(model.runs[0]), dtype=bool)]
    for n in range(2, model.order + 1):
        keep.append(counts.counts[n - 1] >= cuts[min(n - 2, len(cuts) - 1)])
    return kept_runs(model, keep)


def cut_uninformative(model: NgramModel, threshold: float) -> NgramModel:
    """Without the runs each of whose loss changes the model's perplexity by less than this share, such as 1e-7.

    Lengths are pruned from the longest down; each run is judged on its own, by the probabilities of the whole model.
    """
    if not 0 < threshold < 1:
        raise ConfigError(f"threshold={threshold} must be between 0 and 1.")
    _check_probability(model)
    keep = [np.ones(len(runs), dtype=bool) for runs in model.runs]
    for n in range(2, model.order + 1):
        keep[n - 1] = relative_change(model, n) >= threshold
    return kept_runs(model, keep)


def relative_change(model: NgramModel, n: int) -> np.ndarray:
    """float64 (runs,): how much the perplexity would rise, as a share, without each run of n words."""
    runs, contexts = model.runs[n - 1], model.runs[n - 2]
    assert contexts.log_backoffs is not None
    own = runs.log_probability()
    words = model.words_of(n)
    lower = model.log_scores_of_runs(words[:, 1:])
    predicted = runs.words != BEGIN
    p, q = np.where(predicted, np.exp(own), 0.0), np.where(predicted, np.exp(lower), 0.0)
    size = len(contexts)
    above = np.maximum(1 - np.bincount(runs.parents, p, minlength=size), TINY)[runs.parents]
    below = np.maximum(1 - np.bincount(runs.parents, q, minlength=size), TINY)[runs.parents]
    new = np.log(above + p) - np.log(below + q)
    moved = new - contexts.log_backoffs[runs.parents]
    divergence = -_marginal(model, n - 1)[runs.parents] * (p * (lower + new - own) + moved * above)
    return np.where(predicted, np.expm1(np.maximum(divergence, 0.0)), 0.0)


def _marginal(model: NgramModel, n: int) -> np.ndarray:
    """float64 (runs,): the probability of each run of n words, by the chain rule; <s> at its front is given."""
    words = model.words_of(n)
    total = np.zeros(len(words))
    for length in range(1, n + 1):
        step = model.log_scores_of_runs(words[:, :length])
        total += np.where(words[:, length - 1] == BEGIN, 0.0, step)
    return np.exp(total)


def kept_runs(model: NgramModel, keep: Sequence[np.ndarray]) -> NgramModel:
    """The model of the runs where ``keep`` is true (one bool array a length), and of those that they begin with."""
    _check_probability(model)
    needed = [np.array(part, dtype=bool) for part in keep]
    needed[0][:] = True
    for n in range(model.order, 1, -1):
        if n < model.order:
            needed[n - 1][model.runs[n].parents[needed[n]]] = True
    singles = model.runs[0]
    pruned = [replace(singles, log_probabilities=Numbers(singles.log_probability()), shifts=None)]
    numbers = np.arange(len(model.runs[0]))
    for n in range(2, model.order + 1):
        runs, kept = model.runs[n - 1], needed[n - 1]
        backoffs = None if runs.log_backoffs is None else Numbers(runs.log_backoffs[kept])
        parents = numbers[runs.parents[kept]].astype(np.int32)
        pruned.append(Runs(runs.words[kept], parents, Numbers(runs.log_probability(kept)), backoffs))
        numbers = np.cumsum(kept) - 1
    return rebalanced(replace(model, runs=tuple(pruned), smoothing=f"{model.smoothing}, pruned"))


def rebalanced(model: NgramModel) -> NgramModel:
    """With the backoffs under which the probabilities after each context sum to 1, found from short contexts to long ones."""
    runs = list(model.runs)
    for n in range(2, model.order + 1):
        current = replace(model, runs=tuple(runs))
        longer = runs[n - 1]
        predicted = longer.words != BEGIN
        own = np.where(predicted, np.exp(longer.log_probability()), 0.0)
        lower = np.where(predicted, np.exp(current.log_scores_of_runs(current.words_of(n)[:, 1:])), 0.0)
        size = len(runs[n - 2])
        above = np.maximum(1 - np.bincount(longer.parents, own, minlength=size), TINY)
        below = np.maximum(1 - np.bincount(longer.parents, lower, minlength=size), TINY)
        runs[n - 2] = replace(runs[n - 2], log_backoffs=Numbers(np.log(above) - np.log(below)))
    return replace(model, runs=tuple(runs))


def _check_probability(model: NgramModel) -> None:
    if not model.is_probability:
        raise ConfigError(f"the scores of {model.smoothing} do not sum to 1, so runs cannot be left out of it; prune another.")
