"""Requests that wait at the same time are answered together: one pass through the model instead of one each.

A batch is what has come while the loop was busy, so nobody waits for a batch to fill.  Short work is done between two turns
of the event loop; what takes longer, or needs frames, goes to a thread, so that the loop goes on taking requests.  One thread
at a time is with a model: a learner need not be safe for two.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from assay.bundle.model import Model
from assay.bundle.quick import QuickModel
from assay.data.conforming import conform
from assay.data.schema import Schema
from assay.serve.drift import Drift
from assay.serve.reasons import Reasoner
from assay.serve.typed import TypedReader
from assay.serve.worker import Worker

INLINE_SECONDS = 0.02
"""A batch that is expected to take longer is not made in the event loop."""
MOST_TOGETHER = 8192
"""Rows of one batch, but for a single request that has more."""
ALONE = 256
"""A request of as many rows gains nothing from company, and its rows are still in the processor's cache."""
_FORGETS = 0.2  # weight of the last batch in the pace that is remembered

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Waiting:
    records: list[Any]
    told: asyncio.Future[Rows]


class Batcher:
    """Answers to records of one model, in the event loop that asks first."""

    def __init__(self, model: Model, name: str = "model") -> None:
        self.model = model
        self.quick = QuickModel.of(model)
        self.typed = TypedReader.of(self.quick)
        self.reasoner = Reasoner(model)
        self.unseen: Counter[str] = Counter()  # by column, cells whose level no training row had
        self.drift = Drift(model)
        self.worker = Worker(f"the thread of {name}")
        self._lock = threading.Lock()
        self._waiting: list[Waiting] = []
        self._flushing = False
        self._under_way = 0
        self._a_row = 0.0  # seconds

    async def ask(self, records: list[Any] | pl.DataFrame, level: float | None = None, reasons: int | None = None) -> Rows:
        """One answer a record or row, with so many reasons each where they are asked for.

        Raises DataError for what does not fit, ConfigError for a level or reasons that there cannot be, WorkerDied where the
        model's thread ended before it had answered.
        """
        self._under_way += 1
        try:
            return await self._asked(records, level, reasons)
        finally:
            self._under_way -= 1

    async def _asked(self, records: list[Any] | pl.DataFrame, level: float | None, reasons: int | None) -> Rows:
        if self.quick is None or level is not None or reasons is not None or isinstance(records, pl.DataFrame):
            found: Rows = await self.worker.do(partial(self._at_length, records, level, reasons))
            return found
        loop = asyncio.get_running_loop()
        one = Waiting(records, loop.create_future())
        if len(records) >= ALONE:
            self._answer([one], _nothing)
            return await one.told
        self._waiting.append(one)
        if not self._flushing:
            self._flushing = True
            loop.call_soon(self._flush)
        return await one.told

    @property
    def busy_for(self) -> float:
        """Seconds for which the model's thread has been at the same piece of work; 0 where it waits for some."""
        return self.worker.busy_for

    async def done(self) -> None:
        """When all that was asked is answered."""
        while self._under_way:
            await asyncio.sleep(0.01)

    def close(self, seconds: float | None = None) -> None:
        """Called when nothing is under way any more; waits no longer than it is told for a thread that does not end."""
        self.worker.close(seconds)

    def _flush(self) -> None:
        self._answer(self._taken(), self._go_on)

    def _go_on(self) -> None:
        self._flushing = bool(self._waiting)
        if self._flushing:
            asyncio.get_running_loop().call_soon(self._flush)

    def _answer(self, batch: list[Waiting], then: Callable[[], None]) -> None:
        """Answer the batch: here when it is short and nobody else is with the model, else in the thread."""
        rows = sum(len(one.records) for one in batch)
        if rows * self._a_row < INLINE_SECONDS and self._lock.acquire(blocking=False):
            try:
                found = self._together(batch)
            finally:
                self._lock.release()
            self._tell(batch, found)
            then()
            return
        running = self.worker.do(partial(self._together_with_lock, batch))
        running.add_done_callback(partial(self._tell_later, batch, then))

    def _taken(self) -> list[Waiting]:
        rows, many = 0, 0
        for one in self._waiting:
            if many and rows + len(one.records) > MOST_TOGETHER:
                break
            rows, many = rows + len(one.records), many + 1
        batch, self._waiting = self._waiting[:many], self._waiting[many:]
        return [one for one in batch if not one.told.done()]  # the rest were given up

    def _tell_later(self, batch: list[Waiting], then: Callable[[], None], done: "asyncio.Future[list[Rows | None]]") -> None:
        error = done.exception()
        if error is None:
            self._tell(batch, done.result())
        else:
            for one in batch:
                if not one.told.done():
                    one.told.set_exception(error)
        then()

    def _tell(self, batch: list[Waiting], found: list[Rows | None]) -> None:
        """Give the answers out; who has none is answered at length, alone, and hears then what is wrong with its rows."""
        for one, rows in zip(batch, found, strict=True):
            if one.told.done():
                continue
            if rows is None:
                slow = self.worker.do(partial(self._at_length, one.records, None, None))
                slow.add_done_callback(partial(_pass_on, one.told))
                one.told.add_done_callback(partial(_give_up, slow))
            else:
                one.told.set_result(rows)

    def _together(self, batch: list[Waiting]) -> list[Rows | None]:
        """The rows of each request of the batch; None for one that must be answered at length."""
        began = time.perf_counter()
        records = batch[0].records if len(batch) == 1 else [record for one in batch for record in one.records]
        found = self._quickly(records)
        if found is None:
            return [None] if len(batch) == 1 else [self._quickly(one.records) for one in batch]
        took = (time.perf_counter() - began) / max(1, len(records))
        self._a_row += _FORGETS * (took - self._a_row)
        if len(batch) == 1:
            return [found]
        ends, rows = 0, list[Rows | None]()
        for one in batch:
            rows.append(found[ends : ends + len(one.records)])
            ends += len(one.records)
        return rows

    def _quickly(self, records: list[Any]) -> Rows | None:
        """None also where the model fails: at length its sentence goes to the request whose rows it failed on."""
        if self.quick is None:
            return None
        try:
            cells = self.quick.read(records)
            if cells is None:
                return None
            found = self.quick.answers(cells)
            self.drift.cells(cells)
            return found
        except BaseException:  # noqa: BLE001 - not swallowed: the same rows are asked again at length, and that is told
            return None

    def _at_length(self, records: list[Any] | pl.DataFrame, level: float | None, reasons: int | None) -> Rows:
        schema = self.model.fitted.schema
        if isinstance(records, list):
            records = by_name(records, schema)
        features = conform(records, schema, extra="refuse")
        with self._lock:
            found = self.model.predict_features(features, level).to_dicts()
            told = None if reasons is None else self.reasoner.reasons(features, reasons)
        # only now: rows that were refused are no part of what is counted
        for column in schema.features:
            if column.kind == "category" and column.levels:
                self.unseen[column.name] += int((~features[column.name].is_in(list(column.levels))).sum() or 0)
        self.drift.frame(features)
        return found if told is None else [{**row, "reasons": why} for row, why in zip(found, told, strict=True)]

    def _together_with_lock(self, batch: list[Waiting]) -> list[Rows | None]:
        with self._lock:
            return self._together(batch)


def by_name(records: list[Any], schema: Schema) -> list[Any]:
    """Rows that a typed reader gave as tuples become dicts; others stay what they are."""
    if not records or type(records[0]) is not tuple:
        return records
    names = tuple(column.name for column in schema.features)
    return [dict(zip(names, record, strict=True)) for record in records]


def _nothing() -> None:
    """What comes after a request that was alone."""


def _give_up(slow: asyncio.Future[Rows], told: asyncio.Future[Rows]) -> None:
    """Who asked has gone: what nobody has begun need not be done."""
    if told.cancelled():
        slow.cancel()


def _pass_on(told: asyncio.Future[Rows], done: asyncio.Future[Rows]) -> None:
    if done.cancelled():
        return
    error = done.exception()
    if told.done():  # its request was given up
        return
    if error is not None:
        told.set_exception(error)
    else:
        told.set_result(done.result())
