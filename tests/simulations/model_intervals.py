"""How often an interval "this model" holds the truth, for a model whose true metrics are known by integration.

A row's score is normal, one apart in variance, the classes ``GAP`` apart (a binormal model, AUC Φ(GAP / √2)); the
probability is the true one, or (sharp > 1) more extreme than the truth, as an overconfident model's is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from assay.measure.compare import SMALLEST_CLASS
from assay.measure.evaluate import evaluate
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS

GAP = 1.2
NAMES = ("roc_auc", "average_precision", "f1", "brier", "log_loss", "accuracy", "balanced_accuracy", "precision", "recall", "mcc")


@dataclass(frozen=True)
class Scenario:
    n: int
    prevalence: float
    sharp: float = 1.0

    def probability(self, score: np.ndarray) -> np.ndarray:
        return np.asarray(expit(self.sharp * (GAP * score - GAP**2 / 2 + logit(self.prevalence))))

    @cached_property
    def threshold(self) -> float:
        """A fixed score to cut at: the one that is best for F1 in truth."""
        return float(self._grid[np.argmax(self._f1)])

    @property
    def _grid(self) -> np.ndarray:
        return np.linspace(-9.0, 11.0, 400_001)

    @property
    def _f1(self) -> np.ndarray:
        p, grid = self.prevalence, self._grid
        hit, alarm = norm.sf(grid - GAP), norm.sf(grid)
        return np.asarray(2 * p * hit / (p + p * hit + (1 - p) * alarm))

    @cached_property
    def truth(self) -> dict[str, float]:
        """The metrics of the model on endlessly many rows."""
        p, grid = self.prevalence, self._grid
        step = grid[1] - grid[0]
        of_positive, of_negative = norm.pdf(grid - GAP), norm.pdf(grid)
        hit, alarm = norm.sf(grid - GAP), norm.sf(grid)
        said = np.clip(self.probability(grid), 1e-15, 1 - 1e-15)
        tp, fp = p * float(norm.sf(self.threshold - GAP)), (1 - p) * float(norm.sf(self.threshold))
        fn, tn = p - tp, 1 - p - fp
        return {
            "roc_auc": float(norm.cdf(GAP / np.sqrt(2))),
            "average_precision": float(np.sum(p * hit / (p * hit + (1 - p) * alarm) * of_positive) * step),
            "f1": 2 * tp / (2 * tp + fp + fn),
            "brier": float(np.sum(p * of_positive * (1 - said) ** 2 + (1 - p) * of_negative * said**2) * step),
            "log_loss": float(-np.sum(p * of_positive * np.log(said) + (1 - p) * of_negative * np.log1p(-said)) * step),
            "accuracy": tp + tn,
            "balanced_accuracy": (tp / p + tn / (1 - p)) / 2,
            "precision": tp / (tp + fp),
            "recall": tp / p,
            "mcc": (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)),
        }

    def draw(self, random: np.random.Generator) -> Part:
        target = (random.random(self.n) < self.prevalence).astype(np.int64)
        score = random.normal(size=self.n) + GAP * target
        label = (score >= self.threshold).astype(np.int64)
        arrays = {"score": score, "probability": self.probability(score), "label": label}
        rows = np.arange(self.n)
        return Part(0, 0, Truth("binary", rows, {"target": target}), Predictions("binary", rows, arrays))


def coverage(
    scenario: Scenario,
    n_sets: int,
    *,
    names: Sequence[str] = NAMES,
    method: str = "default",
    replicates: int = 200,
    seed: int = 0,
) -> dict[str, float]:
    """The share of data sets whose 95 % interval holds the truth, by metric.

    Data sets with fewer than ten rows of a class are drawn again: there the call is "too little data".
    """
    held, metrics = dict.fromkeys(names, 0), [METRICS.get(name) for name in names]
    random = np.random.default_rng([seed, scenario.n, int(1000 * scenario.prevalence), int(10 * scenario.sharp)])
    for number in range(n_sets):
        part = scenario.draw(random)
        while np.bincount(part.truth["target"], minlength=2).min() < SMALLEST_CLASS:
            part = scenario.draw(random)
        found = evaluate(
            {"model": [part]},
            metrics,
            design_of([part]),
            estimand="this model",
            method=method,
            replicates=replicates,
            seed=number,
        )
        for name in names:
            interval = found.interval("model", name)
            if interval.low is not None and interval.high is not None:
                held[name] += interval.low <= scenario.truth[name] <= interval.high
    return {name: count / n_sets for name, count in held.items()}
