"""Calibrators by name: those that can be asked for, and those that a saved model may hold."""

from typing import TYPE_CHECKING

from assay.core.errors import ConfigError
from assay.core.registry import Registry

if TYPE_CHECKING:
    from assay.measure.calibration.calibrator import Calibrator, FittedCalibrator

CALIBRATORS: "Registry[Calibrator]" = Registry("calibration")
CALIBRATORS.add("none", "assay.measure.calibration.unchanged:NONE")
CALIBRATORS.add("platt", "assay.measure.calibration.logistic:PLATT")
CALIBRATORS.add("beta", "assay.measure.calibration.logistic:BETA")
CALIBRATORS.add("isotonic", "assay.measure.calibration.isotonic:ISOTONIC")
CALIBRATORS.add("venn-abers", "assay.measure.calibration.venn_abers:VENN_ABERS")
CALIBRATORS.add("temperature", "assay.measure.calibration.scaling:TEMPERATURE")
CALIBRATORS.add("vector", "assay.measure.calibration.scaling:VECTOR")

FITTED_CALIBRATORS: "Registry[type[FittedCalibrator]]" = Registry("calibrator")
FITTED_CALIBRATORS.add("none", "assay.measure.calibration.unchanged:Unchanged")
FITTED_CALIBRATORS.add("prior", "assay.measure.calibration.prior:PriorCorrection")
FITTED_CALIBRATORS.add("platt", "assay.measure.calibration.logistic:Platt")
FITTED_CALIBRATORS.add("beta", "assay.measure.calibration.logistic:Beta")
FITTED_CALIBRATORS.add("isotonic", "assay.measure.calibration.isotonic:Isotonic")
FITTED_CALIBRATORS.add("isotonic-rest", "assay.measure.calibration.isotonic:IsotonicRest")
FITTED_CALIBRATORS.add("venn-abers", "assay.measure.calibration.venn_abers:VennAbers")
FITTED_CALIBRATORS.add("temperature", "assay.measure.calibration.scaling:Temperature")
FITTED_CALIBRATORS.add("vector", "assay.measure.calibration.scaling:VectorScaling")


def calibrator_for(name: str, task: str) -> "Calibrator":
    """The member of CALIBRATORS that is asked for by name, for a task by name.

    Raises UnknownNameError for a name that is none, ConfigError where it does not serve the task, naming those that do.
    """
    member = CALIBRATORS.get(name)
    if task in member.tasks:
        return member
    others = [other for other in CALIBRATORS.names() if task in CALIBRATORS.get(other).tasks]
    if not others:
        raise ConfigError(f"calibration {name!r} mends probabilities, and {task} has none; leave calibration out.")
    raise ConfigError(f"calibration {name!r} does not serve {task}; use one of {', '.join(others)}.")
