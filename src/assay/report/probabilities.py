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
from assay.report.leaderboard import chosen_name
from assay.report.numbers import decimals_for, ends_text, number

TOO_EXTREME = "too extreme"
TOO_TIMID = "too timid"
TOO_HIGH = "too high as a whole"
TOO_LOW = "too low as a whole"
UPSIDE_DOWN = "upside down"
_MEANING = {
    TOO_EXTREME: "they differ more from row to row than they should",
    TOO_TIMID: "they differ less from row to row than they should",
    TOO_HIGH: "fewer rows are positive than they say",
    TOO_LOW: "more rows are positive than they say",
    UPSIDE_DOWN: "rows with a higher one are positive less often",
}


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
        """What an interval shows to be wrong, in the words of this module; empty where nothing is shown."""
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


def truthfulness(content: ReportInput) -> Truthfulness | None:
    """For the chosen candidate of a binary task; None for other tasks and where it has no predictions."""
    name = chosen_name(content.summary)
    if content.task.name != "binary" or name is None:
        return None
    pairs: list[tuple[str, tuple[Truth, Predictions]]] = []
    if content.folds.get(name):
        pairs.append(("out of fold", pooled(content.folds[name])))
    if content.test is not None:
        pairs.append(("locked test rows", content.test))
    if not pairs:
        return None
    checks = tuple(check(where, *pair) for where, pair in pairs)
    return Truthfulness(name, checks, _lines(checks), tuple(in_words(one) for one in checks), _caption(content, pairs))


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


def in_words(check: Check) -> str:
    """One sentence, or two: what was shown of these probabilities, and no more."""
    where = f"{check.where[:1].upper()}{check.where[1:]}"
    if check.cox is None:
        return f"{where}: nothing can be said: {check.undefined.rstrip('.')}."
    if check.faults:
        found = "; and ".join(f"{fault}: {_MEANING[fault]}" for fault in check.faults)
        return f"{where}: the probabilities are {found}."
    reasons = dict.fromkeys(part.undefined for part in (check.cox.slope, check.cox.in_the_large) if part.undefined)
    if reasons:
        return f"{where}: whether they are too extreme or too timid cannot be told: {'; '.join(reasons)}."
    return f"{where}: it was not shown that they are too extreme, too timid, too high or too low."


def _lines(checks: Sequence[Check]) -> tuple[Line, ...]:
    """The table; a check without numbers has its reason in the first line alone, and dashes below."""
    rows: tuple[tuple[str, str, Callable[[Check], tuple[str, str]]], ...] = (
        ("Brier score", "the three below: first − second + third", lambda c: _brier(c, "brier")),
        ("Miscalibration", "what calibrating could gain; 0 is best", lambda c: _brier(c, "miscalibration")),
        ("Discrimination", "what the order of the rows is worth", lambda c: _brier(c, "discrimination")),
        ("Uncertainty", "the score of one number for all rows", lambda c: _brier(c, "uncertainty")),
        ("Calibration error", "debiased; 0 is ideal", _error),
        ("Cox slope", "1 is ideal; below it too extreme", lambda c: _cox(c, lambda line: line.slope)),
        ("Cox intercept", "0 is ideal, beside a slope of 1", lambda c: _cox(c, lambda line: line.intercept)),
        ("Intercept at slope 1", "0 is ideal; below it too high", lambda c: _cox(c, lambda line: line.in_the_large)),
    )
    return tuple(
        Line(label, note, tuple(cell(one) if one.cox is not None else ("—", "" if place else one.undefined) for one in checks))
        for place, (label, note, cell) in enumerate(rows)
    )


def _brier(check: Check, part: str) -> tuple[str, str]:
    if check.brier is None:
        return "—", check.undefined
    return number(getattr(check.brier, part), max(4, decimals_for([check.brier.brier]))), ""


def _error(check: Check) -> tuple[str, str]:
    if check.error is None:
        return "—", check.undefined
    return number(check.error.excess, 4, sign=True), f"less {number(check.error.expected, 4)} by chance"


def _cox(check: Check, which: Callable[[CoxLine], Interval]) -> tuple[str, str]:
    if check.cox is None:
        return "—", check.undefined
    interval = which(check.cox)
    if interval.value is None:
        return "—", interval.undefined or ""
    places = decimals_for([interval.value, interval.low, interval.high])
    return number(interval.value, places), ends_text(interval.low, interval.high, places)


def _caption(content: ReportInput, pairs: Sequence[tuple[str, tuple[Truth, Predictions]]]) -> str:
    notes = [
        "Only Cox’s line has intervals (95 %, rows vary).",
        "Miscalibration by isotonic regression is above 0 even for true probabilities, the more so the fewer the rows.",
    ]
    if any("weight" in truth.arrays for _, (truth, _) in pairs):
        notes.append("Rows count by their weight.")
    if content.design is not None and content.design.clusters is not None:
        notes.append("The intervals take every row for itself; where rows belong together the true ones may be wider.")
    return " ".join(notes)
