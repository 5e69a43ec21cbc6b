"""The metrics by name.

Most are members of METRICS.  Some need a setting that only the user can give (a cost, a quantile, a capacity): they are
families, and what follows an @ is the setting, as in "expected_cost@5,1".  ``metric_named`` resolves both.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from assay.core.errors import ConfigError, UnknownNameError
from assay.core.names import did_you_mean
from assay.core.registry import Registry
from assay.measure.metric import Metric

METRICS: Registry[Metric] = Registry("metric")

for _name in ("roc_auc", "average_precision"):
    METRICS.add(_name, f"assay.measure.metrics.ranking:{_name.upper()}")
for _name in ("log_loss", "brier"):
    METRICS.add(_name, f"assay.measure.metrics.probability:{_name.upper()}")
for _name in ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "mcc", "g_mean", "specificity"):
    METRICS.add(_name, f"assay.measure.metrics.labels:{_name.upper()}")
for _name in ("cohen_kappa", "quadratic_kappa"):
    METRICS.add(_name, f"assay.measure.metrics.agreement:{_name.upper()}")
for _name in ("rps", "mean_level_error"):
    METRICS.add(_name, f"assay.measure.metrics.levels:{_name.upper()}")
for _name in ("precision_micro", "precision_weighted", "recall_micro", "recall_weighted", "f1_micro", "f1_weighted"):
    METRICS.add(_name, f"assay.measure.metrics.averages:{_name.upper()}")
for _name in ("top_3_accuracy", "top_5_accuracy"):
    METRICS.add(_name, f"assay.measure.metrics.top_k:{_name.upper()}")
for _name in ("ks", "gini", "gain_at_10pct", "lift_at_10pct"):
    METRICS.add(_name, f"assay.measure.metrics.scoring:{_name.upper()}")
for _name in ("rmse", "mae", "r2", "mape"):
    METRICS.add(_name, f"assay.measure.metrics.values:{_name.upper()}")
METRICS.add("median_absolute_error", "assay.measure.metrics.median:MEDIAN_ABSOLUTE_ERROR")
for _name in ("poisson_deviance", "gamma_deviance"):
    METRICS.add(_name, f"assay.measure.metrics.deviance:{_name.upper()}")
for _name in ("crps", "gaussian_log_score"):
    METRICS.add(_name, f"assay.measure.metrics.spread:{_name.upper()}")
for _name in ("ndcg", "mrr", "map"):
    METRICS.add(_name, f"assay.measure.metrics.retrieval:{_name.upper()}")
METRICS.add("perplexity", "assay.measure.metrics.language_model:PERPLEXITY")
METRICS.add("bits_per_token", "assay.measure.metrics.language_model:BITS_PER_TOKEN")
for _name in ("chrf", "bleu", "exact_match"):
    METRICS.add(_name, f"assay.measure.metrics.translation:{_name.upper()}")
for _name in ("token_accuracy", "entity_f1", "entity_precision", "entity_recall"):
    METRICS.add(_name, f"assay.measure.metrics.tags:{_name.upper()}")
for _name in ("correction_f1", "correction_precision", "correction_recall", "texts_right"):
    METRICS.add(_name, f"assay.measure.metrics.correction:{_name.upper()}")
METRICS.add("silhouette", "assay.measure.metrics.silhouette:SILHOUETTE")
METRICS.add("adjusted_rand", "assay.measure.metrics.clustering:ADJUSTED_RAND")

EXAMPLES: dict[str, tuple[str, str]] = {
    "gain": ("gain@5%", "share of the positives among the best-scored 5 % of the rows"),
    "lift": ("lift@5%", "how many times more positives the best-scored 5 % hold than 5 % at random"),
    "expected_cost": ("expected_cost@5,1", "mean cost of a row where a missed positive costs 5 and a false alarm 1"),
    "fbeta": ("fbeta@2", "F score in which recall counts twice as much as precision"),
    "pinball": ("pinball@0.9", "loss that the 90 % quantile of the target makes least"),
    "interval_coverage": ("interval_coverage@0.9", "share of rows inside the 90 % interval that their spread promises"),
    "top_k": ("top_k@3", "share of rows whose class is among the 3 likeliest"),
    "ndcg": ("ndcg@10", "normalised discounted cumulative gain of the first 10 documents"),
    "mrr": ("mrr@10", "mean reciprocal rank of the first relevant document, 0 beyond the first 10"),
}
"""Each family with an example and what that measures."""

FAMILIES: Registry[Callable[[str], Metric]] = Registry("family of metrics")

for _name in EXAMPLES:
    _home = "spread" if _name == "interval_coverage" else "named"
    FAMILIES.add(_name, f"assay.measure.metrics.{_home}:{_name}")


def metric_named(text: str) -> Metric:
    """A member of METRICS, or a metric of a family with its setting; its name is the text.

    Raises UnknownNameError for a name that is neither, with the nearest; ConfigError for a setting that is impossible,
    missing, or given to a metric that takes none.

    >>> metric_named("f1").title, metric_named("lift@5%").title
    ('F1', 'Lift at 5%')
    """
    family, at, setting = text.partition("@")
    known = {**dict.fromkeys(METRICS.names()), **dict.fromkeys(EXAMPLES)}
    if family not in known:
        raise UnknownNameError(f"no metric {family!r}{did_you_mean(family, known)}")
    if not at and family not in METRICS.names():
        raise ConfigError(f"metric {family!r} needs a setting, such as {EXAMPLES[family][0]} ({EXAMPLES[family][1]}).")
    if not at:
        return METRICS.get(family)
    if family not in EXAMPLES:
        raise ConfigError(f"metric {text!r}: {family} takes no setting; leave out what begins with @.")
    found = FAMILIES.get(family)(setting)
    return cast(Metric, replace(cast(Any, found), name=text))


def metrics_shown(*tasks: str) -> list[str]:
    """The metrics that a study of this task measures unless others are named, in the order of METRICS.

    tasks: the task; of a special one the task and then its base form (``Task.measured_as``): what is made for the special
    task is shown before what every task of the form shows.
    """
    members = [(name, METRICS.get(name)) for name in METRICS.names()]
    special = [name for name, metric in members if len(tasks) > 1 and tasks[0] in metric.tasks]
    usual = [name for name, metric in members if tasks[-1] in metric.tasks and getattr(metric, "shown", False)]
    return list(dict.fromkeys([*special, *usual]))
