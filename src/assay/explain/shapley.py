"""SHAP values: what each column of the table added to each answer, exactly, for linear and additive models and for trees.

The value of a column is its Shapley value in the game whose players are the columns of the table and whose prize is the
learner's own score (the logit or margin, a class share for forests, the value of a regression), before calibration.  What
an answer is when some columns are not known is a convention, and the two here differ:

linear, additive   interventional: unknown columns are drawn from the reference rows, apart from the known ones; in closed
                   form (``additive``), for lines, scorecards and sums of shapes
trees              path-dependent: at a question about an unknown column both ways are gone, in the shares of the reference
                   rows that come by there (TreeSHAP), computed by ``tree_kernels``; the columns that one column was encoded
                   into are one player, as they are known or unknown together
sums of models     a blend or a stack whose answer is a weighted sum of its members' scores has the weighted sum of their
                   values, each by its own convention (the Shapley value is linear in the game)

Balanced ensembles are explained before their correction to the true class shares, which no sum survives.  Always base value
and SHAP values of a row sum to the score; this is checked, and a gap is a defect.  Other learners (nets, neighbours, a
median of trees) have no exact values here, and none are made up.
Sources: Shapley (1953); Owen (1972); Lundberg & Lee (2017); Lundberg et al. (2020); linear: Štrumbelj & Kononenko (2014).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assay.core.errors import ConfigError, DefectError
from assay.core.loops import loops
from assay.core.shown import Shown
from assay.core.spaced import spaced
from assay.explain.additive import gam_shap, linear_shap
from assay.explain.held import Held, HeldOut, output_names
from assay.explain.means import mean_interval
from assay.explain.tree_arrays import DEEPEST, Forest, OfTrees, forest_of
from assay.measure.calibration import Unchanged
from assay.measure.interval import Interval
from assay.prepare.step import FittedStep, Matrix
from assay.recipes.adaboost import FittedMedianTrees
from assay.recipes.balanced.fitted import FittedBalanced
from assay.recipes.ensembles.fitted import FittedBlend
from assay.recipes.ensembles.stacked import FittedStack
from assay.recipes.fitted import Fitted
from assay.recipes.gam_shapes import FittedGam
from assay.recipes.learner import FittedLearner
from assay.recipes.linear import FittedLinear
from assay.recipes.outputs import dense
from assay.recipes.scorecard import FittedScorecard
from assay.recipes.trees import FittedTrees

MOST_ROWS = 1000
MOST_REFERENCE = 20_000
MOST_WORK = 4e9
"""Steps of the inner loop for all rows together: about a quarter of a minute."""

MOST_LEVELS = 64
"""Questions on the way to a leaf; no saved tree has more (recipes.tree_arrays.DEEPEST)."""

GAP = 1e-6
"""How far, in units of the largest score, base and values may miss the score through rounding."""

INTERVENTIONAL = "interventional, linear"
ADDITIVE = "interventional, additive"
PATH_DEPENDENT = "path-dependent, trees"
UNCORRECTED = "path-dependent, trees, before the correction to the true class shares"
SUMMED = "weighted sum of the members', each by its own convention"

Closed = FittedLinear | FittedScorecard | FittedGam
Together = FittedBlend | FittedStack


@dataclass(frozen=True)
class ShapValues(Shown):
    """values: float64 (n, C, K) by row, column and score.  base: (n, K), the score of a row of which nothing is known.

    scores: (n, K), base + values summed over the columns.  units: int64 (n,), row numbers.  outputs: names of the K scores.
    """

    columns: tuple[str, ...]
    outputs: tuple[str, ...]
    values: np.ndarray
    base: np.ndarray
    scores: np.ndarray
    units: np.ndarray
    method: str

    def row(self, unit: int) -> dict[str, list[float]]:
        """Of one row, by column.  Raises KeyError for a row that was not explained."""
        places = np.flatnonzero(self.units == unit)
        if not len(places):
            raise KeyError(f"row {unit} was not explained.")
        return dict(zip(self.columns, self.values[places[0]].tolist(), strict=True))

    def sizes(self, clusters: np.ndarray | None = None, *, level: float = 0.95) -> dict[str, Interval]:
        """The mean size of each column's values (over rows, and summed over scores), largest first; rows vary."""
        size = np.abs(self.values).sum(axis=2)
        found = {name: mean_interval(size[:, place], clusters, level=level) for place, name in enumerate(self.columns)}
        return dict(sorted(found.items(), key=lambda entry: -(entry[1].value or 0.0)))

    def to_json(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "outputs": list(self.outputs),
            "rows": len(self.units),
            "mean_absolute": {name: interval.to_json() for name, interval in self.sizes().items()},
            "base": self.base.mean(axis=0).tolist(),
        }


