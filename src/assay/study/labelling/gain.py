"""Does choosing the rows to label beat taking any?  Played through on rows whose labels are known and hidden.

Each simulation sets rows apart for measuring, labels a few of the others at random, and then adds batches: chosen, or the next
of a shuffled list.  All ways share the start, the measured rows and the list, so that a simulation is one paired difference.
The simulations share the table, and given it they are independent: their interval says how surely a way wins on this table
with this recipe, start and batch, over draws of all that is random, and leaves open what another table would say.
Source: Settles (2009).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.seeds import derive, generator, seed32
from assay.core.shown import Shown
from assay.data.dataset import Dataset
from assay.measure.compare.adjust import holm
from assay.measure.interval import Interval
from assay.measure.metric import Metric
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.named import recipe_named
from assay.recipes.treatments import treatment_named
from assay.recipes.tuning.loss import loss_by, tuning_metric
from assay.splits.inner import carve
from assay.study.labelling.choose import WAYS, choose_rows
from assay.study.labelling.worth import worth_of
from assay.study.work import truth_of

COMMITTEE = 5
"""Models that disagree where one has no members: each is fitted on all labelled rows but one part of so many."""


@dataclass(frozen=True, kw_only=True)
class GainSettings:
    """ways: of choosing, None for all that the recipe can serve.

    start: rows labelled at random to begin with.  batch: rows added at a time.  rounds: of adding.
    simulations: how often all is played through.  held: the share of the rows that measure.
    metric: its name, or None for the task's.  most_rows: of the table that are looked at, drawn at random.
    """

    recipe: str = "logistic"
    ways: tuple[str, ...] | None = None
    metric: str | None = None
    start: int = 50
    batch: int = 50
    rounds: int = 5
    simulations: int = 10
    held: float = 0.3
    most_rows: int = 20_000
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        if min(self.start, self.batch, self.rounds) < 1 or self.simulations < 2:
            raise ConfigError(
                f"start={self.start}, batch={self.batch}, rounds={self.rounds}, simulations={self.simulations}: 1 or more are "
                "needed, and of simulations 2, or there is no interval."
            )
        for way in self.ways or ():
            if way not in WAYS:
                raise ConfigError(f"no way {way!r} to choose rows{did_you_mean(way, WAYS)}")


@dataclass(frozen=True)
class WayGain:
    """gain: over random, the mean over the rounds, positive where the way is better.  last: the same after the last round.

    p: of the mean gain, corrected for the ways compared (Holm).  call: "better", "worse" or "no difference shown".
    """

    way: str
    gain: Interval
    last: Interval
    p: float
    call: str


@dataclass(frozen=True)
class Gains(Shown):
    """values: float64 (1 + ways, simulations, 1 + rounds), the metric after each round; first of random rows, then of each way.

    labelled: the mean number of labelled rows after each round.
    """

    metric: str
    greater_is_better: bool
    labelled: tuple[float, ...]
    ways: tuple[WayGain, ...]
    values: np.ndarray

    def to_json(self) -> dict[str, Any]:
        means = self.values.mean(axis=1)
        return {
            "metric": self.metric,
            "labelled": list(self.labelled),
            "random": means[0].tolist(),
            "ways": [
                {
                    "way": one.way,
                    "values": means[1 + place].tolist(),
                    "gain": one.gain.to_json(),
                    "last": one.last.to_json(),
                    "p": one.p,
                    "call": one.call,
                }
                for place, one in enumerate(self.ways)
            ],
        }


def _quiet(_done: int, _total: int) -> None:
    return None


def gain_over_random(data: Dataset, settings: GainSettings, progress: Callable[[int, int], None] = _quiet) -> Gains:
    """What each way of choosing gains over taking the next row of a shuffled list.

    data: rows that all have a target; none of them locked.  progress(done, total): after each simulation.
    Raises ConfigError for a recipe that does not answer the question, DataError for too few rows.
    """
    metric = tuning_metric(settings.metric or data.question.default_metric, data.question, bent=False)
    recipe_named(settings.recipe).check(data)
    if len(data) > settings.most_rows:
        drawn = generator(settings.seed, "gain-rows").choice(len(data), settings.most_rows, replace=False)
        data = data.take(np.sort(drawn))
    ways = _servable(data, settings, metric) if settings.ways is None else settings.ways
    values, sizes = [], []
    for number in range(settings.simulations):
        played, labelled = _simulation(data, settings, ways, metric, derive(settings.seed, "simulation", number))
        values.append(played)
        sizes.append(labelled)
        progress(number + 1, settings.simulations)
    return _compared(np.stack(values, axis=1), np.mean(sizes, axis=0), ways, settings.level, metric)


def _servable(data: Dataset, settings: GainSettings, metric: Metric) -> tuple[str, ...]:
    """All ways, less "uncertainty" where the question is a number and the recipe says no spread of it."""
    if data.question.is_classification:
        return WAYS
    some = np.arange(min(len(data), settings.start))
    model = _Table(data, settings, metric, some, settings.seed).fitted(some, "spread")
    told = worth_of([model], data.frame[:1].select([column.name for column in model.schema.features]))
    return WAYS if told.uncertainty is not None else tuple(way for way in WAYS if way != "uncertainty")


def _simulation(
    data: Dataset, settings: GainSettings, ways: tuple[str, ...], metric: Metric, seed: int
) -> tuple[np.ndarray, list[int]]:
    """float64 (1 + ways, 1 + rounds), and how many rows were labelled after each round."""
    classes = data.question.is_classification
    pool, held = carve(data.target, classification=classes, groups=data.groups, time=None, share=settings.held, seed=seed)
    listed = generator(seed, "order").permutation(pool)
    begin = _start(data.target[listed], settings.start) if classes else settings.start
    needed = begin + settings.batch * settings.rounds
    if needed >= len(listed):
        raise DataError(
            f"{data.source}: {len(listed)} rows can be labelled in a simulation, and {settings.rounds} batches of "
            f"{settings.batch} after a start of {begin} leave no choice among them; ask for fewer or smaller batches."
        )
    table = _Table(data, settings, metric, held, seed)
    values = np.empty((1 + len(ways), 1 + settings.rounds))
    for place, way in enumerate((None, *ways)):
        labelled, rest = listed[:begin], listed[begin:]
        for step in range(settings.rounds + 1):
            model = table.fitted(labelled, step)
            values[place, step] = table.measured(model)
            if step == settings.rounds:
                break
            taken = np.arange(settings.batch) if way is None else table.chosen(way, model, labelled, rest, step)
            labelled, rest = np.concatenate([labelled, rest[taken]]), np.delete(rest, taken)
    return values, [begin + settings.batch * step for step in range(settings.rounds + 1)]


def _start(target: np.ndarray, least: int) -> int:
    """How many rows are labelled at first: more than asked for where these hold fewer than two rows of two classes each."""
    seen = np.cumsum(target[:, None] == np.unique(target)[None, :], axis=0)  # (n, K)
    enough = np.flatnonzero((seen >= 2).sum(axis=1) >= 2)
    if not len(enough):
        raise DataError("no two classes have two rows each, so nothing can be learned from a start.")
    return max(least, int(enough[0]) + 1)


@dataclass(frozen=True)
class _Table:
    """One simulation's rows and what is done with them."""

    data: Dataset
    settings: GainSettings
    metric: Metric
    held: np.ndarray
    seed: int

    def fitted(self, rows: np.ndarray, *path: str | int) -> Fitted:
        return fit(
            recipe_named(self.settings.recipe),
            treatment_named("none"),
            self.data.take(np.sort(rows)),
            groups=None,
            seed=seed32(self.seed, "fit", *path),
            budget=Budget(),
            context=Context(),
        )

    def measured(self, model: Fitted) -> float:
        sign = -1.0 if self.metric.greater_is_better else 1.0
        return sign * loss_by(self.metric)(truth_of(self.data, self.held), model.predict(self.data.frame[self.held]))

    def chosen(self, way: str, model: Fitted, labelled: np.ndarray, rest: np.ndarray, step: int) -> np.ndarray:
        """Positions in ``rest``."""
        models: Sequence[Fitted] = [model]
        features = self.data.frame[rest].select([column.name for column in model.schema.features])
        if way == "disagreement" or (way == "mixed" and not self.data.question.is_classification):
            models = self._committee(model, labelled, step)
        count, seed = self.settings.batch, derive(self.seed, "choose", way, step)
        return choose_rows(models, features, way=way, count=count, seed=seed).rows

    def _committee(self, model: Fitted, labelled: np.ndarray, step: int) -> Sequence[Fitted]:
        """The model itself where it has members, else models of all labelled rows but a part each."""
        one_row = self.data.frame[labelled[:1]].select([column.name for column in model.schema.features])
        if worth_of([model], one_row).disagreement is not None:
            return [model]
        parts = np.array_split(generator(self.seed, "committee", step).permutation(labelled), COMMITTEE)
        rows = [np.setdiff1d(labelled, part) for part in parts]
        if self.data.question.is_classification:
            rows = [one for one in rows if len(np.unique(self.data.target[one])) > 1]
        return [self.fitted(one, step, number) for number, one in enumerate(rows)]


