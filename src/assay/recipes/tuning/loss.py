"""What settings are judged by: the study's metric where it reads scores or probabilities, else the log loss or squared error.

Metrics of labels depend on a threshold, which is chosen elsewhere and on other rows.  A treatment that bends probabilities
is undone after tuning, so that until then only ranks can be compared.
"""

from collections.abc import Callable

import numpy as np

from assay.data.task import Task
from assay.measure.metric import Metric
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import metric_named

NUMBERS = frozenset({"score", "probability", "value"})

Loss = Callable[[Truth, Predictions], float]


def tuning_metric(name: str | None, task: Task, *, bent: bool) -> Metric:
    """name: what the user measures by, or None.  bent: whether a treatment has changed what probabilities mean."""
    usual = metric_named("log_loss" if task.is_classification else "rmse")
    metric = usual if name is None else metric_named(name)
    if metric.needs not in NUMBERS or not task.is_measured_by(metric.tasks):
        metric = usual
    if bent and metric.needs == "probability" and task.name == "binary":
        metric = metric_named("roc_auc")
    return metric


def loss_by(metric: Metric) -> Loss:
    """The metric, turned so that less is better; infinite where it is undefined."""
    sign = -1.0 if metric.greater_is_better else 1.0

    def loss(truth: Truth, predictions: Predictions) -> float:
        if metric.undefined(truth, predictions) is not None:
            return np.inf
        weights = truth.arrays.get("weight", np.ones(len(truth)))
        return sign * float(metric.value(metric.unit_statistics(truth, predictions), weights))

    return loss