def shap_values(held: HeldOut, *, seed: int, most_rows: int = MOST_ROWS) -> ShapValues:
    """Of held-out rows, each explained by the model that has not seen it; drawn where they are more than ``most_rows``.

    Raises ConfigError, with the reason, for a model that has no exact values.
    """
    reason = why_not(held.parts[0])
    if reason is not None:
        raise ConfigError(reason)
    affordable = int(MOST_WORK / max(work_of(held.parts[0].fitted.learner), 1.0))
    drawn = held.at_most(min(most_rows, max(affordable, 20)), seed)
    found = [attributions(part) for part in drawn.parts]
    names = output_names(held.task)
    base, values, scores = (np.concatenate([one[place] for one in found]) for place in range(3))
    units = np.concatenate([part.units for part in drawn.parts])
    columns = tuple(column.name for column in held.columns)
    return ShapValues(columns, names, values, base, scores, units, method_of(held.parts[0].fitted.learner))


def why_not(part: Held) -> str | None:
    """Why this model has no exact SHAP values, or None."""
    fitted, learner = part.fitted, part.fitted.learner
    if isinstance(learner, Together):
        return _why_not_together(part, learner)
    if isinstance(learner, FittedMedianTrees):
        return f"{fitted.recipe!r} answers with the median of its trees, and a median is no sum; it has no exact SHAP values."
    if not isinstance(learner, Closed | OfTrees):
        return f"exact SHAP values are for linear and additive models and for trees, and {fitted.recipe!r} is neither."
    width = fitted.step.transform(part.features.head(1)).shape[1]
    covered = sorted((block.start, block.stop) for block in fitted.step.blocks)
    ends = [0, *(stop for _, stop in covered)]
    names = {column.name for column in fitted.schema.features}
    whole = [start for start, _ in covered] == ends[:-1] and ends[-1] == width
    if not whole or not {block.name for block in fitted.step.blocks} <= names:
        return f"the preparation of {fitted.recipe!r} mixes columns, so that no column has SHAP values of its own."
    if isinstance(learner, OfTrees) and forest_of(learner).has_more_levels_than(MOST_LEVELS):
        return f"{fitted.recipe!r} has a tree of more than {MOST_LEVELS} levels; SHAP values of so deep a tree are not computed."
    return None


def _why_not_together(part: Held, learner: Together) -> str | None:
    """A sum of members is explained where it is one of their scores."""
    if learner.task != "regression":
        if isinstance(learner, FittedStack):
            return (
                f"{part.fitted.recipe!r} weighs log odds cut off near 0 and 1, and no sum of its members' SHAP values is exact."
            )
        bent = next((member.recipe for member in learner.members if not _says_its_score(member)), None)
        if bent is not None:
            return (
                f"{part.fitted.recipe!r} is a mean of probabilities, and SHAP values of its member {bent!r} are of a score "
                "that becomes a probability along a curve; no sum of them is exact."
            )
    return next((reason for reason in (why_not(replace(part, fitted=member)) for member in learner.members) if reason), None)


def _says_its_score(member: Fitted) -> bool:
    """Whether its probability is its score: forests without a calibrator."""
    return isinstance(member.learner, FittedTrees) and all(isinstance(one, Unchanged) for one in member.calibrators)


def method_of(learner: FittedLearner) -> str:
    if isinstance(learner, Together):
        return SUMMED
    if isinstance(learner, FittedBalanced) and (learner.task != "binary" or learner.says == "shares"):
        return UNCORRECTED
    if isinstance(learner, FittedGam):
        return ADDITIVE
    return INTERVENTIONAL if isinstance(learner, Closed) else PATH_DEPENDENT


