"""How often the true class is among the k likeliest.

Classes of one row that tie at the place of the cut share what is left of it, so that a row may count in part: a model that
says the same of all K classes is right in k of K cases, whatever order the classes are kept in.  (scikit-learn's
``top_k_accuracy_score`` takes the class with the greater code; without ties the two are one.)
"""

from functools import partial

import numpy as np

from assay.core.errors import ConfigError
from assay.measure.metrics.mean import ShareMetric
from assay.measure.payload import Predictions, Truth


def _among_likeliest(truth: Truth, predictions: Predictions, *, k: int) -> np.ndarray:
    probability = predictions["probability"]
    given = probability[np.arange(len(truth)), truth["target"].astype(np.int64)][:, None]
    above, tied = (probability > given).sum(axis=1), (probability == given).sum(axis=1)
    return np.asarray(np.clip((k - above) / tied, 0.0, 1.0))


def _too_few_classes(_truth: Truth, predictions: Predictions, *, k: int) -> str | None:
    probability = predictions["probability"]
    n_classes = 2 if probability.ndim == 1 else probability.shape[1]
    return None if n_classes > k else f"there are {n_classes} classes: the {k} likeliest are all of them"


def top_k(k: int, name: str = "") -> ShareMetric:
    """The share of rows whose class is among the k with the greatest probability (top-k accuracy).

    k: at least 2, since the likeliest one alone is the accuracy.  Undefined where there are no more than k classes.
    name: as a registry calls it, ``top_k@K`` unless given.  Raises ConfigError for any other k.
    """
    if k < 2:
        raise ConfigError(f"top_k@{k}: how many classes may be named is at least 2; a single one is the accuracy.")
    return ShareMetric(
        name or f"top_k@{k}",
        f"Top-{k} accuracy",
        "probability",
        frozenset({"multiclass"}),
        partial(_among_likeliest, k=k),
        unfit=partial(_too_few_classes, k=k),
        shown=False,
    )


TOP_3_ACCURACY = top_k(3, "top_3_accuracy")
TOP_5_ACCURACY = top_k(5, "top_5_accuracy")
