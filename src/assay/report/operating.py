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
from assay.report.language import ENGLISH, Words
from assay.report.leaderboard import chosen_name
from assay.report.numbers import MISSING, count, decimals_for
from assay.report.slider import Slider, slider_of

SHARES = (0.01, 0.05, 0.1, 0.25, 0.5)
"""Of the rows that may be called positive, for the lines of the table that are nobody's choice."""


@dataclass(frozen=True)
class Point:
    """A line of the table.  threshold: None where each fold has its own."""

    label: str
    threshold: float | None
    point: OperatingPoint
    is_chosen: bool = False
    w: Words = ENGLISH

    @property
    def threshold_text(self) -> str:
        return self.w("cut-one-a-fold") if self.threshold is None else threshold_text(self.threshold, self.w)

    @property
    def cells(self) -> list[tuple[str, str]]:
        """(value, what stands below it) of the share called, precision, recall and (with costs) the cost."""
        flagged, w = self.point.flagged, self.w
        nothing = (MISSING, w.reason(flagged.undefined))
        first = nothing if flagged.value is None else (w.share(flagged.value), _percent_ends(flagged, w))
        rest = [self.point.precision, self.point.recall, *([] if self.point.cost is None else [self.point.cost])]
        return [first, *(_cell(interval, w) for interval in rest)]


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
    slider: what every threshold would do, to be moved on the page.
    honest: the rows, and which of them are called (0 or 1), each fold cut where the others say.
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
    slider: Slider | None = None
    honest: tuple[Rows, np.ndarray] | None = None
    w: Words = ENGLISH

    @property
    def threshold_text(self) -> str:
        return "" if self.threshold is None else threshold_text(self.threshold, self.w)

    @property
    def has_costs(self) -> bool:
        return any(one.point.cost is not None for one in self.points)


def where_to_cut(content: ReportInput) -> WhereToCut | None:
    """For a binary task whose rule is known; None for others and where no candidate was chosen."""
    rule, name, w = content.threshold_rule, chosen_name(content.summary), content.words
    if content.task.name != "binary" or rule is None or name is None:
        return None
    parts = content.folds.get(name, ())
    if not parts or any("probability" not in part.predictions.arrays for part in parts):
        return WhereToCut(name, w.reason(rule.describe()), w("cut-no-probabilities"), w=w)
    try:
        return _measured(content, name, parts, rule)
    except DataError as error:
        return WhereToCut(name, w.reason(rule.describe()), w.reason(str(error)).rstrip("."), w=w)


