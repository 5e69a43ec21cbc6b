"""Gradient boosting by CatBoost (an extra): symmetric trees, read out once, and CatBoost is not needed to predict.

A level code of few levels is asked level by level (is it this one?), which CatBoost sees as one column of zeros and ones
a level; longer codes are numbers to it.  Its ordered target statistics are not used: what they leave behind is a table of
hashes per combination of columns, which only its own library can read.
Source: Prokhorenkova, Gusev, Vorobev, Dorogush & Gulin (2018).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from assay.core.optional import require
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.boosted_trees import FittedBoostedTrees, constant, nothing_to_learn, weighed
from assay.recipes.boosting_rounds import Limits, Pace
from assay.recipes.learner import Budget, Context
from assay.recipes.outputs import TABLE_TASKS, dense
from assay.recipes.recipe import Recipe
from assay.recipes.space import Choice, Real, Whole
from assay.recipes.tree_arrays import LEAF
from assay.recipes.tree_nodes import NodeTree, arrays_of

LOSSES = {"binary": "Logloss", "multiclass": "MultiClass", "regression": "RMSE"}


@dataclass(frozen=True)
class Asked:
    """What CatBoost sees as one column: a column of ours, or whether its code is this level (None: the column itself)."""

    column: int
    level: int | None


@dataclass(frozen=True, kw_only=True)
class CatBoost:
    """rounds: at most (in proportion more at a rate below 0.05), or all of ``rounds_unwatched`` without validation rows.

    patience: rounds without a better loss.  one_hot_levels: codes of at most so many levels are asked level by level.
    depth, l2_leaf_reg, random_strength: CatBoost's own.
    """

    rounds: int = 1000
    rounds_unwatched: int = 300
    patience: int = 40
    learning_rate: float = 0.05
    depth: int = 6
    l2_leaf_reg: float = 3.0
    random_strength: float = 1.0
    one_hot_levels: int = 32
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
        catboost: Any = require("catboost", extra="catboost", purpose="recipe 'catboost'")
        rows = weighed(rows)
        if nothing_to_learn(rows):
            return constant(rows, task)
        asked = self._asked(rows)
        limits = Limits(rounds=self.rounds, unwatched=self.rounds_unwatched, patience=self.patience)
        n_scores = rows.n_classes if task.name == "multiclass" else 1
        most = limits.most(watched=validation is not None, trees_a_round=1, learning_rate=self.learning_rate)
        model = catboost.CatBoost(self._settings(task, rows, most, seed, context.threads))
        stop = _Stop(Pace(most, self.patience, budget, context))
        held = None if validation is None else _pool(catboost, validation, asked)
        watching = {} if held is None else {"eval_set": held, "early_stopping_rounds": self.patience, "use_best_model": True}
        model.fit(_pool(catboost, rows, asked), callbacks=[stop], **watching)
        trees, base = trees_of(_json(model), asked, n_scores)
        arrays, sets = arrays_of(trees)
        width, columns = rows.features.shape[1], np.zeros(int(n_scores == 1), dtype=np.int64)
        return FittedBoostedTrees(task.name, rows.n_classes, width, "float32", base, columns, arrays, sets)

    def _asked(self, rows: Rows) -> list[Asked]:
        features = dense(rows.features)  # type: ignore[arg-type]
        codes = {column for block in rows.blocks if block.kind == "code" for column in range(block.start, block.stop)}
        found: list[Asked] = []
        for column in range(features.shape[1]):
            levels = np.unique(features[:, column][~np.isnan(features[:, column])]) if column in codes else np.zeros(0)
            if 0 < len(levels) <= self.one_hot_levels:
                found += [Asked(column, int(level)) for level in levels]
            else:
                found.append(Asked(column, None))
        return found

    def _settings(self, task: Task, rows: Rows, most: int, seed: int, threads: int) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "loss_function": LOSSES[task.name],
            "iterations": most,
            "learning_rate": self.learning_rate,
            "depth": self.depth,
            "l2_leaf_reg": self.l2_leaf_reg,
            "random_strength": self.random_strength,
            "random_seed": seed,
            "thread_count": threads,
            "logging_level": "Silent",
            "allow_writing_files": False,
        }
        if task.name == "multiclass":
            settings["classes_count"] = rows.n_classes
        return settings


class _Stop:
    """CatBoost's callback; it judges the held-out rows itself, so that here only time and the caller's wish count."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    def after_iteration(self, info: Any) -> bool:
        """Whether to go on."""
        return self._pace.goes_on(int(info.iteration), None)


