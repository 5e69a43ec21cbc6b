"""Self-training: rows without a target get the label that the model is sure of, and the model is fitted again with them.

What comes out is a model of the base learner, so it is kept and predicts as one.  A label that was given stays.  The
confidence is calibrated out of fold on rows whose target is known, because a learner that is too sure of itself would teach
itself its own mistakes.  Without calibration and with weights of one it is scikit-learn's SelfTrainingClassifier.
Source: Yarowsky (1995); Amini, Feofanov, Pauletto, Hadjadj, Devijver & Maximov (2022) for a survey.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from assay.core.errors import ConfigError, DataError
from assay.core.seeds import seed32
from assay.data.rows import Rows
from assay.data.task import Task
from assay.measure.calibration import Unchanged, calibrator_for
from assay.measure.calibration.calibrator import FittedCalibrator
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, FittedLearner, Learner
from assay.recipes.linear import Logistic
from assay.recipes.outputs import CLASSIFICATION
from assay.recipes.recipe import Recipe
from assay.recipes.semi.unlabelled import unlabelled_of
from assay.recipes.space import Real, Whole
from assay.recipes.trees import Forest
from assay.splits.inner import inner_folds

CALIBRATION_FOLDS = 3
USUAL_CALIBRATION = {"binary": "platt", "multiclass": "vector"}
MOST_UNLABELLED = 100_000


@dataclass(frozen=True, kw_only=True)
class SelfTraining:
    """base: what is fitted.  threshold: the probability from which on a label is taken over.  rounds: of taking over.

    calibrated: whether the probability is made true, out of fold, on the rows with a target before it is compared.
    weight: what a row counts whose label was taken over, a row with its own label being 1.
    """

    base: Learner = field(default_factory=Logistic)
    threshold: float = 0.9
    rounds: int = 5
    calibrated: bool = True
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1 or self.rounds < 1 or not 0 < self.weight <= 1:
            raise ConfigError(
                f"self-training with threshold={self.threshold:g}, rounds={self.rounds}, weight={self.weight:g}: a threshold "
                "between 0 and 1, 1 round or more, and a weight above 0 and at most 1 are needed."
            )

    @property
    def takes_weights(self) -> bool:
        return self.base.takes_weights

    def wants_validation(self, task: Task) -> bool:
        return self.base.wants_validation(task)

    def fit(
        self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context
    ) -> FittedLearner:
        """The base as it is where there are no rows without a target."""

        def fitted(on: Rows) -> FittedLearner:
            return self.base.fit(on, task, validation=validation, seed=seed, budget=budget, context=context)

        model = fitted(rows)
        unlabelled = unlabelled_of(rows, MOST_UNLABELLED, seed)
        if unlabelled is None:
            return model
        calibrator = self._calibrator(rows, task, seed, context)
        label = np.full(unlabelled.shape[0], -1, dtype=np.int64)
        for _ in range(self.rounds):
            open_rows = np.flatnonzero(label < 0)
            if not len(open_rows) or context.cancelled():
                break
            said = model.predict(unlabelled[open_rows]).probability
            probability = _columns(calibrator.apply(np.asarray(said)))
            sure = probability.max(axis=1) > self.threshold
            if not sure.any():
                break
            label[open_rows[sure]] = probability[sure].argmax(axis=1)
            model = fitted(self._with_taken(rows, unlabelled, label))
        return model

    def _with_taken(self, rows: Rows, unlabelled: Matrix, label: np.ndarray) -> Rows:
        """The rows with a target, then those whose label was taken over."""
        taken = label >= 0
        own_features: Any = rows.features
        theirs: Any = unlabelled[taken]
        if isinstance(own_features, np.ndarray):
            both: Any = np.concatenate([own_features, theirs])
        else:
            both = sparse.csr_matrix(sparse.vstack([own_features, theirs]))
        weights = rows.weights
        if weights is not None or self.weight != 1.0:
            own = np.ones(len(rows)) if weights is None else weights
            weights = np.concatenate([own, np.full(int(taken.sum()), self.weight * float(own.mean()))])
        return replace(rows, features=both, target=np.concatenate([rows.target, label[taken]]), weights=weights)

    def _calibrator(self, rows: Rows, task: Task, seed: int, context: Context) -> FittedCalibrator:
        """Fitted on out-of-fold predictions of the rows with a target; none where these are too few for folds."""
        if not self.calibrated:
            return Unchanged()
        try:
            pairs = inner_folds(
                rows.target,
                classification=True,
                groups=None,
                time=None,
                folds=CALIBRATION_FOLDS,
                seed=seed32(seed, "self-training-folds"),
            )
            said: list[np.ndarray] = []
            for number, (kept, held) in enumerate(pairs):
                one = self.base.fit(
                    rows.take(kept),
                    task,
                    validation=rows.take(held) if self.base.wants_validation(task) else None,
                    seed=seed32(seed, "self-training-fit", number),
                    budget=Budget(),
                    context=context,
                )
                held_features: Any = rows.features
                said.append(np.asarray(one.predict(held_features[held]).probability))
            order = np.concatenate([held for _, held in pairs])
            weights = None if rows.weights is None else rows.weights[order]
            calibrator = calibrator_for(USUAL_CALIBRATION[task.name], task.name)
            return calibrator.fit(rows.target[order], np.concatenate(said), weights)
        except DataError:
            return Unchanged()


def _columns(probability: np.ndarray) -> np.ndarray:
    """float64 (n, K)."""
    return probability if probability.ndim == 2 else np.column_stack([1 - probability, probability])


SELF_TRAINING = Recipe(
    name="self-training",
    title="Logistic regression that also learns from rows without a target it is sure of",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="linear"),
    learner=SelfTraining(),
    simplicity=12,
    correction="calibrate",
    unlabelled=True,
    space={"threshold": Real(0.6, 0.99), "rounds": Whole(1, 10)},
)

SELF_TRAINING_FOREST = Recipe(
    name="self-training-forest",
    title="A random forest that also learns from rows without a target it is sure of",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="trees"),
    learner=SelfTraining(base=Forest(), rounds=2),
    simplicity=43,
    correction="calibrate",
    unlabelled=True,
    space={"threshold": Real(0.6, 0.99), "rounds": Whole(1, 5)},
)
