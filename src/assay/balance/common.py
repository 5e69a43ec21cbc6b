"""What the treatments share: who may be treated, and the account of what was done."""

from dataclasses import replace
from typing import Any

import numpy as np

from assay.balance.treatment import Balanced
from assay.core.errors import DataError
from assay.data.rows import Rows


def class_counts(train: Rows, treatment: str) -> np.ndarray:
    """int64 (n_classes,) rows of each class; raises DataError unless the target is classes, two of them at least present."""
    if train.n_classes < 2 or train.target.dtype.kind not in "iu":
        raise DataError(f"{treatment}: treatments are for classes; leave it out for a target of numbers.")
    counts = np.bincount(train.target, minlength=train.n_classes)
    if (counts > 0).sum() < 2:
        raise DataError(f"{treatment}: all {len(train)} training rows are of one class; there is nothing to balance.")
    return counts


def account(train: Rows, after: Rows, source_rows: np.ndarray, notes: tuple[str, ...] = ()) -> Balanced:
    """``Balanced`` with the priors of both; for regression they are empty."""
    return Balanced(after, source_rows.astype(np.int64), _prior(train), _prior(after), notes=notes)


def by_position(train: Rows, source_rows: np.ndarray) -> Balanced:
    """The rows at these positions, as a treatment that only copies or leaves out hands them back."""
    return account(train, train.take(source_rows), source_rows)


def with_new_rows(
    train: Rows, features: Any, labels: np.ndarray, weights: np.ndarray | None, notes: tuple[str, ...] = ()
) -> Balanced:
    """All training rows followed by synthetic ones. features: of all rows; labels, weights: of the synthetic rows."""
    after = replace(
        train,
        features=features,
        target=np.concatenate([train.target, labels.astype(train.target.dtype)]),
        weights=None if train.weights is None or weights is None else np.concatenate([train.weights, weights]),
    )
    return account(train, after, np.concatenate([np.arange(len(train)), np.full(len(labels), -1)]), notes)


def class_mean_weights(train: Rows, labels: np.ndarray) -> np.ndarray | None:
    """float64 (n_new,): for synthetic rows of these classes the mean weight of the class; None where rows have no weights."""
    if train.weights is None:
        return None
    counts = np.bincount(train.target, minlength=train.n_classes)
    sums = np.bincount(train.target, weights=train.weights, minlength=train.n_classes)
    return np.asarray((sums / np.maximum(counts, 1))[labels])


def _prior(rows: Rows) -> np.ndarray:
    return rows.prior if rows.n_classes else np.zeros(0)
