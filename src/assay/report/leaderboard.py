"""The leaderboard as the page shows it: rows with their bars, every metric, every verdict.

Only arranges what the summary says; the one thing it works out is where a bar stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from assay.measure.registry import METRICS
from assay.report.language import ENGLISH, Words
from assay.report.metric import MetricInfo, describe
from assay.report.numbers import decimals_for, seconds
from assay.report.scale import Scale, scale_for
from assay.report.words import Standing, Tone, call_in_words, family_in, standing

MOST_METRICS_ABREAST = 6
LONG_BOARD = 12
"""Above this the axis stands below the rows too, and the rows stand closer."""

GIANT = 4.0
"""A difference this many times the middle one would squeeze all others into a point."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Positions in per cent; low and high are None when there is no interval.

    off: "low" or "high" when the value lies beyond that end of the scale, else "".
    """

    at: float
    low: float | None
    high: float | None
    off: str = ""


@dataclass(frozen=True, slots=True)
class BoardRow:
    rank: int | None
    name: str
    recipe: str
    treatment: str
    is_winner: bool
    bar: Bar | None
    value: str
    interval: str
    reason: str
    standing: Standing
    seconds: str


@dataclass(frozen=True, slots=True)
class Board:
    """rows: best first, then those without a value.  band: the leader's interval in per cent, or None."""

    rows: tuple[BoardRow, ...]
    scale: Scale
    band: tuple[float, float] | None
    level: str
    estimand: str
    method: str

    @property
    def is_long(self) -> bool:
        return len(self.rows) > LONG_BOARD


@dataclass(frozen=True, slots=True)
class Cell:
    value: str
    interval: str
    reason: str
    is_best: bool


@dataclass(frozen=True, slots=True)
class MetricTable:
    metrics: tuple[MetricInfo, ...]
    rows: tuple[tuple[str, str, tuple[Cell, ...]], ...]  # (name, failure or "", cells)


@dataclass(frozen=True, slots=True)
class VerdictRow:
    a: str
    b: str
    metric: str
    difference: str
    interval: str
    bar: Bar | None
    p_raw: str
    p: str
    family: str
    better: str
    call: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class VerdictTable:
    rows: tuple[VerdictRow, ...]
    scale: Scale


def ranked(rows: Sequence[Mapping[str, Any]], metric: MetricInfo) -> list[Mapping[str, Any]]:
    """Best value first; rows without a value last, in the order they came."""
    sign = -1 if metric.greater_is_better else 1
    with_value = sorted((row for row in rows if row["value"] is not None), key=lambda row: sign * row["value"])
    return with_value + [row for row in rows if row["value"] is None]


def chosen_name(summary: Mapping[str, Any]) -> str | None:
    """The row that was refitted and tested once the lock is open, the best before; None when nothing was measured."""
    test = summary["test"]
    name = summary["winner"] if test is None else test["name"]
    return None if name is None else str(name)


def leader_of(summary: Mapping[str, Any], metric: MetricInfo) -> Mapping[str, Any] | None:
    """The row with the best value, or None when no row has one."""
    rows = ranked(summary["rows"], metric)
    return rows[0] if rows and rows[0]["value"] is not None else None


def board(summary: Mapping[str, Any], metric: MetricInfo, w: Words = ENGLISH) -> Board:
    """A forest plot in rows: every candidate on one scale with its interval, and the leader's interval as a band behind all."""
    rows = ranked(summary["rows"], metric)
    values = [row[end] for row in rows for end in ("value", "low", "high")]
    scale = scale_for(values).told(w)
    places = decimals_for(values)
    leader = leader_of(summary, metric)
    band = None
    detail: Mapping[str, Any] = {}
    if leader is not None:
        detail = leader["metrics"].get(metric.name, {})
        if leader["low"] is not None and leader["high"] is not None:
            band = (scale.at(leader["low"]), scale.at(leader["high"]))
    shown = tuple(_board_row(place, row, summary, metric, (scale, places, w)) for place, row in enumerate(rows, 1))
    level = detail.get("level")
    return Board(
        shown,
        scale,
        band,
        "" if level is None else w.decimal(f"{100 * level:g} %"),
        detail.get("estimand") or "",
        w.reason(detail.get("method")),
    )


def _board_row(
    place: int, row: Mapping[str, Any], summary: Mapping[str, Any], metric: MetricInfo, how: tuple[Scale, int, Words]
) -> BoardRow:
    """how: the scale, how many decimals, the words."""
    scale, places, w = how
    leader = leader_of(summary, metric)
    value, low, high = row["value"], row["low"], row["high"]
    undefined = (row["metrics"].get(metric.name) or {}).get("undefined") or ""
    return BoardRow(
        rank=None if value is None else place,
        name=row["name"],
        recipe=row["recipe"],
        treatment=row["treatment"],
        is_winner=row["name"] == chosen_name(summary),
        bar=bar_of(scale, value, low, high),
        value=w.fixed(value, places),
        interval=w.range(low, high, places),
        reason=_reason(row["failure"], undefined, w),
        standing=standing(row, None if leader is None else leader["name"], summary["verdicts"], w),
        seconds=w.units(seconds(row["seconds"])),
    )


