"""How much a label would tell: rows that a model is unsure of, and rows that models of one kind disagree about.

Uncertainty mixes what is not known yet with what can never be known (a fair coin stays one); disagreement is high only for the
first, but needs models to disagree: those of a run's folds, or the members that one saved model is made of.
Source: Lewis & Gale (1994) for uncertainty; McCallum & Nigam (1998) and Houlsby, Huszár, Ghahramani & Lengyel (2011) for
disagreement of classes; Burbidge, Rowland & King (2007) for that of numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.recipes.ensembles.fitted import FittedBlend
from assay.recipes.fitted import Fitted
from assay.recipes.outputs import dense
from assay.recipes.trees import FittedTrees


@dataclass(frozen=True)
class Worth:
    """uncertainty: float64 (n,) >= 0, or None where the model of numbers says no spread.

    disagreement: float64 (n,) >= 0, or None where there is one model that has no members.
    committee: who disagrees, in words; None where nobody does.
    """

    uncertainty: np.ndarray | None
    disagreement: np.ndarray | None
    committee: str | None


def worth_of(models: Sequence[Fitted], features: pl.DataFrame) -> Worth:
    """models: one saved model, or several fitted on different rows.  features: as ``conform`` gives them, n rows."""
    if len(models) > 1:
        said = [_said(model, features) for model in models]
        doubt = entropy(np.mean(said, axis=0)) if models[0].task.is_classification else _mean_spread(models, features)
        return Worth(doubt, _between(said, models[0].task.is_classification), f"{len(models)} models fitted on different rows")
    model = models[0]
    doubt = entropy(_said(model, features)) if model.task.is_classification else _mean_spread(models, features)
    disagreement, committee = _within(model, features)
    return Worth(doubt, disagreement, committee)


def entropy(probability: np.ndarray) -> np.ndarray:
    """float64 (n,), in nats. probability: (n, K).

    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).round(4).tolist()
    [0.6931, 0.0]
    """
    from scipy.special import entr

    return np.asarray(entr(probability).sum(axis=-1)) + 0.0  # without a negative zero


def _said(model: Fitted, features: pl.DataFrame) -> np.ndarray:
    """float64 (n, K): the probability of every class, or (n, 1) values."""
    predictions = model.predict(features)
    if not model.task.is_classification:
        return predictions["value"][:, None]
    probability = predictions["probability"]
    return np.asarray(probability) if probability.ndim == 2 else np.column_stack([1 - probability, probability])


def _mean_spread(models: Sequence[Fitted], features: pl.DataFrame) -> np.ndarray | None:
    """The standard deviation that models of numbers say themselves, or None."""
    found = [model.predict(features).arrays.get("spread") for model in models]
    known = [one for one in found if one is not None]
    return np.asarray(np.mean(known, axis=0)) if len(known) == len(found) else None


def _between(said: Sequence[np.ndarray], classes: bool) -> np.ndarray:
    """float64 (n,): of classes the entropy of the mean less the mean entropy, of numbers the standard deviation."""
    if classes:
        return np.asarray(np.maximum(0.0, entropy(np.mean(said, axis=0)) - np.mean([entropy(one) for one in said], axis=0)))
    return np.asarray(np.std(said, axis=0)[:, 0])


def _within(model: Fitted, features: pl.DataFrame) -> tuple[np.ndarray | None, str | None]:
    """What the members of one model disagree about, and who they are; (None, None) for a model without members."""
    learner: Any = model.learner
    classes = model.task.is_classification
    if isinstance(learner, FittedTrees) and learner.trees.n_trees > 1:
        return _between_trees(learner, dense(model.step.transform(features)), classes), f"its {learner.trees.n_trees} trees"
    if isinstance(learner, FittedBlend) and len(learner.members) > 1:
        said = [_said(member, features) for member in learner.members]
        return _between(said, classes), f"the {len(said)} models of its blend"
    if type(learner).__module__.startswith("assay.recipes.nets"):  # where a net is loaded, torch is
        from assay.recipes.nets.ensemble import FittedEnsemble

        if isinstance(learner, FittedEnsemble) and len(learner.nets) > 1:
            matrix = model.step.transform(features)
            outputs = [FittedEnsemble((net,)).predict(matrix) for net in learner.nets]
            return _between([_of_output(one) for one in outputs], classes), f"its {len(outputs)} nets"
    return None, None


def _of_output(output: Any) -> np.ndarray:
    """float64 (n, K) or (n, 1), before any calibration."""
    if output.probability is None:
        return np.asarray(output.score[:, None])
    probability = np.asarray(output.probability)
    return probability if probability.ndim == 2 else np.column_stack([1 - probability, probability])


def _between_trees(learner: FittedTrees, matrix: np.ndarray, classes: bool) -> np.ndarray:
    """As ``_between`` with a tree for a model, without keeping what each of them says."""
    trees = learner.trees
    values = trees.values if classes else trees.values - trees.values.mean()
    total, second = np.zeros((len(matrix), values.shape[1])), np.zeros(len(matrix))
    of_leaf = entropy(values) if classes else values[:, 0] ** 2
    for part, _, leaves in trees.reached(matrix.astype(np.float32)):
        total[part] += values[leaves]
        second[part] += of_leaf[leaves]
    mean, second = total / trees.n_trees, second / trees.n_trees
    if classes:
        return np.maximum(0.0, entropy(mean) - second)
    return np.sqrt(np.maximum(0.0, second - mean[:, 0] ** 2))
