"""What "did a treatment help?" is measured by: the measures of a task, and the few metrics that only this question needs.

A prediction is looked at in three ways (``View``), because that is where the answers part: "before" correction, cut at
0.5, as the learner gives its probabilities; "after" correction to the true prior, cut at 0.5; "tuned", after correction
and cut at a threshold that other folds chose.
Source of the calibration slope: Cox (1958); its influence: the derivative of a weighted M-estimate (Huber 1964).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from assay.measure.calibration.newton import clipped_logit, fit_logistic
from assay.measure.metric import Metric, Statistics
from assay.measure.metrics.arithmetic import problem_with_rows, ratio, single_class
from assay.measure.metrics.labels import Counts, LabelMetric
from assay.measure.metrics.mean import MeanMetric
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS

View = Literal["before", "after", "tuned"]
CASES = 1000


def _alarm(_truth: Truth, predictions: Predictions) -> np.ndarray:
    return np.asarray(CASES * (predictions["label"] == 1))


def _false_share(counts: Counts, _binary: bool) -> np.ndarray:
    return ratio(counts.said[..., 1] - counts.hit[..., 1], counts.said[..., 1])


@dataclass(frozen=True)
class FalseShare(LabelMetric):
    """One less the precision, and undefined (not 1) where there are no alarms."""

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        problem = super().undefined(truth, predictions)
        return problem or (None if (predictions["label"] == 1).any() else "no row is called positive")


@dataclass(frozen=True)
class CalibrationSlope:
    """The slope of the truth's log-odds over those that are said (``measure.cox``): 1 is right, below 1 says too much.

    It has no better direction, so that it is measured and never compared.
    """

    name: str = "calibration_slope"
    title: str = "Calibration slope"
    needs: str = "probability"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"binary"})
    across_folds: Literal["average", "pool"] = "pool"
    bounds: tuple[float, float] = (-np.inf, np.inf)
    by_class: bool = True
    exact_ends: bool = False
    by_row: bool = False
    prevalence_free: bool = False

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        target, said = truth["target"], predictions["probability"]
        problem = problem_with_rows(truth, predictions, self.needs) or single_class(target)
        if problem is not None:
            return problem
        positive, negative = said[target == 1], said[target == 0]
        if said.min() == said.max():
            return "all probabilities are equal"
        is_parted = positive.min() >= negative.max() or positive.max() <= negative.min()
        return "the probabilities part the classes without error" if is_parted else None

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        target = truth["target"].astype(np.float64)
        return Statistics(len(target), {"target": target, "logit": clipped_logit(predictions["probability"])})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        design, target = _line(statistics)
        flat = np.asarray(weights, dtype=np.float64).reshape(-1, statistics.n)
        slopes = [fit_logistic(design, target, one)[1] for one in flat]
        return np.array(slopes).reshape(np.shape(weights)[:-1])

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        design, target = _line(statistics)
        said = expit(design @ fit_logistic(design, target, weights))
        curvature = design.T @ (design * (weights * said * (1 - said))[:, None])
        return np.asarray((design * (target - said)[:, None]) @ np.linalg.inv(curvature)[1])


def _line(statistics: Statistics) -> tuple[np.ndarray, np.ndarray]:
    return np.column_stack([np.ones(statistics.n), statistics["logit"]]), statistics["target"]


ALARMS = MeanMetric("alarms_per_1000", "Alarms per 1000 cases", "label", frozenset({"binary"}), _alarm, bounds=(0.0, CASES))
FALSE_SHARE = FalseShare(
    "false_share", "Share of alarms that are false", _false_share, greater_is_better=False, tasks=frozenset({"binary"})
)
SLOPE = CalibrationSlope()


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric in one view.  key: in the summary.  view: None where it reads the score, which is the same in all of them.

    decides: a treatment that betters it has helped.  compared: False where no direction is the better one.
    """

    key: str
    title: str
    metric: Metric
    view: View | None
    decides: bool = False
    compared: bool = True


def measures_of(task: str) -> tuple[Measure, ...]:
    """In the order of the page; none for a task without classes."""
    if task not in ("binary", "multiclass"):
        return ()
    ranking = [
        Measure(name, title, METRICS.get(name), None, decides=True)
        for name, title in (("roc_auc", "ROC AUC"), ("average_precision", "average precision"))
    ]
    f1, log_loss, brier = (METRICS.get(name) for name in ("f1", "log_loss", "brier"))
    labels = [
        Measure("f1_at_half", "F1 at 0.5, before correction", f1, "before"),
        Measure("f1_tuned", "F1 at its own tuned threshold", f1, "tuned", decides=True),
    ]
    if task == "multiclass":
        labels = [
            Measure("f1_before", "F1 of the likeliest class, before correction", f1, "before", decides=True),
            Measure("f1_after", "F1 of the likeliest class, after correction", f1, "after", decides=True),
        ]
    truthful = [
        Measure("log_loss_before", "log loss before correction", log_loss, "before"),
        Measure("log_loss_after", "log loss after correction", log_loss, "after", decides=True),
        Measure("brier_before", "Brier score before correction", brier, "before"),
        Measure("brier_after", "Brier score after correction", brier, "after"),
    ]
    return (*ranking, *labels, *truthful, *(_of_two_classes() if task == "binary" else ()))


def _of_two_classes() -> list[Measure]:
    ways: tuple[tuple[View, str], ...] = (
        ("before", "at 0.5, before correction"),
        ("after", "at 0.5, after correction"),
        ("tuned", "at its own tuned threshold"),
    )
    slopes = [
        Measure(f"slope_{view}", f"calibration slope {view} correction", SLOPE, view, compared=False)
        for view in ("before", "after")
    ]
    alarms = [Measure(f"alarms_{view}", f"alarms per 1000 cases {words}", ALARMS, view) for view, words in ways]
    false = [Measure(f"false_share_{view}", f"share of false alarms {words}", FALSE_SHARE, view) for view, words in ways]
    return [*slopes, *alarms, *false]
