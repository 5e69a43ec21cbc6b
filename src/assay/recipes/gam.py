"""An additive model that can be read: a step function of each column and of a few pairs, grown by LightGBM.

Explainable boosting: trees that ask of one column each are boosted round by round, then trees of two columns on what
those left over, for the pairs that a short unbound boosting found worth most.  All of it is read out as tables
(``gam_shapes``), and the booster is thrown away.
Source: Lou, Caruana & Gehrke (2012); Lou, Caruana, Gehrke & Hooker (2013); Nori, Jenkins, Koch & Caruana (2019).
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.boosted_trees import nothing_to_learn, start, weighed
from assay.recipes.boosting import METRICS, OBJECTIVES, boost, dataset
from assay.recipes.boosting_rounds import Limits, Pace
from assay.recipes.gam_shapes import FittedGam, Shape, column_names, shapes_of
from assay.recipes.learner import Budget, Context
from assay.recipes.lightgbm_text import BoostedModel
from assay.recipes.outputs import TABLE_TASKS, dense
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real, Whole

LOOKING_ROUNDS = 30
"""Of the unbound boosting that pairs are chosen by."""

PAIR_BINS = 32
"""Steps of each column of a pair, at most: its table stays readable, and few rows fill it."""


@dataclass(frozen=True, kw_only=True)
class Gam:
    """rounds: at most (in proportion more at a rate below 0.05), or all of ``rounds_unwatched`` without validation rows.

    patience: rounds without a better loss.  pairs: how many pairs of columns get a shape of their own, at most.
    The others are LightGBM's own, under its names.
    """

    rounds: int = 1500
    rounds_unwatched: int = 500
    patience: int = 50
    learning_rate: float = 0.05
    num_leaves: int = 4
    min_data_in_leaf: int = 20
    feature_fraction: float = 0.5
    lambda_l2: float = 1.0
    pairs: int = 10
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
    ) -> FittedGam:
        """Each of the two parts stops at its best round on ``validation``; both when time is up or nobody wants more."""
        rows = weighed(rows)
        names = column_names(rows.blocks, rows.features.shape[1])
        fitted = FittedGam(task.name, rows.n_classes, names, start(rows, task), ())
        if nothing_to_learn(rows):
            return fitted
        settings, pace = self._settings(rows, task, seed, context.threads), self._pace(rows, task, validation, budget, context)
        alone = [[column] for column in range(len(names))]
        fitted = _grown(replace(fitted, base=np.zeros(len(fitted.base))), rows, validation, _held_to(settings, alone), pace)
        if self.pairs and len(names) > 1 and not pace.is_over():
            unbound = {**settings, "max_bin": PAIR_BINS, "feature_fraction": 1.0}
            chosen = _pairs(fitted, rows, unbound, self.pairs)
            if chosen:
                pace = self._pace(rows, task, validation, budget, context, pace.began)
                fitted = _grown(fitted, rows, validation, _held_to(unbound, chosen), pace)
        return _centred(fitted, rows)

    def _pace(  # the same for both parts, but for when the first began
        self,
        rows: Rows,
        task: Task,
        validation: Rows | None,
        budget: Budget,
        context: Context,
        began: float | None = None,
    ) -> Pace:
        limits = Limits(rounds=self.rounds, unwatched=self.rounds_unwatched, patience=self.patience)
        a_round = rows.n_classes if task.name == "multiclass" else 1
        most = limits.most(watched=validation is not None, trees_a_round=a_round, learning_rate=self.learning_rate)
        pace = Pace(most, self.patience, budget, context)
        return pace if began is None else replace(pace, began=began)

    def _settings(self, rows: Rows, task: Task, seed: int, threads: int) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "objective": OBJECTIVES[task.name],
            "metric": METRICS[task.name],
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": max(2, min(self.min_data_in_leaf, len(rows) // 20)),
            "feature_fraction": self.feature_fraction,
            "lambda_l2": self.lambda_l2,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": threads,
            "verbosity": -1,
        }
        return settings | ({"num_class": rows.n_classes} if task.name == "multiclass" else {})


def _held_to(settings: dict[str, Any], groups: list[list[int]]) -> dict[str, Any]:
    """The settings under which the columns on any path of a tree are all of one group."""
    return {**settings, "interaction_constraints": groups}


def _booster(fitted: FittedGam, rows: Rows, validation: Rows | None, settings: dict[str, Any]) -> Any:
    """A booster that goes on from what ``fitted`` says."""
    import lightgbm

    def said(of: Rows) -> np.ndarray | None:
        if not fitted.shapes:
            return None
        raw = fitted.raw(dense(of.features))  # type: ignore[arg-type]
        return raw[:, 0] if raw.shape[1] == 1 else raw

    train = dataset(rows, settings, None, said(rows))
    booster = lightgbm.Booster(params=settings, train_set=train)
    if validation is not None:
        booster.add_valid(dataset(validation, settings, train, said(validation)), "held")
    return booster


def _grown(fitted: FittedGam, rows: Rows, validation: Rows | None, settings: dict[str, Any], pace: Pace) -> FittedGam:
    """What ``fitted`` says and what trees under these settings add to it."""
    booster = _booster(fitted, rows, validation, settings)
    kept = boost(booster, validation is not None, pace)
    model = BoostedModel.parse(booster.model_to_string(num_iteration=kept))
    base, shapes = shapes_of(model.trees, model.n_scores, len(fitted.names))
    together = {shape.columns: shape for shape in fitted.shapes}
    for shape in shapes:
        together[shape.columns] = together[shape.columns] + shape if shape.columns in together else shape
    return replace(fitted, base=fitted.base + base, shapes=tuple(together[columns] for columns in sorted(together)))


def _pairs(fitted: FittedGam, rows: Rows, settings: dict[str, Any], most: int) -> list[list[int]]:
    """The pairs of columns that gain most where one is asked right after the other, on what ``fitted`` leaves over."""
    booster = _booster(fitted, rows, None, {**settings, "num_leaves": 4, "max_depth": 2})
    for _ in range(LOOKING_ROUNDS):
        if booster.update():
            break
    gains: Counter[tuple[int, int]] = Counter()
    for tree in booster.dump_model()["tree_info"]:
        root = tree["tree_structure"]
        for child in (root.get("left_child", {}), root.get("right_child", {})):
            asked = sorted({root.get("split_feature"), child.get("split_feature", root.get("split_feature"))})
            if len(asked) == 2:
                gains[asked[0], asked[1]] += child["split_gain"]
    ranked = sorted(gains, key=lambda pair: (-gains[pair], pair))
    return [list(pair) for pair in ranked[:most]]


def _centred(fitted: FittedGam, rows: Rows) -> FittedGam:
    """The same sum, its shapes of mean 0 over the training rows."""
    features = dense(rows.features)  # type: ignore[arg-type]
    base, shapes = fitted.base.copy(), []
    for shape in fitted.shapes:
        mean = np.average(shape(features), axis=0, weights=rows.weights)
        base += mean
        shapes.append(Shape(shape.columns, shape.edges, shape.values - mean))
    return replace(fitted, base=base, shapes=tuple(shapes))


GAM = Recipe(
    name="gam",
    title="A step function of each column and of ten pairs, added up (explainable boosting)",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=Gam(),
    simplicity=15,
    space={
        "learning_rate": Real(0.01, 0.3, log=True),
        "num_leaves": Whole(2, 16, log=True),
        "min_data_in_leaf": Whole(2, 200, log=True),
        "feature_fraction": Real(0.1, 1.0),
        "lambda_l2": Real(1e-3, 100.0, log=True),
        "pairs": Whole(0, 30),
    },
)
