"""The rows that a net is trained on, and those that say when to stop: checked answers, weights, and the cut between them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import _check_sample_weight, _check_y, _num_samples

from assay.core.seeds import derive
from assay.nets.estimators.errors import InputError, SettingError
from assay.nets.estimators.table import read
from assay.splits.inner import carve


@dataclass(frozen=True)
class Rows:
    """frame: see ``table.read``.  target: (n,).  weights: float64 (n,), all above 0, or None."""

    frame: pl.DataFrame
    target: np.ndarray
    weights: np.ndarray | None

    def take(self, rows: np.ndarray) -> "Rows":
        return Rows(self.frame[rows], self.target[rows], None if self.weights is None else self.weights[rows])


def read_rows(estimator: Any, X: Any, y: Any, sample_weight: Any, *, numeric: bool) -> Rows:
    """X, y and weights, checked; rows of weight 0 are left out, as if they had never been given.

    numeric: y is a number, else a label.  Raises ValueError.
    """
    if y is None:
        raise InputError(f"{type(estimator).__name__} requires y to be passed, but the target y is None.")
    frame = read(estimator, X, reset=True)
    answers = _check_y(y.to_numpy() if isinstance(y, pl.Series) else y, y_numeric=numeric, estimator=estimator)
    check_consistent_length(X, answers)
    if sample_weight is None:
        rows = Rows(frame, answers, None)
    else:
        weights = _check_sample_weight(sample_weight, np.empty((len(answers), 0)), dtype=np.float64, ensure_non_negative=True)
        kept = np.flatnonzero(weights)
        rows = Rows(frame, answers, weights).take(kept)
    if len(rows.target) < 2:
        raise InputError(f"X has n_samples = {_num_samples(rows.target)} of weight above 0; a net needs at least 2.")
    return rows


def parted(rows: Rows, fraction: float, *, classification: bool, seed: int) -> tuple[Rows, Rows | None]:
    """(training rows, validation rows): about ``fraction`` of the rows is held out, of classes in proportion; 0 for none."""
    if not isinstance(fraction, int | float | np.number) or isinstance(fraction, bool) or not 0 <= fraction < 1:
        raise SettingError(f"validation_fraction={fraction!r} must be at least 0 (no early stopping) and below 1.")
    if fraction == 0:
        return rows, None
    train, held = carve(
        rows.target, classification=classification, groups=None, time=None, share=float(fraction), seed=derive(seed, "validation")
    )
    return rows.take(train), rows.take(held)


def seed_of(random_state: Any) -> int:
    """One seed from what scikit-learn takes as ``random_state``; None gives another one each time."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
