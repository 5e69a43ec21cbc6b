"""Other ways to put precision, recall and F1 of the classes into one number, and the F score with a weight for recall.

Micro: the counts of all classes are added up first.  Every row has one class and one label, so that each of the three is
the accuracy; the names are kept for whoever looks for them.  Weighted: the mean over the classes, each with its share of
the truth; the weighted recall is the accuracy once more.  Binary payloads have one positive class and need none of them.
Source: Sokolova & Lapalme (2009); F-beta: van Rijsbergen (1979).
"""

from functools import partial

import numpy as np

from assay.core.errors import ConfigError
from assay.measure.metrics.arithmetic import ratio
from assay.measure.metrics.labels import Counts, LabelMetric, accuracy, over_classes, rows_right

_MULTICLASS = frozenset({"multiclass"})


def _by_share(counts: Counts, per_class: np.ndarray) -> np.ndarray:
    return ratio((counts.true * per_class).sum(axis=-1), counts.true.sum(axis=-1))


def precision_weighted(counts: Counts, _binary: bool) -> np.ndarray:
    return _by_share(counts, ratio(counts.hit, counts.said, empty=0.0))


def f1_weighted(counts: Counts, _binary: bool) -> np.ndarray:
    return _by_share(counts, ratio(2 * counts.hit, counts.true + counts.said, empty=0.0))


def _f_beta(counts: Counts, binary: bool, *, squared: float) -> np.ndarray:
    per_class = ratio((1 + squared) * counts.hit, squared * counts.true + counts.said, empty=0.0)
    return over_classes(counts, per_class, binary=binary)


def fbeta(beta: float) -> LabelMetric:
    """The F score in which recall counts ``beta`` times as much as precision; multiclass: the mean over the classes.

    beta: above 0.  Raises ConfigError for any other.
    """
    if not 0 < beta < np.inf:
        raise ConfigError(f"fbeta@{beta:g}: how much recall counts is a number above 0, such as fbeta@2.")
    return LabelMetric(f"fbeta@{beta:.12g}", f"F{beta:.12g}", partial(_f_beta, squared=beta**2), shown=False)


def _micro(name: str, title: str) -> LabelMetric:
    return LabelMetric(
        name, title, accuracy, needs_classes=False, share=rows_right, by_class=False, by_row=True, tasks=_MULTICLASS, shown=False
    )


PRECISION_MICRO = _micro("precision_micro", "Precision, micro")
RECALL_MICRO = _micro("recall_micro", "Recall, micro")
F1_MICRO = _micro("f1_micro", "F1, micro")
RECALL_WEIGHTED = _micro("recall_weighted", "Recall, weighted")
PRECISION_WEIGHTED = LabelMetric(
    "precision_weighted", "Precision, weighted", precision_weighted, by_class=False, tasks=_MULTICLASS, shown=False
)
F1_WEIGHTED = LabelMetric("f1_weighted", "F1, weighted", f1_weighted, by_class=False, tasks=_MULTICLASS, shown=False)
