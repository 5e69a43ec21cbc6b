"""One-class support vector machine: a sum of bumps about the rows at the edge of the cloud; where it is low, a row is odd.

The sum alone is the score (the edge itself only moves it by a constant).  Where rows are farther from all bumps than these reach,
it is 0 and they are alike.  Equal to scikit-learn's OneClassSVM, sign turned.
Source: Schölkopf, Platt, Shawe-Taylor, Smola & Williamson (2001).
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.recipes.anomaly.learner import AnomalyLearner
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real
from assay.recipes.svm_kernel import FittedKernel


@dataclass(frozen=True)
class FittedSupport:
    """rows: float64 (m, width), the support vectors.  shares: (m,), above 0.  steepness: of the bumps."""

    NAME: ClassVar[str] = "one-class-svm"

    steepness: float
    rows: np.ndarray
    shares: np.ndarray

    @property
    def width(self) -> int:
        return int(self.rows.shape[1])

    def oddness(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n,): minus the sum of the bumps."""
        bumps = FittedKernel("regression", 0, self.steepness, self.rows, self.shares[None], np.zeros(1), 0.0)
        return -bumps.predict(rows).score

    def state(self) -> State:
        return {"steepness": self.steepness, "rows": self.rows, "shares": self.shares}

    @classmethod
    def from_state(cls, state: State) -> Self:
        rows = checks.floats(state, "rows", (None, None))
        return cls(checks.real(state, "steepness", low=0.0), rows, checks.floats(state, "shares", (len(rows),)))


@dataclass(frozen=True, kw_only=True)
class OneClassSupport(AnomalyLearner):
    """outside: at most this share of the rows lies beyond the edge, at least it supports it (nu).

    steepness: of the bumps, as a multiple of 1 / (columns · variance of all entries), scikit-learn's gamma="scale".
    """

    outside: float = 0.1
    steepness: float = 1.0
    most_rows: int = 4000

    def learn(self, rows: np.ndarray, blocks: tuple[Block, ...], seed: int) -> FittedSupport:  # noqa: ARG002
        from sklearn.svm import OneClassSVM

        variance = float(rows.var()) if rows.size else 0.0
        if variance == 0.0:  # no row differs from another
            return FittedSupport(1.0, rows[:1], np.ones(1))
        steepness = self.steepness / (rows.shape[1] * variance)
        machine = OneClassSVM(nu=self.outside, gamma=steepness).fit(rows)
        return FittedSupport(steepness, machine.support_vectors_, np.ascontiguousarray(machine.dual_coef_[0]))


ONE_CLASS_SVM = Recipe(
    name="one-class-svm",
    title="One-class support vector machine (outliers; blind to the target)",
    tasks=frozenset({"binary"}),
    step=ColumnsStep(mode="dense"),
    learner=OneClassSupport(),
    simplicity=29,
    space={"outside": Real(0.005, 0.5, log=True), "steepness": Real(0.05, 5.0, log=True)},
)
ONE_CLASS_SVM_NOVELTY = replace(
    ONE_CLASS_SVM,
    name="one-class-svm-novelty",
    title="One-class support vector machine of the negative rows (novelty)",
    learner=OneClassSupport(novelty=True),
)