def _pool(catboost: Any, rows: Rows, asked: list[Asked]) -> Any:
    features = dense(rows.features).astype(np.float32)  # type: ignore[arg-type]
    shown = np.empty((len(features), len(asked)), dtype=np.float32)
    for place, one in enumerate(asked):
        values = features[:, one.column]
        shown[:, place] = values if one.level is None else values == one.level
    return catboost.Pool(shown, rows.target, weight=rows.weights)


def _json(model: Any) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def trees_of(model: dict[str, Any], asked: list[Asked], n_scores: int) -> tuple[list[NodeTree], np.ndarray]:
    """The trees of CatBoost's JSON model and its starting values, float64 (n_scores,)."""
    scale, bias = model["scale_and_bias"]
    floats = model["features_info"]["float_features"]
    right_when_missing = {one["feature_index"]: one["nan_value_treatment"] == "AsTrue" for one in floats}
    trees = [_tree(tree, asked, right_when_missing, n_scores, scale) for tree in model["oblivious_trees"]]
    base = np.zeros(n_scores) + np.asarray(bias, dtype=np.float64)
    return trees, base


def _tree(tree: dict[str, Any], asked: list[Asked], right_when_missing: dict[int, bool], n_scores: int, scale: float) -> NodeTree:
    """A symmetric tree unfolded: one question a level, node i leads to 2i + 1 and 2i + 2.

    CatBoost's leaf number has the answer to question i as its bit i, so the last question is the root's.
    """
    splits = tree.get("splits") or []
    depth, inner = len(splits), 2 ** len(splits) - 1
    number = np.arange(2 * inner + 1)
    left = np.where(number < inner, 2 * number + 1, LEAF)
    feature, threshold = np.zeros(len(number), dtype=np.int64), np.zeros(len(number))
    missing_left = np.ones(len(number), dtype=bool)
    levels: dict[int, np.ndarray] = {}
    for level, split in enumerate(reversed(splits)):
        if split["split_type"] != "FloatFeature":
            raise ValueError(f"CatBoost grew a split of type {split['split_type']}.")
        nodes = np.arange(2**level - 1, 2 ** (level + 1) - 1)
        one = asked[split["float_feature_index"]]
        feature[nodes] = one.column
        threshold[nodes] = np.float32(split["border"])
        if one.level is None:
            missing_left[nodes] = not right_when_missing[split["float_feature_index"]]
        else:
            levels |= dict.fromkeys(nodes.tolist(), np.arange(one.level + 1) != one.level)
    values = np.zeros((len(number), n_scores))
    values[inner:] = scale * np.reshape(tree["leaf_values"], (2**depth, n_scores))
    right = np.where(left == LEAF, LEAF, left + 1)
    return NodeTree(left, right, feature, threshold, missing_left, values, levels)


CATBOOST = Recipe(
    name="catboost",
    title="Gradient boosted symmetric trees (CatBoost)",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=CatBoost(),
    simplicity=53,
    extra="catboost",
    space={
        "learning_rate": Real(0.02, 0.3, log=True),
        "depth": Whole(2, 8),
        "l2_leaf_reg": Real(0.1, 100.0, log=True),
        "random_strength": Real(0.1, 10.0, log=True),
        "one_hot_levels": Choice((0, 4, 32)),
    },
)
