"""Where to cut: the rule, the threshold it chose and how far that moves, and what other thresholds would have done.

All of it on out-of-fold predictions of the chosen candidate.  The chosen threshold was chosen on these very rows, so that
its own line flatters; the line "fold by fold" cuts each fold where the others say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assay.core.errors import DataError
from assay.measure.interval import Interval
from assay.measure.parts import Part
from assay.measure.threshold import ThresholdRule, choose, operating_table, threshold_spread, with_labels
from assay.measure.threshold.folds import Summary, ThresholdSpread
from assay.measure.threshold.table import OperatingPoint
from assay.report.content import ReportInput
from assay.report.cutting import Rows, curve_figure
from assay.report.evidence import out_of_fold, pooled
from assay.report.figures import Figure
from assay.report.leaderboard import chosen_name
from assay.report.numbers import MISSING, count, decimals_for, ends_text, number, share

SHARES = (0.01, 0.05, 0.1, 0.25, 0.5)
"""Of the rows that may be called positive, for the lines of the table that are nobody's choice."""


@dataclass(frozen=True)
class Point:
    """A line of the table.  threshold: None where each fold has its own."""

    label: str
    threshold: float | None
    point: OperatingPoint
    is_chosen: bool = False

    @property
    def threshold_text(self) -> str:
        return "one a fold" if self.threshold is None else threshold_text(self.threshold)

    @property
    def cells(self) -> list[tuple[str, str]]:
        """(value, what stands below it) of the share called, precision, recall and (with costs) the cost."""
        flagged = self.point.flagged
        first = (MISSING, flagged.undefined or "") if flagged.value is None else (share(flagged.value), _percent_ends(flagged))
        rest = [self.point.precision, self.point.recall, *([] if self.point.cost is None else [self.point.cost])]
        return [first, *(_cell(interval) for interval in rest)]


@dataclass(frozen=True, slots=True)
class SpreadLine:
    """How far the threshold moves; ``undefined`` says why there is no number."""

    label: str
    median: str
    low: str
    high: str
    folds: str
    undefined: str


@dataclass(frozen=True)
class WhereToCut:
    """What the page shows.  absent: why nothing but the rule can be shown, or "".

    interval: of the finished threshold as test.json has it, None while the lock is shut.
    """

    name: str
    rule: str
    absent: str = ""
    threshold: float | None = None
    interval: Mapping[str, Any] | None = None
    spread: ThresholdSpread | None = None
    points: tuple[Point, ...] = ()
    figure: Figure | None = None
    sentences: tuple[str, ...] = ()
    lines: tuple[SpreadLine, ...] = ()
    caption: str = ""

    @property
    def threshold_text(self) -> str:
        return "" if self.threshold is None else threshold_text(self.threshold)

    @property
    def has_costs(self) -> bool:
        return any(one.point.cost is not None for one in self.points)


def where_to_cut(content: ReportInput) -> WhereToCut | None:
    """For a binary task whose rule is known; None for others and where no candidate was chosen."""
    rule, name = content.threshold_rule, chosen_name(content.summary)
    if content.task.name != "binary" or rule is None or name is None:
        return None
    parts = content.folds.get(name, ())
    words = rule.describe()
    if not parts or any("probability" not in part.predictions.arrays for part in parts):
        return WhereToCut(name, words, "the candidate has no out-of-fold probabilities")
    try:
        return _measured(content, name, parts, rule)
    except DataError as error:
        return WhereToCut(name, words, str(error).rstrip("."))


def _measured(content: ReportInput, name: str, parts: Sequence[Part], rule: ThresholdRule) -> WhereToCut:
    spread = threshold_spread(parts, rule, forward=content.forward)
    test = content.summary["test"] or {}
    threshold = spread.finished.threshold if test.get("threshold") is None else float(test["threshold"])
    interval = test.get("threshold_interval")
    rows = rows_of(content, parts)
    points = [*_points(rows, rule, threshold, interval), fold_by_fold(content, parts, spread, rule)]
    note = test.get("threshold_note") or spread.finished.note
    return WhereToCut(
        name=name,
        rule=rule.describe(),
        threshold=threshold,
        interval=interval,
        spread=spread,
        points=tuple(points),
        figure=curve_figure(rows, rule, threshold, name),
        sentences=tuple(_sentences(rule, note, interval, is_open=bool(test))),
        lines=() if rule.kind == "fixed" else _spread_lines(spread, content.forward),
        caption=_caption(content, parts, rows),
    )


def rows_of(content: ReportInput, parts: Sequence[Part]) -> Rows:
    """The rows of the first repeat, with what belongs together among them."""
    truth, predictions = pooled(parts)
    clusters = None
    if content.design is not None and content.design.clusters is not None:
        clusters = content.design.clusters[content.design.positions(truth.units)]
        clusters = clusters if len(np.unique(clusters)) > 1 else None
    weights = truth.arrays.get("weight")
    probability = np.asarray(predictions["probability"], dtype=np.float64)
    return Rows(truth["target"].astype(np.int64), probability, weights, clusters)


def costs_of(rule: ThresholdRule) -> tuple[float, float] | None:
    return (rule.cost_fn, rule.cost_fp) if rule.kind == "cost" else None


