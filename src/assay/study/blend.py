"""The blend: a weighted mean of the other candidates of a study, made of their out-of-fold predictions without a fit.

The weights behind a fold are chosen on the other folds of its repeat (in time: the earlier ones), never on its own, as
thresholds are.  What is left of a leak is that models of the other folds were fitted on this fold's rows as well; it reaches
the blend through a few weights only, and the locked rows know nothing of it.
Selection: ``recipes.ensembles.weights``; by log loss or squared error, whatever the study's metric is.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from assay.measure.parts import Part
from assay.measure.payload import Predictions
from assay.recipes.ensembles.fitted import blended
from assay.recipes.ensembles.weights import greedy_weights
from assay.study.cells import Candidate

BLEND = Candidate("blend")
FEWEST = 2
"""Members that a blend is made of."""


def is_derived(candidate: Candidate) -> bool:
    """Whether a candidate is made of others, and has no fits of its own."""
    return candidate.recipe == BLEND.recipe


def why_no_blend(candidate: Candidate, members: int) -> str | None:
    """members: other candidates that were measured on all folds."""
    if candidate != BLEND:
        return f"a blend takes no treatment of its own; leave out {candidate.treatment!r}."
    return (
        None if members >= FEWEST else f"a blend needs {FEWEST} other candidates that could be measured, and there are {members}."
    )


def blend_parts(members: Mapping[str, Sequence[Part]], *, forward: bool) -> list[Part]:
    """Out-of-fold predictions of the blend.

    members: of each candidate its parts, all of the same folds in the same order.  forward: only earlier folds may choose.
    A fold without others that could choose takes all members alike.
    """
    whole = list(members.values())
    parts = []
    for place, part in enumerate(whole[0]):
        others = [
            other
            for other, one in enumerate(whole[0])
            if one.repeat == part.repeat and (one.fold < part.fold if forward else one.fold != part.fold)
        ]
        weights = _chosen(whole, others) if others else np.full(len(whole), 1 / len(whole))
        used = np.flatnonzero(weights)
        mean = blended([whole[member][place].predictions for member in used], weights[used])
        one = part.predictions
        arrays = {"value": mean} if one.form == "value" else {"score": mean, "probability": mean}
        parts.append(Part(part.repeat, part.fold, part.truth, Predictions(one.form, one.units, arrays)))
    return parts


def blend_weights(members: Mapping[str, Sequence[Part]]) -> dict[str, float]:
    """What a finished blend is made of: the weights chosen on all folds; of members that count for nothing none."""
    whole = list(members.values())
    weights = _chosen(whole, range(len(whole[0])))
    return {name: float(weight) for name, weight in zip(members, weights.tolist(), strict=True) if weight > 0}


def _chosen(whole: Sequence[Sequence[Part]], places: Sequence[int]) -> np.ndarray:
    truths = [whole[0][place].truth for place in places]
    said = np.stack([np.concatenate([_numbers(parts[place].predictions) for place in places]) for parts in whole])
    target = np.concatenate([truth["target"] for truth in truths])
    weights = None
    if "weight" in truths[0].arrays:
        weights = np.concatenate([truth["weight"] for truth in truths])
    return greedy_weights(said, target, weights)


def _numbers(predictions: Predictions) -> np.ndarray:
    """(n,) values, or (n, K) probabilities of every class."""
    if predictions.form == "value":
        return predictions["value"]
    probability = predictions["probability"]
    return probability if probability.ndim == 2 else np.column_stack([1 - probability, probability])
