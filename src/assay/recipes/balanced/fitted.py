"""What is kept of every balanced ensemble: trees as arrays, and the class shares that lead back to honest probabilities."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.measure.calibration import PriorCorrection
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.learner import Output
from assay.recipes.outputs import CLASSIFICATION, MOST_FEATURES, check_width, dense, softmax, task_and_classes, task_header
from assay.recipes.tree_arrays import TreeArrays

Says = Literal["shares", "logits"]


@dataclass(frozen=True)
class FittedBalanced:
    """The mean of the trees' leaves, brought from even classes to the shares of the training rows.

    says: what that mean is, "shares" of the classes (bags, forests) or "logits" (votes of boosted trees).
    shares: float64 (n_classes,), of the training rows.  even: float64 (n_classes,), under which the trees learnt.
    notes: what applied while it was fitted, in words; not saved with it.
    """

    KIND: ClassVar[str] = "balanced-trees"

    task: str
    n_classes: int
    width: int
    says: Says
    shares: np.ndarray
    even: np.ndarray
    trees: TreeArrays
    notes: tuple[str, ...] = ()

    def predict(self, matrix: Matrix) -> Output:
        """score: the log odds of class 1 or the logits of boosted trees, else the probability."""
        check_width(matrix, self.width)
        found = self.trees.mean(dense(matrix))
        corrected = PriorCorrection(self.shares, self.even).apply(softmax(found) if self.says == "logits" else found)
        if self.task == "binary":
            corrected = corrected[:, 1]
            return Output(found[:, 1] - found[:, 0] if self.says == "logits" else corrected, corrected)
        return Output(corrected, corrected)

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, self.n_classes),
            "width": self.width,
            "says": self.says,
            "shares": self.shares,
            "even": self.even,
            "trees": self.trees.state(),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        if task not in CLASSIFICATION:
            raise BundleError(f"the saved balanced ensemble has no classes: its task is {task}.")
        width = checks.whole(state, "width", low=0, high=MOST_FEATURES)
        says: Says = "logits" if checks.choice(state, "says", ("shares", "logits")) == "logits" else "shares"
        shares, even = _shares(state, "shares", n_classes), _shares(state, "even", n_classes)
        trees = TreeArrays.from_state(checks.entry(state, "trees"), width=width, n_values=n_classes)
        if says == "shares" and (trees.values.min() < 0 or (trees.values.sum(axis=1) <= 0).any()):
            raise BundleError("the saved balanced ensemble has a leaf whose class shares are no shares.")
        return cls(task, n_classes, width, says, shares, even, trees)


def _shares(state: State, name: str, n_classes: int) -> np.ndarray:
    values = checks.floats(state, name, (n_classes,))
    if values.min() < 0 or abs(values.sum() - 1) > 1e-6:
        raise BundleError(f"the saved model's {name!r} must be shares that sum to 1.")
    return values