def _compared(values: np.ndarray, labelled: np.ndarray, ways: tuple[str, ...], level: float, metric: Metric) -> Gains:
    """values: as in ``Gains``."""
    from scipy.stats import t

    sign = 1.0 if metric.greater_is_better else -1.0
    n = values.shape[1]
    gains = sign * (values[1:, :, 1:] - values[:1, :, 1:])  # (ways, simulations, rounds)
    if not np.isfinite(gains).all():
        raise DataError(f"{metric.name} has no value on the measured rows of some simulation; name another metric.")
    means, quantile = gains.mean(axis=2), float(t.ppf((1 + level) / 2, n - 1))
    intervals = [[_interval(one, quantile, level) for one in (means[way], gains[way, :, -1])] for way in range(len(means))]
    errors = means.std(axis=1, ddof=1) / np.sqrt(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.where(errors > 0, 2 * t.sf(np.abs(means.mean(axis=1) / errors), n - 1), 1.0)
    found = []
    for way, (gain, last), adjusted in zip(ways, intervals, holm(raw.tolist()), strict=True):
        p = 1.0 if adjusted is None else adjusted
        call = "no difference shown" if p >= 1 - level else "better" if (gain.value or 0.0) > 0 else "worse"
        found.append(WayGain(way, gain, last, p, call))
    return Gains(metric.name, metric.greater_is_better, tuple(labelled.tolist()), tuple(found), values)


def _interval(differences: np.ndarray, quantile: float, level: float) -> Interval:
    n, value = len(differences), float(differences.mean())
    half = quantile * float(differences.std(ddof=1)) / np.sqrt(n)
    return Interval(value, value - half, value + half, level, f"t over {n} paired simulations", n, "this recipe")
