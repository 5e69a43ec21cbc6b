"""AdaBoost over trees, each round of which may learn from a draw of the rows; its votes as logits.

Source: Freund & Schapire (1997); Zhu, Zou, Rosset & Hastie (2009) for K classes (SAMME); Friedman, Hastie & Tibshirani
(2000) for what the votes say of probabilities; Seiffert, Khoshgoftaar, Van Hulse & Napolitano (2010) for the draws.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.seeds import generator, seed32
from assay.recipes.balanced.draws import under_sampled

Draw = Callable[[np.ndarray, np.random.Generator], np.ndarray]
CERTAIN_VOTE = 1.0
"""The vote of a tree without error, after which nothing is left to learn; scikit-learn's convention."""

LEAST_VOTE = 1e-9
"""Below it a tree is no better than chance but for rounding."""

LEAST_WEIGHT = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Voter:
    """tree: a fitted scikit-learn tree.  vote: the logit by which it raises the class it names."""

    tree: Any
    vote: float


def boost(
    features: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    *,
    rounds: int,
    deepest: int,
    seed: int,
    resample: bool = False,
    go_on: Callable[[int], bool] | None = None,
) -> list[Voter]:
    """At least one tree and its vote; Σ vote·[tree says k] is the logit of class k, up to a constant.

    features: float32 (n, width); target: int64 (n,); weights: float64 (n,), above 0.
    resample: each round learns from a draw of even classes, and is judged by all rows (RUSBoost).
    go_on(round): asked before every round but the first.
    A round that is no better than chance ends the boosting, as nothing would change; with draws the next may be luckier,
    and it is passed over.
    """
    from sklearn.tree import DecisionTreeClassifier

    classes = len(np.unique(target))
    if classes < 2:
        return [Voter(DecisionTreeClassifier(max_depth=1).fit(features[:1], target[:1]), CERTAIN_VOTE)]
    weights = weights / weights.sum()
    voters: list[Voter] = []
    for number in range(rounds):
        if number and go_on is not None and not go_on(number):
            break
        weights = np.maximum(weights, LEAST_WEIGHT)
        rng = generator(seed, "draw", number)
        drawn = under_sampled(target, rng) if resample else np.arange(len(target))
        tree = DecisionTreeClassifier(max_depth=deepest, random_state=seed32(seed, "round", number))
        tree.fit(features[drawn], target[drawn], sample_weight=weights[drawn])
        wrong = tree.predict(features) != target
        error = float(np.average(wrong, weights=weights))
        if error <= 0:
            voters.append(Voter(tree, CERTAIN_VOTE))
            break
        vote = float(np.log((1 - error) / error) + np.log(classes - 1))
        if vote <= LEAST_VOTE:
            voters = voters or [Voter(tree, 0.0)]
            if resample:
                continue
            break
        voters = [voter for voter in voters if voter.vote > 0] + [Voter(tree, vote)]
        weights = np.exp(np.log(weights) + vote * wrong)
        weights = weights / weights.sum()
    return voters
