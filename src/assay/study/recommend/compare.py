"""Recommenders side by side: every number with its interval by users, every difference paired, against popularity and the leader.

A user is what varies independently: the same user in several cuts, and all ratings of one user, move together.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from assay.core.errors import ConfigError, StudyError
from assay.core.seeds import derive
from assay.core.shown import Shown
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.forward import forward
from assay.measure.interval import Estimand, Interval
from assay.measure.metric import Metric
from assay.measure.parts import Part, design_of
from assay.measure.ranked import user_metrics
from assay.measure.registry import METRICS
from assay.recipes.recommend.recommender import FittedRecommender
from assay.recipes.recommend.registry import BASELINE
from assay.splits.plan import Plan
from assay.splits.words import counted
from assay.study.recommend.cutting import cut
from assay.study.recommend.measuring import Held, held_of, ranking_part, rating_part
from assay.study.recommend.settings import RecommendSettings
from assay.study.recommend.table import RatingTable
from assay.study.verdicts import Judge, Verdict

AGAINST_BASELINE, AGAINST_LEADER = f"against {BASELINE}", "against the leader"


@dataclass(frozen=True, eq=False)
class Measured(Shown):
    """Recommenders measured on the same users and rows.  names: in the order they were tried, the baseline first."""

    names: tuple[str, ...]
    ranking: Evaluation
    rating: Evaluation | None
    metrics: tuple[Metric, ...]

    def interval(self, name: str, metric: str) -> Interval | None:
        """None where this recommender has no such number: one that only ranks expects no rating."""
        side = self._side(metric)
        if side is None or ((name, metric) not in side.estimators and (name, metric) not in side.undefined):
            return None
        return side.interval(name, metric)

    def verdicts(self, metric: str, settings: RecommendSettings, leader: str | None) -> list[Verdict]:
        """Of every recommender against the baseline, then against the leader."""
        side = self._side(metric)
        there = [name for name in self.names if self.interval(name, metric) is not None]
        if side is None or BASELINE not in there:
            return []
        own = next(one for one in self.metrics if one.name == metric)
        judge = Judge(side, own, settings.level, side.design.n_independent, settings.margin)
        found = judge.family(AGAINST_BASELINE, [(name, BASELINE) for name in there if name != BASELINE])
        if leader not in (None, BASELINE) and leader in there and len(there) > 2:
            found += judge.against_leader(AGAINST_LEADER, [name for name in there if name != leader], leader)
        return found

    def _side(self, metric: str) -> Evaluation | None:
        return self.rating if metric == "rmse" else self.ranking


@dataclass(frozen=True, eq=False)
class Comparison(Shown):
    """seconds: of the fits of each recommender.  liked: the least rating that was worth finding, None without ratings."""

    table: RatingTable
    settings: RecommendSettings
    plan: Plan
    held: tuple[Held, ...]
    measured: Measured
    seconds: Mapping[str, float]
    liked: float | None
    notes: tuple[str, ...] = field(default=())

    @cached_property
    def ranking(self) -> tuple[str, ...]:
        """The names by the metric, the best first; those without a value are left out."""
        own = next(one for one in self.measured.metrics if one.name == self.settings.metric_name)
        values = {name: self.measured.interval(name, own.name) for name in self.measured.names}
        there = {name: found.value for name, found in values.items() if found is not None and found.value is not None}
        return tuple(sorted(there, key=lambda name: -there[name] if own.greater_is_better else there[name]))

    @property
    def winner(self) -> str | None:
        return self.ranking[0] if self.ranking else None

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """By the metric of the study; and, where there are ratings, by RMSE against the baseline too."""
        found = self.measured.verdicts(self.settings.metric_name, self.settings, self.winner)
        if self.table.rating is not None and self.settings.metric != "rmse":
            found += self.measured.verdicts("rmse", self.settings, None)
        return tuple(found)

    def interval(self, name: str, metric: str) -> Interval | None:
        return self.measured.interval(name, metric)


def compare(table: RatingTable, settings: RecommendSettings, tell: Callable[[str], None] | None = None) -> Comparison:
    """Fit and measure every recommender on every cut; the locked rows are left alone.

    tell: takes a line about each cut.  Raises ConfigError for settings that the table cannot serve, StudyError where nobody is
    left to measure.
    """
    names = settings.names(ratings=table.rating is not None)
    if settings.k >= table.shape[1]:
        raise ConfigError(
            f"k={settings.k}: the table has {counted(table.shape[1], 'item')}, so a list of {settings.k} holds them all; "
            f"pass --k {max(1, min(10, table.shape[1] // 2))}."
        )
    plan = cut(table, settings)
    liked = liked_from(table, plan, settings)
    held = tuple(held_of(table, fold, liked) for fold in plan.folds)
    check_somebody(held, liked)
    ranking: dict[str, list[Part]] = {name: [] for name in names}
    rating: dict[str, list[Part]] = {}
    seconds = dict.fromkeys(names, 0.0)
    for one in held:
        if tell is not None:
            tell(f"cut {one.number + 1} of {len(held)}: {counted(len(one.users), 'user')}, {len(names)} recommenders")
        for name in names:
            began = time.perf_counter()
            fitted = fit_one(name, one, settings)
            seconds[name] += time.perf_counter() - began
            ranking[name].append(ranking_part(fitted, one, settings.k))
            part = rating_part(fitted, one, table)
            if part is not None:
                rating.setdefault(name, []).append(part)
    measured = measure_parts(names, ranking, rating, table, settings, "this recipe")
    return Comparison(table, settings, plan, held, measured, seconds, liked, (*table.notes, *told(table, held, liked)))


def fit_one(name: str, held: Held, settings: RecommendSettings) -> FittedRecommender:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # another number of threads would be other bits
        return settings.recommender(name).fit(held.seen, derive(settings.seed, "recommend", name, held.number))


def measure_parts(
    names: tuple[str, ...],
    ranking: Mapping[str, Sequence[Part]],
    rating: Mapping[str, Sequence[Part]],
    table: RatingTable,
    settings: RecommendSettings,
    estimand: Estimand,
) -> Measured:
    """Intervals by users over the parts of each recommender."""
    first = ranking[names[0]]
    cuts = 1 + max(part.fold for part in first)
    by_unit = np.tile(np.arange(table.shape[0]), cuts)
    seed = derive(settings.seed, "intervals")
    metrics = user_metrics(settings.k)
    ranked = evaluate(
        ranking,
        metrics,
        design_of(first, kind="group", groups=by_unit),
        level=settings.level,
        estimand=estimand,
        seed=seed,
    )
    in_time = table.time is not None and cuts > 1
    ranked = forward(ranked) if in_time else ranked
    if not rating:
        return Measured(names, ranked, None, metrics)
    rmse = METRICS.get("rmse")
    design = design_of(next(iter(rating.values())), kind="group", groups=table.users)
    rated = evaluate(rating, [rmse], design, level=settings.level, estimand=estimand, seed=seed)
    return Measured(names, ranked, forward(rated) if in_time else rated, (*metrics, rmse))


def liked_from(table: RatingTable, plan: Plan, settings: RecommendSettings) -> float | None:
    """The least rating worth finding: as given, or the median of the ratings that train first, before anything is measured."""
    if table.rating is None:
        if settings.liked is not None:
            raise ConfigError(f"liked={settings.liked:g} is a rating, and no rating column is named; pass --rating COL.")
        return None
    return float(np.median(table.rating[plan.folds[0].train])) if settings.liked is None else settings.liked


def check_somebody(held: Sequence[Held], liked: float | None) -> None:
    """Raises StudyError for a cut after which nobody took anything new."""
    for one in held:
        if not len(one.users):
            what = "" if liked is None else f" rated {liked:g} or more"
            raise StudyError(
                f"after cut {one.number + 1} no user took a new item{what}, so nothing can be measured there; pass fewer folds"
                + ("." if liked is None else ", or a lower --liked.")
            )


def told(table: RatingTable, held: Sequence[Held], liked: float | None) -> list[str]:
    """What a reader of the numbers must know about the cuts, a sentence each."""
    if table.time is None:
        first = "There is no time: each user's pairs are dealt at random, so a later choice may tell about an earlier one."
        notes = [f"{first} Pass --time COL if there is one."]
    else:
        notes = ["All users are cut at the same moments; the last rows are locked."]
    measured, new = sum(len(one.users) for one in held), sum(one.new_users for one in held)
    if new:
        notes.append(
            f"{new} of {measured} measured users (summed over the cuts) are new at their cut; all recipes give them popularity."
        )
    pairs, unknown = sum(len(one.item) for one in held), sum(one.new_items for one in held)
    if unknown:
        notes.append(f"{unknown} of {pairs} items to be found are new at their cut and cannot be found; they count as missed.")
    again = sum(one.again for one in held)
    if again:
        notes.append(
            f"{counted(again, 'held-out pair')} {'is' if again == 1 else 'are'} left out: the user had the item already."
        )
    if liked is not None:
        notes.append(f"Worth finding is an item rated {liked:g} or more.")
    few = min(len(one.users) for one in held)
    if few < 30:
        notes.append(f"One cut measures {counted(few, 'user')} only; its intervals are wide.")
    return notes


def comparison_json(found: Comparison) -> dict[str, Any]:
    """The rows, verdicts and notes of a comparison, as ``--json`` prints them."""
    metric = found.settings.metric_name
    rows = []
    for name in found.ranking + tuple(one for one in found.measured.names if one not in found.ranking):
        metrics = {one.name: found.interval(name, one.name) for one in found.measured.metrics}
        own = metrics.get(metric)
        rows.append(
            {
                "name": name,
                "metrics": {key: None if one is None else one.to_json() for key, one in metrics.items()},
                "value": None if own is None else own.value,
                "low": None if own is None else own.low,
                "high": None if own is None else own.high,
                "seconds": found.seconds[name],
            }
        )
    return {
        "schema": 1,
        "task": "recommendation",
        "metric": metric,
        "rows": rows,
        "verdicts": [verdict.to_json() for verdict in found.verdicts],
        "winner": found.winner,
        "liked": found.liked,
        "users": found.table.shape[0],
        "items": found.table.shape[1],
        "table_rows": len(found.table),
        "locked": len(found.plan.locked),
        "cuts": [
            {
                "train": len(fold.train),
                "held": len(fold.test),
                "users": len(one.users),
                "new_users": one.new_users,
                "relevant": len(one.item),
                "new_items": one.new_items,
                "again": one.again,
            }
            for fold, one in zip(found.plan.folds, found.held, strict=True)
        ],
        "warnings": list(found.notes),
    }
