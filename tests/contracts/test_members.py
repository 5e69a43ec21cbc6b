"""What every learner must do that adds members or rounds one by one, when its time is up or nobody wants it any more."""

import numpy as np
import pytest
from tests.contracts.learning import N, encoded, state_bytes, task_of

from assay.data.rows import Rows
from assay.recipes.learner import Budget, Context, FittedLearner
from assay.recipes.registry import RECIPES

NAMES = ["boosting", "balanced-bagging", "balanced-forest", "easy-ensemble", "rus-boost"]
TASK = "multiclass"


def learn(name: str, *, budget: Budget | None = None, context: Context | None = None) -> tuple[FittedLearner, Rows]:
    rows = encoded(RECIPES.get(name), TASK)
    fitted = RECIPES.get(name).learner.fit(
        rows, task_of(TASK), validation=None, seed=0, budget=budget or Budget(), context=context or Context()
    )
    return fitted, rows


@pytest.mark.parametrize("name", NAMES)
def test_cancelled_or_without_time_it_ends_with_its_first_member_and_predicts_all_the_same(name: str) -> None:
    cancelled, rows = learn(name, context=Context(cancelled=lambda: True))
    late, _ = learn(name, budget=Budget(seconds=0.0))
    assert state_bytes(cancelled.state()) == state_bytes(late.state())
    output = late.predict(rows.features)
    assert output.score.shape == (N, 3)
    assert np.isfinite(output.score).all()
    np.testing.assert_allclose(output.probability.sum(axis=1), 1, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_it_asks_between_members_and_says_how_many_there_are(name: str) -> None:
    seen: list[tuple[int, int]] = []

    def told(done: int, total: int) -> None:
        seen.append((done, total))

    three, _ = learn(name, context=Context(cancelled=lambda: len(seen) >= 3, progress=told))
    whole, _ = learn(name)
    assert [done for done, _ in seen[:3]] == [1, 2, 3]
    assert max(done for done, _ in seen) == 3
    assert len({total for _, total in seen}) == 1
    assert seen[0][1] > 3
    assert len(state_bytes(three.state())) < len(state_bytes(whole.state()))


@pytest.mark.parametrize("name", NAMES)
def test_time_that_is_never_up_changes_nothing(name: str) -> None:
    assert state_bytes(learn(name, budget=Budget(seconds=1e9))[0].state()) == state_bytes(learn(name)[0].state())
