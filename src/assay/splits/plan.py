"""Which rows train and which rows measure: the plan that every recipe of a study shares."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from assay.core.errors import LeakageError
from assay.core.files import canonical_json
from assay.core.shown import Shown
from assay.splits.forward import trainable
from assay.splits.words import agree, counted

_WRITTEN = 1 << 20  # row numbers that are written as text at once

Unit = Literal["row", "group", "time"]
Scheme = Literal["k-fold", "leave-one-group-out", "hold-out"]


@dataclass(frozen=True)
class Fold:
    """Row numbers of the dataset: train and test are disjoint, and neither holds a locked row."""

    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Plan(Shown):
    """Repeats and folds over the development rows, and the locked rows nobody trains on.

    locked: int64, the test rows, opened once.  Empty when there are none.
    folds: in order of repeat, then fold.
    unit: what is drawn independently: a row, a group of rows, or (time) blocks of rows in time order.
    groups: int64 (n_rows,) or None; rows of one group are never on two sides.
    time: float64 (n_rows,) or None; training rows are never later than the rows they are measured on.
    fingerprint: of the dataset the row numbers belong to.
    rows: names these rows whatever columns are read of them (``Dataset.rows_fingerprint``); None: the fingerprint does.
    scheme: how the folds were made; forward chaining in time is the k-fold of rows with a time.
    gap: in the unit of ``time``: training rows lie more than this before the first moment they are measured on.
    window: in the unit of ``time``: training rows reach back this far beyond the gap; None: to the start.
    within: int64, rising: the only rows this plan may use; None: all that are not locked.  An inner plan has the
        training rows of its outer fold here, and that fold's test rows as its locked ones.
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
    scheme: Scheme = "k-fold"
    gap: float = 0.0
    window: float | None = None
    within: np.ndarray | None = None

    @property
    def development(self) -> np.ndarray:
        """Every row that may train, rising: not locked, and not closer than the gap before the locked rows."""
        rows: np.ndarray = _without(np.arange(self.n_rows) if self.within is None else np.unique(self.within), self.locked)
        if not self.gap or self.time is None or not len(self.locked):
            return rows
        begin = float(self.time[self.locked].min())
        # Rows at or after ``begin`` stay: they are a leak, which check() must find, and no matter of the gap.
        return np.asarray(rows[(self.time[rows] >= begin) | trainable(self.time[rows], begin, gap=self.gap)])

    @property
    def final_training(self) -> np.ndarray:
        """The development rows that the finished model is trained on, rising: with a window the last of them, else all."""
        rows = self.development
        if self.window is None or self.time is None or not len(rows):
            return rows
        if len(self.locked):
            begin = float(self.time[self.locked].min())
            return np.asarray(rows[trainable(self.time[rows], begin, gap=self.gap, window=self.window)])
        age = self.time[rows].max() - self.time[rows]
        return np.asarray(rows[age < self.window])

    @property
    def repeats(self) -> int:
        return 1 + max(fold.repeat for fold in self.folds)

    def check(self) -> None:
        """Raise LeakageError when any row, group or moment stands on both sides of a split, or too close to the other side."""
        development = self.development
        if len(self.locked):
            self._check_pair(development, self.locked, "the locked test rows")
        for fold in self.folds:
            where = f"fold {fold.fold} of repeat {fold.repeat}"
            self._check_pair(fold.train, fold.test, where)
            used = np.concatenate([fold.train, fold.test])
            opened = _common(used, self.locked)
            if len(opened):
                raise LeakageError(f"{where} holds {counted(len(opened), 'locked row')} (first: {opened[:3].tolist()}).")
            foreign = np.unique(_without(used, development))
            if len(foreign):
                raise LeakageError(
                    f"{where} holds {counted(len(foreign), 'row')} that {agree(len(foreign), 'is', 'are')} left out of this "
                    f"plan (first: {foreign[:3].tolist()})."
                )

    def _check_pair(self, train: np.ndarray, test: np.ndarray, where: str) -> None:
        both = _common(train, test)
        if len(both):
            raise LeakageError(
                f"{where}: {len(both)} of {counted(len(test), 'test row')} {agree(len(both), 'is', 'are')} also in train "
                f"(first: {both[:3].tolist()})."
            )
        if self.groups is not None:
            shared = np.intersect1d(self.groups[train], self.groups[test])
            if len(shared):
                rows = test[np.isin(self.groups[test], shared)][:3].tolist()
                raise LeakageError(
                    f"{where}: {counted(len(shared), 'group')} {agree(len(shared), 'is', 'are')} in train and in test (first "
                    f"test rows: {rows}). Split by whole groups: pass group=, or --group COL."
                )
        if self.time is not None and len(train) and len(test):
            self._check_time(self.time[train], float(self.time[test].min()), where)

    def _check_time(self, time: np.ndarray, begin: float, where: str) -> None:
        if time.max() >= begin:
            raise LeakageError(
                f"{where}: training rows reach time {time.max():g}, test rows begin at {begin:g}. "
                "Split by time: pass time=, or --time COL."
            )
        close = int((~trainable(time, begin, gap=self.gap)).sum())
        if close:
            raise LeakageError(
                f"{where}: {counted(close, 'training row')} {agree(close, 'lies', 'lie')} within the gap of {self.gap:g} before "
                f"the test rows, which begin at {begin:g}. Make the plan with this gap."
            )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole plan: studies with equal digests compare on equal rows."""
        return _digest(self._content())

    @property
    def data_key(self) -> str:
        """Names the data in the ledger, whatever columns of them are read."""
        return self.rows or self.fingerprint

    @cached_property
    def lock_key(self) -> str:
        """Names the locked rows of this data in the ledger; leaving a column out does not make them fresh."""
        return lock_key_of(self.data_key, self.locked)

    def to_json(self) -> dict[str, Any]:
        """What the digest covers.  A setting that is not used is not named: plans made before it was known keep their digest."""
        content: dict[str, Any] = _listed(self._content())
        return content

    def _content(self) -> dict[str, Any]:
        """As ``to_json``, with row numbers as arrays."""
        content: dict[str, Any] = {
            "n_rows": self.n_rows,
            "locked": self.locked,
            "folds": [[f.repeat, f.fold, f.train, f.test] for f in self.folds],
            "unit": self.unit,
            "seed": self.seed,
            "fingerprint": self.fingerprint,
        }
        if self.scheme == "leave-one-group-out":  # the others are told by their folds, as they always were
            content["scheme"] = self.scheme
        if self.gap:
            content["gap"] = self.gap
        if self.window is not None:
            content["window"] = self.window
        if self.within is not None:
            content["within"] = self.within
        return content


def lock_key_of(data_key: str, locked: np.ndarray) -> str:
    """The name of a lock: of these rows (int, rising) of the data with this key."""
    return _digest({"data": data_key, "locked": locked})


def _is_among(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """bool (n,): whether each row number is one of the others.  For numbers of rows a mark each is faster than any search."""
    there = np.zeros(1 + max(int(rows.max(initial=0)), int(others.max(initial=0))), dtype=bool)
    there[others] = True
    return np.asarray(there[rows])


def _common(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The numbers that are in both, rising, each once."""
    return np.unique(rows[_is_among(rows, others)])


def _without(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.asarray(rows[~_is_among(rows, others)])


def _listed(value: Any) -> Any:
    """With arrays as lists."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list):
        return [_listed(one) for one in value]
    return {name: _listed(one) for name, one in value.items()} if isinstance(value, dict) else value


def _digest(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON, in which the row numbers of a large table are written part by part.

    As Python's numbers they would take twenty times the memory of the table's own.
    """
    arrays: list[np.ndarray] = []

    def named(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays.append(value)
            return f"@rows {len(arrays) - 1}"
        if isinstance(value, list):
            return [named(one) for one in value]
        return {name: named(one) for name, one in value.items()} if isinstance(value, dict) else value

    digest = hashlib.sha256()
    for number, text in enumerate(re.split(r'"@rows (\d+)"', canonical_json(named(content)))):
        if number % 2 == 0:
            digest.update(text.encode())
            continue
        rows = arrays[int(text)]
        for start in range(0, len(rows), _WRITTEN):
            digest.update((("," if start else "[") + ",".join(map(str, rows[start : start + _WRITTEN].tolist()))).encode())
        digest.update(b"]" if len(rows) else b"[]")
    return digest.hexdigest()
