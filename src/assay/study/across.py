"""Candidates over many data sets: each run folder is one data set and counts once, whatever its size.

A run says which candidate is better on its data; whether that holds beyond it, only further data sets say.  Candidates
are ranked on each data set by the run's own metric; whether they differ at all is Iman and Davenport's test of the mean
ranks, and verdicts on pairs are Wilcoxon's, corrected by Holm (Demsar 2006; Benavoli, Corani & Mangili 2016).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from assay.core.errors import StudyError
from assay.core.names import did_you_mean
from assay.core.shown import Shown
from assay.measure.compare import TOO_LITTLE, call, holm
from assay.measure.compare.ranks import Friedman, against_control, critical_difference, friedman, not_separated, ranks_of
from assay.measure.compare.signed_rank import METHOD, SignedRank, signed_rank, smallest_p
from assay.measure.interval import Interval
from assay.measure.intervals import Difference, no_interval, tost_level
from assay.measure.metric import Metric
from assay.measure.registry import metric_named
from assay.measure.resample import Estimator
from assay.study.scores import Scores

FEWEST = 5
"""Data sets below which nothing is claimed, whatever the p."""


@dataclass(frozen=True, slots=True)
class RankedRun:
    """One data set.  run: its folder as the user named it.  rows: those that were measured out of fold."""

    run: str
    source: str
    rows: int


@dataclass(frozen=True)
class Table:
    """scores: float (runs, candidates), each by the metric of its run.  left_out: why a candidate has no column."""

    metric: Metric
    runs: tuple[RankedRun, ...]
    names: tuple[str, ...]
    scores: np.ndarray
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PairAcross(Shown):
    """median: Hodges-Lehmann over the data sets, of a − b or (see ``Across.scale``) of the logarithm of a / b.

    p_raw, p: Wilcoxon's, before and after Holm.  p_ranks: after Holm too, from the mean ranks; only against a control.
    """

    a: str
    b: str
    median: Interval
    p_raw: float | None
    p: float | None
    p_ranks: float | None
    call: str

    def to_json(self) -> dict[str, Any]:
        ends = {"difference": self.median.value, "low": self.median.low, "high": self.median.high}
        rest = {"p_raw": self.p_raw, "p": self.p, "p_ranks": self.p_ranks, "call": self.call, "undefined": self.median.undefined}
        return {"a": self.a, "b": self.b, **ends, **rest}


@dataclass(frozen=True)
class Across(Shown):
    """table: its columns best first.  first: on how many data sets each candidate has the best value (shared ones too).

    critical: Nemenyi's difference of mean ranks.  groups: candidates that it does not tell apart, as positions.
    scale: "difference", or "log ratio" where the metric is in the target's units.  too_little: why no pair has a verdict.
    """

    table: Table
    friedman: Friedman
    first: tuple[int, ...]
    critical: float
    groups: tuple[tuple[int, ...], ...]
    pairs: tuple[PairAcross, ...]
    control: str | None
    scale: str
    too_little: str | None
    level: float

    def to_json(self) -> dict[str, Any]:
        """What ``assay rank --json`` prints."""
        table, found, names = self.table, self.friedman, self.table.names
        return {
            "schema": 1,
            "metric": table.metric.name,
            "level": self.level,
            "datasets": [
                {"run": one.run, "source": one.source, "rows": one.rows, "values": dict(zip(names, values, strict=True))}
                for one, values in zip(table.runs, table.scores.tolist(), strict=True)
            ],
            "candidates": [
                {"name": name, "mean_rank": rank, "first": first}
                for name, rank, first in zip(names, found.mean_ranks, self.first, strict=True)
            ],
            "left_out": [{"name": name, "reason": reason} for name, reason in table.left_out],
            "friedman": {
                "chi2": found.chi2,
                "p_chi2": found.p_chi2,
                "f": found.f,
                "p": found.p_f,
                "df": [len(names) - 1, (len(names) - 1) * (found.n - 1)],
                "undefined": found.undefined,
            },
            "critical_difference": self.critical,
            "groups": [[names[place] for place in group] for group in self.groups],
            "pairs": [pair.to_json() for pair in self.pairs],
            "scale": self.scale,
            "control": self.control,
            "too_little": self.too_little,
        }


def rank_across(results: Sequence[tuple[str, Scores]], *, control: str | None = None, level: float = 0.95) -> Across:
    """Rank the candidates that all runs have.  results: each run's folder as the user named it, and its result.

    Raises StudyError for fewer than two runs, runs by different metrics or on the same data, fewer than two candidates
    in common, or a control that is none of them.
    """
    return compare_across(collect(results), control=control, level=level)


def collect(results: Sequence[tuple[str, Scores]]) -> Table:
    """The value of every candidate of every run by the metric that all runs share; raises as ``rank_across`` does."""
    if len(results) < 2:
        raise StudyError(f"{len(results)} run is one data set; name at least two, and five or more to learn anything.")
    _check_comparable(results)
    metric = metric_named(results[0][1].settings.metric)
    names = list(dict.fromkeys(candidate.name for _, scores in results for candidate in scores.candidates))
    columns: dict[str, list[float]] = {}
    left_out: dict[str, str] = {}
    for name in names:
        values = [_value(name, scores) for _, scores in results]
        reasons = [f"{run}: {value}" for (run, _), value in zip(results, values, strict=True) if isinstance(value, str)]
        if reasons:
            more = f" (and in {len(reasons) - 1} more)" if len(reasons) > 1 else ""
            left_out[name] = reasons[0] + more
        else:
            columns[name] = [value for value in values if not isinstance(value, str)]
    if len(columns) < 2:
        said = "; ".join(f"{name}: {reason}" for name, reason in list(left_out.items())[:3])
        raise StudyError(
            f"{len(columns)} of {len(names)} candidates are measured in all {len(results)} runs, 2 are needed ({said})."
        )
    runs = tuple(RankedRun(run, scores.data.source, len(scores.design.units)) for run, scores in results)
    return Table(metric, runs, tuple(columns), np.array(list(columns.values())).T, tuple(left_out.items()))


def compare_across(table: Table, *, control: str | None = None, level: float = 0.95) -> Across:
    """Ranks, tests and verdicts of a table of values; raises StudyError for a control that it does not hold."""
    if control is not None and control not in table.names:
        raise StudyError(f"no candidate {control!r} in all of the runs{did_you_mean(control, table.names)}")
    ranks = ranks_of(table.scores, greater_is_better=table.metric.greater_is_better)
    order = np.argsort(ranks.mean(axis=0), kind="stable")
    table = Table(table.metric, table.runs, tuple(table.names[i] for i in order), table.scores[:, order], table.left_out)
    ranks = ranks[:, order]
    found = friedman(ranks)
    n, k = ranks.shape
    critical = critical_difference(k, n, level=level)
    pairs = [(a, b) for a, b in combinations(range(k), 2) if control is None or control in (table.names[a], table.names[b])]
    too_little = too_few(n, len(pairs), level=level)
    return Across(
        table=table,
        friedman=found,
        first=tuple(int(count) for count in (ranks == ranks.min(axis=1, keepdims=True)).sum(axis=0)),
        critical=critical,
        groups=not_separated(found.mean_ranks, critical),
        pairs=_pairs(table, pairs, found, control, level=level, claims=too_little is None),
        control=control,
        scale="log ratio" if in_units(table.metric) else "difference",
        too_little=too_little,
        level=level,
    )


def too_few(n: int, comparisons: int, *, level: float) -> str | None:
    """Why n data sets are too few for any verdict on a pair, or None.

    A test of signs cannot give a p below 2 / 2ⁿ, and Holm multiplies the smallest by the number of comparisons.
    """
    enough = FEWEST
    while smallest_p(enough) * comparisons > 1 - level + 1e-12:
        enough += 1
    if n >= enough:
        return None
    about = "comparison" if comparisons == 1 else "comparisons"
    return f"{n} data sets can show no difference in {comparisons} {about} at {100 * level:g} %; it takes at least {enough}"


def in_units(metric: Metric) -> bool:
    """Whether values on two data sets are in different units: the errors of a regression, which are compared as ratios."""
    return metric.tasks <= {"regression"} and not metric.greater_is_better


def _pairs(
    table: Table, places: Sequence[tuple[int, int]], found: Friedman, control: str | None, *, level: float, claims: bool
) -> tuple[PairAcross, ...]:
    tests = [_test(table.scores[:, a], table.scores[:, b], table.metric, level) for a, b in places]
    adjusted = holm([test.p for test in tests])
    by_ranks: dict[int, float] = {}
    if control is not None and found.undefined is None:
        place = table.names.index(control)
        by_ranks = {one.place: one.p for one in against_control(found.mean_ranks, found.n, place)}
    made = []
    for (a, b), test, p in zip(places, tests, adjusted, strict=True):
        names = table.names[a], table.names[b]
        # No margin is asked for, so the interval that would decide equivalence is not read.
        unread = no_interval("no margin", level=tost_level(level), n=found.n, estimand="this recipe")
        difference = Difference(test.median, unread, test.p, METHOD)
        words = call(difference, p, a=names[0], b=names[1], greater_is_better=table.metric.greater_is_better, level=level)
        other = b if names[0] == control else a
        made.append(PairAcross(*names, test.median, test.p, p, by_ranks.get(other), words if claims else TOO_LITTLE))
    return tuple(made)


def _test(a: np.ndarray, b: np.ndarray, metric: Metric, level: float) -> SignedRank:
    if not in_units(metric):
        return signed_rank(a - b, level=level)
    if np.minimum(a, b).min() <= 0:
        reason = f"{metric.title} is 0 on a data set, and nothing can be related to it"
        return SignedRank(no_interval(reason, level=level, n=len(a), estimand="this recipe"), 0.0, 0.0, 0, None)
    return signed_rank(np.log(a) - np.log(b), level=level)


def _value(name: str, scores: Scores) -> float | str:
    """The value of a candidate in a run by the run's metric, or why there is none."""
    candidate = next((one for one in scores.candidates if one.name == name), None)
    if candidate is None:
        return "not tried there"
    failure = scores.failure(candidate)
    if failure is not None:
        return failure.reason
    # The leaderboard's value without its interval, which may cost a bootstrap of every metric.
    estimator = Estimator(metric_named(scores.settings.metric), scores.parts[name], scores.design)
    if estimator.undefined is not None:
        return estimator.undefined
    value = estimator.estimate
    return value if np.isfinite(value) else "the value is not a number"


def _check_comparable(results: Sequence[tuple[str, Scores]]) -> None:
    first, kept = results[0]
    seen: dict[str, str] = {}
    for run, scores in results:
        if scores.settings.metric != kept.settings.metric:
            raise StudyError(
                f"{run} is measured by {scores.settings.metric} and {first} by {kept.settings.metric}; "
                "rank runs of one metric (assay run --metric)."
            )
        other = seen.setdefault(scores.data.fingerprint, run)
        if other != run or [name for name, _ in results].count(run) > 1:
            raise StudyError(f"{run} is on the same data as {other}; a data set counts once, so name one run of each.")
