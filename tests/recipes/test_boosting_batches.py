"""Boosting on rows that are encoded part by part grows the trees of boosting on their matrix."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from assay.data.batches import Batches
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes import boosting_batches
from assay.recipes.boosting import Boosting
from assay.recipes.learner import Budget, Context


@pytest.mark.parametrize("n", [3000, 210_000], ids=["all rows make the bins", "a sample of rows makes the bins"])
def test_parts_and_a_matrix_give_the_same_trees(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosting_batches, "ENCODED_TOGETHER", n // 3 + 1)
    rng = np.random.default_rng(0)
    matrix = np.column_stack([rng.normal(size=n), rng.integers(0, 9, n), rng.normal(size=n).round(1), np.zeros(n)])
    matrix[rng.random(n) < 0.1, 0] = np.nan
    target = (rng.random(n) < 0.2 + 0.4 * (matrix[:, 2] > 0)).astype(np.int64)
    whole = Rows(matrix, target, 2, rng.uniform(0.5, 2, n))
    frame = pl.DataFrame({f"x{i}": matrix[:, i] for i in range(4)})
    parts = replace(whole, features=Batches(frame, lambda some: some.to_numpy(), 4))  # type: ignore[arg-type]
    learner, task = Boosting(rounds=5), Task("binary", "y", ("no", "yes"))

    def text(rows: Rows, held: Rows) -> str:
        return str(learner.fit(rows, task, validation=held, seed=0, budget=Budget(), context=Context()).model.render())

    few = np.arange(500)
    some = Batches(frame.head(500), lambda some: some.to_numpy(), 4)
    held = replace(parts, features=some, target=target[few], weights=None)  # type: ignore[arg-type]
    assert text(parts, held) == text(whole, replace(whole.take(few), weights=None))
