"""What a stack is once fitted: whole models, and a line over what they say.

Classes: what a model says is its log odds (of several classes: the log of each probability less their mean), cut off at
``clip``; values: what it says.  The line is an ordinary linear model over these numbers.
"""

from dataclasses import dataclass
from typing import ClassVar, Self, cast

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.state import State
from assay.measure.payload import Predictions
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.ensembles.nested_states import BLEND, STACK, refuse_members
from assay.recipes.fitted import Fitted
from assay.recipes.learner import Output
from assay.recipes.linear import FittedLinear
from assay.recipes.outputs import task_and_classes, task_header

MOST_MEMBERS = 100
LEAST_CLIP, LARGEST_CLIP = 1e-12, 0.4


@dataclass(frozen=True)
class FittedStack:
    """line: over the numbers of all members, one after the other.  clip: no probability counts as nearer to 0 or 1.

    notes: what applied while it was fitted, in words; not saved with it.
    """

    KIND: ClassVar[str] = STACK

    task: str
    n_classes: int
    members: tuple[Fitted, ...]
    line: FittedLinear
    clip: float
    notes: tuple[str, ...] = ()

    def predict(self, matrix: Matrix) -> Output:
        """matrix: the frame that FittedFrame lets through.  score: the line's, log odds, logits, or the value."""
        frame = cast(pl.DataFrame, matrix)
        said = np.concatenate([numbers_of(member.predict(frame), self.clip) for member in self.members], axis=1)
        return self.line.predict(said)

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, self.n_classes),
            "members": [member.state() for member in self.members],
            "line": self.line.state(),
            "clip": self.clip,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        parts = checks.states(state, "members", most=MOST_MEMBERS)
        refuse_members(parts, (BLEND, STACK), STACK)
        members = tuple(Fitted.from_state(part) for part in parts)
        if not members or any(member.task.name != task or len(member.task.classes) != n_classes for member in members):
            raise BundleError(f"the saved stack's members do not all answer its own question ({task}).")
        line = FittedLinear.from_state(checks.entry(state, "line"))
        width = len(members) * (n_classes if task == "multiclass" else 1)
        if line.task != task or line.n_classes != n_classes or line.coefficients.shape[1] != width:
            raise BundleError(f"the saved stack's line does not fit its {len(members)} members.")
        return cls(task, n_classes, members, line, checks.real(state, "clip", low=LEAST_CLIP, high=LARGEST_CLIP))


def numbers_of(said: Predictions, clip: float) -> np.ndarray:
    """float64 (n, 1) or (n, K): what a line reads of one model's predictions."""
    if said.form == "value":
        return np.asarray(said["value"], dtype=np.float64)[:, None]
    probability = said["probability"]
    if probability.ndim == 1:
        cut = np.clip(probability, clip, 1 - clip)
        return np.asarray(np.log(cut) - np.log1p(-cut))[:, None]
    logs = np.log(np.clip(probability, clip, 1.0))
    return np.asarray(logs - logs.mean(axis=1, keepdims=True))
