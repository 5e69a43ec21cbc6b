"""Support vector machines: the widest margin between classes, or a tube about the values, over lines or Gaussian bumps.

Margins are no probabilities: a slope and shifts that rows set apart for it ask for are folded into the weights, so that the
score is a logit (Platt's scaling; one temperature with a bias a class where there are more than two, one machine each
against the rest).  Up to ``MOST_EXACT`` rows times machines the kernel is exact, beyond that 500 random rows are landmarks;
of rows that would fill more than ``MOST_CELLS`` numbers (fewer with many classes) a random part is learned from.
Source: Cortes & Vapnik (1995); Platt (1999); Alexandari, Kundaje & Shrikumar (2020).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.seeds import generator, seed32
from assay.data.rows import Rows
from assay.data.task import Task
from assay.measure.calibration import fit_platt, fit_vector_scaling
from assay.prepare.columns import ColumnsStep
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear, only_class
from assay.recipes.linear_factors import centred
from assay.recipes.linear_spread import noise_alone
from assay.recipes.outputs import ABSENT_LOGIT, TABLE_TASKS, dense, softmax
from assay.recipes.recipe import Recipe
from assay.recipes.space import Choice, Real
from assay.recipes.svm_kernel import FittedKernel
from assay.recipes.svm_solvers import LANDMARKS, MOST_WORK, Machine, by_landmarks, exact, straight

KERNELS = ("rbf", "linear")

MOST_EXACT = 4000
"""Rows times machines up to which libsvm finds the support vectors: some seconds."""

MOST_CELLS = 15_000_000
"""Numbers (120 MB) that rows may fill, as columns or as kernel values, before a random part of them has to do."""

LEAST_SLOPE = 1e-3
"""Of the logit over the margin: rows set apart may be too few to tell up from down, the machine is not."""


@dataclass(frozen=True, kw_only=True)
class SupportVectors:
    """kernel: "rbf" (bumps) or "linear".  cost: what one row's violation costs against half the squared weights.

    steepness: of the bumps, as a multiple of 1 / (columns · variance of all entries), scikit-learn's gamma="scale".
    slack: errors of a value below so many of its standard deviations cost nothing.
    """

    kernel: str = "rbf"
    cost: float = 1.0
    steepness: float = 1.0
    slack: float = 0.1
    takes_weights: bool = True

    def __post_init__(self) -> None:
        if self.kernel not in KERNELS:
            raise ConfigError(f"svm has no kernel {self.kernel!r}{did_you_mean(self.kernel, KERNELS)}")

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
    ) -> FittedLinear | FittedKernel:
        """Without ``validation`` slope, shifts and noise are those of the training rows.  Rows of weight 0 are left out."""
        rows = _weighing(rows)
        held = _held(rows, validation)
        width = dense(rows.features[:1]).shape[1]  # type: ignore[arg-type]
        if not task.is_classification:
            return self._fit_values(rows, held, seed)
        present = np.unique(rows.target)
        if len(present) == 1:
            return only_class(task.name, rows.n_classes, width, int(present[0]))
        rows = self._part(rows, seed)
        codes = present[1:] if len(present) == 2 else present
        targets = np.where(rows.target == codes[:, None], 1.0, -1.0)
        machine = self._machine(rows, targets, seed, slack=None)
        return _as_classes(_calibrated(machine, held, present), task.name, rows.n_classes, present)

    def _fit_values(self, rows: Rows, held: Rows, seed: int) -> FittedLinear | FittedKernel:
        data = centred(rows)
        part = self._part(replace(rows, target=data.target), seed)
        machine = self._machine(part, part.target[None], seed, slack=self.slack)
        said = machine.said(dense(held.features))[:, 0] * data.unit + data.middle  # type: ignore[arg-type]
        unit = max(data.unit, float(np.abs(held.target - said).max(initial=0.0)))  # squares of 1e200 are none
        noise = float(np.sqrt(np.average(((held.target - said) / unit) ** 2, weights=held.weights))) * unit
        weights, intercepts = machine.weights * data.unit, machine.intercepts * data.unit + data.middle
        if machine.rows is None:
            return FittedLinear("regression", 0, weights, intercepts, noise_alone(noise, weights.shape[1]))
        return FittedKernel("regression", 0, machine.steepness, machine.rows, weights, intercepts, noise)

    def _machine(self, rows: Rows, targets: np.ndarray, seed: int, slack: float | None) -> Machine:
        x = dense(rows.features)  # type: ignore[arg-type]
        weights = np.ones(len(x)) if rows.weights is None else rows.weights
        variance = float(x.var()) if x.size else 0.0
        if variance == 0.0:  # no row differs from another: a line over columns of 0 is all there is
            x = np.zeros((len(x), max(1, x.shape[1])))
            flat = straight(x, targets, weights, self.cost, slack)
            return replace(flat, weights=flat.weights[:, : rows.features.shape[1]])
        if self.kernel == "linear":
            return straight(x, targets, weights, self.cost, slack)
        steepness = self.steepness / (x.shape[1] * variance)
        if targets.size <= MOST_EXACT:
            return exact(x, targets, weights, self.cost, steepness, slack)
        return by_landmarks(x, targets, weights, self.cost, steepness, slack, seed32(seed, "landmarks"))

    def _part(self, rows: Rows, seed: int) -> Rows:
        """All rows, or as many at random as may be held."""
        width = rows.features.shape[1] if self.kernel == "linear" else LANDMARKS
        cells = min(MOST_CELLS, MOST_WORK // (rows.n_classes if rows.n_classes > 2 else 1))
        most = max(MOST_EXACT, cells // max(1, width))
        if len(rows) <= most:
            return rows
        chosen = generator(seed, "part").choice(len(rows), most, replace=False)
        return rows.take(np.sort(chosen))


def _weighing(rows: Rows) -> Rows:
    return rows if rows.weights is None else rows.take(np.flatnonzero(rows.weights > 0))


def _held(rows: Rows, validation: Rows | None) -> Rows:
    """The rows set apart that count, but for classes that were not learned; the training rows where none are left."""
    if validation is None:
        return rows
    held = _weighing(validation)
    if rows.n_classes:
        held = held.take(np.flatnonzero(np.isin(held.target, rows.target)))
    return held if len(held) else rows


def _calibrated(machine: Machine, held: Rows, present: np.ndarray) -> Machine:
    """The machine whose values are logits: of the second class present where there are two, else of each."""
    margins = machine.said(dense(held.features))  # type: ignore[arg-type]
    target = np.searchsorted(present, held.target)
    if len(present) == 2:
        platt = fit_platt(target, expit(margins[:, 0]), held.weights)
        slope, shifts = platt.slope, np.array([platt.intercept])
    else:
        scaling = fit_vector_scaling(target, softmax(margins), held.weights)
        slope, shifts = scaling.inverse_temperature, np.array(scaling.bias)
    slope = max(slope, LEAST_SLOPE)
    return replace(machine, weights=slope * machine.weights, intercepts=slope * machine.intercepts + shifts)


def _as_classes(machine: Machine, task: str, n_classes: int, present: np.ndarray) -> FittedLinear | FittedKernel:
    """Logits of all classes, centred over those present, so that one without training rows is never the likeliest."""
    weights, intercepts = machine.weights, machine.intercepts
    if task == "multiclass":
        if len(present) == 2:
            weights, intercepts = np.vstack([0 * weights, weights]), np.append(0.0, intercepts)
        centred_weights, centred_intercepts = weights - weights.mean(axis=0), intercepts - intercepts.mean()
        weights, intercepts = np.zeros((n_classes, weights.shape[1])), np.full(n_classes, ABSENT_LOGIT)
        weights[present], intercepts[present] = centred_weights, centred_intercepts
    if machine.rows is None:
        return FittedLinear(task, n_classes, weights, intercepts)
    return FittedKernel(task, n_classes, machine.steepness, machine.rows, weights, intercepts, 0.0)


SVM = Recipe(
    name="svm",
    title="Support vector machine",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="dense"),
    learner=SupportVectors(),
    simplicity=28,
    space={"kernel": Choice(KERNELS), "cost": Real(1e-2, 1e2, log=True), "steepness": Real(0.05, 5.0, log=True)},
)
