"""Whether the probabilities are true: the Brier score taken apart, the calibration error, Cox's line, and what they say.

The sentence claims only what an interval shows: that it excludes the value of true probabilities.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assay.core.errors import DataError
from assay.measure.cox import CoxLine, cox_line
from assay.measure.interval import Interval
from assay.measure.payload import Predictions, Truth
from assay.measure.reliability import CalibrationError, Corp, calibration_error, corp
from assay.report.content import ReportInput
from assay.report.evidence import pooled
from assay.report.language import ENGLISH, Words
from assay.report.leaderboard import chosen_name
from assay.report.numbers import MISSING, decimals_for

TOO_EXTREME = "too extreme"
TOO_TIMID = "too timid"
TOO_HIGH = "too high as a whole"
TOO_LOW = "too low as a whole"
UPSIDE_DOWN = "upside down"


@dataclass(frozen=True)
class Check:
    """The probabilities of some rows held against the truth; all three are None together, with the reason in ``undefined``."""

    where: str
    brier: Corp | None
    error: CalibrationError | None
    cox: CoxLine | None
    undefined: str = ""

    @property
    def faults(self) -> tuple[str, ...]:
        """What an interval shows to be wrong, by the names above; empty where nothing is shown."""
        if self.cox is None:
            return ()
        slope, large = self.cox.slope, self.cox.in_the_large
        found = []
        if slope.low is not None and slope.high is not None:
            if slope.high < 0:
                found.append(UPSIDE_DOWN)
            elif slope.high < 1:
                found.append(TOO_EXTREME)
            elif slope.low > 1:
                found.append(TOO_TIMID)
        if large.low is not None and large.high is not None:
            found += [TOO_HIGH] if large.high < 0 else [TOO_LOW] if large.low > 0 else []
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Line:
    """One number of every check: (value, what stands below it)."""

    label: str
    note: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Truthfulness:
    """What the page shows; checks[0] is out of fold, the second on the locked rows once they were opened."""

    name: str
    checks: tuple[Check, ...]
    lines: tuple[Line, ...]
    sentences: tuple[str, ...]
    caption: str


def truthfulness(content: ReportInput, w: Words = ENGLISH) -> Truthfulness | None:
    """For the chosen candidate of a binary task; None for other tasks and where it has no predictions."""
    name = chosen_name(content.summary)
    if content.task.name != "binary" or name is None:
        return None
    pairs: list[tuple[str, tuple[Truth, Predictions]]] = []
    if content.folds.get(name):
        pairs.append((w("curves-out-of-fold"), pooled(content.folds[name])))
    if content.test is not None:
        pairs.append((w("curves-true-locked"), content.test))
    if not pairs:
        return None
    checks = tuple(check(where, *pair) for where, pair in pairs)
    return Truthfulness(name, checks, _lines(checks, w), tuple(in_words(one, w) for one in checks), _caption(content, pairs, w))


def check(where: str, truth: Truth, predictions: Predictions) -> Check:
    """The numbers of these rows, weighted as the truth is; a reason instead where the rows allow none."""
    probability = predictions.arrays.get("probability")
    if probability is None:
        return Check(where, None, None, None, "the model gives no probabilities")
    target, weights = truth["target"].astype(np.int64), truth.arrays.get("weight")
    try:
        return Check(
            where,
            corp(target, probability, weights),
            calibration_error(target, probability, weights),
            cox_line(target, probability, weights),
        )
    except DataError as error:
        return Check(where, None, None, None, str(error))


def in_words(check: Check, w: Words = ENGLISH) -> str:
    """One sentence, or two: what was shown of these probabilities, and no more."""
    where = f"{check.where[:1].upper()}{check.where[1:]}"
    if check.cox is None:
        return w("curves-true-nothing", where, w.reason(check.undefined).rstrip("."))
    if check.faults:
        return w("curves-true-are", where, w("curves-true-and").join(w(f"curves-fault-{fault}") for fault in check.faults))
    reasons = dict.fromkeys(part.undefined for part in (check.cox.slope, check.cox.in_the_large) if part.undefined)
    if reasons:
        return w("curves-true-unknown", where, "; ".join(map(w.reason, reasons)))
    return w("curves-true-fine", where)


def _lines(checks: Sequence[Check], w: Words) -> tuple[Line, ...]:
    """The table; a check without numbers has its reason in the first line alone, and dashes below."""
    rows: tuple[tuple[str, Callable[[Check], tuple[str, str]]], ...] = (
        ("brier", lambda c: _brier(c, "brier", w)),
        ("miscalibration", lambda c: _brier(c, "miscalibration", w)),
        ("discrimination", lambda c: _brier(c, "discrimination", w)),
        ("uncertainty", lambda c: _brier(c, "uncertainty", w)),
        ("error", lambda c: _error(c, w)),
        ("slope", lambda c: _cox(c, lambda line: line.slope, w)),
        ("intercept", lambda c: _cox(c, lambda line: line.intercept, w)),
        ("large", lambda c: _cox(c, lambda line: line.in_the_large, w)),
    )
    return tuple(
        Line(
            w(f"curves-{key}"),
            w(f"curves-{key}-note"),
            tuple(cell(one) if one.cox is not None else (MISSING, "" if place else w.reason(one.undefined)) for one in checks),
        )
        for place, (key, cell) in enumerate(rows)
    )


def _brier(check: Check, part: str, w: Words) -> tuple[str, str]:
    if check.brier is None:
        return MISSING, w.reason(check.undefined)
    return w.fixed(getattr(check.brier, part), max(4, decimals_for([check.brier.brier]))), ""


def _error(check: Check, w: Words) -> tuple[str, str]:
    if check.error is None:
        return MISSING, w.reason(check.undefined)
    return w.fixed(check.error.excess, 4, sign=True), w("curves-error-less", w.fixed(check.error.expected, 4))


def _cox(check: Check, which: Callable[[CoxLine], Interval], w: Words) -> tuple[str, str]:
    if check.cox is None:
        return MISSING, w.reason(check.undefined)
    interval = which(check.cox)
    if interval.value is None:
        return MISSING, w.reason(interval.undefined)
    places = decimals_for([interval.value, interval.low, interval.high])
    return w.fixed(interval.value, places), w.range(interval.low, interval.high, places)


def _caption(content: ReportInput, pairs: Sequence[tuple[str, tuple[Truth, Predictions]]], w: Words) -> str:
    notes = ["curves-true-cox", "curves-true-isotonic"]
    if any("weight" in truth.arrays for _, (truth, _) in pairs):
        notes.append("curves-weighted")
    if content.design is not None and content.design.clusters is not None:
        notes.append("curves-true-alone")
    return " ".join(w(key) for key in notes)
