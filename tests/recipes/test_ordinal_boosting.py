"""Boosting of each cut between levels, against the boosting of the same binary question."""

import numpy as np
import pytest

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.boosting import Boosting
from assay.recipes.learner import Budget, Context
from assay.recipes.ordinal_boosting import FittedOrdinalBoosting, OrdinalBoosting

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
Y = np.digitize(np.abs(X[:, 0]) + X[:, 1] + 0.5 * RNG.normal(size=300), [0.0, 0.8, 1.6])
TASK = Task("multiclass", "y", ("a", "b", "c", "d"), "ordinal")
HELD = Rows(X[:80], Y[:80], 4)


def fit(learner, rows: Rows, task: Task, validation: Rows | None, context: Context | None = None):
    return learner.fit(rows, task, validation=validation, seed=3, budget=Budget(), context=context or Context())


def test_each_cut_is_the_boosting_of_its_binary_question() -> None:
    found = fit(OrdinalBoosting(), Rows(X[80:], Y[80:], 4), TASK, HELD)
    binary = Task("binary", "y", ("below", "above"))
    above = [np.ones(300)]
    for level in range(3):
        rows, held = (Rows(X[part], (Y[part] > level).astype(int), 2) for part in (slice(80, None), slice(80)))
        above.append(fit(Boosting(), rows, binary, held).predict(X).probability)
    above.append(np.zeros(300))
    expected = np.column_stack([above[k] * (1 - above[k + 1]) for k in range(4)])
    assert found.predict(X).probability == pytest.approx(expected / expected.sum(axis=1, keepdims=True), abs=1e-12)


def test_levels_that_no_row_had_are_all_but_impossible() -> None:
    wide = Task("multiclass", "y", tuple("abcdefgh"), "ordinal")
    levels = np.array([1, 2, 4, 6])
    found = fit(OrdinalBoosting(), Rows(X, levels[Y], 8), wide, None).predict(X).probability
    assert (found[:, [0, 3, 5, 7]] < 1e-11).all()
    assert found[:, levels] == pytest.approx(fit(OrdinalBoosting(), Rows(X, Y, 4), TASK, None).predict(X).probability, abs=1e-9)
    alone = fit(OrdinalBoosting(), Rows(X, np.full(300, 2), 8), wide, None)
    assert alone.predict(X).probability[:, 2] == pytest.approx(1.0)
    assert FittedOrdinalBoosting.from_state(alone.state()).predict(X).probability[:, 2] == pytest.approx(1.0)


def test_cuts_that_do_not_fit_the_levels_are_refused() -> None:
    state = fit(OrdinalBoosting(rounds_unwatched=2), Rows(X, Y, 4), TASK, None).state()
    with pytest.raises(BundleError, match="2 cuts do not part its 4 levels"):
        FittedOrdinalBoosting.from_state({**state, "cuts": state["cuts"][:2]})
    with pytest.raises(BundleError, match="do not part"):
        FittedOrdinalBoosting.from_state({**state, "levels": np.array([0, 2, 1, 3])})


def test_progress_counts_all_cuts_together() -> None:
    seen: list[tuple[int, int]] = []
    fit(OrdinalBoosting(rounds_unwatched=4), Rows(X, Y, 4), TASK, None, Context(progress=lambda *told: seen.append(told)))
    assert seen == [(done, 12) for done in range(1, 13)]
