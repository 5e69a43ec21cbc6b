"""Training of an attentional cascade, stage by stage, and the recipe.

Each stage learns from all positive windows and from the negative ones that the stages before let through.  It takes stumps
until, on rows set apart, it lets through at most a given share of negatives with its limit lowered so far that a given
share of positives passes.  How far a window comes is turned into a logit by the same rows (Platt's scaling).
Source: Viola & Jones (2001, 2004).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from assay.core.errors import ConfigError
from assay.core.seeds import generator
from assay.data.rows import Rows
from assay.data.task import Task
from assay.measure.calibration import fit_platt
from assay.prepare.columns import ColumnsStep
from assay.prepare.vision.haar import HaarFeatures, all_features
from assay.prepare.vision.window import Window
from assay.recipes.balanced.members import Going
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear, only_class
from assay.recipes.outputs import dense
from assay.recipes.recipe import Recipe
from assay.recipes.space import Whole
from assay.recipes.vision.cascade import FittedCascade, side_of
from assay.recipes.vision.stumps import LEAST_ERROR, Sorted, Stump, answers, reweighed
from assay.recipes.vision.windows import Windows

MOST_CELLS = 40_000_000
"""Values of features of training windows held at once (320 MB, and as much again by their order)."""

LEAST_USE = 0.9
"""A stage that lets through more of its negatives is the last: those after it would learn the same."""

LEAST_SLOPE = 1e-3
ROUNDING = 1e-9
"""Share of the votes by which a limit is lowered: the sums of votes may be rounded otherwise elsewhere."""


@dataclass(frozen=True, eq=False)
class _Side:
    """Windows with their features.  values: (m, n).  positive: bool (n,).  weights: float64 (n,)."""

    values: np.ndarray
    positive: np.ndarray
    weights: np.ndarray

    def take(self, chosen: np.ndarray) -> "_Side":
        return _Side(self.values[:, chosen], self.positive[chosen], self.weights[chosen])

    @property
    def both(self) -> bool:
        return bool(self.positive.any() and not self.positive.all())


@dataclass(frozen=True)
class _Stage:
    stumps: list[Stump]
    limit: float

    def passes(self, values: np.ndarray) -> np.ndarray:
        """bool (n,).  values: (m, n) of all candidates."""
        return self.total(values) >= self.limit

    def total(self, values: np.ndarray) -> np.ndarray:
        found = np.zeros(values.shape[1])
        for stump in self.stumps:
            found += stump.vote * answers(stump, values)
        return found


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """stages, rounds: at most so many stages, and stumps in each.  least: stumps that a stage has at least.

    candidates: features that are looked at, drawn from all there are.
    detection: the share of positives that a stage must let through.  false_alarms: the share of negatives that it may.
    """

    stages: int = 10
    rounds: int = 40
    least: int = 20
    candidates: int = 6000
    detection: float = 0.99
    false_alarms: float = 0.4
    takes_weights: bool = True

    def __post_init__(self) -> None:
        counts = min(self.stages, self.rounds, self.least, self.candidates)
        if counts < 1 or not 0 < self.detection <= 1 or not 0 <= self.false_alarms < 1:
            raise ConfigError(
                f"stages={self.stages}, rounds={self.rounds}, least={self.least}, candidates={self.candidates}, "
                f"detection={self.detection}, false_alarms={self.false_alarms}: at least 1 of each, and shares from 0 to 1."
            )

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return True

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,
        seed: int,
        budget: Budget,
        context: Context,
    ) -> FittedCascade | FittedLinear:
        """Without ``validation`` its shares and its slope are those of the training rows.  Rows of weight 0 are left out.

        Raises ConfigError where the rows are no square windows.
        """
        rows = _weighing(rows)
        width = rows.features.shape[1]
        side = side_of(width)
        if side is None:
            raise ConfigError(f"viola-jones reads one column of pictures as square windows; these rows have {width} pixels.")
        present = np.unique(rows.target)
        if len(present) == 1:
            return only_class(task.name, rows.n_classes, width, int(present[0]))
        held = rows if validation is None else _weighing(validation)
        features = self._drawn(side, len(rows), seed)
        train, apart = (_side(part, side, features) for part in (rows, held))
        going = Going.now(self.stages, budget, context)
        stages, stopped = self._stages(train, apart if apart.both else train, going)
        if not stages:
            return _prior_alone(rows, width)
        cascade = _calibrated(_arrays(stages, features, side), held if apart.both else rows)
        return replace(cascade, notes=going.note(len(stages), "stages")) if stopped else cascade

    def _drawn(self, side: int, n: int, seed: int) -> HaarFeatures:
        every = all_features(side, side)
        most = min(self.candidates, max(1, MOST_CELLS // n))
        if len(every) <= most:
            return every
        return every.take(np.sort(generator(seed, "features").choice(len(every), most, replace=False)))

    def _stages(self, train: _Side, apart: _Side, going: Going) -> tuple[list[_Stage], bool]:
        """Also whether it was told to end; it ends by itself where no negative is left, or hardly any is rejected."""
        stages: list[_Stage] = []
        while len(stages) < self.stages and train.both:
            if stages and not going(len(stages)):
                return stages, True
            stage = self._stage(train, apart)
            if not stage.stumps:
                break
            stages.append(stage)
            if _share(stage.passes(train.values), ~train.positive, train.weights) > LEAST_USE:
                break
            train, left = (part.take(np.flatnonzero(part.positive | stage.passes(part.values))) for part in (train, apart))
            apart = left if left.both else train
        return stages, False

    def _stage(self, train: _Side, apart: _Side) -> _Stage:
        """Ends early where stumps are no better than chance."""
        table = Sorted.of(train.values)
        weights = _even(train)
        stage = _Stage([], 0.0)
        total = np.zeros(len(apart.positive))
        while len(stage.stumps) < self.rounds:
            stump = table.best(train.positive, weights)
            if stump is None or stump.error >= 0.5 - ROUNDING:
                break
            weights = reweighed(weights, answers(stump, train.values) == train.positive, stump.error)
            total += stump.vote * answers(stump, apart.values)
            stumps = [*stage.stumps, stump]
            limit = self._limit(total, apart, sum(one.vote for one in stumps))
            stage = _Stage(stumps, limit)
            if stump.error <= LEAST_ERROR:
                break  # nothing is left to weigh more: the next one would be the same
            if len(stumps) >= self.least and _share(total >= limit, ~apart.positive, apart.weights) <= self.false_alarms:
                break
        return stage

    def _limit(self, total: np.ndarray, apart: _Side, votes: float) -> float:
        """Half of the votes, or so much less that enough positives pass."""
        scores, weights = total[apart.positive], apart.weights[apart.positive]
        order = np.argsort(-scores, kind="stable")
        reached = np.cumsum(weights[order]) >= self.detection * weights.sum() * (1 - ROUNDING)
        return float(min(votes / 2, scores[order][reached.argmax()])) - ROUNDING * votes


def _weighing(rows: Rows) -> Rows:
    return rows if rows.weights is None else rows.take(np.flatnonzero(rows.weights > 0))


def _side(rows: Rows, side: int, features: HaarFeatures) -> _Side:
    pictures = dense(rows.features).reshape(-1, side, side)  # type: ignore[arg-type]
    weights = np.ones(len(rows)) if rows.weights is None else rows.weights.astype(np.float64)
    return _Side(Windows.whole(pictures).values(features), rows.target == 1, weights)


def _even(part: _Side) -> np.ndarray:
    """float64 (n,): the weights, half of them on positives."""
    weights = part.weights.copy()
    for chosen in (part.positive, ~part.positive):
        weights[chosen] *= 0.5 / weights[chosen].sum()
    return weights


def _share(passes: np.ndarray, among: np.ndarray, weights: np.ndarray) -> float:
    return float(weights[passes & among].sum() / weights[among].sum())


def _arrays(stages: list[_Stage], features: HaarFeatures, side: int) -> FittedCascade:
    stumps = [stump for stage in stages for stump in stage.stumps]
    return FittedCascade(
        side=side,
        features=features.take(np.array([stump.feature for stump in stumps], dtype=np.int64)),
        thresholds=np.array([stump.threshold for stump in stumps]),
        polarities=np.array([stump.polarity for stump in stumps], dtype=np.int64),
        votes=np.array([stump.vote for stump in stumps]),
        starts=np.cumsum([0, *(len(stage.stumps) for stage in stages)]).astype(np.int64),
        limits=np.array([stage.limit for stage in stages]),
        slope=1.0,
        intercept=0.0,
    )


def _prior_alone(rows: Rows, width: int) -> FittedLinear:
    """What is left to say where no feature differs between windows."""
    share = float(rows.prior[1])
    return FittedLinear("binary", 2, np.zeros((1, width)), np.array([np.log(share / (1 - share))]))


def _calibrated(cascade: FittedCascade, held: Rows) -> FittedCascade:
    pictures = dense(held.features).reshape(-1, cascade.side, cascade.side)  # type: ignore[arg-type]
    platt = fit_platt(held.target, expit(cascade.reach(Windows.whole(pictures))), held.weights)
    return replace(cascade, slope=max(float(platt.slope), LEAST_SLOPE), intercept=float(platt.intercept))


VIOLA_JONES = Recipe(
    name="viola-jones",
    title="A cascade of boosted Haar features on one picture (Viola-Jones)",
    tasks=frozenset({"binary"}),
    step=ColumnsStep(mode="dense", kinds=frozenset({"image"}), pictures=Window()),
    learner=Cascade(),
    simplicity=36,
    reads=frozenset({"image"}),
    needs=frozenset({"image"}),
    space={"rounds": Whole(10, 100, log=True), "least": Whole(2, 40, log=True)},
)
