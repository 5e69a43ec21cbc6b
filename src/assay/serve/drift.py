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
from assay.prepare.quick import Cells

TALLIED_TOGETHER = 1024
WINDOW = 16_384
"""Of the rows asked about, between one and two windows are held against the training rows."""
LEVEL = 0.01
"""Of false alarms, over all columns of one look."""


class Drift:
    """Tallies of one model's rows.  Any thread may add."""

    def __init__(self, model: Model) -> None:
        self._spreads = model.reference
        # in the order in which ``prepare.quick`` has the cells of a record
        places = {column.name: place for place, column in enumerate(model.fitted.schema.features)}
        self._places = [places[spread.name] for spread in self._spreads]
        self._gathered: list[Sequence[Cells]] = []
        self._rows = 0
        self._now = self._empty()
        self._before = self._empty()
        self._lock = threading.Lock()

    def cells(self, columns: Sequence[Cells]) -> None:
        """Rows as ``prepare.quick`` has read them."""
        if not self._spreads:
            return
        with self._lock:
            self._gathered.append(columns)
            self._rows += len(columns[0])
            if self._rows >= TALLIED_TOGETHER:
                self._tally_gathered()

    def frame(self, features: pl.DataFrame) -> None:
        """Rows in the form of the schema."""
        if self._spreads:
            with self._lock:
                self._add([spread.tally(features[spread.name]) for spread in self._spreads])

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
        gathered, self._gathered, self._rows = self._gathered, [], 0
        self._add(
            [
                spread.tally_cells(_joined([columns[place] for columns in gathered]))
                for spread, place in zip(self._spreads, self._places, strict=True)
            ]
        )

    def _add(self, tallies: Sequence[np.ndarray]) -> None:
        if self._now[0].sum() >= WINDOW:
            self._before, self._now = self._now, self._empty()
        for counts, more in zip(self._now, tallies, strict=True):
            counts += more

    def _empty(self) -> list[np.ndarray]:
        return [np.zeros(spread.n_places, np.int64) for spread in self._spreads]


def _joined(parts: Sequence[Cells]) -> Cells:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return [cell for part in parts for cell in part]
