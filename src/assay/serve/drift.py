"""Whether the rows that are asked about still look like those the model learned from.

The last rows are held against the training rows, column by column; with Holm's correction, since there are many columns.
Rows are gathered and tallied by the thousand: one at a time it would cost more than the answer.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from assay.bundle.model import Model
from assay.data.reference import Shift, shift_of

TALLIED_TOGETHER = 1024
WINDOW = 16_384
"""Of the rows asked about, between one and two windows are held against the training rows."""
LEVEL = 0.01
"""Of false alarms, over all columns of one look."""


class Drift:
    """Tallies of one model's rows.  Any thread may add."""

    def __init__(self, model: Model) -> None:
        self._spreads = model.reference
        self._kinds = {column.name: column.kind for column in model.fitted.schema.features}
        self._gathered: list[dict[str, Any]] = []
        self._now = self._empty()
        self._before = self._empty()
        self._lock = threading.Lock()

    def records(self, records: Sequence[dict[str, Any]]) -> None:
        """Records of plain cells, as ``prepare.quick`` took them."""
        if not self._spreads:
            return
        with self._lock:
            self._gathered.extend(records)
            if len(self._gathered) >= TALLIED_TOGETHER:
                self._tally_gathered()

    def frame(self, features: pl.DataFrame) -> None:
        """Rows in the form of the schema."""
        if self._spreads:
            with self._lock:
                self._tally(features)

    def shifts(self) -> list[dict[str, Any]]:
        """Of each column, those that moved most surely first; "p" is corrected for the number of columns."""
        with self._lock:
            if self._gathered:
                self._tally_gathered()
            found = [
                shift_of(spread, now + before) for spread, now, before in zip(self._spreads, self._now, self._before, strict=True)
            ]
        from assay.measure.compare import holm  # it loads what a server that nobody asks about drift does not need

        known: list[Shift] = [shift for shift in found if shift is not None]
        adjusted = holm([shift.p for shift in known])
        told = [
            {**shift.to_json(), "p_raw": shift.p, "p": p, "shifted": p is not None and p <= LEVEL}
            for shift, p in zip(known, adjusted, strict=True)
        ]
        return sorted(told, key=lambda one: (not one["shifted"], -one["index"]))

    def _tally_gathered(self) -> None:
        records, self._gathered = self._gathered, []
        columns = []
        for name, kind in self._kinds.items():
            cells = [record[name] for record in records]
            columns.append(pl.Series(name, cells, dtype=pl.Float64 if kind == "number" else pl.String, strict=False))
        self._tally(pl.DataFrame(columns))

    def _tally(self, features: pl.DataFrame) -> None:
        if self._spreads and self._now[0].sum() >= WINDOW:
            self._before, self._now = self._now, self._empty()
        for spread, counts in zip(self._spreads, self._now, strict=True):
            counts += spread.tally(features[spread.name])

    def _empty(self) -> list[np.ndarray]:
        return [np.zeros(spread.n_places, np.int64) for spread in self._spreads]
