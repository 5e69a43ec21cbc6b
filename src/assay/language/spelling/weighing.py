"""How much each thing counts that speaks for an option: weights from texts whose right options are known.

A multinomial logistic model of the option that is right, drawn towards weights that hold before any pair was seen, and the
threshold of the log-odds for a change from which the F1 of the corrections is the best.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from assay.language.spelling.choices import FEATURES, Choices
from assay.language.spelling.memory import AlignedPair

BEFORE_ANY_PAIR = {
    "log_share": 1.0,
    "channel": 1.0,
    "context": 0.7,
    "unknown": -17.0,
    "unknown_letters": -0.4,
    "changed_unknown": -2.5,
    "changed_known": -4.0,
    "split": -7.0,
    "join": -9.0,
    "hyphen": 0.0,
    "name": -8.0,
    "short": -1.0,
    "remembered": 3.0,
    "remembered_right": 3.0,
}
PULL = 3.0
"""How strongly the weights are drawn to those: a weight that makes a standard deviation of difference costs half of this."""

UNREACHABLE, UNCLEAR = -1, -2
"""Labels: the right answer is none of the options; the choice crosses a right one of another width."""


@dataclass(frozen=True)
class Weights:
    """values: float64 (n_features,).  threshold: the log-odds from which a word is changed."""

    values: np.ndarray
    threshold: float = 0.0

    @classmethod
    def before_any_pair(cls) -> "Weights":
        return cls(np.array([BEFORE_ANY_PAIR[name] for name in FEATURES]))


def labels_of(choices: Choices, pairs: list[AlignedPair]) -> np.ndarray:
    """int64 (n_choices,): the number of the right option within its choice, UNREACHABLE or UNCLEAR.

    pairs: of the texts that the choices were made from.
    """
    labels = np.zeros(len(choices.text), dtype=np.int64)
    edits = [{(edit.start, edit.end): " ".join(edit.words) for edit in pair.edits} for pair in pairs]
    wrong = [{at for edit in pair.edits for at in range(edit.start, edit.end)} for pair in pairs]
    for number in range(len(labels)):
        text, start, end = int(choices.text[number]), int(choices.start[number]), int(choices.end[number])
        if (start, end) in edits[text]:
            options = choices.answers[choices.offsets[number] : choices.offsets[number + 1]]
            meant = edits[text][start, end]
            labels[number] = options.index(meant) if meant in options else UNREACHABLE
        elif not wrong[text].isdisjoint(range(start, end)):
            labels[number] = UNCLEAR
    return labels


def fit_weights(choices: Choices, labels: np.ndarray, n_edits: int) -> Weights:
    """labels: as ``labels_of`` gives them.  n_edits: how many corrections there are in all, found or not."""
    start = Weights.before_any_pair().values
    known = np.flatnonzero(labels >= 0)
    if not len(known):
        return Weights(start)
    sizes = np.diff(choices.offsets)
    rows = np.flatnonzero((labels >= 0)[choices.owners])
    features = choices.features[rows]
    offsets = np.concatenate([[0], np.cumsum(sizes[known])])[:-1]
    right = offsets + labels[known]
    owner = np.repeat(np.arange(len(known)), sizes[known])
    scale = np.maximum(features.std(axis=0), 1e-3)

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        scores = features @ values
        top = np.maximum.reduceat(scores, offsets)
        grown = np.exp(scores - top[owner])
        total = np.add.reduceat(grown, offsets)
        off = values - start
        value = float((np.log(total) + top - scores[right]).sum() + 0.5 * PULL * ((off * scale) ** 2).sum())
        shares = grown / total[owner]
        return value, features.T @ shares - features[right].sum(axis=0) + PULL * off * scale**2

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return Weights(found, _best_threshold(choices, labels, found, n_edits))


def best_changes(choices: Choices, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(the best option but the first of each choice, int64; its log-odds against the first, float64)."""
    scores = choices.features @ weights
    first = choices.offsets[:-1]
    if not len(first):
        return np.empty(0, dtype=np.int64), np.empty(0)
    same = scores[first]
    scores[first] = -np.inf
    top = np.maximum.reduceat(scores, first)
    owners = choices.owners
    reached = np.flatnonzero(scores == top[owners])
    _, at = np.unique(owners[reached], return_index=True)
    return reached[at], top - same


def _best_threshold(choices: Choices, labels: np.ndarray, weights: np.ndarray, n_edits: int) -> float:
    """Half way between the last change that is made and the first that is not; 0 where there is nothing to gain."""
    option, odds = best_changes(choices, weights)
    order = np.argsort(-odds, kind="stable")
    hits = np.cumsum((option - choices.offsets[:-1] == labels)[order] & (labels[order] > 0))
    scores = 2 * hits / (np.arange(1, len(hits) + 1) + n_edits)
    if not len(hits) or hits[-1] == 0:
        return 0.0
    last = int(scores.argmax())
    after = odds[order[last + 1]] if last + 1 < len(order) else odds[order[last]] - 1.0
    return float((odds[order[last]] + after) / 2)
