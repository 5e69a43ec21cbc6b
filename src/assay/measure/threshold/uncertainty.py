"""How well the rows know the threshold, and what it is worth on rows that did not choose it.

Both resample the units of the design; the models and their predictions stay as they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from assay.core.errors import ConfigError
from assay.core.shown import Shown
from assay.measure.interval import Estimand, Interval
from assay.measure.intervals import LOST_DRAWS, no_interval, percentile_interval
from assay.measure.parts import Design, Part, concatenate
from assay.measure.resample import replicate_weights
from assay.measure.threshold.cuts import best_stretches, checked_rows, cuts_of, utility
from assay.measure.threshold.folds import choice_of_parts, cross_fitted_labels, rule_of_parts, with_labels
from assay.measure.threshold.rule import ThresholdRule

CHUNK_BYTES = 8 * 2**20
"""Of weights at a time; choosing holds about eight arrays of this size beside them."""

FEW_ROWS = 5
"""Rows of the rarer class on one side of the threshold, below which they cannot say how far it may lie on that side."""


def threshold_interval(  # what varies, what is chosen, and how the draws are made
    parts: Sequence[Part],
    rule: ThresholdRule,
    design: Design,
    *,
    level: float = 0.95,
    replicates: int = 1000,
    seed: int,
    of: int | None = None,
    estimand: Estimand = "this model",
) -> Interval:
    """The finished threshold (chosen on all parts) with the percentile interval of its bootstrap over the design's units.

    parts: binary, out of fold.  of: of how many rows a capacity in rows is meant; None: of all rows that the parts measure.
    O(n log n + replicates * n); rows are sorted once, memory does not grow with the replicates.

    What it means: with other rows and these models, the rule would choose in about this range.  A resample contributes its
    whole stretch of equally good thresholds, and the interval runs from the low ends to the high ends.
    A capacity or a floor chooses a quantile or a crossing, where the percentile interval is a confidence interval of the
    threshold that is best for the population.  The other rules choose a maximum of jumps; its error shrinks with n ** (-1/3)
    and the bootstrap does not have the limit's distribution (Abrevaya & Huang 2005), so that no theorem gives the coverage.
    Measured for calibrated scores at n = 300, 1000 and 3000 (500 data sets each, 17 % positive, nominal .95): cost .934 to
    .996, F1 .948 to .960, recall floor .932 to .958, capacity .942 to .964.  An end of the interval that fewer than
    ``FEW_ROWS`` rows of a class speak for lies at the end of the scale ("open below", "open above" in the method): without
    that a cost of 20:1 was covered in .26 to .97 of cases over three populations of scores, least where hardly a positive
    lies below the best cut.  A precision floor that few positives reach is seldom defined, and then covered in .82 to .98.
    The interval says nothing of other folds, seeds or training rows, and a threshold within it is not as good for that:
    ask ``cost_curve``.
    Undefined (with the value kept where there is one) for a fixed threshold, for one that had nothing to be chosen on or
    missed its floor, and where more than 5 % of the resamples have no threshold.
    Raises ConfigError for a level outside (0, 1) or no replicates.
    """
    _check_draws(level, replicates)
    choice = choice_of_parts(parts, rule, of=of)
    n = design.n_independent
    if rule.kind == "fixed" or choice.note is not None:
        reason = choice.note or "the threshold was given, not chosen"
        return Interval(choice.threshold, None, None, level, "none", n, estimand, reason)
    rule = rule_of_parts(parts, rule, of)
    target, probability, own = _rows(parts)
    positions = design.positions(np.concatenate([part.truth.units for part in parts]))
    cuts = cuts_of(target, probability)
    ends = np.concatenate(
        [
            best_stretches(cuts, np.take(weights, positions, axis=-1) * own, rule)
            for weights in _chunks(design, replicates, seed, len(positions))
        ]
    )
    lost = int(np.isnan(ends[:, 0]).sum())
    method = "percentile bootstrap"
    if lost > LOST_DRAWS * replicates:
        why = "the floor is out of reach, or a class is missing" if rule.kind == "precision" else "a class is missing"
        reason = f"{lost} of {replicates} resamples have no threshold ({why})"
        return Interval(choice.threshold, None, None, level, method, n, estimand, reason)
    low = min(choice.threshold, float(np.nanquantile(ends[:, 0], (1 - level) / 2)))
    high = max(choice.threshold, float(np.nanquantile(ends[:, 1], (1 + level) / 2)))
    if rule.kind not in ("recall", "precision", "capacity"):
        called = probability >= choice.threshold
        if _rarer(target[~called & (own > 0)]) < FEW_ROWS:
            low, method = float(cuts.edges[-1]), f"{method}, open below"
        if _rarer(target[called & (own > 0)]) < FEW_ROWS:
            high, method = float(cuts.edges[0]), f"{method}, open above"
    return Interval(choice.threshold, low, high, level, method, n, estimand)


@dataclass(frozen=True, slots=True)
class OperatingUtility(Shown):
    """What a rule's threshold is worth, by the rule's own utility.

    name: of the utility ("F1", "cost per row", "recall", "precision", "share called positive" for a capacity, "accuracy" for
        a fixed threshold).
    apparent: on the very rows that chose the threshold, None where undefined; it flatters.
    honest: each fold cut where the other folds say; with its interval.
    optimism: how much better the apparent one looks, >= 0 as a rule; None where either is undefined, and for a floor or a
        capacity, whose apparent value is the floor itself.
    """

    name: str
    apparent: float | None
    honest: Interval
    optimism: float | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def operating_utility(  # the same as for threshold_interval, and the direction of time
    parts: Sequence[Part],
    rule: ThresholdRule,
    design: Design,
    *,
    level: float = 0.95,
    replicates: int = 1000,
    seed: int,
    of: int | None = None,
    forward: bool = False,
) -> OperatingUtility:
    """The utility at the chosen threshold with the optimism of the choice removed.

    parts: binary, out of fold.  The utility is that of all rows of a repeat together, averaged over the repeats.
    The interval resamples the design's units with the labels as they are: rows vary, models and thresholds do not.
    Raises ConfigError for a level outside (0, 1) or no replicates.
    """
    _check_draws(level, replicates)
    n = design.n_independent
    rule = rule_of_parts(parts, rule, of)
    if not parts:
        return OperatingUtility(
            rule.utility_name, None, no_interval("nothing was measured", level=level, n=n, estimand="this recipe"), None
        )
    threshold = choice_of_parts(parts, rule).threshold
    apparent_parts = [Part(p.repeat, p.fold, p.truth, with_labels(p.predictions, threshold)) for p in parts]
    once = np.ones((1, len(design.units)))
    apparent = float(_pooled_utility(apparent_parts, design, rule, once)[0])
    honest_parts = cross_fitted_labels(parts, rule, forward=forward)
    value = float(_pooled_utility(honest_parts, design, rule, once)[0])
    if np.isnan(value):
        reason = "no row is called positive" if rule.kind == "precision" else "all rows are of one class"
        honest = no_interval(reason, level=level, n=n, estimand="this recipe")
    else:
        chunks = _chunks(design, replicates, seed, len(design.units))
        draws = np.concatenate([_pooled_utility(honest_parts, design, rule, weights) for weights in chunks])
        honest = percentile_interval(value, draws, level=level, n=n, estimand="this recipe")
    optimism = None
    if rule.kind not in ("recall", "precision", "capacity", "fixed") and np.isfinite(apparent) and np.isfinite(value):
        optimism = apparent - value if rule.greater_is_better else value - apparent
    return OperatingUtility(rule.utility_name, apparent if np.isfinite(apparent) else None, honest, optimism)


def _check_draws(level: float, replicates: int) -> None:
    if not 0 < level < 1:
        raise ConfigError(f"level={level:g}: the level of an interval lies between 0 and 1, such as 0.95.")
    if replicates < 1:
        raise ConfigError(f"replicates={replicates}: a bootstrap needs at least one, and 1000 for a steady interval.")


def _rarer(target: np.ndarray) -> int:
    """How many rows the rarer class has."""
    return int(np.bincount(target.astype(np.int64), minlength=2).min())


def _pooled_utility(labelled: Sequence[Part], design: Design, rule: ThresholdRule, weights: np.ndarray) -> np.ndarray:
    """float (R,): the mean over repeats of the utility of all their rows together, for weights (R, units of the design)."""
    values = []
    for repeat in sorted({part.repeat for part in labelled}):
        folds = [part for part in labelled if part.repeat == repeat]
        target, _, own = _rows(folds)
        called = np.concatenate([part.predictions["label"] for part in folds]) == 1
        positions = design.positions(np.concatenate([part.truth.units for part in folds]))
        rows = np.take(weights, positions, axis=-1)
        tp, fp, positives, negatives = (
            np.einsum("rn,n->r", rows, own * mask)
            for mask in (called & (target == 1), called & (target == 0), target == 1, target == 0)
        )
        values.append(utility(tp, fp, positives, negatives, rule))
    return np.asarray(np.mean(values, axis=0))


def _rows(parts: Sequence[Part]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Target, probability and the truth's own weights of all parts in turn, each (n,)."""
    truth, predictions = concatenate([part.truth for part in parts]), concatenate([part.predictions for part in parts])
    return checked_rows(truth["target"], predictions["probability"], truth.arrays.get("weight"))


def _chunks(design: Design, replicates: int, seed: int, n_rows: int) -> Iterator[np.ndarray]:
    """The weights (a few replicates, units) of all replicates in turn."""
    size = max(1, CHUNK_BYTES // (8 * max(1, n_rows)))
    for start in range(0, replicates, size):
        yield replicate_weights(design, range(start, min(start + size, replicates)), seed=seed).astype(np.float64)
