"""Nets that answer with a class: labels, weights of classes, probabilities and decisions."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, Self

import numpy as np
import torch
from scipy import special
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets

from assay.core.errors import AssayWarning
from assay.core.names import did_you_mean
from assay.nets.estimators.base import NetEstimator
from assay.nets.estimators.errors import InputError, SettingError, as_value_errors
from assay.nets.estimators.rows import Rows, read_rows, seed_of
from assay.nets.estimators.training import Goal
from assay.nets.losses.named import loss_named
from assay.nets.losses.posterior import LogLoss, posterior_logits

CERTAIN = 1e-15
"""A mean probability nearer to 0 or 1 than this has no finite logit in float64 worth the name."""


@dataclass(kw_only=True, eq=False, repr=False)
class ClassEstimator(ClassifierMixin, NetEstimator):  # type: ignore[misc]
    """class_weight: None, "balanced" (n / (K · n_k)) or a dict from label to weight.

    They multiply ``sample_weight``, and as everywhere in scikit-learn the probabilities are those of the weighted rows; for
    probabilities that stay true to the rows as they are, take loss="weighted-cross-entropy" instead.
    """

    class_weight: Mapping[Any, float] | Literal["balanced"] | None = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """X: (n, d) array of numbers, or frame of pandas or polars.  y: (n,) labels of two classes or more.

        sample_weight: (n,), at least 0; rows of weight 0 are left out.  Raises ValueError.
        """
        with as_value_errors():
            seed = seed_of(self.random_state)
            rows = read_rows(self, X, y, sample_weight, numeric=False)
            check_classification_targets(rows.target)
            self.classes_ = np.unique(rows.target)
            if len(self.classes_) < 2:
                raise InputError(
                    f"y has rows of 1 class only ({self.classes_.tolist()[0]!r}); a classifier needs at least 2 classes."
                )
            codes = self._codes(rows.target)
            self._train(Rows(rows.frame, codes, self._weighted(rows)), classification=True, seed=seed)
        return self

    def _codes(self, labels: np.ndarray) -> np.ndarray:
        """int64 (n,): the place of each label in ``classes_``."""
        return np.searchsorted(self.classes_, labels).astype(np.int64)

    def _weighted(self, rows: Rows) -> np.ndarray | None:
        """The rows' weights times those of their classes."""
        if self.class_weight is None:
            return rows.weights
        if isinstance(self.class_weight, str):
            if self.class_weight != "balanced":
                raise SettingError(f"no class_weight {self.class_weight!r}{did_you_mean(self.class_weight, ('balanced',))}")
        elif not isinstance(self.class_weight, Mapping):
            raise SettingError(f'class_weight={self.class_weight!r} must be None, "balanced" or a dict from label to weight.')
        elif bad := {label: weight for label, weight in self.class_weight.items() if not _is_weight(weight)}:
            raise SettingError(f"class_weight must be above 0 and finite; {bad} is not. Leave rows out by sample_weight=0.")
        each: np.ndarray = compute_sample_weight(self.class_weight, rows.target)
        return each if rows.weights is None else each * rows.weights

    def _answers(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """(decisions, probabilities), both float64: (n,) or (n, K), and (n, K)."""
        raise NotImplementedError

    def decision_function(self, X: Any) -> np.ndarray:
        """float64: the log odds of classes_[1] (n,), or for K > 2 classes (n, K), log probabilities but for a constant."""
        return self._answers(X)[0]

    def predict_proba(self, X: Any) -> np.ndarray:
        """float64 (n, K), in the order of ``classes_``.

        What the loss does to the probabilities is undone where a closed form leads back (see losses.posterior), and the
        probabilities of members are averaged.
        """
        return self._answers(X)[1]

    def predict(self, X: Any) -> np.ndarray:
        """(n,): the likeliest label."""
        decisions = self.decision_function(X)
        codes = (decisions > 0).astype(np.int64) if decisions.ndim == 1 else decisions.argmax(axis=1)
        return np.asarray(self.classes_[codes])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The accuracy. A label that was not there in training counts as missed, and brings an AssayWarning."""
        unseen = np.setdiff1d(np.asarray(y), self.classes_).tolist()
        if unseen:
            warnings.warn(
                f"y holds {len(unseen)} classes that were not there in training (first: {unseen[0]!r}): no answer to their "
                "rows can be right.",
                AssayWarning,
                stacklevel=2,
            )
        return float(super().score(X, y, sample_weight))


def _is_weight(value: Any) -> bool:
    return isinstance(value, Real) and 0 < float(value) < np.inf


@dataclass(kw_only=True, eq=False, repr=False)
class NetClassifier(ClassEstimator):
    """loss: "cross-entropy", "weighted-cross-entropy", "class-balanced", "focal", "complement-cross-entropy", "ldam" or
    "logit-adjustment", with their published settings (see losses.named).  label_smoothing: of cross-entropy.

    The best epoch is the one of the lowest log loss on the validation rows, whatever is minimised.
    """

    loss: str = "cross-entropy"
    label_smoothing: float = 0.0

    def _goal(self, target: np.ndarray, weights: np.ndarray | None) -> Goal:  # noqa: ARG002
        counts = np.bincount(target, minlength=len(self.classes_)).tolist()
        loss = self._per_member(loss_named(self.loss, counts=counts, label_smoothing=self.label_smoothing))
        return Goal(1 if len(counts) == 2 else len(counts), loss, LogLoss(loss))

    def _answers(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        raw = torch.from_numpy(self._outputs(X))  # (n, members, outputs)
        if not self._has_members:
            raw = raw[:, 0]
        logits = posterior_logits(self.goal_.loss, raw).numpy()
        return decided(logits if logits.ndim == 3 else logits[:, None])


def decided(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(decisions, probabilities) from logits (n, members, 1 or K); probabilities are the members' mean."""
    binary = logits.shape[2] == 1
    shares = special.expit(logits[:, :, 0]) if binary else special.softmax(logits, axis=2)
    mean = shares.mean(axis=1)
    if logits.shape[1] == 1:
        decisions = logits[:, 0, 0] if binary else logits[:, 0]
    else:
        inside = np.clip(mean, CERTAIN, 1 - CERTAIN)
        decisions = special.logit(inside) if binary else np.log(inside)
    return decisions, np.column_stack([1 - mean, mean]) if binary else mean
