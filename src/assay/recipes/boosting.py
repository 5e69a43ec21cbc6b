"""Gradient boosting by LightGBM: rounds until held-out rows gain nothing more."""

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.lightgbm_text import BoostedModel
from assay.recipes.outputs import TABLE_TASKS, check_width, dense, from_logits, task_and_classes, task_header
from assay.recipes.recipe import Recipe

OBJECTIVES = {"binary": "binary", "multiclass": "multiclass", "regression": "regression"}
METRICS = {"binary": "binary_logloss", "multiclass": "multi_logloss", "regression": "l2"}
MANY_CLASSES = 5
"""With more classes, each round grows so many trees that the learning rate is doubled to need fewer rounds."""

MOST_TREES = 5000
"""Rounds times classes at most: beyond it prediction takes seconds and the model tens of megabytes."""

LARGE_ROWS = 5000
"""From here on a tree may have 31 leaves instead of 15."""


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
    """rounds: at most, or all of ``rounds_unwatched`` without validation rows.  patience: rounds without a better loss."""

    rounds: int = 500
    rounds_unwatched: int = 150
    patience: int = 30
    learning_rate: float = 0.05
    feature_fraction: float = 0.8
    takes_weights: bool = True

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
        train = _dataset(rows, settings, None)
        booster = lightgbm.Booster(params=settings, train_set=train)
        if validation is not None:
            booster.add_valid(_dataset(validation, settings, train), "held")
        kept = self._boost(booster, validation is not None, budget, context)
        model = BoostedModel.parse(booster.model_to_string(num_iteration=kept))
        return FittedBoosting(task.name, rows.n_classes, model)

    def _boost(self, booster: Any, is_watched: bool, budget: Budget, context: Context) -> int:
        """Rounds until done; returns how many of them to keep."""
        began = time.monotonic()
        best, best_round = np.inf, 0
        most = min(self.rounds if is_watched else self.rounds_unwatched, max(1, MOST_TREES // booster.num_model_per_iteration()))
        for number in range(1, most + 1):
            is_finished = booster.update()
            if is_watched:
                loss = float(booster.eval_valid()[0][2])
                if loss < best or number == 1:
                    best, best_round = loss, number
            else:
                best_round = number
            context.progress(number, most)
            spent = budget.seconds is not None and time.monotonic() - began > budget.seconds
            if is_finished or spent or number - best_round >= self.patience or context.cancelled():
                break
        return best_round

    def _settings(self, rows: Rows, task: Task, seed: int, threads: int) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "objective": OBJECTIVES[task.name],
            "metric": METRICS[task.name],
            "learning_rate": self.learning_rate * (2 if rows.n_classes > MANY_CLASSES else 1),
            "num_leaves": 31 if len(rows) >= LARGE_ROWS else 15,
            "min_data_in_leaf": max(2, min(20, len(rows) // 20)),
            "feature_fraction": self.feature_fraction,
            "lambda_l2": 1.0,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": threads,
            "verbosity": -1,
        }
        if task.name == "multiclass":
            settings["num_class"] = rows.n_classes
        return settings


def _dataset(rows: Rows, settings: dict[str, Any], reference: Any) -> Any:
    import lightgbm

    features = dense(rows.features)  # type: ignore[arg-type]
    return lightgbm.Dataset(features, rows.target, weight=rows.weights, reference=reference, params=settings)


BOOSTING = Recipe(
    name="boosting",
    title="Gradient boosted trees (LightGBM)",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=Boosting(),
    simplicity=50,
)
