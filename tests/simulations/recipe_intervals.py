"""How often an interval "this recipe" holds the recipe's expected metric, over training rows, measured rows and seeds.

The truth is the mean over all simulated studies of what the fitted models do on fresh rows.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold
from tests.simulations.learners import Learner

from assay.measure.evaluate import evaluate
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS

NAMES = ("roc_auc", "average_precision", "log_loss", "brier")
FRESH = 2000  # rows that each study's first model is measured on for the truth


@dataclass(frozen=True)
class World:
    """n rows of ten features, each ``effect`` apart between the classes."""

    n: int
    prevalence: float
    effect: float = 0.4

    def draw(self, random: np.random.Generator, n: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        y = (random.random(n or self.n) < self.prevalence).astype(np.int64)
        return random.normal(size=(len(y), 10)) + self.effect * y[:, None], y


def predicted(rows: np.ndarray, y: np.ndarray, score: np.ndarray, repeat: int, fold: int) -> Part:
    probability = 1 / (1 + np.exp(-np.clip(score, -30, 30)))
    predictions = Predictions("binary", rows, {"score": score, "probability": probability})
    return Part(repeat, fold, Truth("binary", rows, {"target": y}), predictions)


def coverage(world: World, learner: Learner, n_sets: int, *, repeats: int = 1, folds: int = 5, seed: int = 0) -> dict[str, float]:
    """The share of studies whose 95 % interval holds the truth, by metric; ten rows of a class at least."""
    random = np.random.default_rng([seed, world.n, int(1000 * world.prevalence), repeats])
    metrics = [METRICS.get(name) for name in NAMES]
    intervals: dict[str, list[tuple[float, float]]] = {name: [] for name in NAMES}
    truths: dict[str, list[float]] = {name: [] for name in NAMES}
    while len(intervals[NAMES[0]]) < n_sets:
        X, y = world.draw(random)
        if np.bincount(y, minlength=2).min() < 10:
            continue
        parts = []
        fresh, fresh_y = world.draw(random, FRESH)
        for repeat in range(repeats):
            cut = StratifiedKFold(folds, shuffle=True, random_state=int(random.integers(2**31)))
            for fold, (train, test) in enumerate(cut.split(X, y)):
                own_seed = int(random.integers(2**31))
                first = repeat == fold == 0
                asked = np.concatenate([X[test], fresh]) if first else X[test]
                score = learner(X[train], y[train], asked, own_seed)
                parts.append(predicted(test, y[test], score[: len(test)], repeat, fold))
                if first:
                    on_fresh = predicted(np.arange(FRESH), fresh_y, score[len(test) :], 0, 0)
        found = evaluate({"recipe": parts}, metrics, design_of(parts), estimand="this recipe")
        for metric in metrics:
            interval = found.interval("recipe", metric.name)
            ends = (np.nan, np.nan) if interval.low is None or interval.high is None else (interval.low, interval.high)
            intervals[metric.name].append(ends)
            statistics = metric.unit_statistics(on_fresh.truth, on_fresh.predictions)
            truths[metric.name].append(float(metric.value(statistics, np.ones(FRESH))))
    held = {}
    for name in NAMES:
        truth, ends_of = float(np.mean(truths[name])), np.array(intervals[name])
        held[name] = float(np.mean((ends_of[:, 0] <= truth) & (truth <= ends_of[:, 1])))
    return held
