"""The weighted mean of several fitted models, each with its own preparation and its own honest probabilities."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.state import State
from assay.measure.payload import Predictions
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.ensembles.nested_states import BLEND, refuse_members
from assay.recipes.fitted import Fitted
from assay.recipes.learner import Output
from assay.recipes.outputs import task_and_classes, task_header

MOST_MEMBERS = 1000


@dataclass(frozen=True)
class FittedBlend:
    """weights: float64 (len(members),), above 0, together 1."""

    KIND: ClassVar[str] = BLEND

    task: str
    n_classes: int
    members: tuple[Fitted, ...]
    weights: np.ndarray

    def predict(self, matrix: Matrix) -> Output:
        """matrix: the frame that FittedFrame lets through.  score: the mean probability, or the mean value."""
        frame = cast(pl.DataFrame, matrix)
        mean = blended([member.predict(frame) for member in self.members], self.weights)
        return Output(mean, None if self.task == "regression" else mean)

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, self.n_classes),
            "members": [member.state() for member in self.members],
            "weights": self.weights,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        parts = checks.states(state, "members", most=MOST_MEMBERS)
        refuse_members(parts, (BLEND,), BLEND)
        members = tuple(Fitted.from_state(part) for part in parts)
        weights = checks.floats(state, "weights", (len(members),))
        if not members or weights.min() <= 0 or abs(weights.sum() - 1) > 1e-6:
            raise BundleError("the saved blend's weights must be above 0 and sum to 1, one for each member.")
        if any(member.task.name != task or len(member.task.classes) != n_classes for member in members):
            raise BundleError(f"the saved blend's members do not all answer its own question ({task}).")
        return cls(task, n_classes, members, weights)


def blended(said: list[Predictions], weights: np.ndarray) -> np.ndarray:
    """The weighted mean of what models say: probabilities (n,) or (n, K), or values (n,)."""
    arrays: list[Any] = [one["value"] if one.form == "value" else one["probability"] for one in said]
    return np.asarray(sum(weight * array for weight, array in zip(weights.tolist(), arrays, strict=True)))
