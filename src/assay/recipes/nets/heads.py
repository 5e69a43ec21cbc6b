"""What the outputs of a net mean: how many there are, the loss they are trained with, and the prediction they make.

Two classes have one output, the logit of the positive one; K classes have K logits; a number has one output, in units of
the training target's standard deviation.  A net that is an ensemble gives these once a member, and the mean of the
members' probabilities (or values) is the prediction.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import special

from assay.core.errors import BundleError, ConfigError
from assay.core.state import State
from assay.data.task import Task
from assay.nets.uncertainty.spread import value_spread
from assay.prepare import checks
from assay.recipes.learner import Output

if TYPE_CHECKING:
    from assay.nets.losses.row import RowLoss

MOST_LEVELS = 99
CERTAIN = 1e-15
"""A mean probability nearer to 0 or 1 than this has no finite logit in float64 worth the name."""


@dataclass(frozen=True, slots=True)
class Unit:
    """center, scale: of the training target of a regression; outputs are (target - center) / scale.

    noise: the variance of a target about what a member says of it, in units of scale².
    """

    center: float = 0.0
    scale: float = 1.0
    noise: float = 0.0


class Head(Protocol):
    def check(self, task: Task) -> None:
        """Raise ConfigError for a task that this head cannot answer."""
        ...

    def outputs(self, task: Task) -> int: ...
    def loss(self, task: Task) -> "RowLoss":
        """What is minimised, from outputs (n, outputs)."""
        ...

    def judge(self, task: Task) -> "RowLoss":
        """What the best epoch is chosen by, from outputs (n, outputs) or (n, members, outputs)."""
        ...

    def fits(self, task: str, outputs: int) -> bool:
        """Whether a saved net of so many outputs can answer such a task."""
        ...

    def output(self, task: str, raw: np.ndarray, unit: Unit) -> Output:
        """raw: float64 (n, members, outputs)."""
        ...

    def state(self) -> State: ...


@dataclass(frozen=True, slots=True)
class UsualHead:
    """Logits trained by cross-entropy, values by the squared error. label_smoothing: of the cross-entropy."""

    label_smoothing: float = 0.0

    def check(self, task: Task) -> None:
        """Every task has a usual head."""

    def outputs(self, task: Task) -> int:
        return len(task.classes) if task.name == "multiclass" else 1

    def loss(self, task: Task) -> "RowLoss":
        from assay.nets.losses.binary import BinaryCrossEntropy
        from assay.nets.losses.categorical import CrossEntropy
        from assay.nets.losses.mse import SquaredError

        if not task.is_classification:
            return SquaredError()
        return BinaryCrossEntropy(self.label_smoothing) if task.name == "binary" else CrossEntropy(self.label_smoothing)

    def judge(self, task: Task) -> "RowLoss":
        from assay.nets.losses.members import OfMean
        from assay.nets.losses.posterior import LogLoss

        return LogLoss(self.loss(task)) if task.is_classification else OfMean(self.loss(task))

    def fits(self, task: str, outputs: int) -> bool:
        return (outputs == 1) != (task == "multiclass")

    def output(self, task: str, raw: np.ndarray, unit: Unit) -> Output:
        if task == "regression":
            found = value_spread(raw, unit.noise)
            return Output(found.value * unit.scale + unit.center, None, found.spread * unit.scale)
        shares = special.expit(raw[:, :, 0]) if task == "binary" else special.softmax(raw, axis=2)
        mean = shares.mean(axis=1)
        if raw.shape[1] == 1:
            score = raw[:, 0, 0] if task == "binary" else raw[:, 0]
        else:
            inside = np.clip(mean, CERTAIN, 1 - CERTAIN)
            score = special.logit(inside) if task == "binary" else np.log(inside)
        return Output(score, mean)

    def state(self) -> State:
        return {"head": "usual"}


@dataclass(frozen=True, slots=True)
class OrdinalHead:
    """Classes in their order: K - 1 logits of being above each but the last."""

    def check(self, task: Task) -> None:
        if task.name != "multiclass":
            raise ConfigError(f"an ordinal head is for three or more ordered classes, and the task is {task.name}.")

    def outputs(self, task: Task) -> int:
        return len(task.classes) - 1

    def loss(self, task: Task) -> "RowLoss":  # noqa: ARG002
        from assay.nets.losses.ordinal import Ordinal

        return Ordinal()

    def judge(self, task: Task) -> "RowLoss":
        from assay.nets.losses.members import OfMean

        return OfMean(self.loss(task))

    def fits(self, task: str, outputs: int) -> bool:
        return task == "multiclass" and outputs >= 2

    def output(self, task: str, raw: np.ndarray, unit: Unit) -> Output:  # noqa: ARG002
        """score: the log of the probability, as there are no logits of classes."""
        import torch

        from assay.nets.losses.ordinal import probabilities

        shares = probabilities(torch.from_numpy(raw)).numpy()
        mean = shares.mean(axis=1)
        return Output(np.log(np.clip(mean, CERTAIN, 1.0)), mean)

    def state(self) -> State:
        return {"head": "ordinal"}


@dataclass(frozen=True, slots=True)
class QuantileHead:
    """One output a level; the prediction is the median, its spread half the width between the levels nearest to ±1 σ.

    levels: rising, 0.5 among them.
    """

    levels: tuple[float, ...] = (0.05, 0.16, 0.5, 0.84, 0.95)

    def __post_init__(self) -> None:
        if (
            0.5 not in self.levels
            or not all(0 < level < 1 for level in self.levels)
            or list(self.levels) != sorted(set(self.levels))
        ):
            raise ConfigError(f"levels={self.levels} must rise within (0, 1), with 0.5 among them.")

    def check(self, task: Task) -> None:
        if task.is_classification:
            raise ConfigError(f"a quantile head predicts numbers, and the task is {task.name}.")

    def outputs(self, task: Task) -> int:  # noqa: ARG002
        return len(self.levels)

    def loss(self, task: Task) -> "RowLoss":  # noqa: ARG002
        from assay.nets.losses.pinball import Pinball

        return Pinball(self.levels)

    def judge(self, task: Task) -> "RowLoss":
        from assay.nets.losses.members import OfMean

        return OfMean(self.loss(task))

    def fits(self, task: str, outputs: int) -> bool:
        return task == "regression" and outputs == len(self.levels)

    def output(self, task: str, raw: np.ndarray, unit: Unit) -> Output:  # noqa: ARG002
        values = np.sort(raw, axis=2).mean(axis=1) * unit.scale + unit.center  # (n, levels)
        low, high = (int(np.argmin(np.abs(np.array(self.levels) - aim))) for aim in special.ndtr([-1.0, 1.0]))
        return Output(values[:, self.levels.index(0.5)], None, (values[:, high] - values[:, low]) / 2)

    def state(self) -> State:
        return {"head": "quantile", "levels": list(self.levels)}


def head_from_state(state: State) -> Head:
    """The head of a saved net; raises BundleError."""
    name = checks.choice(state, "head", ("usual", "ordinal", "quantile"))
    if name == "usual":
        return UsualHead()
    if name == "ordinal":
        return OrdinalHead()
    levels = checks.entry(state, "levels")
    if not isinstance(levels, list) or len(levels) > MOST_LEVELS or not all(isinstance(level, float) for level in levels):
        raise BundleError("the saved net's quantile levels are not a list of numbers.")
    try:
        return QuantileHead(tuple(levels))
    except ConfigError as error:
        raise BundleError(f"the saved net has an impossible head: {error}") from error
