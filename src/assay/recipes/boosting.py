"""Gradient boosting by LightGBM: rounds until held-out rows gain nothing more."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.data.batches import Batches
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.boosting_batches import sequence_of
from assay.recipes.boosting_rounds import Limits, Pace
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.lightgbm_text import BoostedModel
from assay.recipes.outputs import TABLE_TASKS, check_width, dense, from_logits, task_and_classes, task_header
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real, Whole

OBJECTIVES = {"binary": "binary", "multiclass": "multiclass", "regression": "regression"}
METRICS = {"binary": "binary_logloss", "multiclass": "multi_logloss", "regression": "l2"}
MANY_CLASSES = 5
"""With more classes, each round grows so many trees that the learning rate is doubled to need fewer rounds."""

LARGE_ROWS = 5000
"""Below it a tree has half the leaves."""


@dataclass(frozen=True)
class FittedBoosting:
    """model: the checked trees; LightGBM only ever sees its ``render()``."""

    KIND: ClassVar[str] = "lightgbm"

    task: str
    n_classes: int
    model: BoostedModel

    @cached_property
    def _booster(self) -> Any:
        import lightgbm

        return lightgbm.Booster(model_str=self.model.render())

    def predict(self, matrix: Matrix) -> Output:
        """score: the raw margin (binary), margins, or the value."""
        check_width(matrix, self.model.width)
        if not matrix.shape[0]:
            raw = np.zeros((0, self.model.n_scores))
        else:
            raw = np.asarray(self._booster.predict(dense(matrix), raw_score=True, num_threads=1))
        raw = raw.reshape(matrix.shape[0], self.model.n_scores)
        return Output(raw[:, 0], None) if self.task == "regression" else from_logits(self.task, raw)

    def state(self) -> State:
        return {**task_header(self.KIND, self.task, self.n_classes), "model": self.model.render()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        model = BoostedModel.parse(checks.text(state, "model"))
        wanted = n_classes if task == "multiclass" else 1
        if model.n_scores != wanted or model.objective.split(" ")[0] != OBJECTIVES[task]:
            raise BundleError(f"the saved boosting model's objective {model.objective!r} does not fit a {task} task.")
        return cls(task, n_classes, model)


@dataclass(frozen=True, kw_only=True)
class Boosting:
    """rounds: at most (in proportion more at a rate below 0.05), or all of ``rounds_unwatched`` without validation rows.

    patience: rounds without a better loss.  The others are LightGBM's own, under its names; but few rows get smaller trees:
    half of ``num_leaves`` below 5000 rows, and ``min_data_in_leaf`` is a twentieth of the rows at most.
    """

    rounds: int = 500
    rounds_unwatched: int = 150
    patience: int = 30
    learning_rate: float = 0.05
    num_leaves: int = 31
    min_data_in_leaf: int = 20
    feature_fraction: float = 0.8
    bagging_fraction: float = 1.0
    lambda_l2: float = 1.0
    takes_weights: bool = True
    in_batches: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return True

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,
        seed: int,
        budget: Budget,
        context: Context,
    ) -> FittedBoosting:
        """Stops at the best round on ``validation``, when the budget is spent, or when ``context`` is cancelled."""
        import lightgbm

        settings = self._settings(rows, task, seed, context.threads)
        train = dataset(rows, settings, None)
        booster = lightgbm.Booster(params=settings, train_set=train)
        if validation is not None:
            booster.add_valid(dataset(validation, settings, train), "held")
        limits = Limits(rounds=self.rounds, unwatched=self.rounds_unwatched, patience=self.patience)
        a_round, rate = booster.num_model_per_iteration(), self.learning_rate
        most = limits.most(watched=validation is not None, trees_a_round=a_round, learning_rate=rate)
        kept = boost(booster, validation is not None, Pace(most, self.patience, budget, context))
        model = BoostedModel.parse(booster.model_to_string(num_iteration=kept))
        return FittedBoosting(task.name, rows.n_classes, model)

    def _settings(self, rows: Rows, task: Task, seed: int, threads: int) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "objective": OBJECTIVES[task.name],
            "metric": METRICS[task.name],
            "learning_rate": self.learning_rate * (2 if rows.n_classes > MANY_CLASSES else 1),
            "num_leaves": self.num_leaves if len(rows) >= LARGE_ROWS else max(2, self.num_leaves // 2),
            "min_data_in_leaf": max(2, min(self.min_data_in_leaf, len(rows) // 20)),
            "feature_fraction": self.feature_fraction,
            "lambda_l2": self.lambda_l2,
            "seed": seed,
            "data_random_seed": seed,  # rows that bins are found on: said here, or batches would be binned on others
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": threads,
            "verbosity": -1,
        }
        if self.bagging_fraction < 1:
            settings |= {"bagging_fraction": self.bagging_fraction, "bagging_freq": 1}
        if task.name == "multiclass":
            settings["num_class"] = rows.n_classes
        return settings


def boost(booster: Any, is_watched: bool, pace: Pace) -> int:
    """Rounds of a LightGBM booster until done; returns how many of them to keep.

    is_watched: whether it has rows to be judged by.
    """
    done, goes_on = 0, True
    while goes_on:
        is_finished = booster.update()
        done += 1
        goes_on = pace.goes_on(done, _held_loss(booster) if is_watched else None) and not is_finished
    return pace.best_round


def _held_loss(booster: Any) -> float:
    """Of its first metric on the held rows, turned so that less is better."""
    _, _, value, greater_is_better = booster.eval_valid()[0]
    return -float(value) if greater_is_better else float(value)


def dataset(rows: Rows, settings: dict[str, Any], reference: Any, init_score: np.ndarray | None = None) -> Any:
    """LightGBM's form of the rows; init_score: float64 (n,) or (n, n_scores), what is said already."""
    import lightgbm

    features: Any = rows.features
    weights = rows.weights
    if isinstance(features, Batches):
        features = sequence_of(features)
        if weights is None and reference is not None and reference.weight is not None:
            weights = np.full(len(rows), 2.0)  # LightGBM would take over that there are weights, as zeros; of ones it makes none
    else:
        features = dense(features)
    return lightgbm.Dataset(features, rows.target, weight=weights, reference=reference, params=settings, init_score=init_score)


BOOSTING = Recipe(
    name="boosting",
    title="Gradient boosted trees (LightGBM)",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=Boosting(),
    simplicity=50,
    space={
        "learning_rate": Real(0.01, 0.3, log=True),
        "num_leaves": Whole(4, 255, log=True),
        "min_data_in_leaf": Whole(2, 200, log=True),
        "feature_fraction": Real(0.2, 1.0),
        "bagging_fraction": Real(0.4, 1.0),
        "lambda_l2": Real(1e-3, 100.0, log=True),
    },
)