def fold_by_fold(content: ReportInput, parts: Sequence[Part], spread: ThresholdSpread, rule: ThresholdRule) -> Point:
    """What the rule does on rows that did not choose: the labels of each fold at the threshold of the others."""
    chosen = {(fold.repeat, fold.fold): fold.others.threshold for fold in spread.folds}
    cut = [replace(p, predictions=with_labels(p.predictions, chosen[p.repeat, p.fold])) for p in out_of_fold(parts)]
    rows, called = rows_of(content, cut), pooled(cut)[1]["label"].astype(np.float64)
    point = operating_table(
        rows.target, called, [0.5], costs=costs_of(rule), weights=rows.weights, clusters=rows.clusters, estimand="this recipe"
    )[0]
    return Point("fold by fold", None, point)


def _points(rows: Rows, rule: ThresholdRule, threshold: float, interval: Mapping[str, Any] | None) -> list[Point]:
    """From the strictest threshold to the mildest; of thresholds that call the same rows the first asked for."""
    asked = [("chosen", threshold)]
    if interval and interval["low"] is not None:
        asked += [("lower end of its interval", interval["low"]), ("upper end of its interval", interval["high"])]
    asked.append(("one half", 0.5))
    for part in SHARES:
        found = choose(rows.target, rows.probability, ThresholdRule("capacity", value=part), rows.weights)
        if found.note is None:
            asked.append((f"at most {share(part).replace('.0 ', ' ')} called", found.threshold))
    kept: dict[int, tuple[str, float]] = {}
    for label, cut in asked:
        kept.setdefault(int(np.count_nonzero(rows.probability >= cut)), (label, float(cut)))
    lines = sorted(kept.values(), key=lambda line: -line[1])
    points = operating_table(
        rows.target,
        rows.probability,
        [cut for _, cut in lines],
        costs=costs_of(rule),
        weights=rows.weights,
        clusters=rows.clusters,
    )
    return [Point(label, cut, point, label == "chosen") for (label, cut), point in zip(lines, points, strict=True)]


def _sentences(rule: ThresholdRule, note: str | None, interval: Mapping[str, Any] | None, *, is_open: bool) -> list[str]:
    """What is known of the chosen threshold, a sentence each."""
    found = [f"{note[:1].upper()}{note[1:]}.".replace("..", ".")] if note else []
    if rule.kind == "fixed":
        return [*found, "It was given and not chosen, so that other rows would not move it."]
    if not is_open:
        return [*found, "Its interval is worked out when the lock is opened; until then the spread over the folds has to do."]
    if not interval:
        return [*found, "Its interval was not worked out."]
    if interval["low"] is None:
        return [*found, f"It has no interval: {str(interval['undefined']).rstrip('.')}."]
    ends = f"{threshold_text(interval['low'])} and {threshold_text(interval['high'])}"
    found.append(f"With other rows the same rule would choose between {ends} ({100 * interval['level']:g} %).")
    for side, end in (("open below", "lower"), ("open above", "upper")):
        if side in interval["method"]:
            found.append(f"Too few rows of a class lie on that side: the rows know no {end} end, so it is the end of the scale.")
    return found


def _spread_lines(spread: ThresholdSpread, forward: bool) -> tuple[SpreadLine, ...]:
    which = "earlier" if forward else "other"
    return (
        _spread_line(f"Chosen on the {which} folds", spread.others, len(spread.folds)),
        _spread_line("Chosen on each fold alone", spread.own, len(spread.folds)),
    )


def _spread_line(label: str, found: Summary, folds: int) -> SpreadLine:
    of = count(found.n) if found.n == folds else f"{count(found.n)} of {count(folds)}"
    if found.median is None or found.low is None or found.high is None:
        return SpreadLine(label, "", "", "", of, found.undefined or "")
    return SpreadLine(label, threshold_text(found.median), threshold_text(found.low), threshold_text(found.high), of, "")


def _caption(content: ReportInput, parts: Sequence[Part], rows: Rows) -> str:
    repeats = len({part.repeat for part in parts})
    notes = [
        f"Out of fold, {count(len(rows.target))} rows" + (f", first of {repeats} repeats." if repeats > 1 else "."),
        "Intervals at 95 %: rows vary, the models and thresholds stay.",
    ]
    if rows.clusters is not None and content.design is not None:
        what = "of a group" if content.design.kind == "group" else "of neighbouring times"
        notes.append(f"Rows {what} vary together.")
    if rows.weights is not None:
        notes.append("Rows count by their weight.")
    which = "earlier" if content.forward else "other"
    notes.append(
        "The chosen line flatters, for these rows chose it; “fold by fold” cuts each fold where the "
        f"{which} folds say, and comes nearer to what new rows would show."
    )
    return " ".join(notes)


def threshold_text(value: float) -> str:
    return number(value, max(3, decimals_for([value])))


def _cell(interval: Interval) -> tuple[str, str]:
    if interval.value is None:
        return MISSING, interval.undefined or ""
    places = decimals_for([interval.value, interval.low, interval.high])
    low, high = (None if end is None or not np.isfinite(end) else end for end in (interval.low, interval.high))
    return number(interval.value, places), ends_text(low, high, places) or interval.undefined or "no interval"


def _percent_ends(interval: Interval) -> str:
    return "no interval" if interval.low is None or interval.high is None else f"[{share(interval.low)}, {share(interval.high)}]"
