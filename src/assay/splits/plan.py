"""Which rows train and which rows measure: the plan that every recipe of a study shares."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from assay.core.errors import LeakageError
from assay.core.files import canonical_json, sha256_bytes

Unit = Literal["row", "group", "time"]


@dataclass(frozen=True)
class Fold:
    """Row numbers of the dataset: train and test are disjoint, and neither holds a locked row."""

    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Plan:
    """Repeats and folds over the development rows, and the locked rows nobody trains on.

    locked: int64, the test rows, opened once.  Empty when there are none.
    folds: in order of repeat, then fold.
    unit: what is drawn independently: a row, a group of rows, or (time) blocks of rows in time order.
    groups: int64 (n_rows,) or None; rows of one group are never on two sides.
    time: float64 (n_rows,) or None; training rows are never later than the rows they are measured on.
    fingerprint: of the dataset the row numbers belong to.
    rows: names these rows whatever columns are read of them (``Dataset.rows_fingerprint``); None: the fingerprint does.
    """

    n_rows: int
    locked: np.ndarray
    folds: tuple[Fold, ...]
    unit: Unit
    seed: int
    fingerprint: str
    groups: np.ndarray | None = None
    time: np.ndarray | None = None
    rows: str | None = None

    @property
    def development(self) -> np.ndarray:
        """Every row that is not locked, rising."""
        return np.setdiff1d(np.arange(self.n_rows), self.locked)

    @property
    def repeats(self) -> int:
        return 1 + max(fold.repeat for fold in self.folds)

    def check(self) -> None:
        """Raise LeakageError when any row, group or moment stands on both sides of a split."""
        development = self.development
        if len(self.locked):
            self._check_pair(development, self.locked, "the locked test rows")
        for fold in self.folds:
            where = f"fold {fold.fold} of repeat {fold.repeat}"
            self._check_pair(fold.train, fold.test, where)
            opened = np.intersect1d(np.concatenate([fold.train, fold.test]), self.locked)
            if len(opened):
                raise LeakageError(f"{where} holds {len(opened)} locked rows (first: {opened[:3].tolist()}).")

    def _check_pair(self, train: np.ndarray, test: np.ndarray, where: str) -> None:
        both = np.intersect1d(train, test)
        if len(both):
            raise LeakageError(f"{where}: {len(both)} of {len(test)} test rows are also in train (first: {both[:3].tolist()}).")
        if self.groups is not None:
            shared = np.intersect1d(self.groups[train], self.groups[test])
            if len(shared):
                rows = test[np.isin(self.groups[test], shared)][:3].tolist()
                raise LeakageError(
                    f"{where}: {len(shared)} groups are in train and in test (first test rows: {rows}). "
                    "Split by whole groups: pass group=, or --group COL."
                )
        if self.time is not None and len(train) and len(test) and self.time[train].max() >= self.time[test].min():
            raise LeakageError(
                f"{where}: training rows reach time {self.time[train].max():g}, test rows begin at "
                f"{self.time[test].min():g}. Split by time: pass time=, or --time COL."
            )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole plan: studies with equal digests compare on equal rows."""
        return sha256_bytes(canonical_json(self.to_json()).encode())

    @cached_property
    def lock_key(self) -> str:
        """Names the locked rows of this data in the ledger; leaving a column out does not make them fresh."""
        return sha256_bytes(canonical_json({"data": self.rows or self.fingerprint, "locked": self.locked.tolist()}).encode())

    def to_json(self) -> dict[str, Any]:
        return {
            "n_rows": self.n_rows,
            "locked": self.locked.tolist(),
            "folds": [[f.repeat, f.fold, f.train.tolist(), f.test.tolist()] for f in self.folds],
            "unit": self.unit,
            "seed": self.seed,
            "fingerprint": self.fingerprint,
        }
