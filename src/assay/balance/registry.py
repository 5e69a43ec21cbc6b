"""The treatments that need no net, by name; those that do are added to these in recipes.treatments.

Each target is called without arguments to make one with its default settings.
"""

from collections.abc import Callable

from assay.balance.treatment import Treatment
from assay.core.registry import Registry

TREATMENTS: Registry[Callable[[], Treatment]] = Registry("treatment")

TREATMENTS.add("none", "assay.balance.weights:NoTreatment")
TREATMENTS.add("class-weight", "assay.balance.weights:ClassWeight")
TREATMENTS.add("random-oversample", "assay.balance.resample:RandomOversample")
TREATMENTS.add("random-undersample", "assay.balance.resample:RandomUndersample")
TREATMENTS.add("smote", "assay.balance.interpolate:SmoteTreatment")
TREATMENTS.add("adasyn", "assay.balance.interpolate:AdasynTreatment")
TREATMENTS.add("borderline-smote", "assay.balance.interpolate:BorderlineTreatment")
TREATMENTS.add("borderline-smote-2", "assay.balance.interpolate:Borderline2Treatment")
