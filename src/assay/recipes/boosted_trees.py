"""Boosted trees of any library as our own arrays: a starting value, and trees whose leaves are added to it.

What XGBoost, CatBoost, scikit-learn's histogram boosting and AdaBoost have in common; none of them is needed to predict.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np

from assay.core.errors import BundleError, DataError
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.learner import Output
from assay.recipes.outputs import ABSENT_LOGIT, MOST_FEATURES, check_width, dense, from_logits, task_and_classes, task_header
from assay.recipes.tree_arrays import LevelSets, TreeArrays
from assay.recipes.tree_nodes import arrays_of, one_leaf

Precision = Literal["float32", "float64"]


@dataclass(frozen=True)
class FittedBoostedTrees:
    """base + the leaves that a row reaches: a value, a logit of class 1, or logits of K classes.

    precision: in which rows are compared with thresholds; that of the library which grew the trees.
    base: float64 (n_scores,).
    columns: int64 (m,), tree t adds to score ``columns[t % m]``; empty where each leaf holds all scores.
    notes: what applied while it was fitted, in words; not saved with it.
    """

    KIND: ClassVar[str] = "boosted-trees"

    task: str
    n_classes: int
    width: int
    precision: Precision
    base: np.ndarray
    columns: np.ndarray
    trees: TreeArrays
    sets: LevelSets
    notes: tuple[str, ...] = ()

    def predict(self, matrix: Matrix) -> Output:
        """score: the logit (binary), the logits, or the value."""
        check_width(matrix, self.width)
        raw = self.raw(dense(matrix))
        return Output(raw[:, 0], None) if self.task == "regression" else from_logits(self.task, raw)

    def raw(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n, n_scores). rows: float64 (n, width)."""
        total = np.tile(self.base, (len(rows), 1))
        compared = rows.astype(np.float32 if self.precision == "float32" else np.float64, copy=False)
        for part, tree, leaves in self.trees.reached(compared, self.sets):
            if len(self.columns):
                total[part, self.columns[tree % len(self.columns)]] += self.trees.values[leaves, 0]
            else:
                total[part] += self.trees.values[leaves]
        return total

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, self.n_classes),
            "width": self.width,
            "precision": self.precision,
            "base": self.base,
            "columns": self.columns,
            "trees": self.trees.state(),
            "sets": self.sets.state(),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        n_scores = n_classes if task == "multiclass" else 1
        width = checks.whole(state, "width", low=0, high=MOST_FEATURES)
        precise: Precision = "float64" if checks.choice(state, "precision", ("float32", "float64")) == "float64" else "float32"
        columns = checks.integers(state, "columns", (None,), low=0, high=n_scores - 1).astype(np.int64)
        n_values = 1 if len(columns) else n_scores
        trees = TreeArrays.from_state(checks.entry(state, "trees"), width=width, n_values=n_values)
        if len(columns) and trees.n_trees % len(columns):
            raise BundleError(f"the saved model's {trees.n_trees} trees are no whole number of rounds of {len(columns)}.")
        sets = LevelSets.from_state(checks.entry(state, "sets"), n_nodes=len(trees.left))
        return cls(task, n_classes, width, precise, checks.floats(state, "base", (n_scores,)), columns, trees, sets)


def weighed(rows: Rows) -> Rows:
    """The rows of weight above 0: a class of which nothing counts must not be a class to a library.

    Raises DataError when there is none.
    """
    if rows.weights is None or (rows.weights > 0).all():
        return rows
    kept = np.flatnonzero(rows.weights > 0)
    if not len(kept):
        raise DataError(f"none of the {len(rows)} training rows has a weight above 0; give some rows weight.")
    return rows.take(kept)


def start(rows: Rows, task: Task) -> np.ndarray:
    """float64 (n_scores,): what is said before any tree, the weighted mean or the log odds of the class shares."""
    if not task.is_classification:
        return np.array([np.average(rows.target, weights=rows.weights)])
    shares = rows.prior
    logs = np.where(shares > 0, np.log(np.where(shares > 0, shares, 1.0)), ABSENT_LOGIT)
    return np.clip(logs[1:] - logs[:1], ABSENT_LOGIT, -ABSENT_LOGIT) if task.name == "binary" else np.asarray(logs)


def nothing_to_learn(rows: Rows) -> bool:
    """Whether the target has one value only, or no column has two: some libraries refuse such rows."""
    features = dense(rows.features)  # type: ignore[arg-type]
    if (rows.target == rows.target[0]).all():
        return True
    gaps = np.isnan(features)
    varies = np.where(gaps, features[:1], features) != features[:1]
    return not bool((varies | (gaps != gaps[:1])).any())


def constant(rows: Rows, task: Task) -> FittedBoostedTrees:
    """A model without a question: what ``start`` says."""
    trees, sets = arrays_of([one_leaf(np.zeros(1))])
    width = rows.features.shape[1]
    return FittedBoostedTrees(task.name, rows.n_classes, width, "float32", start(rows, task), np.zeros(1, int), trees, sets)


def held_loss(task: Task, raw: np.ndarray, held: Rows) -> float:
    """The weighted mean loss of raw scores, (n, n_scores): log loss, or squared error."""
    if not task.is_classification:
        losses = (raw[:, 0] - held.target) ** 2
    elif task.name == "binary":
        losses = np.logaddexp(0.0, np.where(held.target == 1, -raw[:, 0], raw[:, 0]))
    else:
        losses = np.logaddexp.reduce(raw, axis=1) - raw[np.arange(len(raw)), held.target]
    return float(np.average(losses, weights=held.weights))
