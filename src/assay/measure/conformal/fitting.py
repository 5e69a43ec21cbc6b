"""A conformal part out of predictions of rows that the model had not seen: a held-out part, or the folds of a study.

Groups: rows of one group are not exchangeable with other rows, groups are with other groups; so each group counts as
one draw, its rows sharing the weight (Dunn, Wasserman & Ramdas 2022; Lee, Barber & Willett 2023).  A row that several
repeats scored is one draw too.
"""

from collections.abc import Sequence

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.seeds import generator
from assay.measure.conformal.fitted import FittedConformal, Source, Unit, array_of, probability_of
from assay.measure.conformal.quantile import calibration_scores, check_weights
from assay.measure.conformal.scores import Score, absolute_scores, check_finite, cqr_scores, normalised_scores
from assay.measure.parts import Part, concatenate
from assay.measure.payload import Predictions, Truth


def fit_split(
    truth: Truth,
    predictions: Predictions,
    *,
    score: Score | None = None,
    per_class: bool | None = None,
    unit: Unit = "row",
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> FittedConformal:
    """Split conformal: from rows that were held out of everything the model learned.

    score: LAC for classes and the absolute residual for values unless given.  per_class: sets whose promise holds
    within each class (default), or only over all rows.  unit, groups: as for ``fit_cross``.  seed: of randomised scores.
    Raises DataError for rows that cannot be scored and ConfigError for settings that contradict each other.
    """
    return _fit([Part(0, 0, truth, predictions)], "split", score, per_class, unit, groups, seed)


def fit_cross(
    parts: Sequence[Part],
    *,
    score: Score | None = None,
    per_class: bool | None = None,
    unit: Unit = "row",
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> FittedConformal:
    """Cross-conformal: from the out-of-fold predictions of a study, for the model that is fitted on all these rows.

    parts: every fold of every repeat.  unit: as the plan's: "row", "group" or "time".  groups: (n_rows,) by unit number,
    for unit "group".  The rest as for ``fit_split``.  Barber, Candès, Ramdas & Tibshirani (2021) on what this promises.
    """
    return _fit(parts, "cross", score, per_class, unit, groups, seed)


def _fit(
    parts: Sequence[Part],
    source: Source,
    score: Score | None,
    per_class: bool | None,
    unit: Unit,
    groups: np.ndarray | None,
    seed: int,
) -> FittedConformal:
    truth, predictions = _joined(parts)
    if predictions.offsets is not None:
        raise ConfigError("sets and intervals are of classes and numbers; answers of tokens and texts have none.")
    score = score or Score("absolute" if "probability" not in predictions.arrays else "lac")
    per_class = score.gives_sets if per_class is None else per_class
    if per_class and not score.gives_sets:
        raise ConfigError(f"the conformal score {score.kind!r} gives intervals of values, which have no classes; drop per_class.")
    weights = truth.arrays.get("weight")
    clusters = _clusters(truth.units, unit, groups, weighted=weights is not None)
    target = truth["target"]
    if score.gives_sets:
        probability = probability_of(predictions)
        n_classes = probability.shape[1]
        _check_codes(target, n_classes)
        u = generator(seed, "conformal").random(len(target)) if score.randomised else None
        scores = score.of_classes(probability, u)[np.arange(len(target)), target]
    else:
        n_classes, scores = 0, _of_values(score, target, predictions)
    kept = np.ones(len(target), bool) if weights is None else check_weights(weights, len(target)) > 0
    chosen = [kept & (target == code) for code in range(n_classes)] if per_class else [kept]
    calibration = tuple(
        calibration_scores(scores[rows], weights=None if weights is None else weights[rows], clusters=clusters[rows])
        for rows in chosen
    )
    return FittedConformal(score, source, unit, weights is not None, n_classes, per_class, calibration)


def _joined(parts: Sequence[Part]) -> tuple[Truth, Predictions]:
    if not parts or not sum(len(part.truth) for part in parts):
        raise DataError("there are no predictions to make sets or intervals from; give at least one held-out row.")
    for part in parts:
        if not part.paired:
            raise DataError(f"{part.where}: truth ({len(part.truth)} rows) and predictions ({len(part.predictions)}) differ.")
    return concatenate([part.truth for part in parts]), concatenate([part.predictions for part in parts])


def _clusters(units: np.ndarray, unit: Unit, groups: np.ndarray | None, *, weighted: bool) -> np.ndarray:
    if unit != "group":
        return units
    if groups is None:
        raise ConfigError("rows in groups need groups=, the group of each row by its number.")
    if weighted:
        raise ConfigError(
            "rows that stand in groups and carry weights too have no conformal sets with a known promise; leave one of them out."
        )
    if len(groups) <= units.max():
        raise DataError(f"there are {len(groups)} groups for rows numbered up to {units.max()}; each row needs its group.")
    found = groups[units]
    if len(np.unique(found)) < 2:
        raise DataError("all rows are of one group, and groups are what is drawn; give rows of at least two groups.")
    return np.asarray(found)


def _check_codes(target: np.ndarray, n_classes: int) -> None:
    if not np.issubdtype(target.dtype, np.integer):
        raise DataError(f"classes must be whole numbers from 0 to {n_classes - 1}, not {target.dtype}.")
    bad = np.flatnonzero((target < 0) | (target >= n_classes))
    if len(bad):
        raise DataError(f"{len(bad)} of {len(target)} rows have a class outside 0 … {n_classes - 1} (first: {bad[:3].tolist()}).")


def _of_values(score: Score, target: np.ndarray, predictions: Predictions) -> np.ndarray:
    check_finite("target", target)
    if score.kind == "cqr":
        return cqr_scores(target, array_of(predictions, "quantiles"))
    if score.kind == "normalised":
        return normalised_scores(target, array_of(predictions, "value"), array_of(predictions, "scale"))
    return absolute_scores(target, array_of(predictions, "value"))
