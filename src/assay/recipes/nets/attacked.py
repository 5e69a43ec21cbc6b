"""A fitted model of pictures as what an attack needs: its net with gradients, and its decisions."""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError
from assay.measure.calibration import FittedCalibrator
from assay.nets.attacks.victim import Victim
from assay.prepare.pixels import FittedPixels
from assay.recipes.fitted import Fitted
from assay.recipes.nets.fitted import FittedNet
from assay.recipes.nets.heads import UsualHead

HALF = 0.5


def victim_of(fitted: Fitted, threshold: float | None = None) -> Victim:
    """threshold: of a binary decision, None: 0.5.

    Raises ConfigError for a model that is no net for pictures, or whose outputs are no logits of classes.
    """
    learner = fitted.learner
    if not isinstance(learner, FittedNet) or not isinstance(fitted.step, FittedPixels):
        raise ConfigError(
            f"the model ({fitted.recipe}) is no net for pictures, so it has no gradient by pixels to attack along; take one of "
            "the recipes lenet or network."
        )
    if not fitted.task.is_classification or not isinstance(learner.head, UsualHead):
        raise ConfigError(
            f"the model answers with no logits of classes ({fitted.task.name}); only those of classes are attacked."
        )
    spec, model = learner.net
    step = fitted.step
    for weight in model.parameters():
        weight.requires_grad_(False)
    decide = Decision(learner, fitted.calibrators, HALF if threshold is None else threshold)
    return Victim(model, fitted.task.classes, spec.outputs, sum(step.channels), step.size, decide)


@dataclass(frozen=True)
class Decision:
    """From the net's outputs to what the model answers, as ``predict`` does."""

    net: FittedNet
    calibrators: tuple[FittedCalibrator, ...]
    threshold: float

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """outputs (n, outputs) -> class codes (n,)."""
        probability = self.net.head.output(self.net.task, raw[:, None], self.net.unit).probability
        if probability is None:
            raise ConfigError("the model gives no probabilities.")
        for calibrator in self.calibrators:
            probability = calibrator.apply(probability)
        codes = probability >= self.threshold if probability.ndim == 1 else probability.argmax(axis=1)
        return codes.astype(np.int64)