def attributions(part: Held) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(base (n, K), values (n, C, K), scores (n, K)) of the rows of one model; ``why_not`` must have no objection.

    Raises DefectError where they do not add up.
    """
    learner, step = part.fitted.learner, part.fitted.step
    matrix = step.transform(part.features)
    base, values = _of_members(part, learner) if isinstance(learner, Together) else _of_matrix(part, learner, matrix)
    scores = _scores(learner, matrix)
    scores = scores[:, None] if scores.ndim == 1 else scores
    gap = float(np.abs(base + values.sum(axis=1) - scores).max(initial=0.0))
    if gap > GAP * max(1.0, float(np.abs(scores).max(initial=0.0))):
        raise DefectError(f"SHAP values of {part.fitted.recipe!r} miss the score by {gap:.3g}.")
    return np.broadcast_to(base, scores.shape), values, scores


def _scores(learner: FittedLearner, matrix: Matrix) -> np.ndarray:
    """What is explained: the score, of balanced ensembles the mean of their leaves where the score is a corrected one."""
    if isinstance(learner, FittedBalanced) and method_of(learner) == UNCORRECTED:
        found = learner.trees.mean(dense(matrix))
        return np.asarray(found[:, 1] if learner.task == "binary" else found)
    return learner.predict(matrix).score


def _of_matrix(part: Held, learner: FittedLearner, matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    rows = spaced(part.reference.height, MOST_REFERENCE)
    reference = part.fitted.step.transform(part.reference[rows])
    columns = [column.name for column in part.fitted.schema.features]
    players = players_of(part.fitted.step, columns, matrix.shape[1])
    if isinstance(learner, FittedLinear):
        return linear_shap(learner.coefficients, learner.intercepts, matrix, reference, players, len(columns))
    if isinstance(learner, FittedScorecard):
        line, start = learner.coefficients[None], np.array([learner.intercept])
        return linear_shap(line, start, matrix, reference, players, len(columns))
    if isinstance(learner, FittedGam):
        return gam_shap(learner, dense(matrix), dense(reference), players, len(columns))
    return tree_shap(forest_of(learner), dense(matrix), dense(reference), players, len(columns))


def _of_members(part: Held, learner: Together) -> tuple[np.ndarray, np.ndarray]:
    """The weighted sum over members, each with the columns it reads."""
    names = [column.name for column in part.fitted.schema.features]
    if isinstance(learner, FittedBlend):
        weights, start = learner.weights, 0.0
    else:
        weights, start = learner.line.coefficients[0], float(learner.line.intercepts[0])
    base, values = np.zeros(0), np.zeros(0)
    for member, weight in zip(learner.members, weights.tolist(), strict=True):
        own_base, own, _ = attributions(replace(part, fitted=member))
        if not values.size:
            base, values = np.full(own_base.shape, start), np.zeros((len(own), len(names), own.shape[2]))
        base += weight * own_base
        values[:, [names.index(column.name) for column in member.schema.features]] += weight * own
    return base, values


def players_of(step: FittedStep, columns: list[str], width: int) -> np.ndarray:
    """int64 (width,): the column of the table that each column of the matrix comes from."""
    players = np.zeros(width, dtype=np.int64)
    for block in step.blocks:
        players[block.start : block.stop] = columns.index(block.name)
    return players


def tree_shap(
    forest: Forest, rows: np.ndarray, reference: np.ndarray, players: np.ndarray, n_players: int
) -> tuple[np.ndarray, np.ndarray]:
    """(base (K,), values (n, n_players, K)), path-dependent.

    rows, reference: float64 (·, width), NaN where missing.  players: int64 (width,), the player each column belongs to.
    """
    tree_kernels = loops("assay.explain.tree_kernels")

    sets = (forest.sets.of_node, forest.sets.left)
    arrays = (forest.starts, forest.left, forest.right, forest.feature, forest.threshold, forest.gap, sets)
    covers = tree_kernels.count_covers(*arrays, forest.rows(reference))
    values = np.zeros((len(rows), n_players, forest.values.shape[1]))
    tree_kernels.attribute(*arrays, forest.values, covers, players, forest.rows(rows), _quadrature(DEEPEST), values)
    return np.asarray(forest.base + (covers / len(reference)) @ forest.values), values


def _quadrature(most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes and weights (most + 1, m) on [0, 1] that integrate polynomials of degree d − 1 exactly, and how many for each d."""
    counts = np.array([max(1, (d + 1) // 2) for d in range(most + 1)])
    nodes, weights = np.zeros((2, most + 1, int(counts.max())))
    for d, m in enumerate(counts.tolist()):
        at, weight = np.polynomial.legendre.leggauss(m)
        nodes[d, :m], weights[d, :m] = (at + 1) / 2, weight / 2
    return nodes, weights, counts


def work_of(learner: FittedLearner) -> float:
    """Steps of the inner loop for one row; 0 for closed forms."""
    if isinstance(learner, Together):
        return sum(work_of(member.learner) for member in learner.members)
    if not isinstance(learner, OfTrees):
        return 0.0
    tree_kernels = loops("assay.explain.tree_kernels")

    forest = forest_of(learner)
    return float(tree_kernels.path_work(forest.starts, forest.left, forest.right))
