"""Every treatment by name: those of ``balance``, and those that need a net, which ``balance`` may not know of.

Whoever looks a treatment up by name does it here.  What users write may carry a setting: "smote@0.25" is SMOTE that makes
each smaller class a quarter of the largest one (its field ``ratio``).  Each target is called without arguments to make one
with its default settings.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, ClassVar, cast

from assay.balance.common import class_counts
from assay.balance.registry import TREATMENTS as WITHOUT_NETS
from assay.balance.treatment import Balanced, Correction, Stage, Treatment
from assay.balance.weights import NoTreatment
from assay.core.errors import ConfigError
from assay.core.registry import Registry
from assay.data.rows import Rows

TREATMENTS: Registry[Callable[[], Treatment]] = Registry("treatment")

for _name in WITHOUT_NETS.names():
    TREATMENTS.add(_name, WITHOUT_NETS.target(_name))
TREATMENTS.add("vae", "assay.nets.generate.treatment:VAETreatment")
TREATMENTS.add("ctgan", "assay.nets.generate.treatment:CTGANTreatment")
TREATMENTS.add("diffusion", "assay.nets.generate.treatment:DiffusionTreatment")
TREATMENTS.add("threshold-only", "assay.recipes.treatments:ThresholdOnly")

AT = "@"


@dataclass(frozen=True, slots=True)
class ThresholdOnly:
    """The rows as they are, cut at a tuned threshold: the cheapest answer to uneven classes, and the one to beat.

    It acts on decisions alone, and a study chooses every threshold on rows that the fit never saw: so its predictions are
    those of "none", and a study makes no fits for it (``Settings.candidates``).  It is the untreated model at its tuned
    threshold, the second thing that every treatment is held against (``study.helped``).  Fitted all the same, it is "none".
    """

    name: ClassVar[str] = "threshold-only"
    stage: ClassVar[Stage] = "decision"
    correction: ClassVar[Correction] = "none"

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for a target without classes."""
        class_counts(train, self.name)
        return NoTreatment().apply(train, seed)


def treatment_named(text: str) -> Treatment:
    """The treatment of this name, with its ratio where one follows an @.

    Raises UnknownNameError for a name that is none, with the nearest; MissingExtraError; ConfigError for a ratio that is
    impossible, or given to a treatment that takes none.

    >>> treatment_named("smote@0.25").ratio, treatment_named("smote@0.25").name
    (0.25, 'smote')
    """
    name, at, setting = text.partition(AT)
    treatment = TREATMENTS.get(name)()
    if not at:
        return treatment
    if ratio_of(treatment) is None:
        raise ConfigError(f"treatment {text!r}: {name} takes no ratio; leave out what begins with {AT}.")
    return cast(Treatment, replace(cast(Any, treatment), ratio=_parsed(text, name, setting)))


def treatment_text(text: str) -> str:
    """The one spelling of what ``treatment_named`` reads; a ratio that is the default is left out.  Raises as it does.

    >>> treatment_text("smote@.5"), treatment_text("smote@1.0"), treatment_text("none")
    ('smote@0.5', 'smote', 'none')
    """
    name, treatment = text.partition(AT)[0], treatment_named(text)
    ratio = ratio_of(treatment)
    return name if ratio is None or ratio == ratio_of(TREATMENTS.get(name)()) else f"{name}{AT}{ratio!r}"


def ratio_of(treatment: Treatment) -> float | None:
    """The size of each smaller class over the largest one afterwards, or None for a treatment that takes no ratio."""
    settings: Any = treatment
    if not is_dataclass(settings) or "ratio" not in {field.name for field in fields(settings)}:
        return None
    return float(cast(Any, settings).ratio)


def _parsed(text: str, name: str, setting: str) -> float:
    try:
        ratio = float(setting)
    except ValueError:
        ratio = math.nan
    if not 0 < ratio <= 1:
        raise ConfigError(
            f"treatment {text!r}: the ratio is a number above 0 and at most 1, such as {name}{AT}0.5 "
            "(the size of each smaller class over the largest one afterwards)."
        )
    return ratio
