"""Label spreading: known labels flow along a graph of near rows, with and without a target, and a new row asks its neighbours.

F ← alpha · S F + (1 − alpha) · Y, where S is the graph normalised by the degrees of both ends and Y holds the known labels.
The graph joins each row with its k nearest ("knn") or every two rows by a Gaussian of their distance ("rbf").  A new row gets
the mean of what its neighbours in the graph ended up with, weighted as the graph weighs them, so that no row is stored but as
our own arrays.  Labels and prediction are those of scikit-learn's LabelSpreading, except that ours sends a row that no label
reaches to the class shares.
Source: Zhou, Bousquet, Lal, Weston & Schölkopf (2004); Delalleau, Bengio & Le Roux (2005) for new rows.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from assay.core.errors import BundleError, ConfigError
from assay.core.names import did_you_mean
from assay.core.seeds import generator
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.outputs import CLASSIFICATION, check_width, dense, from_shares, task_and_classes, task_header
from assay.recipes.recipe import Recipe
from assay.recipes.semi.unlabelled import unlabelled_of
from assay.recipes.space import Choice, Real, Whole

KERNELS = ("knn", "rbf")
MOST_ROWS = {"knn": 20_000, "rbf": 4_000}
"""Rows in the graph; of more, rows without a target are drawn, then rows with one."""
MOST_NEIGHBOURS = 1000
CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class FittedSpreading:
    """rows: float64 (n, width).  shares: float64 (n, K), what each row of the graph ended up with, rows sum to 1.

    k: neighbours that a new row asks (knn).  gamma: of the Gaussian (rbf).  prior: float64 (K,), for a row that none reaches.
    """

    KIND: ClassVar[str] = "label-spreading"

    task: str
    n_classes: int
    kernel: str
    k: int
    gamma: float
    rows: np.ndarray
    shares: np.ndarray
    prior: np.ndarray

    def predict(self, matrix: Matrix) -> Output:
        """score: the share of the class (binary) or of each class."""
        check_width(matrix, self.rows.shape[1])
        asked = np.nan_to_num(dense(matrix))
        if self.kernel == "knn":
            _, near = cKDTree(self.rows).query(asked, k=self.k)
            near = near.reshape(len(asked), self.k)
            found = near < len(self.rows)  # nothing is near to a row whose squared distances are no floats
            said = (self.shares[np.where(found, near, 0)] * found[:, :, None]).mean(axis=1)
        else:
            said = np.empty((len(asked), self.n_classes))
            step = max(1, CELLS_AT_ONCE // max(1, self.shares.size))
            for first in range(0, len(asked), step):
                part = slice(first, first + step)
                weights = np.exp(-self.gamma * _squared(asked[part], self.rows))
                # row by row, so that how many are asked at once changes no bit
                said[part] = (weights[:, :, None] * self.shares[None]).sum(axis=1)
        total = said.sum(axis=1, keepdims=True)
        reached = total > 1e-300
        return from_shares(self.task, np.where(reached, said / np.where(reached, total, 1.0), self.prior))

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, self.n_classes),
            "kernel": self.kernel,
            "k": self.k,
            "gamma": self.gamma,
            "rows": self.rows,
            "shares": self.shares,
            "prior": self.prior,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        if task not in CLASSIFICATION:
            raise BundleError(f"saved label spreading has no classes: its task is {task}.")
        rows = checks.floats(state, "rows", (None, None))
        shares = checks.floats(state, "shares", (len(rows), n_classes))
        prior = checks.floats(state, "prior", (n_classes,))
        if not len(rows) or shares.min() < 0 or prior.min() < 0 or abs(prior.sum() - 1) > 1e-6:
            raise BundleError("saved label spreading must have rows, and shares of classes that are no less than 0.")
        k = checks.whole(state, "k", low=1, high=min(len(rows), MOST_NEIGHBOURS))
        gamma = checks.real(state, "gamma", low=0.0, high=1e12)
        return cls(task, n_classes, checks.choice(state, "kernel", KERNELS), k, gamma, rows, shares, prior)


@dataclass(frozen=True, kw_only=True)
class Spreading:
    """kernel: "knn" or "rbf".  k: neighbours in the graph, a row itself being one of them.

    alpha: how much of its label a row takes from its neighbours; 1 − alpha is what a known label keeps of itself.
    gamma: of exp(−gamma · squared distance); None: 1 over the median squared distance between rows.
    rounds, tolerance: when the flow ends (the summed change of a round).
    """

    kernel: str = "knn"
    k: int = 15
    alpha: float = 0.2
    gamma: float | None = None
    rounds: int = 100
    tolerance: float = 1e-3
    takes_weights: bool = True

    def __post_init__(self) -> None:
        if self.kernel not in KERNELS:
            raise ConfigError(f"label-spreading has no kernel {self.kernel!r}{did_you_mean(self.kernel, KERNELS)}")
        if not 0 < self.alpha < 1 or not 1 <= self.k <= MOST_NEIGHBOURS or not (self.gamma is None or self.gamma > 0):
            raise ConfigError(
                f"label-spreading with alpha={self.alpha:g}, k={self.k}, gamma={self.gamma}: alpha lies between 0 and 1, k from "
                f"1 to {MOST_NEIGHBOURS}, and gamma above 0."
            )

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,
        budget: Budget,  # noqa: ARG002
        context: Context,
    ) -> FittedSpreading:
        """The weight of a row with a target is how much of its label flows."""
        features: Any = rows.features
        target, most = rows.target, MOST_ROWS[self.kernel]
        weights = np.ones(len(target)) if rows.weights is None else rows.weights / rows.weights.mean()
        known = np.nan_to_num(dense(features))
        if len(known) > most:
            drawn = np.sort(generator(seed, "labelled").choice(len(known), most, replace=False))
            known, target, weights = known[drawn], target[drawn], weights[drawn]
        other = unlabelled_of(rows, most - len(known), seed) if len(known) < most else None
        every = known if other is None else np.concatenate([known, np.nan_to_num(dense(other))])
        gamma = self._gamma(every, seed)
        k = min(self.k, len(every))
        labels = np.zeros((len(every), rows.n_classes))
        labels[np.arange(len(known)), target] = weights
        shares = self._spread(_normalised(self._graph(every, k, gamma)), labels, context)
        prior = np.bincount(target, weights, rows.n_classes) / weights.sum()
        return FittedSpreading(task.name, rows.n_classes, self.kernel, k, gamma, every, shares, prior)

    def _gamma(self, rows: np.ndarray, seed: int) -> float:
        """As set, or from pairs of rows drawn at random."""
        if self.kernel == "knn":
            return 0.0
        if self.gamma is not None:
            return float(self.gamma)
        pairs = generator(seed, "distances").integers(len(rows), size=(2, 2000))
        squared = ((rows[pairs[0]] - rows[pairs[1]]) ** 2).sum(axis=1)
        squared = squared[squared > 0]
        return 1.0 if not len(squared) else float(np.clip(1 / np.median(squared), 1e-12, 1e12))

    def _graph(self, rows: np.ndarray, k: int, gamma: float) -> Any:
        """(n, n): who is joined to whom, and how strongly."""
        if self.kernel == "rbf":
            return np.exp(-gamma * _squared(rows, rows))
        _, near = cKDTree(rows).query(rows, k=k)
        n = len(rows)
        return sparse.csr_matrix((np.ones(n * k), near.reshape(-1), np.arange(0, n * k + 1, k)), shape=(n, n))

    def _spread(self, graph: Any, labels: np.ndarray, context: Context) -> np.ndarray:
        """float64 (n, K): rows that sum to 1, or 0 throughout where no label reaches."""
        kept, said = (1 - self.alpha) * labels, labels
        for done in range(self.rounds):
            before, said = said, self.alpha * (graph @ said) + kept
            context.progress(done + 1, self.rounds)
            if np.abs(said - before).sum() < self.tolerance or context.cancelled():
                break
        total = said.sum(axis=1, keepdims=True)
        return np.asarray(said / np.where(total > 0, total, 1.0))


def _squared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """float64 (n, m): squared distances, exact where rows are close."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(first, second, "sqeuclidean"))


def _normalised(graph: Any) -> Any:
    """Each weight over the root of both ends' degrees; no row is its own neighbour.  A row's degree is what leads to it."""
    if isinstance(graph, np.ndarray):
        np.fill_diagonal(graph, 0.0)
    else:
        graph = graph - sparse.diags_array(graph.diagonal())
    degree = np.asarray(graph.sum(axis=0)).ravel()
    scale = 1 / np.sqrt(np.where(degree > 0, degree, 1.0))
    if isinstance(graph, np.ndarray):
        return graph * scale[:, None] * scale[None, :]
    return sparse.diags_array(scale) @ graph @ sparse.diags_array(scale)


LABEL_SPREADING = Recipe(
    name="label-spreading",
    title="Labels that spread along a graph of near rows, also over those without a target",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="dense"),
    learner=Spreading(),
    simplicity=26,
    correction="calibrate",
    unlabelled=True,
    space={"k": Whole(3, 100, log=True), "alpha": Real(0.01, 0.99), "kernel": Choice(KERNELS)},
)
