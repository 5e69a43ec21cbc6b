"""Thresholds inside the folds: a fold is cut where the other folds say, never at the threshold that suits it best."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from assay.core.shown import Shown
from assay.measure.parts import Part, concatenate
from assay.measure.payload import Predictions
from assay.measure.threshold.cuts import Choice, choose, threshold_or_error
from assay.measure.threshold.rule import ThresholdRule


def rule_of_parts(parts: Sequence[Part], rule: ThresholdRule, of: int | None = None) -> ThresholdRule:
    """The rule with a capacity in rows made a share, once, so that fewer rows to choose on do not mean a larger share.

    of: of how many rows the capacity is meant; None: of all rows that the parts measure.
    """
    if not rule.is_count or not parts:
        return rule
    return rule.for_rows(len(np.unique(np.concatenate([part.truth.units for part in parts]))) if of is None else of)


def choice_of_parts(parts: Sequence[Part], rule: ThresholdRule, *, of: int | None = None) -> Choice:
    """The threshold chosen on all these (binary, out-of-fold) predictions together, weighted as the truth is."""
    rule = rule_of_parts(parts, rule, of)
    if not parts:
        return choose(np.zeros(0, np.int64), np.zeros(0), rule)
    truth, predictions = concatenate([part.truth for part in parts]), concatenate([part.predictions for part in parts])
    return choose(truth["target"], predictions["probability"], rule, truth.arrays.get("weight"))


def threshold_of_parts(parts: Sequence[Part], rule: ThresholdRule, *, of: int | None = None) -> float:
    """The threshold of ``choice_of_parts``; raises DataError where no cut reaches a precision floor."""
    return threshold_or_error(choice_of_parts(parts, rule, of=of), rule)


def with_labels(predictions: Predictions, threshold: float = 0.5) -> Predictions:
    """Labels added: binary, 1 where the probability reaches the threshold; multiclass, the most probable class."""
    probability = predictions["probability"]
    label = probability >= threshold if probability.ndim == 1 else probability.argmax(axis=1)
    return predictions.with_array("label", label.astype(np.int64))


def cross_fitted_labels(
    parts: Sequence[Part], rule: ThresholdRule, *, forward: bool = False, of: int | None = None
) -> list[Part]:
    """The parts with labels, each fold cut at the threshold chosen on the other folds of its repeat, never on its own.

    forward: folds follow each other in time, and only the earlier ones may choose.
    of: of how many rows a capacity in rows is meant; None: of all rows that the parts measure.
    A fold without such others is cut at the rule's fallback, and one whose others reach no precision floor at their highest
    precision (``threshold_spread`` says where).  A capacity is kept on the rows that chose; on a fold cut by others it
    holds on average only, and the share called positive is to be reported.  Multiclass needs no threshold.
    """
    rule = rule_of_parts(parts, rule, of)
    labelled = []
    for part in parts:
        binary = part.predictions["probability"].ndim == 1
        threshold = choice_of_parts(_others(parts, part, forward), rule).threshold if binary else rule.fallback
        labelled.append(Part(part.repeat, part.fold, part.truth, with_labels(part.predictions, threshold)))
    return labelled


@dataclass(frozen=True, slots=True)
class Summary:
    """Of the thresholds that were chosen as the rule asks; n of them.  All None, with the reason, where none was."""

    median: float | None
    low: float | None
    high: float | None
    n: int
    undefined: str | None = None


@dataclass(frozen=True, slots=True)
class FoldThreshold:
    """others: chosen on the other folds of the repeat (in time: the earlier ones).  own: chosen on this fold alone."""

    repeat: int
    fold: int
    others: Choice
    own: Choice


@dataclass(frozen=True, slots=True)
class ThresholdSpread(Shown):
    """How far the threshold moves from fold to fold.

    finished: chosen on all out-of-fold predictions, the one a finished model carries.
    others: over the folds, each cut by the others; these share most of their rows, so that their spread understates what
        new rows would do.  own: each fold alone, with fewer rows than the finished threshold has, so that it overstates it.
    """

    finished: Choice
    folds: tuple[FoldThreshold, ...]
    others: Summary
    own: Summary

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def threshold_spread(
    parts: Sequence[Part], rule: ThresholdRule, *, forward: bool = False, of: int | None = None
) -> ThresholdSpread:
    """parts: binary, out of fold.  forward, of: as for ``cross_fitted_labels``."""
    rule = rule_of_parts(parts, rule, of)
    folds = tuple(
        FoldThreshold(
            part.repeat,
            part.fold,
            others=choice_of_parts(_others(parts, part, forward), rule),
            own=choice_of_parts([part], rule),
        )
        for part in parts
    )
    finished = choice_of_parts(parts, rule)
    return ThresholdSpread(finished, folds, _summary([fold.others for fold in folds]), _summary([fold.own for fold in folds]))


def _others(parts: Sequence[Part], part: Part, forward: bool) -> list[Part]:
    """The parts that may choose the threshold of this one."""
    others = [other for other in parts if other.repeat == part.repeat and other.fold != part.fold]
    return [other for other in others if not forward or other.fold < part.fold]


def _summary(choices: Sequence[Choice]) -> Summary:
    chosen = [choice.threshold for choice in choices if choice.note is None]
    if not chosen:
        notes = [choice.note for choice in choices if choice.note is not None]
        return Summary(None, None, None, 0, notes[0] if notes else "there are no folds")
    return Summary(float(np.median(chosen)), min(chosen), max(chosen), len(chosen))
