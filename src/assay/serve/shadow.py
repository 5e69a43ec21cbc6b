"""A model that answers beside the live one, without anybody hearing it: how far its answers lie from those that were given.

It works on what was answered already, in a thread of its own; what comes while it is behind is left out and counted, so it
never holds up the live model.
"""

import math
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.bundle.model import Model
from assay.core.errors import ConfigError
from assay.measure.proportion import wilson_ends

MOST_BEHIND = 64
"""Requests that wait for it."""
LEVEL = 0.95
_Z = 1.959963984540054


@dataclass
class Tally:
    """Of the rows that both have answered.

    total, squares: of the differences, shadow minus live, of the probability (binary) or the value (regression).
    """

    rows: int = 0
    other_label: int = 0
    total: float = 0.0
    squares: float = 0.0
    failed: int = 0
    left_out: int = 0

    def add(self, live: Sequence[dict[str, Any]], shadow: Sequence[dict[str, Any]]) -> None:
        for ours, theirs in zip(live, shadow, strict=True):
            self.rows += 1
            self.other_label += ours["prediction"] != theirs["prediction"]
            said = "probability" if "probability" in ours else "prediction"
            if not isinstance(ours[said], str):
                self.total += theirs[said] - ours[said]
                self.squares += (theirs[said] - ours[said]) ** 2


class Shadow:
    """model: of the same columns and the same question as the live one.  Raises ConfigError for another."""

    def __init__(self, model: Model, live: Model) -> None:
        same = model.fitted.task == live.fitted.task and set(columns_of(model)) == set(columns_of(live))
        if not same:
            raise ConfigError("a shadow reads the same columns and answers the same question as the model it stands beside.")
        self.model, self.tally = model, Tally()
        self.problem: str | None = None  # the last one
        self._waiting: queue.Queue[tuple[list[Any], list[dict[str, Any]]] | None] = queue.Queue(MOST_BEHIND)
        self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
        self._thread.start()

    def hear(self, records: list[Any], answers: list[dict[str, Any]]) -> None:
        """What was asked and what the live model said."""
        try:
            self._waiting.put_nowait((records, answers))
        except queue.Full:
            self.tally.left_out += len(answers)

    def close(self, seconds: float | None = None) -> None:
        """Ends it when it has done what waits; it is left behind where that takes longer."""
        try:
            self._waiting.put(None, timeout=seconds)
        except queue.Full:
            return
        self._thread.join(seconds)

    def _work(self) -> None:
        while (heard := self._waiting.get()) is not None:
            records, live = heard
            try:
                self.tally.add(live, self.model.predict(records).to_dicts())
            except BaseException as error:  # noqa: BLE001 - kept and told: a shadow that fails must not end, nor be heard
                self.tally.failed += len(live)
                self.problem = f"{type(error).__name__}: {error}"

    def told(self) -> dict[str, Any]:
        """JSON values: the mean difference of the probability or the value, and the share of other labels, with intervals."""
        one, task = self.tally, self.model.fitted.task
        told: dict[str, Any] = {"rows": one.rows, "failed": one.failed, "left_out": one.left_out, "level": LEVEL}
        if self.problem is not None:
            told["problem"] = self.problem
        if one.rows > 1 and task.name != "multiclass":
            mean = one.total / one.rows
            error = math.sqrt(max(0.0, one.squares / one.rows - mean**2) / (one.rows - 1))
            told["difference"] = {"value": mean, "low": mean - _Z * error, "high": mean + _Z * error}
        if one.rows and task.is_classification:
            share = one.other_label / one.rows
            low, high = wilson_ends(share, one.rows, _Z)
            told["other_label"] = {"value": share, "low": low, "high": high}
        return told


def columns_of(model: Model) -> list[tuple[str, str]]:
    """Name and kind of each column that it reads, in order."""
    return [(column.name, column.kind) for column in model.fitted.schema.features]
