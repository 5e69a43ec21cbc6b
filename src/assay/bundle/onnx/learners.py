"""What every kind of fitted learner says, as a graph: probabilities of class 1, (n, 1), or of all, (n, K), or a value, (n, 1).

The exporters are listed by the ``kind`` in a learner's state; what is not listed has none and is refused by name.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from assay.bundle.onnx.calibrators import prior_corrected
from assay.bundle.onnx.graph import Encoded, Graph
from assay.bundle.onnx.nets import ensemble_said, net_said
from assay.bundle.onnx.trees import leaves, note_thresholds, of_lightgbm, single
from assay.core.errors import ConfigError
from assay.recipes.log_link import LARGEST_LOG
from assay.recipes.ordinal_logistic import LEAST
from assay.recipes.outputs import ABSENT_LOGIT
from assay.recipes.tree_arrays import TreeArrays

RECIPES_WITH_EXPORT = (
    *("baseline", "linear", "ridge", "lasso", "elastic-net", "quantile-linear", "poisson", "gamma", "tweedie", "logistic"),
    *("sgd-logistic", "ordinal-logistic", "scorecard", "naive-bayes", "lda", "qda", "svm", "tree", "bagging", "forest"),
    *("extra-trees", "adaboost", "boosting", "boosting-quantile", "boosting-poisson", "ordinal-boosting", "lambdarank"),
    *("hist-boosting", "gam", "xgboost", "catboost", "stack", "balanced-bagging", "balanced-forest", "easy-ensemble"),
    *("rus-boost", "perceptron", "mlp", "mlp-quantile", "mlp-ensemble", "self-training", "self-training-forest"),
)
"""For messages; what decides is the learner that a recipe becomes."""


def said(graph: Graph, learner: Any, rows: Encoded) -> str:
    """Raises ConfigError for a learner that has no exporter."""
    kind = learner.state()["kind"]
    if kind not in EXPORTERS:
        raise ConfigError(f"a learner of the kind {kind!r} has no ONNX export; these recipes have one: {export_list()}.")
    if rows.matrix is None and kind != "constant":
        raise ConfigError("the model reads no column that an ONNX export can hand it.")
    return EXPORTERS[kind](graph, learner, rows)


def export_list() -> str:
    return ", ".join(RECIPES_WITH_EXPORT)


def from_logits(graph: Graph, task: str, logits: str) -> str:
    return graph.sigmoid(logits) if task == "binary" else graph.softmax(logits)


def _constant(graph: Graph, learner: Any, rows: Encoded) -> str:
    values = learner.values[1:] if learner.task == "binary" else learner.values
    return graph.plus(rows.zeros, values[None, :])


def _linear(graph: Graph, learner: Any, rows: Encoded) -> str:
    line = graph.plus(graph.product(_matrix(rows), learner.coefficients.T), learner.intercepts[None, :])
    return line if learner.task == "regression" else from_logits(graph, learner.task, line)


def _scorecard(graph: Graph, learner: Any, rows: Encoded) -> str:
    return graph.sigmoid(graph.plus(graph.product(_matrix(rows), learner.coefficients[:, None]), learner.intercept))


def _log_link(graph: Graph, learner: Any, rows: Encoded) -> str:
    return graph.add("Exp", graph.clipped(said(graph, learner.inner, rows), -LARGEST_LOG, LARGEST_LOG))


def _cumulative(graph: Graph, learner: Any, rows: Encoded) -> str:
    """The difference of two logistic functions on the side where both are small, as here."""
    line = graph.product(_matrix(rows), learner.coefficients[:, None])
    cuts = np.concatenate([[-np.inf], learner.thresholds, [np.inf]])
    low, high = graph.minus(cuts[None, :-1], line), graph.minus(cuts[None, 1:], line)
    nearer = graph.add("Greater", graph.plus(low, high), 0.0)
    above = graph.minus(graph.sigmoid(graph.add("Neg", low)), graph.sigmoid(graph.add("Neg", high)))
    below = graph.minus(graph.sigmoid(high), graph.sigmoid(low))
    return graph.softmax(graph.add("Log", graph.at_least(graph.where(nearer, above, below), LEAST)))


# ---- clouds


def _from_joint(graph: Graph, task: str, joint: str, present: np.ndarray) -> str:
    if not present.all():
        lowest = graph.add("ReduceMin", graph.columns(joint, np.flatnonzero(present).tolist()), attributes={"axes": [1]})
        joint = graph.where(graph.constant(present[None, :]), joint, graph.plus(lowest, ABSENT_LOGIT))
    if task == "binary":
        return graph.sigmoid(graph.minus(graph.columns(joint, [1]), graph.columns(joint, [0])))
    return graph.softmax(joint)


def _gaussian(graph: Graph, learner: Any, rows: Encoded) -> str:
    constants = learner.log_prior - 0.5 * np.log(2 * np.pi * learner.variances).sum(axis=1)
    each = []
    for mean, variance, constant in zip(learner.means, learner.variances, constants, strict=True):
        apart = graph.minus(_matrix(rows), mean[None, :])
        squares = graph.total(graph.over(graph.times(apart, apart), variance[None, :]))
        each.append(graph.minus(float(constant), graph.times(squares, 0.5)))
    return _from_joint(graph, learner.task, graph.joined(each), learner.present)


def _multinomial(graph: Graph, learner: Any, rows: Encoded) -> str:
    joint = graph.plus(graph.product(_matrix(rows), learner.log_shares.T), learner.log_prior[None, :])
    return _from_joint(graph, learner.task, joint, learner.present)


def _quadratic(graph: Graph, learner: Any, rows: Encoded) -> str:
    each = []
    for k, mean in enumerate(learner.means):
        apart = graph.minus(_matrix(rows), mean[None, :])
        turned = graph.product(apart, learner.directions[k])
        along = graph.times(turned, turned)
        across = graph.minus(graph.total(graph.times(apart, apart)), graph.total(along))
        across = graph.times(graph.at_least(across, 0.0), float(learner.rest[k]))
        distance = graph.plus(graph.product(along, learner.precisions[k][:, None]), across)
        each.append(graph.minus(float(learner.constants[k]), graph.times(distance, 0.5)))
    return _from_joint(graph, learner.task, graph.joined(each), learner.present)


def _kernel(graph: Graph, learner: Any, rows: Encoded) -> str:
    matrix = _matrix(rows)
    apart = graph.plus(graph.times(graph.product(matrix, learner.rows.T), -2.0), (learner.rows**2).sum(axis=1)[None, :])
    apart = graph.at_least(graph.plus(apart, graph.total(graph.times(matrix, matrix))), 0.0)
    bumps = graph.add("Exp", graph.times(apart, -learner.steepness))
    line = graph.plus(graph.product(bumps, learner.weights.T), learner.intercepts[None, :])
    return line if learner.task == "regression" else from_logits(graph, learner.task, line)


# ---- trees


def _mean_of_leaves(graph: Graph, rows: Encoded, width: int, trees: TreeArrays, values: np.ndarray) -> str:
    """(n, k) of values (leaves, k), for trees that were grown on float32."""
    note_thresholds(graph, trees, rows.plain)
    reached = leaves(graph, single(graph, _matrix(rows)), width, trees)
    each = graph.add("Gather", graph.constant(values), reached, attributes={"axis": 0})  # (n, trees, k)
    return graph.over(graph.total(each, keep=False), float(trees.n_trees))


def _trees(graph: Graph, learner: Any, rows: Encoded) -> str:
    values = learner.trees.values
    return _mean_of_leaves(graph, rows, learner.width, learner.trees, values[:, 1:] if learner.task == "binary" else values)


def _balanced(graph: Graph, learner: Any, rows: Encoded) -> str:
    found = _mean_of_leaves(graph, rows, learner.width, learner.trees, learner.trees.values)
    both = graph.softmax(found) if learner.says == "logits" else found
    corrected = prior_corrected(graph, learner.shares, learner.even, both)
    return graph.columns(corrected, [1]) if learner.task == "binary" else corrected


def _boosted(graph: Graph, learner: Any, rows: Encoded) -> str:
    note_thresholds(graph, learner.trees, rows.plain)
    matrix = single(graph, _matrix(rows)) if learner.precision == "float32" else _matrix(rows)
    reached = leaves(graph, matrix, learner.width, learner.trees, learner.sets)
    if len(learner.columns):
        raw = _by_round(graph, reached, learner.trees, learner.columns, len(learner.base))
    else:
        raw = graph.total(graph.add("Gather", graph.constant(learner.trees.values), reached), keep=False)
    raw = graph.plus(raw, learner.base[None, :])
    return raw if learner.task == "regression" else from_logits(graph, learner.task, raw)


def _lightgbm(graph: Graph, learner: Any, rows: Encoded) -> str:
    trees = of_lightgbm(learner.model)
    note_thresholds(graph, trees, rows.plain)
    n_scores = learner.model.n_scores
    reached = leaves(graph, _matrix(rows), learner.model.width, trees)
    raw = _by_round(graph, reached, trees, np.arange(n_scores), n_scores)
    return raw if learner.task == "regression" else from_logits(graph, learner.task, raw)


def _by_round(graph: Graph, reached: str, trees: TreeArrays, columns: np.ndarray, n_scores: int) -> str:
    """(n, n_scores): tree t adds to score columns[t % m]."""
    each = graph.add("Gather", graph.constant(trees.values[:, 0]), reached)  # (n, trees)
    rounds = graph.total(graph.shaped(each, [-1, trees.n_trees // len(columns), len(columns)]), keep=False)
    place = np.zeros((len(columns), n_scores))
    place[np.arange(len(columns)), columns] = 1.0
    return rounds if np.array_equal(place, np.eye(n_scores)) else graph.product(rounds, place)


def _ordinal_boosting(graph: Graph, learner: Any, rows: Encoded) -> str:
    one = graph.plus(rows.zeros, 1.0)
    above = [one, *(said(graph, cut, rows) for cut in learner.cuts), rows.zeros]
    found = [rows.zeros] * learner.n_classes
    for place, level in enumerate(learner.levels.tolist()):
        found[level] = graph.times(above[place], graph.minus(1.0, above[place + 1]))
    return graph.softmax(graph.add("Log", graph.at_least(graph.joined(found), LEAST)))


def _median_trees(graph: Graph, learner: Any, rows: Encoded) -> str:
    """The least value up to which half of the votes lie."""
    note_thresholds(graph, learner.trees, rows.plain)
    n_trees = learner.trees.n_trees
    reached = leaves(graph, single(graph, _matrix(rows)), learner.width, learner.trees)
    each = graph.add("Gather", graph.constant(learner.trees.values[:, 0]), reached)
    values, order = graph.add_two("TopK", each, graph.constant(np.array([n_trees])), attributes={"axis": 1, "largest": 0})
    votes = graph.add("Gather", graph.constant(learner.votes), order)
    so_far = graph.add("CumSum", votes, graph.constant(np.array(1)))
    reaches = graph.add("GreaterOrEqual", so_far, graph.times(graph.total(votes), 0.5))
    place = graph.add("ArgMax", graph.whole(reaches), attributes={"axis": 1, "keepdims": 1})
    return graph.add("GatherElements", values, place, attributes={"axis": 1})


def _gam(graph: Graph, learner: Any, rows: Encoded) -> str:
    total = graph.plus(rows.zeros, learner.base[None, :])
    for shape in learner.shapes:
        places = []
        for column, edges in zip(shape.columns, shape.edges, strict=True):
            graph.points.setdefault(rows.plain.get(column, ""), []).extend(edges.tolist())
            value = graph.columns(_matrix(rows), [column])
            last = graph.constant(np.array(len(edges) + 1))
            places.append(graph.where(graph.add("IsNaN", value), last, graph.step(value, edges)))
        index = places[0]
        if len(places) == 2:
            across = graph.constant(np.array(shape.values.shape[1]))
            index = graph.add("Add", graph.add("Mul", index, across), places[1])
        total = graph.plus(total, graph.looked_up(shape.values.reshape(-1, shape.values.shape[-1]), index))
    return total if learner.task == "regression" else from_logits(graph, learner.task, total)


def _matrix(rows: Encoded) -> str:
    if rows.matrix is None:
        raise TypeError("said() lets only a constant through without a matrix.")
    return rows.matrix


EXPORTERS: dict[str, Callable[[Graph, Any, Encoded], str]] = {
    "constant": _constant,
    "linear": _linear,
    "scorecard": _scorecard,
    "log-link": _log_link,
    "cumulative-logit": _cumulative,
    "gaussian-bayes": _gaussian,
    "multinomial-bayes": _multinomial,
    "quadratic": _quadratic,
    "kernel": _kernel,
    "trees": _trees,
    "balanced-trees": _balanced,
    "boosted-trees": _boosted,
    "lightgbm": _lightgbm,
    "ordinal-boosting": _ordinal_boosting,
    "median-trees": _median_trees,
    "gam": _gam,
    "net": net_said,
    "net-ensemble": ensemble_said,
}
