"""Requests that are answered together get what each gets alone, and what is wrong with one touches no other."""

import asyncio
import random
from typing import Any

import pytest
from tests.bundle.models import model as model_with_dates
from tests.bundle.models import records as records_with_dates
from tests.bundle.test_quick import NUMBER, WORD, model, records

from assay.bundle.model import Model
from assay.core.errors import DataError
from assay.serve import batching
from assay.serve.batching import Batcher


def ask_at_once(batcher: Batcher, requests: list[list[Any]]) -> list[Any]:
    async def run() -> list[Any]:
        found = await asyncio.gather(*(batcher.ask(rows) for rows in requests), return_exceptions=True)
        await batcher.done()
        return found

    try:
        return asyncio.run(run())
    finally:
        batcher.close()


def in_parts(rows: list[Any], seed: int) -> list[list[Any]]:
    draw, parts = random.Random(seed), []
    while rows:
        size = draw.randint(1, 6)
        parts.append(rows[:size])
        rows = rows[size:]
    return parts


@pytest.mark.parametrize("recipe", ["logistic", "boosting", "forest"])
def test_requests_that_come_together_get_the_answers_of_the_model(recipe: str) -> None:
    one = model(recipe, "binary")
    requests = in_parts(records("binary", 120), seed=1)
    assert ask_at_once(Batcher(one), requests) == [one.predict(rows).to_dicts() for rows in requests]


def test_a_batch_is_one_pass_through_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    batcher, passes = Batcher(model("logistic", "binary")), []
    quick = batcher.quick
    assert quick is not None

    class Watched:
        read = quick.read

        def answers(self, cells: Any) -> Any:
            passes.append(len(cells[0]))
            return quick.answers(cells)

    monkeypatch.setattr(batcher, "quick", Watched())
    ask_at_once(batcher, [[row] for row in records("binary", 30)])
    assert passes == [30]


def test_more_rows_than_a_batch_holds_are_answered_one_batch_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "MOST_TOGETHER", 7)
    one = model("logistic", "binary")
    requests = in_parts(records("binary", 100), seed=2)
    assert ask_at_once(Batcher(one), requests) == [one.predict(rows).to_dicts() for rows in requests]


def test_long_work_is_done_in_a_thread_and_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "INLINE_SECONDS", -1.0)
    one = model("boosting", "multiclass")
    requests = in_parts(records("multiclass", 60), seed=3)
    assert ask_at_once(Batcher(one), requests) == [one.predict(rows).to_dicts() for rows in requests]


def test_a_request_that_does_not_fit_hears_why_and_those_beside_it_are_answered() -> None:
    one = model("logistic", "binary")
    good = [[row] for row in records("binary", 5)]
    bad = [{**records("binary", 1)[0], NUMBER: "twelve"}]
    found = ask_at_once(Batcher(one), [*good[:2], bad, *good[2:]])
    assert isinstance(found[2], DataError)
    assert "expected a number, found text ('twelve')" in str(found[2])
    assert [*found[:2], *found[3:]] == [one.predict(rows).to_dicts() for rows in good]


def test_an_unseen_level_is_answered_and_counted_by_its_column() -> None:
    one = model("logistic", "binary")
    batcher = Batcher(one)
    rows = [{**row, WORD: "never seen"} for row in records("binary", 3)]
    assert ask_at_once(batcher, [rows, records("binary", 4)]) == [
        one.predict(rows).to_dicts(),
        one.predict(records("binary", 4)).to_dicts(),
    ]
    assert batcher.unseen[WORD] == 3
    assert sum(batcher.unseen.values()) == 3


def test_a_model_of_dates_is_answered_through_frames() -> None:
    one = model_with_dates()
    requests = [[row] for row in records_with_dates(n_rows=6)]
    assert ask_at_once(Batcher(one), requests) == [one.predict(rows).to_dicts() for rows in requests]


def test_a_request_that_was_given_up_leaves_the_others_alone() -> None:
    one = model("logistic", "binary")
    batcher = Batcher(one)

    async def run() -> Any:
        lost = asyncio.ensure_future(batcher.ask(records("binary", 1)))
        odd = asyncio.ensure_future(batcher.ask([{**records("binary", 1)[0], WORD: "new"}]))
        kept = asyncio.ensure_future(batcher.ask(records("binary", 2)))
        await asyncio.sleep(0)
        lost.cancel()
        odd.cancel()
        found = await kept
        await batcher.done()
        return found

    assert asyncio.run(run()) == one.predict(records("binary", 2)).to_dicts()
    batcher.close()


def test_a_model_that_fails_on_one_row_says_so_to_that_request_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    one: Model = model("logistic", "binary")
    batcher = Batcher(one)
    good, bad = records("binary", 2), [{**records("binary", 1)[0], NUMBER: 77.0}]
    quick = batcher.quick
    assert quick is not None

    class Failing:
        read = quick.read

        def answers(self, cells: Any) -> Any:
            if 77.0 in cells[0]:
                raise DataError("it cannot.")
            return quick.answers(cells)

    monkeypatch.setattr(batcher, "quick", Failing())
    found = ask_at_once(batcher, [good, bad])
    assert found == [one.predict(good).to_dicts(), one.predict(bad).to_dicts()]
