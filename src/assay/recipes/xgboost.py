"""Gradient boosting by XGBoost (an extra): its trees are read out once, and XGBoost is not needed to predict.

Source: Chen & Guestrin (2016).  Format: XGBoost's JSON model, doc/model.schema.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.optional import require
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.boosted_trees import FittedBoostedTrees, constant, held_loss, nothing_to_learn, start, weighed
from assay.recipes.boosting_rounds import Limits, Pace
from assay.recipes.learner import Budget, Context
from assay.recipes.outputs import TABLE_TASKS, dense, sigmoid
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real, Whole
from assay.recipes.tree_nodes import NodeTree, arrays_of

OBJECTIVES = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}
CERTAIN = 1e-6
"""XGBoost takes its starting value as a probability, and neither 0 nor 1."""


@dataclass(frozen=True, kw_only=True)
class XGBoost:
    """rounds: at most (in proportion more at a rate below 0.05), or all of ``rounds_unwatched`` without validation rows.

    patience: rounds without a better loss.  The others are XGBoost's own, under its names.
    """

    rounds: int = 500
    rounds_unwatched: int = 150
    patience: int = 30
    learning_rate: float = 0.05
    max_depth: int = 6
    min_child_weight: float = 1.0
    subsample: float = 0.8
    colsample_bytree: float = 0.8
    reg_lambda: float = 1.0
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
    ) -> FittedBoostedTrees:
        """Stops at the best round on ``validation``, when the budget is spent, or when ``context`` is cancelled."""
        xgboost: Any = require("xgboost", extra="xgboost", purpose="recipe 'xgboost'")
        rows = weighed(rows)
        if nothing_to_learn(rows):
            return constant(rows, task)
        base = _starting(rows, task)
        settings = self._settings(rows, task, base, seed, context.threads)
        train, held = _matrix(xgboost, rows, context), None if validation is None else _matrix(xgboost, validation, context)
        booster = xgboost.Booster(settings, [train] if held is None else [train, held])
        limits = Limits(rounds=self.rounds, unwatched=self.rounds_unwatched, patience=self.patience)
        n_scores = max(rows.n_classes, 1) if task.name == "multiclass" else 1
        most = limits.most(watched=held is not None, trees_a_round=n_scores, learning_rate=self.learning_rate)
        pace, done, goes_on = Pace(most, self.patience, budget, context), 0, True
        while goes_on:
            booster.update(train, done)
            done += 1
            loss = None
            if validation is not None:
                said = booster.predict(held, output_margin=True)
                loss = held_loss(task, np.asarray(said, dtype=np.float64).reshape(len(validation), n_scores), validation)
            goes_on = pace.goes_on(done, loss)
        trees = trees_of(json.loads(booster[: pace.best_round].save_raw("json")))
        arrays, sets = arrays_of(trees)
        width = rows.features.shape[1]
        columns = np.arange(n_scores)
        return FittedBoostedTrees(task.name, rows.n_classes, width, "float32", base, columns, arrays, sets)

    def _settings(self, rows: Rows, task: Task, base: np.ndarray, seed: int, threads: int) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "objective": OBJECTIVES[task.name],
            "base_score": float({"binary": sigmoid(base)[0], "multiclass": 0.0, "regression": base[0]}[task.name]),
            "tree_method": "hist",
            "learning_rate": self.learning_rate,
            "max_depth": self.max_depth,
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample_bytree,
            "reg_lambda": self.reg_lambda,
            "seed": seed,
            "nthread": threads,
            "verbosity": 0,
            "disable_default_eval_metric": True,
        }
        if task.name == "multiclass":
            settings["num_class"] = rows.n_classes
        return settings


def _starting(rows: Rows, task: Task) -> np.ndarray:
    """float64 (n_scores,): what XGBoost starts from, rounded as it rounds; zeros for several classes."""
    if task.name == "multiclass":
        return np.zeros(rows.n_classes)
    base = start(rows, task)
    if task.name == "regression":
        return base.astype(np.float32).astype(np.float64)
    share = np.clip(sigmoid(base), CERTAIN, 1 - CERTAIN).astype(np.float32).astype(np.float64)
    return np.asarray(np.log(share) - np.log1p(-share))


def _matrix(xgboost: Any, rows: Rows, context: Context) -> Any:
    features = dense(rows.features).astype(np.float32)  # type: ignore[arg-type]
    return xgboost.DMatrix(features, rows.target, weight=rows.weights, nthread=context.threads)


def trees_of(model: dict[str, Any]) -> list[NodeTree]:
    """The trees of XGBoost's JSON model, in the order of its rounds and, within them, of the classes."""
    booster = model["learner"]["gradient_booster"]["model"]
    wanted = len(set(booster["tree_info"]))
    if booster["tree_info"] != list(range(wanted)) * (len(booster["trees"]) // wanted):
        raise ValueError("XGBoost's trees do not stand in rounds of one tree a class.")
    return [_tree(tree) for tree in booster["trees"]]


def _tree(tree: dict[str, Any]) -> NodeTree:
    """XGBoost asks float32(x) < condition, and keeps the value of a leaf where its condition would be."""
    condition = np.array(tree["split_conditions"], dtype=np.float32)
    return NodeTree(
        left=np.array(tree["left_children"]),
        right=np.array(tree["right_children"]),
        feature=np.array(tree["split_indices"]),
        threshold=np.nextafter(condition, np.float32(-np.inf)).astype(np.float64),
        missing_left=np.array(tree["default_left"], dtype=bool),
        value=condition.astype(np.float64)[:, None],
        levels={},
    )


XGBOOST = Recipe(
    name="xgboost",
    title="Gradient boosted trees (XGBoost)",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=XGBoost(),
    simplicity=52,
    extra="xgboost",
    space={
        "learning_rate": Real(0.01, 0.3, log=True),
        "max_depth": Whole(2, 12),
        "min_child_weight": Real(0.1, 100.0, log=True),
        "subsample": Real(0.4, 1.0),
        "colsample_bytree": Real(0.2, 1.0),
        "reg_lambda": Real(1e-3, 100.0, log=True),
    },
)
