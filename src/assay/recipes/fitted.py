"""What a recipe becomes on training rows: columns in, predictions out.

There is no treatment in it, so that resampling at prediction time cannot be written.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.core.errors import AssayError, BundleError, DataError
from assay.core.state import State
from assay.data.schema import Schema
from assay.data.task import Task
from assay.measure.calibration import FITTED_CALIBRATORS, FittedCalibrator
from assay.measure.parts import concatenate
from assay.measure.payload import Predictions
from assay.prepare.step import FittedStep, Matrix
from assay.recipes.correction import CorrectionChoice
from assay.recipes.learner import FittedLearner, Output
from assay.recipes.registry import FITTED_LEARNERS
from assay.recipes.steps import FITTED_STEPS

PREDICTED_TOGETHER = 100_000
"""Rows that are encoded at once: the matrix of more would take more memory than the fit did."""


@dataclass(frozen=True)
class Fitted:
    """schema: the feature columns it reads.  calibrators: applied to the learner's probabilities, in this order.

    correction: how the calibrator was chosen after a treatment; None where there was nothing to choose.
    notes: rules that applied while it was fitted, in words; not part of what is saved.
    """

    recipe: str
    task: Task
    schema: Schema
    step: FittedStep
    learner: FittedLearner
    calibrators: tuple[FittedCalibrator, ...] = ()
    correction: CorrectionChoice | None = None
    notes: tuple[str, ...] = ()

    def predict(self, features: pl.DataFrame, units: np.ndarray | None = None) -> Predictions:
        """Predictions in the form of the task, one unit a row of ``features`` (numbered from 0 unless units are given).

        Where there are calibrators, "uncorrected" is the learner's own probability, before any of them.
        Raises DataError when the model gives a number that is not finite.
        """
        units = np.arange(features.height) if units is None else units
        if features.height <= PREDICTED_TOGETHER:
            return self._predict(features, units)
        starts = range(0, features.height, PREDICTED_TOGETHER)
        slices = (slice(start, start + PREDICTED_TOGETHER) for start in starts)
        return _joined([self._predict(features[part], units[part]) for part in slices])

    def predict_rows(self, frame: pl.DataFrame, rows: np.ndarray) -> Predictions:
        """As ``predict`` of the rows with these numbers, which are the units; never more than some of them in memory at once."""
        starts = range(0, max(len(rows), 1), PREDICTED_TOGETHER)
        parts = (rows[start : start + PREDICTED_TOGETHER] for start in starts)
        return _joined([self._predict(frame[part], part) for part in parts])

    def _predict(self, features: pl.DataFrame, units: np.ndarray) -> Predictions:
        return self.predict_matrix(self.step.transform(features), units)

    def predict_matrix(self, matrix: Matrix, units: np.ndarray) -> Predictions:
        """As ``predict``, for rows that the step has encoded already."""
        output = self.learner.predict(matrix)
        if self.task.is_language:
            return _ragged(self.recipe, self.task, output, units)
        if not self.task.is_classification:
            _check_form(self.recipe, output.score, (len(units),))
            said = {"value": output.score} if output.spread is None else {"value": output.score, "spread": output.spread}
            return _finite(self.recipe, Predictions("value", units, said))
        if output.probability is None:
            raise DataError(f"recipe {self.recipe!r} gives no probabilities, and {self.task.name} needs them.")
        probability = output.probability
        for calibrator in self.calibrators:
            probability = calibrator.apply(probability)
        n_classes = len(self.task.classes)
        _check_form(self.recipe, probability, (len(units),) if self.task.name == "binary" else (len(units), n_classes))
        arrays = {"score": output.score, "probability": probability}
        if self.calibrators:
            arrays["uncorrected"] = output.probability
        return _finite(self.recipe, Predictions(self.task.name, units, arrays))

    def state(self) -> State:
        chosen = {} if self.correction is None else {"correction": self.correction.to_json()}
        return {
            "recipe": self.recipe,
            "task": self.task.to_json(),
            "schema": self.schema.to_json(),
            "step": self.step.state(),
            "learner": self.learner.state(),
            "calibrators": [calibrator.state() for calibrator in self.calibrators],
            **chosen,
        }

    @classmethod
    def from_state(cls, state: State) -> "Fitted":
        """The model back. What a ``kind`` means is looked up in our own registries only; raises BundleError."""
        try:
            task = Task.from_json(state["task"])
            calibrators = tuple(FITTED_CALIBRATORS.get(part["kind"]).from_state(part) for part in state["calibrators"])
            _check_calibrators(calibrators, task)
            schema = Schema.from_json(state["schema"])
            step = FITTED_STEPS.get(state["step"]["kind"]).from_state(state["step"])
            _check_columns(step, schema)
            return cls(
                recipe=str(state["recipe"]),
                task=task,
                schema=schema,
                step=step,
                learner=FITTED_LEARNERS.get(state["learner"]["kind"]).from_state(state["learner"]),
                calibrators=calibrators,
                correction=CorrectionChoice.from_json(state["correction"]) if "correction" in state else None,
            )
        except BundleError:
            raise
        except AssayError as error:
            raise BundleError(f"the saved model cannot be read: {error}") from error
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise BundleError(f"the saved state is not one that Assay writes ({type(error).__name__}: {error}).") from error


_RAGGED = {"tokens": ("log_probability", np.float64), "texts": ("text", np.uint8)}
"""By form of predictions: the name and the type of what each row owns some of."""


def _ragged(recipe: str, task: Task, output: Output, units: np.ndarray) -> Predictions:
    name, dtype = _RAGGED[task.prediction]
    offsets = output.offsets
    if offsets is None or offsets.shape != (len(units) + 1,) or output.score.ndim != 1 or output.score.dtype != dtype:
        raise DataError(f"recipe {recipe!r} answers in another form than {task.name} asks for; save the model again.")
    return _finite(recipe, Predictions(task.prediction, units, {name: output.score}, offsets))


def _check_form(recipe: str, answer: np.ndarray, form: tuple[int, ...]) -> None:
    """A saved model may say other classes than its learner was fitted to, whatever its checksums."""
    if answer.shape != form:
        raise DataError(
            f"recipe {recipe!r} answers with numbers of the form {answer.shape}, and its task asks for {form}; the saved "
            "model does not fit together, so save it again."
        )


def _check_columns(step: FittedStep, schema: Schema) -> None:
    """Raise BundleError for a preparation that reads a column which the model does not ask for."""
    read: tuple[str, ...] = getattr(getattr(step, "first", step), "names", ())  # of those that read a table column by column
    lost = sorted(set(read) - {column.name for column in schema.features})
    if lost:
        raise BundleError(
            f"the saved model prepares the column {lost[0][:80]!r}, which is none of its own; save the model again."
        )


def _check_calibrators(calibrators: tuple[FittedCalibrator, ...], task: Task) -> None:
    """Raise BundleError for calibrators of another task or another number of classes, before they meet a row."""
    if calibrators and not task.is_classification:
        raise BundleError(f"the saved model calibrates probabilities, and {task.name} has none; save the model again.")
    n_classes = len(task.classes)
    weights = np.arange(1.0, n_classes + 1)
    probe = np.array([0.1, 0.5]) if task.name == "binary" else np.stack([weights, np.ones(n_classes)])
    if probe.ndim == 2:
        probe = probe / probe.sum(axis=1, keepdims=True)
    for calibrator in calibrators:
        found = np.asarray(calibrator.apply(probe))
        whole = found.shape == probe.shape and (found.ndim == 1 or np.allclose(found.sum(axis=1), 1.0))
        if not whole or not ((found >= 0) & (found <= 1)).all():
            raise BundleError(
                f"the saved calibrator {type(calibrator).__name__} gives no probabilities of {n_classes} classes; "
                "save the model again."
            )


def _joined(parts: list[Predictions]) -> Predictions:
    return parts[0] if len(parts) == 1 else concatenate(parts)


def _finite(recipe: str, predictions: Predictions) -> Predictions:
    for name, values in predictions.arrays.items():
        if not np.isfinite(values).all():
            bad = int((~np.isfinite(values)).sum())
            raise DataError(f"recipe {recipe!r} gave {bad} predictions ({name}) that are not finite numbers.")
    return predictions
