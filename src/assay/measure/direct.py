"""Intervals and paired differences for people who have arrays and no study.

The rows are those of one model on rows that it was not fitted on: every interval here says how far new rows of the same
kind would move the number ("this model").  Predictions of a cross-validation come from several models, and their
intervals need the folds: that is what a ``Study`` is for.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from assay.core.errors import ConfigError
from assay.core.shown import table
from assay.measure.arrays import Said, read_design, read_part
from assay.measure.compare.arguments import check_level
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.interval import Interval
from assay.measure.intervals import Difference
from assay.measure.metric import Metric
from assay.measure.parts import Design, Part
from assay.measure.registry import metric_named, metrics_shown

ARRAYS = ("score", "probability", "label", "value")
"""What pairs are compared by; a spread says something only beside its value, so it is measured and not compared."""


class Measured(dict[str, Interval]):
    """Intervals by the name of their metric; a notebook shows them as a table."""

    def _repr_html_(self) -> str:
        return table(("metric", "value", "method"), ((name, one.to_json(), one.method) for name, one in self.items()))


FEWEST_REPLICATES = 100
"""Resamples below which the ends of an interval are chance."""


def measure(  # more than 8 arguments: what was predicted, how rows depend, and the interval, each with a default
    target: Any,
    *,
    score: Any = None,
    probability: Any = None,
    label: Any = None,
    value: Any = None,
    spread: Any = None,
    metrics: str | Sequence[str] | None = None,
    weights: Any = None,
    groups: Any = None,
    time: Any = None,
    level: float = 0.95,
    method: str = "default",
    replicates: int = 1000,
    seed: int = 0,
) -> Measured:
    """Every metric of one model's predictions with its interval, by the name of the metric.

    Any array that numpy can read will do: lists, columns of a frame.  n is the number of rows.

    target: (n,), 0 and 1 or booleans; class codes 0 … K − 1; or numbers, beside ``value``.
    score: (n,), any scale, higher where class 1 is more likely; what ROC AUC and average precision read (default: the
        probability).
    probability: (n,) of class 1, in [0, 1]; or (n, K), rows summing to 1.
    label: (n,), the class that was called.  Two classes have none unless you say where to cut; of three or more it is
        the most probable one.
    value: (n,), predicted numbers in the target's unit, which is then the unit of RMSE and MAE.
    spread: (n,), the standard deviation of the target about ``value``, where the model says how sure it is (CRPS).
    metrics: one name or several (see ``assay list metrics``), also with a setting, such as "lift@5%"; None: those that a
        study of this task shows, as far as they read what was given.
    weights: (n,), above 0: how many rows of the population a row stands for.
    groups: (n,): rows that belong together (patients, shops) and are drawn together.  time: (n,), dates or numbers: rows
        near in time resemble each other and are drawn in blocks.
    level: of every interval.  method: "default", or "percentile", "bca", "studentized", "stratified" (bootstraps),
        "wilson", "clopper-pearson" (shares of rows); where one does not apply to a metric, its default stands in.  The
        default: DeLong's variance for ROC AUC and the infinitesimal jackknife for other metrics, both with a t quantile
        on a scale that keeps the bounds; Wilson for a share of independent rows; the percentile bootstrap for the rest.
        ``Interval.method`` names what was done.
    replicates: bootstrap resamples.  seed: of these; equal seeds give equal intervals, whatever the number of threads.

    A metric that these rows leave undefined (one class only) has the value None, and ``undefined`` says why.
    Raises DataError for rows that cannot be read (lengths, missing values, no such class, no probability), ConfigError for
    settings, UnknownNameError for a metric that is none.  Rows in messages are counted from 0.

    >>> from assay.measure import measure
    >>> found = measure([0, 0, 1, 0, 1, 1, 0, 1], probability=[0.1, 0.4, 0.8, 0.2, 0.3, 0.9, 0.3, 0.7])
    >>> print(found["roc_auc"], found["roc_auc"].method)
    0.9062 [0.3043, 0.9953] DeLong, logit
    >>> found["brier"].n, found["brier"].estimand
    (8, 'this model')
    >>> print(measure([1, 1, 1], score=[0.2, 0.3, 0.4], metrics="roc_auc")["roc_auc"])
    undefined: all 3 rows are of one class
    """
    said: Said = {"score": score, "probability": probability, "label": label, "value": value, "spread": spread}
    task, part = read_part(target, said, weights=weights)
    chosen = _readable(task, part) if metrics is None else _named(metrics, task, part)
    design = read_design(len(part.truth), groups=groups, time=time)
    found = _evaluate({"model": [part]}, chosen, design, level=level, method=method, replicates=replicates, seed=seed)
    return Measured({metric.name: found.interval("model", metric.name) for metric in chosen})


def difference(  # more than 8 arguments: both sides, how rows depend, and the interval, most with a default
    target: Any,
    a: Any,
    b: Any,
    *,
    metric: str,
    weights: Any = None,
    groups: Any = None,
    time: Any = None,
    level: float = 0.95,
    method: str = "default",
    replicates: int = 1000,
    seed: int = 0,
) -> Difference:
    """a − b of one metric, in the metric's units, paired: both are predictions of the same rows.

    a, b: what the metric reads, in one form: scores (or probabilities) for ROC AUC and average precision, probabilities
    for log loss and Brier score, labels for accuracy, F1 and their kind, values for RMSE, MAE and R².  Shapes, the target
    and the other arguments are those of ``measure``; the default is DeLong's covariance for ROC AUC, the paired
    infinitesimal jackknife for other metrics, the paired bootstrap where neither is known.
    Returns the interval, the p of no difference, and the interval whose lying within ± a margin shows equivalence (TOST).
    For a metric where less is better (log loss), a negative difference means that a is better.
    Raises as ``measure``.

    >>> from assay.measure import difference
    >>> found = difference([0, 0, 1, 0, 1, 1], [0.1, 0.4, 0.8, 0.2, 0.5, 0.9], [0.3, 0.7, 0.6, 0.2, 0.4, 0.8], metric="brier")
    >>> print(f"{found.interval} p {found.p:.2f}")
    -0.1117 [-0.2339, 0.0106] p 0.07
    """
    found = metric_named(metric)
    if found.needs not in ARRAYS:
        raise ConfigError(f"metric {metric!r} reads {found.needs}, and pairs are compared by one of {', '.join(ARRAYS)}.")
    sides = {"a": a, "b": b}
    n_classes = _classes_of_labels(target, sides) if found.needs == "label" else None
    parts: dict[str, list[Part]] = {}
    for name, values in sides.items():
        task, part = read_part(target, {_array_for(found, values): values}, weights=weights, n_classes=n_classes)
        _check_reads(found, task, part)
        parts[name] = [part]
    design = read_design(len(parts["a"][0].truth), groups=groups, time=time)
    made = _evaluate(parts, [found], design, level=level, method=method, replicates=replicates, seed=seed)
    return made.difference("a", "b", metric)


def _evaluate(
    parts: dict[str, list[Part]],
    metrics: Sequence[Metric],
    design: Design,
    *,
    level: float,
    method: str,
    replicates: int,
    seed: int,
) -> Evaluation:
    check_level(level)
    if replicates < FEWEST_REPLICATES:
        raise ConfigError(f"replicates={replicates}: the ends of an interval need at least {FEWEST_REPLICATES} of them.")
    return evaluate(parts, metrics, design, level=level, estimand="this model", method=method, replicates=replicates, seed=seed)


def _readable(task: str, part: Part) -> list[Metric]:
    """Every metric that a study of this task shows and that reads what was given, in the order of the registry."""
    return [metric for metric in map(metric_named, metrics_shown(task)) if metric.needs in part.predictions.arrays]


def _named(names: str | Sequence[str], task: str, part: Part) -> list[Metric]:
    wanted = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    if not wanted:
        raise ConfigError("metrics is empty; name at least one, or leave it out for all.")
    chosen = [metric_named(name) for name in wanted]
    for metric in chosen:
        _check_reads(metric, task, part)
    return chosen


def _check_reads(metric: Metric, task: str, part: Part) -> None:
    """Raise ConfigError for a metric of another task, or one that reads what was not given."""
    if task not in metric.tasks:
        fitting = ", ".join(metrics_shown(task))
        raise ConfigError(f"metric {metric.name!r} is not for a {task} target; for it there are {fitting}.")
    if metric.needs not in part.predictions.arrays:
        also = {
            "score": " (or probability=)",
            "label": ", the class that was called: such as probability >= 0.5, or a cut chosen on other rows",
        }.get(metric.needs, "")
        raise ConfigError(f"metric {metric.name!r} reads {metric.needs}s, which were not given; pass {metric.needs}={also}.")


def _array_for(metric: Metric, values: Any) -> str:
    """The name of the array that these predictions are: ranks of three classes or more are read from probabilities."""
    return "probability" if metric.needs == "score" and np.ndim(values) == 2 else metric.needs


def _classes_of_labels(target: Any, sides: dict[str, Any]) -> int | None:
    """How many classes the labels of both sides and the target speak of together, where they can be counted."""
    arrays = [np.asarray(values) for values in (target, *sides.values())]
    if any(array.dtype.kind not in "fiub" or not array.size or not np.isfinite(array).all() for array in arrays):
        return None  # read_part says what is wrong
    return max(2, 1 + max(int(array.max()) for array in arrays))
