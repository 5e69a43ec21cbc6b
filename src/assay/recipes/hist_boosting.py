"""Gradient boosting by scikit-learn's histograms: its trees are read out once, and walked as our own arrays.

Level codes are asked as sets of levels, as scikit-learn grows them.  Source: Ke et al. (2017).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.boosted_trees import FittedBoostedTrees, constant, held_loss, nothing_to_learn, weighed
from assay.recipes.boosting_rounds import Limits, Pace
from assay.recipes.learner import Budget, Context
from assay.recipes.outputs import ABSENT_LOGIT, TABLE_TASKS, dense
from assay.recipes.recipe import Recipe
from assay.recipes.space import Choice, Real, Whole
from assay.recipes.tree_arrays import LEAF
from assay.recipes.tree_nodes import NodeTree, arrays_of

MOST_LEVELS = 255
"""A code of more levels is a number to scikit-learn's histograms."""

TREES_AT_ONCE = 20
"""Between two looks at the clock and the held-out rows; each look bins the training rows anew."""


@dataclass(frozen=True, kw_only=True)
class HistBoosting:
    """rounds: at most (in proportion more at a rate below 0.05), or all of ``rounds_unwatched`` without validation rows.

    patience: rounds without a better loss.  level_sets: whether codes are asked as sets of levels, or as numbers.
    The others are scikit-learn's own.
    """

    rounds: int = 500
    rounds_unwatched: int = 150
    patience: int = 30
    learning_rate: float = 0.05
    max_leaf_nodes: int = 31
    min_samples_leaf: int = 20
    l2_regularization: float = 1.0
    max_features: float = 0.8
    level_sets: bool = False
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
        from threadpoolctl import threadpool_limits

        rows = weighed(rows)
        if nothing_to_learn(rows):
            return constant(rows, task)
        rows = _without_empty(rows)
        classes = np.unique(rows.target) if task.is_classification else np.array([0])
        limits = Limits(rounds=self.rounds, unwatched=self.rounds_unwatched, patience=self.patience)
        a_round = len(classes) if len(classes) > 2 else 1
        most = limits.most(watched=validation is not None, trees_a_round=a_round, learning_rate=self.learning_rate)
        with threadpool_limits(context.threads, "openmp"):
            model = self._model(rows, task, seed)
            kept = _boost(model, rows, validation, task, Pace(most, self.patience, budget, context), a_round)
        return fitted_of(model, kept, rows, task)

    def _model(self, rows: Rows, task: Task, seed: int) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        grow = HistGradientBoostingClassifier if task.is_classification else HistGradientBoostingRegressor
        return grow(
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            l2_regularization=self.l2_regularization,
            max_features=self.max_features,
            categorical_features=_level_codes(rows) if self.level_sets else None,
            early_stopping=False,
            warm_start=True,
            random_state=seed,
        )


def _level_codes(rows: Rows) -> list[int]:
    features = dense(rows.features)  # type: ignore[arg-type]
    codes = [column for block in rows.blocks if block.kind == "code" for column in range(block.start, block.stop)]
    seen = {column: features[:, column][~np.isnan(features[:, column])] for column in codes}
    return [column for column, values in seen.items() if 0 < len(np.unique(values)) <= MOST_LEVELS]


