"""What learns from an encoded matrix, and what it hands back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.step import Matrix

if TYPE_CHECKING:
    from assay.data.decoded import PictureStore
    from assay.nets.training.work import Watch


def _never() -> bool:
    return False


def _ignore(_done: int, _total: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Budget:
    """seconds: a soft limit for one fit; None means until done."""

    seconds: float | None = None


@dataclass(frozen=True)
class Context:
    """Where a fit runs.

    device: "cpu", "cuda" or "mps".  threads: for native libraries; part of the study, so results do not depend on --jobs.
    scratch: a folder for checkpoints of this fit, or None.  watch: sees a net's training from inside, or None.
    memory: bytes that the fits of this process may use; where all rows would take more, some are learned from.  None: all.
    pictures: where decoded pictures are kept for the other fits of a run, or None.
    progress(done, total) and cancelled() are called between epochs or trees.
    """

    device: str = "cpu"
    threads: int = 1
    scratch: Path | None = None
    memory: int | None = None
    watch: "Watch | None" = None
    pictures: "PictureStore | None" = None
    progress: Callable[[int, int], None] = field(default=_ignore)
    cancelled: Callable[[], bool] = field(default=_never)


@dataclass(frozen=True, slots=True)
class Output:
    """What a fitted learner says of n rows.

    score: float64 (n,) for binary (any monotone scale, higher is more positive), (n, K) for multiclass, (n,) for regression.
    probability: float64 (n,) of class 1 for binary, (n, K) with rows summing to 1 for multiclass, None for regression.
    spread: float64 (n,) for regression, the standard deviation of a new target about ``score``, noise and the learner's own
        doubt together; None from a learner that knows none, and for classes, whose probabilities say it.
    offsets: int64 (n + 1,) where the task is one of language: row i owns ``score[offsets[i]:offsets[i + 1]]``, which are float64
        natural log-probabilities, one a token, or the uint8 UTF-8 bytes of the answer; else None.
    """

    score: np.ndarray
    probability: np.ndarray | None
    spread: np.ndarray | None = None
    offsets: np.ndarray | None = None


class FittedLearner(Protocol):
    """Knows nothing of the treatment it was trained under."""

    def predict(self, matrix: Matrix) -> Output: ...
    def state(self) -> State:
        """``{"kind": its name in FITTED_LEARNERS, …}``."""
        ...

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The learner back, checked so that no state can crash or hang native code; raises BundleError."""
        ...


class Learner(Protocol):
    """Settings only.

    ``rows.weights`` are honoured where ``takes_weights`` is true.  ``validation`` is the carved-out part of the training
    rows (for early stopping), or None for learners that say to ``wants_validation`` that they want none.
    A learner with ``in_batches = True`` also takes rows whose features are ``data.batches.Batches``.
    """

    @property
    def takes_weights(self) -> bool: ...
    def wants_validation(self, task: Task) -> bool: ...

    def fit(
        self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context
    ) -> FittedLearner: ...
