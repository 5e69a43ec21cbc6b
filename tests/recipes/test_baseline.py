import numpy as np
import pytest

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.baseline import BASELINE, FittedConstant
from assay.recipes.learner import Budget, Context

BINARY, REGRESSION = Task("binary", "y", ("no", "yes")), Task("regression", "y")


def fit(target: np.ndarray, n_classes: int, task: Task, weights: np.ndarray | None = None) -> FittedConstant:
    rows = Rows(np.zeros((len(target), 0)), target, n_classes, weights)
    return BASELINE.learner.fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())


def test_every_row_gets_the_weighted_class_share() -> None:
    fitted = fit(np.array([0, 0, 1]), 2, BINARY, np.array([1.0, 1.0, 2.0]))
    assert fitted.predict(np.zeros((4, 0))).probability.tolist() == [0.5] * 4


def test_every_row_gets_the_weighted_mean_and_no_probability() -> None:
    output = fit(np.array([1.0, 4.0]), 0, REGRESSION, np.array([2.0, 1.0])).predict(np.zeros((2, 0)))
    assert output.score.tolist() == [2.0, 2.0]
    assert output.probability is None


def test_it_is_the_simplest_recipe() -> None:
    assert BASELINE.simplicity == 0


@pytest.mark.parametrize(
    "damage",
    [{"values": np.ones(3)}, {"values": np.array([np.nan, 0.5])}, {"task": "ordinal"}, {"n_classes": 3}, {"n_classes": 2.0}],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    with pytest.raises(BundleError):
        FittedConstant.from_state(fit(np.array([0, 1]), 2, BINARY).state() | damage)