def _reason(failure: object, undefined: str, w: Words) -> str:
    if failure:
        return w("board-failed", w.reason(str(failure)))
    return w("board-undefined", w.reason(undefined)) if undefined else ""


def metric_table(summary: Mapping[str, Any], metric: MetricInfo, w: Words = ENGLISH) -> MetricTable:
    """Every metric of every row; the study's metric first, then as the summary has them."""
    rows = ranked(summary["rows"], metric)
    names = list(dict.fromkeys(name for row in rows for name in row["metrics"]))
    names.sort(key=lambda name: name != metric.name)
    infos = tuple(describe(name, w) for name in names)
    columns = [_metric_column(rows, info, w) for info in infos]
    shown = tuple(
        (row["name"], str(row["failure"] or ""), tuple(column[place] for column in columns)) for place, row in enumerate(rows)
    )
    return MetricTable(infos, shown)


def abreast(table: MetricTable) -> list[MetricTable]:
    """The table cut into tables of few metrics, evenly, so that each fits a page without scrolling."""
    size = len(table.metrics)
    pieces = max(1, -(-size // MOST_METRICS_ABREAST))
    cuts = [round(piece * size / pieces) for piece in range(pieces + 1)]
    return [
        MetricTable(table.metrics[start:stop], tuple((name, failure, cells[start:stop]) for name, failure, cells in table.rows))
        for start, stop in pairwise(cuts)
    ]


def _metric_column(rows: Sequence[Mapping[str, Any]], info: MetricInfo, w: Words) -> list[Cell]:
    found = [row["metrics"].get(info.name) or {} for row in rows]
    values = [entry.get("value") for entry in found]
    places = decimals_for([entry.get(end) for entry in found for end in ("value", "low", "high")])
    known = [value for value in values if value is not None]
    best = (max(known) if info.greater_is_better else min(known)) if known else None
    cells = []
    for row, entry, value in zip(rows, found, values, strict=True):
        reason = w.reason(entry.get("undefined")) or ("" if entry or row["failure"] else w("board-not-measured"))
        cells.append(
            Cell(
                w.fixed(value, places),
                w.range(entry.get("low"), entry.get("high"), places),
                reason,
                value is not None and value == best,
            )
        )
    return cells


def lock_metrics(test: Mapping[str, Any], w: Words = ENGLISH) -> list[tuple[MetricInfo, str, str, str]]:
    """(metric, value, interval, reason) of the opened lock, in the order of METRICS; a metric with a setting stands first."""
    order, found = {name: place for place, name in enumerate(METRICS.names())}, []
    for name, entry in sorted(test["metrics"].items(), key=lambda item: order.get(item[0], -1)):
        places = decimals_for([entry["value"], entry["low"], entry["high"]])
        ends = w.range(entry["low"], entry["high"], places)
        found.append((describe(name, w), w.fixed(entry["value"], places), ends, w.reason(entry.get("undefined"))))
    return found


def verdict_table(summary: Mapping[str, Any], w: Words = ENGLISH) -> VerdictTable:
    verdicts = summary["verdicts"]
    ends = [v[end] for v in verdicts for end in ("difference", "low", "high")]
    scale = scale_for(_without_giants(verdicts), ticks=4, keep=[0.0]).told(w)
    places = max(3, decimals_for(ends))
    rows = []
    for v in verdicts:
        better, call, tone = call_in_words(v, w)
        rows.append(
            VerdictRow(
                a=v["a"],
                b=v["b"],
                metric=describe(v["metric"], w).title,
                difference=w.fixed(v["difference"], places, sign=True),
                interval=w.range(v["low"], v["high"], places, sign=True),
                bar=bar_of(scale, v["difference"], v["low"], v["high"]),
                p_raw=w.probability(v["p_raw"]),
                p=w.probability(v["p"]),
                family=family_in(w, str(v["family"])),
                better=better,
                call=call,
                tone=tone,
            )
        )
    return VerdictTable(tuple(rows), scale)


def _without_giants(verdicts: Sequence[Mapping[str, Any]]) -> list[float]:
    """The ends of the differences that share one scale: not those many times larger than most, such as a baseline's."""
    ends = [[v[end] for end in ("difference", "low", "high") if v[end] is not None] for v in verdicts]
    reach = sorted(max(map(abs, found)) for found in ends if found)
    limit = GIANT * reach[len(reach) // 2] if reach else 0.0
    return [end for found in ends if found and max(map(abs, found)) <= limit for end in found]


def bar_of(scale: Scale, value: float | None, low: float | None, high: float | None) -> Bar | None:
    """Where a value and its interval stand on a scale; None without a value."""
    if value is None:
        return None
    if not scale.low <= value <= scale.high:
        return Bar(scale.at(value), None, None, "low" if value < scale.low else "high")
    return Bar(scale.at(value), None if low is None else scale.at(low), None if high is None else scale.at(high))