def _measured(content: ReportInput, name: str, parts: Sequence[Part], rule: ThresholdRule) -> WhereToCut:
    w = content.words
    spread = threshold_spread(parts, rule, forward=content.forward)
    test = content.summary["test"] or {}
    threshold = spread.finished.threshold if test.get("threshold") is None else float(test["threshold"])
    interval = test.get("threshold_interval")
    rows = rows_of(content, parts)
    honest = labels_fold_by_fold(content, parts, spread)
    last = fold_by_fold(*honest, rule)
    note = test.get("threshold_note") or spread.finished.note
    return WhereToCut(
        name=name,
        rule=w.reason(rule.describe()),
        threshold=threshold,
        interval=interval,
        spread=spread,
        points=(*_points(rows, rule, threshold, interval, w), Point(w("cut-fold-by-fold"), None, last, w=w)),
        figure=curve_figure(rows, rule, threshold, name, w),
        sentences=tuple(_sentences(rule, note, interval, w, is_open=bool(test))),
        lines=() if rule.kind == "fixed" else _spread_lines(spread, content.forward, w),
        caption=_caption(content, parts, rows),
        slider=slider_of(rows, threshold, costs_of(rule), w),
        honest=honest,
        w=w,
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


def labels_fold_by_fold(content: ReportInput, parts: Sequence[Part], spread: ThresholdSpread) -> tuple[Rows, np.ndarray]:
    """The rows, and the labels (n,) of each fold at the threshold of the others: what the rule does on rows that did not
    choose."""
    chosen = {(fold.repeat, fold.fold): fold.others.threshold for fold in spread.folds}
    cut = [replace(p, predictions=with_labels(p.predictions, chosen[p.repeat, p.fold])) for p in out_of_fold(parts)]
    return rows_of(content, cut), pooled(cut)[1]["label"].astype(np.float64)


def fold_by_fold(rows: Rows, called: np.ndarray, rule: ThresholdRule) -> OperatingPoint:
    """called: of ``labels_fold_by_fold``."""
    return operating_table(
        rows.target, called, [0.5], costs=costs_of(rule), weights=rows.weights, clusters=rows.clusters, estimand="this recipe"
    )[0]


def _points(rows: Rows, rule: ThresholdRule, threshold: float, interval: Mapping[str, Any] | None, w: Words) -> list[Point]:
    """From the strictest threshold to the mildest; of thresholds that call the same rows the first asked for."""
    asked = [("cut-chosen", threshold)]
    if interval and interval["low"] is not None:
        asked += [("cut-lower-end", interval["low"]), ("cut-upper-end", interval["high"])]
    asked.append(("cut-half", 0.5))
    labels = {key: w(key) for key, _ in asked}
    for part in SHARES:
        found = choose(rows.target, rows.probability, ThresholdRule("capacity", value=part), rows.weights)
        if found.note is None:
            text = w("cut-at-most", w.decimal(f"{100 * part:g} %"))
            labels[text] = text
            asked.append((text, found.threshold))
    kept: dict[int, tuple[str, float]] = {}
    for key, cut in asked:
        kept.setdefault(int(np.count_nonzero(rows.probability >= cut)), (key, float(cut)))
    lines = sorted(kept.values(), key=lambda line: -line[1])
    points = operating_table(
        rows.target,
        rows.probability,
        [cut for _, cut in lines],
        costs=costs_of(rule),
        weights=rows.weights,
        clusters=rows.clusters,
    )
    return [Point(labels[key], cut, one, key == "cut-chosen", w) for (key, cut), one in zip(lines, points, strict=True)]


def _sentences(
    rule: ThresholdRule, note: str | None, interval: Mapping[str, Any] | None, w: Words, *, is_open: bool
) -> list[str]:
    """What is known of the chosen threshold, a sentence each."""
    note = w.reason(note)
    found = [f"{note[:1].upper()}{note[1:]}.".replace("..", ".")] if note else []
    if rule.kind == "fixed":
        return [*found, w("cut-was-given")]
    if not is_open:
        return [*found, w("cut-interval-later")]
    if not interval:
        return [*found, w("cut-interval-none")]
    if interval["low"] is None:
        return [*found, w("cut-interval-undefined", w.reason(str(interval["undefined"])).rstrip("."))]
    ends = (threshold_text(interval[end], w) for end in ("low", "high"))
    found.append(w("cut-interval", *ends, w.decimal(f"{100 * interval['level']:g} %")))
    for side in ("open below", "open above"):
        if side in interval["method"]:
            found.append(w(f"cut-{side.replace(' ', '-')}"))
    return found


def _spread_lines(spread: ThresholdSpread, forward: bool, w: Words) -> tuple[SpreadLine, ...]:
    first = w("cut-on-earlier" if forward else "cut-on-others")
    return (
        _spread_line(first, spread.others, len(spread.folds), w),
        _spread_line(w("cut-on-own"), spread.own, len(spread.folds), w),
    )


def _spread_line(label: str, found: Summary, folds: int, w: Words) -> SpreadLine:
    of = count(found.n) if found.n == folds else w("cut-of", count(found.n), count(folds))
    if found.median is None or found.low is None or found.high is None:
        return SpreadLine(label, "", "", "", of, w.reason(found.undefined))
    median, low, high = (threshold_text(one, w) for one in (found.median, found.low, found.high))
    return SpreadLine(label, median, low, high, of, "")


def _caption(content: ReportInput, parts: Sequence[Part], rows: Rows) -> str:
    w, repeats = content.words, len({part.repeat for part in parts})
    some = w("cut-first-of-repeats", repeats) if repeats > 1 else "."
    notes = [w("cut-out-of-fold", count(len(rows.target))) + some, w("cut-intervals")]
    if rows.clusters is not None and content.design is not None:
        notes.append(w("cut-groups" if content.design.kind == "group" else "cut-times"))
    if rows.weights is not None:
        notes.append(w("cut-weights"))
    notes.append(w("cut-flatters-earlier" if content.forward else "cut-flatters"))
    return " ".join(notes)


def threshold_text(value: float, w: Words = ENGLISH) -> str:
    return w.fixed(value, max(3, decimals_for([value])))


def _cell(interval: Interval, w: Words) -> tuple[str, str]:
    if interval.value is None:
        return MISSING, w.reason(interval.undefined)
    places = decimals_for([interval.value, interval.low, interval.high])
    low, high = (None if end is None or not np.isfinite(end) else end for end in (interval.low, interval.high))
    ends = w.range(low, high, places) or w.reason(interval.undefined) or w("board-no-interval")
    return w.fixed(interval.value, places), ends


def _percent_ends(interval: Interval, w: Words) -> str:
    if interval.low is None or interval.high is None:
        return w("board-no-interval")
    return w.ends(w.share(interval.low), w.share(interval.high))