def _boost(model: Any, rows: Rows, validation: Rows | None, task: Task, pace: Pace, a_round: int) -> int:
    """Rounds until done, a few at a time; returns how many of them to keep."""
    at_once = max(1, TREES_AT_ONCE // a_round)
    features = dense(rows.features)  # type: ignore[arg-type]
    raw, done, goes_on = None, 0, True
    while goes_on:
        model.set_params(max_iter=min(done + at_once, pace.most))
        model.fit(features, rows.target, sample_weight=rows.weights)
        grown = model.n_iter_
        if validation is None:
            goes_on = pace.goes_on(grown, None)
        for number in range(done, grown if validation is not None else done):
            added = fitted_of(model, number + 1, rows, task, first=number).raw(dense(validation.features))  # type: ignore
            raw = added if raw is None else raw + added
            goes_on = pace.goes_on(number + 1, held_loss(task, raw, validation))  # type: ignore[arg-type]
            if not goes_on:
                break
        goes_on = goes_on and grown > done
        done = grown
    return pace.best_round


def _without_empty(rows: Rows) -> Rows:
    """Columns without any value as 0, on which no tree can split: scikit-learn finds no bins in them and fails."""
    matrix = np.asarray(rows.features, dtype=np.float64)
    empty = np.isnan(matrix).all(axis=0)
    return replace(rows, features=np.where(empty, 0.0, matrix)) if empty.any() else rows


def fitted_of(model: Any, rounds: int, rows: Rows, task: Task, first: int = 0) -> FittedBoostedTrees:
    """The trees of rounds first … rounds - 1 of a scikit-learn model as our arrays; its starting value with round 0 only."""
    base, columns = _base(model, rows, task)
    names = _names(model)
    width = rows.features.shape[1]
    trees = [_tree(tree, names) for a_round in model._predictors[first:rounds] for tree in a_round]
    arrays, sets = arrays_of(trees)
    base = base * 0.0 if first else base
    return FittedBoostedTrees(task.name, rows.n_classes, width, "float64", base, columns, arrays, sets)


def _base(model: Any, rows: Rows, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """The starting value, and to which score each tree of a round adds."""
    own = np.ravel(model._baseline_prediction).astype(np.float64)
    if task.name != "multiclass":
        return own, np.zeros(1, dtype=np.int64)
    classes = np.asarray(model.classes_)
    base = np.full(rows.n_classes, ABSENT_LOGIT)
    if len(classes) == 2:  # one score, the log odds of the second
        base[classes] = [0.0, own[0]]
        return base, classes[1:]
    base[classes] = own
    return base, classes


@dataclass(frozen=True)
class _Names:
    """column: by scikit-learn's number of a column, ours.  levels: by the same, the codes behind its level numbers."""

    column: np.ndarray
    levels: dict[int, np.ndarray]


def _names(model: Any) -> _Names:
    """scikit-learn puts level columns first and numbers their levels anew."""
    asked = model.is_categorical_
    if asked is None or not asked.any():
        return _Names(np.arange(model.n_features_in_), {})
    column = np.concatenate([np.flatnonzero(asked), np.flatnonzero(~asked)])
    known = model._preprocessor.named_transformers_["encoder"].categories_
    return _Names(column, {number: np.asarray(values)[~np.isnan(values)].astype(int) for number, values in enumerate(known)})


def _tree(predictor: Any, names: _Names) -> NodeTree:
    nodes = predictor.nodes
    leaves = nodes["is_leaf"].astype(bool)
    missing_left = nodes["missing_go_to_left"].astype(bool)
    levels = {}
    for node in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaves):
        bits = predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]]
        known = names.levels[int(nodes["feature_idx"][node])]
        table = np.full(known.max() + 1, missing_left[node])
        number = np.arange(len(known))
        table[known] = (bits[number // 32] >> (number % 32).astype(bits.dtype)) & 1
        levels[int(node)] = table
    return NodeTree(
        left=np.where(leaves, LEAF, nodes["left"].astype(np.int64)),
        right=np.where(leaves, LEAF, nodes["right"].astype(np.int64)),
        feature=names.column[nodes["feature_idx"].astype(np.int64)],
        threshold=nodes["num_threshold"].astype(np.float64),
        missing_left=missing_left,
        value=nodes["value"].astype(np.float64)[:, None],
        levels=levels,
    )


HIST_BOOSTING = Recipe(
    name="hist-boosting",
    title="Gradient boosted trees (scikit-learn's histograms)",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=HistBoosting(),
    simplicity=51,
    space={
        "learning_rate": Real(0.01, 0.3, log=True),
        "max_leaf_nodes": Whole(4, 255, log=True),
        "min_samples_leaf": Whole(2, 200, log=True),
        "l2_regularization": Real(1e-3, 100.0, log=True),
        "max_features": Real(0.2, 1.0),
        "level_sets": Choice((False, True)),
    },
)
