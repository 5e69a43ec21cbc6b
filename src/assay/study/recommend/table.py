"""A table of users and items as codes: read, checked, and named so that the ledger of the lock knows it again."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.core.files import canonical_json, sha256_bytes
from assay.core.names import did_you_mean
from assay.data.dataset import ROW_ORDER
from assay.data.kinds import typed
from assay.data.reader import load
from assay.splits.words import counted


@dataclass(frozen=True, eq=False)
class RatingTable:
    """Rows of one user and one item each.

    users, items: int64 (n,), codes in the sorted order of ``user_names`` and ``item_names``.
    rating: float64 (n,), or None: the rows only say that the user took the item.  time: float64 (n,), or None.
    notes: what was decided while reading.
    """

    source: str
    user_column: str
    item_column: str
    user_names: tuple[str, ...]
    item_names: tuple[str, ...]
    users: np.ndarray
    items: np.ndarray
    rating: np.ndarray | None = None
    time: np.ndarray | None = None
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.users)

    @property
    def shape(self) -> tuple[int, int]:
        """(users, items)."""
        return len(self.user_names), len(self.item_names)

    @property
    def pairs(self) -> np.ndarray:
        """int64 (n,): one number for each distinct pair."""
        return np.asarray(self.users * self.shape[1] + self.items)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the rows in their order."""
        arrays = [array for array in (self.users, self.items, self.rating, self.time) if array is not None]
        names = canonical_json([list(self.user_names), list(self.item_names), len(arrays)])
        return sha256_bytes(names.encode() + b"".join(np.ascontiguousarray(array).tobytes() for array in arrays))

    @cached_property
    def rows_fingerprint(self) -> str:
        """SHA-256 over who took what in the order of the rows, whatever else is read: names the rows in the ledger."""
        names = canonical_json([list(self.user_names), list(self.item_names)])
        return sha256_bytes(names.encode() + self.users.tobytes() + self.items.tobytes())


def read_ratings(source: Any, *, user: str, item: str, rating: str | None = None, time: str | None = None) -> RatingTable:
    """source: what ``assay.read`` takes.  user, item, rating, time: its columns; time="@row" is the order of the rows.

    Raises DataError for what cannot be read so, with the column and the first row; ConfigError for a column named twice.
    """
    raw = load(source)
    said = {"user": user, "item": item, "rating": rating, "time": None if time == ROW_ORDER else time}
    asked = {what: name for what, name in said.items() if name is not None}
    for what, name in asked.items():
        if name not in raw.frame.columns:
            raise DataError(f"{raw.source}: no column {name!r} ({what}){did_you_mean(name, raw.frame.columns)}")
    if len(set(asked.values())) < len(asked):
        raise ConfigError(f"user, item, rating and time are columns of their own; {', '.join(asked.values())} names one twice.")
    if raw.frame.height == 0:
        raise DataError(f"{raw.source}: there are no rows.")
    users, user_names = _codes(raw.frame[user], raw.source)
    items, item_names = _codes(raw.frame[item], raw.source)
    for names, column, what in ((user_names, user, "user"), (item_names, item, "item")):
        if len(names) < 2:
            raise DataError(
                f"{raw.source}: column {column!r} names one {what} only ({names[0]!r}); "
                f"recommending needs several users and several items."
            )
    rated = None if rating is None else _ratings(raw.frame[rating], raw.source)
    when = np.arange(len(users), dtype=np.float64) if time == ROW_ORDER else None
    if time is not None and time != ROW_ORDER:
        when = _times(raw.frame[time], raw.source)
    notes = []
    again = len(users) - len(np.unique(users * len(item_names) + items))
    if again:
        what = "their ratings are averaged" if rating is not None else "a pair counts as often as it comes"
        notes.append(f"{counted(again, 'row')} of {len(users)} come again for a user and an item that were there before; {what}.")
    return RatingTable(raw.source, user, item, user_names, item_names, users, items, rated, when, tuple(notes))


def _codes(series: pl.Series, source: str) -> tuple[np.ndarray, tuple[str, ...]]:
    values = typed(series, kind="id").series
    _check_present(values, source)
    names = values.unique().sort()
    codes = values.replace_strict(names, np.arange(len(names)), return_dtype=pl.Int64).to_numpy()
    return codes, tuple(names.to_list())


def _check_present(values: pl.Series, source: str) -> None:
    missing = values.null_count()
    if missing:
        row = int(values.is_null().arg_true()[0])
        raise DataError(
            f"{source}: column {values.name!r} is missing in {counted(missing, 'row')} (first: row {row + 1}); remove such rows."
        )


def _ratings(series: pl.Series, source: str) -> np.ndarray:
    values = typed(series, kind="number").series
    _check_present(values, source)
    found = values.to_numpy().astype(np.float64)
    if not np.isfinite(found).all():
        row = int(np.flatnonzero(~np.isfinite(found))[0])
        raise DataError(f"{source}: row {row + 1}: the rating {series.name!r} is {found[row]}; ratings are finite numbers.")
    if (found == found[0]).all():
        raise DataError(
            f"{source}: all {len(found)} ratings in column {series.name!r} are {found[0]:g}; they tell nothing apart: "
            "leave --rating out, and every row counts as taken."
        )
    return found


def _times(series: pl.Series, source: str) -> np.ndarray:
    found = typed(series)
    if found.kind not in ("number", "date"):
        raise DataError(f"{source}: the time column {series.name!r} is a {found.kind}; it must hold dates or numbers.")
    _check_present(found.series, source)
    return found.series.to_physical().cast(pl.Float64).to_numpy()
