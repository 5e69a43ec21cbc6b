"""Logistic regression learned a few rows at a time: for tables whose matrix would not fit into memory.

Steps are scaled for each coefficient by the gradients it has had (AdaGrad), so that a level seen once in ten thousand rows is
learned too, and what is kept is the mean over the second half of the steps, whose noise is far below that of the last one.
The coefficients are those that ``logistic`` finds, up to that noise.  Rows are drawn as short runs from all over the table:
a file sorted by its target would otherwise teach one class after the other, and single rows from all over a disk take hours.
Sources: Duchi, Hazan & Singer (2011); Polyak & Juditsky (1992); Rakhlin, Shamir & Sridharan (2012).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from assay.core.seeds import generator
from assay.data.batches import ENCODED_TOGETHER
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.boosting_rounds import Pace
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear, only_class
from assay.recipes.outputs import ABSENT_LOGIT, CLASSIFICATION, sigmoid, softmax
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real

RUN = 512
"""Rows that are drawn together."""


@dataclass(frozen=True, kw_only=True)
class SgdLogistic:
    """penalty_strength: as of ``Logistic``.  learning_rate: the first step of a coefficient.

    visits: rows that are learned from at least; a smaller table is gone through again, ``most_passes`` times at most.
    batch_rows: rows a step.
    """

    penalty_strength: float = 1.0
    learning_rate: float = 0.1
    visits: int = 2_000_000
    most_passes: int = 100
    batch_rows: int = 128
    takes_weights: bool = True
    in_batches: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,
        budget: Budget,
        context: Context,
    ) -> FittedLinear:
        """Ends early, after a whole pass at least in part, when the budget is spent or the context cancelled."""
        present = np.unique(rows.target)
        width = rows.features.shape[1]
        if len(present) == 1:
            return only_class(task.name, rows.n_classes, width, int(present[0]))
        n = len(rows)
        passes = min(max(1, -(-self.visits // n)), self.most_passes)
        steps = passes * _steps(n, self.batch_rows)
        state = _State.new(rows, task, self.learning_rate)
        penalty = self.penalty_strength / n
        pace = Pace(steps, steps, budget, context)
        done = 0
        for number in range(passes):
            for matrix, places in _parts(rows, generator(seed, "pass", number)):
                for begin in range(0, len(places), self.batch_rows):
                    part = slice(begin, begin + self.batch_rows)
                    state.step(matrix[part], rows, places[part], penalty)
                    done += 1
                    if 2 * done > steps:
                        state.keep()
                context.progress(done, steps)
                if pace.is_over():
                    return state.fitted(task, rows.n_classes, present)
        return state.fitted(task, rows.n_classes, present)


def _steps(n: int, batch_rows: int) -> int:
    """In one pass: every part but the last has the same number of them."""
    whole, rest = divmod(n, ENCODED_TOGETHER)
    return whole * -(-ENCODED_TOGETHER // batch_rows) + -(-rest // batch_rows)


def _parts(rows: Rows, rng: np.random.Generator) -> Iterator[tuple[Any, np.ndarray]]:
    """The rows once over in parts, each a matrix and the numbers of its rows in random order."""
    n, together = len(rows), ENCODED_TOGETHER
    runs = rng.permutation(-(-n // RUN))
    # Runs end to end, cut into parts of equal length; the short run, if there is one, comes wherever it was drawn.
    starts = runs * RUN
    lengths = np.minimum(RUN, n - starts)
    ends = np.cumsum(lengths)
    for begin in range(0, n, together):
        first, last = np.searchsorted(ends, begin, side="right"), np.searchsorted(ends, min(begin + together, n), side="left")
        places = np.concatenate([np.arange(starts[run], starts[run] + lengths[run]) for run in range(first, last + 1)])
        skipped = begin - (ends[first] - lengths[first])
        places = np.sort(places[skipped : skipped + together])
        matrix = rows.features[places]
        order = rng.permutation(len(places))
        yield matrix[order], places[order]


@dataclass
class _State:
    """coefficients: float64 (width, L), L the number of logits.  intercepts: (L,).  Sums: of squared gradients, of kept steps."""

    coefficients: np.ndarray
    intercepts: np.ndarray
    rate: float
    squares: np.ndarray
    squares_of_intercepts: np.ndarray
    kept: int = 0
    sum_of_coefficients: np.ndarray = field(default_factory=lambda: np.zeros(0))
    sum_of_intercepts: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def new(cls, rows: Rows, task: Task, rate: float) -> "_State":
        """What the shares of the classes say, and nothing of the columns."""
        prior = rows.prior
        if task.name == "binary":
            intercepts = np.array([np.log(prior[1] / prior[0])]) if prior.all() else np.zeros(1)
        else:
            intercepts = np.where(prior > 0, np.log(np.where(prior > 0, prior, 1.0)), ABSENT_LOGIT)
        shape = (rows.features.shape[1], len(intercepts))
        zeros = np.zeros(shape)
        return cls(zeros, intercepts, rate, zeros.copy(), np.zeros(shape[1]), 0, zeros.copy(), np.zeros(shape[1]))

    def step(self, matrix: Any, rows: Rows, places: np.ndarray, penalty: float) -> None:
        """One step down the mean of these rows' weighted losses."""
        logits = np.asarray(matrix @ self.coefficients) + self.intercepts
        target = rows.target[places]
        if logits.shape[1] == 1:
            error = sigmoid(logits) - target[:, None]
        else:
            error = softmax(logits)
            error[np.arange(len(target)), target] -= 1.0
        error /= len(target)
        if rows.weights is not None:
            error *= rows.weights[places, None]
        slope = np.asarray(matrix.T @ error)
        slope += penalty * self.coefficients
        self.squares += slope**2
        self.coefficients -= self.rate * slope / (np.sqrt(self.squares) + 1e-12)
        slope = error.sum(axis=0)
        self.squares_of_intercepts += slope**2
        self.intercepts -= self.rate * slope / (np.sqrt(self.squares_of_intercepts) + 1e-12)

    def keep(self) -> None:
        self.kept += 1
        self.sum_of_coefficients += self.coefficients
        self.sum_of_intercepts += self.intercepts

    def fitted(self, task: Task, n_classes: int, present: np.ndarray) -> FittedLinear:
        """The mean of what was kept, or the last step where nothing was yet; a class without rows gets a very low logit."""
        coefficients, intercepts = self.coefficients, self.intercepts
        if self.kept:
            coefficients, intercepts = self.sum_of_coefficients / self.kept, self.sum_of_intercepts / self.kept
        coefficients, intercepts = np.ascontiguousarray(coefficients.T), intercepts.copy()
        if task.name != "binary":
            absent = np.setdiff1d(np.arange(n_classes), present)
            coefficients[absent], intercepts[absent] = 0.0, ABSENT_LOGIT
        return FittedLinear(task.name, n_classes, coefficients, intercepts)


SGD_LOGISTIC = Recipe(
    name="sgd-logistic",
    title="Logistic regression by stochastic gradients, in batches: for tables beyond memory",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="linear"),
    learner=SgdLogistic(),
    simplicity=11,
    space={"penalty_strength": Real(1e-4, 1e4, log=True), "learning_rate": Real(0.02, 1.0, log=True)},
)
