"""Probabilities made true again: the prior put back in closed form, or a map fitted on rows the learner did not see.

A treatment that changes how often a class occurs shifts every probability by a known amount when it only drops, repeats
or weights rows at random: then ``PriorCorrection`` undoes it (exactly where the learner's probabilities are those of its
training rows; one that memorises them is not such a learner).  When it makes new rows, or the learner itself says too
much or too little, the bend is not known, and a member of CALIBRATORS is fitted instead.

The members are imported when they are first asked for, so that listing their names loads nothing of others.
"""

import importlib
from typing import TYPE_CHECKING, Any

from assay.measure.calibration.registry import CALIBRATORS, FITTED_CALIBRATORS, calibrator_for

if TYPE_CHECKING:
    from assay.measure.calibration.calibrator import Calibrator, FittedCalibrator
    from assay.measure.calibration.isotonic import Isotonic, IsotonicRest, fit_isotonic
    from assay.measure.calibration.logistic import Beta, Platt, fit_beta, fit_platt
    from assay.measure.calibration.prior import PriorCorrection, estimate_prior, king_zeng_intercept
    from assay.measure.calibration.scaling import Temperature, VectorScaling, fit_temperature, fit_vector_scaling
    from assay.measure.calibration.unchanged import Unchanged, fit_unchanged
    from assay.measure.calibration.venn_abers import VennAbers, fit_venn_abers

__all__ = [
    "CALIBRATORS",
    "FITTED_CALIBRATORS",
    "Beta",
    "Calibrator",
    "FittedCalibrator",
    "Isotonic",
    "IsotonicRest",
    "Platt",
    "PriorCorrection",
    "Temperature",
    "Unchanged",
    "VectorScaling",
    "VennAbers",
    "calibrator_for",
    "estimate_prior",
    "fit_beta",
    "fit_isotonic",
    "fit_platt",
    "fit_temperature",
    "fit_unchanged",
    "fit_vector_scaling",
    "fit_venn_abers",
    "king_zeng_intercept",
]

_MODULES = {
    "calibrator": ("Calibrator", "FittedCalibrator"),
    "isotonic": ("Isotonic", "IsotonicRest", "fit_isotonic"),
    "logistic": ("Beta", "Platt", "fit_beta", "fit_platt"),
    "prior": ("PriorCorrection", "estimate_prior", "king_zeng_intercept"),
    "scaling": ("Temperature", "VectorScaling", "fit_temperature", "fit_vector_scaling"),
    "unchanged": ("Unchanged", "fit_unchanged"),
    "venn_abers": ("VennAbers", "fit_venn_abers"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
