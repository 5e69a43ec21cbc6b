"""An anomaly detector as a learner of two classes, so that one protocol judges it beside those that look at the target.

The detector itself never sees the target.  Two questions are kept apart by a setting:

outliers   what is odd among the rows it learns from; all training rows, the odd ones with them
novelty    what is unlike the rows known to be usual; training rows of the negative class alone

Its ``score`` is the oddness itself, so ranking metrics measure the detector and nothing else.  The probability is a logistic
curve over asinh((oddness - median) / quartile range), fitted to the labels of rows set apart for it (Platt, 1999).  The curve
never falls: where the odd rows are the less often positive, it is flat, and no label turns the detector round.
The difference of outliers and novelty: Chandola, Banerjee & Kumar (2009); Pimentel, Clifton, Clifton & Tarassenko (2014).
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.special import expit

from assay.core.errors import BundleError
from assay.core.seeds import generator
from assay.core.state import State
from assay.data.rows import Block, Rows
from assay.data.task import Task
from assay.measure.calibration import fit_platt
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.anomaly.detector import FittedDetector
from assay.recipes.anomaly.registry import FITTED_DETECTORS
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.outputs import check_width, dense, sigmoid, task_and_classes, task_header

LEAST_SLOPE = 1e-3
"""Of the logit over the drawn-in oddness: what the detector calls odder is never called less likely, and never just as likely."""


@dataclass(frozen=True)
class FittedAnomaly:
    """center, scale: median and quartile range of the oddness.  slope, intercept: of the logit over what they make of it."""

    KIND: ClassVar[str] = "anomaly"

    task: str
    n_classes: int
    detector: FittedDetector
    center: float
    scale: float
    slope: float
    intercept: float

    def predict(self, matrix: Matrix) -> Output:
        """score: the oddness."""
        check_width(matrix, self.detector.width)
        oddness = self.detector.oddness(dense(matrix))
        return Output(oddness, sigmoid(self.slope * drawn_in(oddness, self.center, self.scale) + self.intercept))

    def state(self) -> State:
        curve = {name: getattr(self, name) for name in ("center", "scale", "slope", "intercept")}
        header = task_header(self.KIND, self.task, self.n_classes)
        return {**header, "detector": self.detector.NAME, **curve, **self.detector.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        if task != "binary":
            raise BundleError(f"the saved detector answers {task}, and detectors answer binary.")
        name = checks.choice(state, "detector", FITTED_DETECTORS.names())
        return cls(
            task,
            n_classes,
            FITTED_DETECTORS.get(name).from_state(state),
            checks.real(state, "center"),
            checks.real(state, "scale", low=1e-300),
            checks.real(state, "slope", low=0.0, high=1e6),
            checks.real(state, "intercept", low=-1e6, high=1e6),
        )


def drawn_in(oddness: np.ndarray, center: float, scale: float) -> np.ndarray:
    """float64 (n,): as it is about the middle, as its logarithm far out, where some detectors give 1e9."""
    return np.asarray(np.arcsinh((oddness - center) / scale))


@dataclass(frozen=True, kw_only=True)
class AnomalyLearner:
    """Settings that all detectors share; each detector's own module adds its own and ``learn``.

    novelty: learn from rows of the negative class alone.  most_rows: a random part of more rows has to do.
    takes_weights: rows count in the curve by their weights; the detector learns from all rows of weight above 0 alike.
    """

    novelty: bool = False
    most_rows: int = 20_000
    takes_weights: bool = True

    def learn(self, rows: np.ndarray, blocks: tuple[Block, ...], seed: int) -> FittedDetector:
        raise NotImplementedError

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return True

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,
        seed: int,
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedAnomaly:
        """Without ``validation`` the curve is that of the training rows.  Rows of weight 0 are left out."""
        rows = _weighing(rows)
        held = rows if validation is None or not len(_weighing(validation)) else _weighing(validation)
        usual = np.flatnonzero(rows.target == 0) if self.novelty else np.arange(len(rows))
        usual = usual if len(usual) else np.arange(len(rows))  # one class alone: there is nothing to leave out
        fitted = self.learn(dense(rows.features)[self.part(usual, seed)], rows.blocks, seed)  # type: ignore[arg-type]
        oddness = fitted.oddness(dense(held.features))  # type: ignore[arg-type]
        low, center, high = (float(value) for value in np.quantile(oddness, [0.25, 0.5, 0.75]))
        scale = next((value for value in (high - low, float(oddness.std())) if value > 1e-12 * max(1.0, abs(center))), 1.0)
        platt = fit_platt(held.target, expit(drawn_in(oddness, center, scale)), held.weights)
        slope = max(platt.slope, LEAST_SLOPE)
        return FittedAnomaly(task.name, rows.n_classes, fitted, center, scale, slope, platt.intercept)

    def part(self, rows: np.ndarray, seed: int) -> np.ndarray:
        """The positions, or as many of them at random as may be learned from; rising."""
        if len(rows) <= self.most_rows:
            return rows
        return np.sort(generator(seed, "part").choice(rows, self.most_rows, replace=False))


def _weighing(rows: Rows) -> Rows:
    return rows if rows.weights is None else rows.take(np.flatnonzero(rows.weights > 0))
