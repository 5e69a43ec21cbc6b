"""Every treatment by name: those of ``balance``, and those that need a net, which ``balance`` may not know of.

Whoever looks a treatment up by name does it here.  What users write may carry a setting: "smote@0.25" is SMOTE that makes
each smaller class a quarter of the largest one (its field ``ratio``), "cost-weight@5,1" weighs a positive row five times a
negative one (FN,FP, as in --cost 5,1).  Each target is called without arguments to make one with its default settings.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, ClassVar, cast

from assay.balance.common import class_counts
from assay.balance.costs import CostWeight
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
    """The treatment of this name, with the ratio or the costs that follow an @.

    Raises UnknownNameError for a name that is none, with the nearest; MissingExtraError; ConfigError for a setting that is
    impossible, or given to a treatment that takes none.

    >>> treatment_named("smote@0.25").ratio, treatment_named("smote@0.25").name
    (0.25, 'smote')
    >>> treatment_named("cost-weight@5,1").costs  # by class: a false alarm, a missed positive
    (1.0, 5.0)
    """
    name, at, setting = text.partition(AT)
    treatment = TREATMENTS.get(name)()
    if not at:
        return treatment
    if isinstance(treatment, CostWeight):
        missed, alarm = _parsed_costs(text, name, setting)
        return CostWeight((alarm, missed))
    if ratio_of(treatment) is None:
        raise ConfigError(f"treatment {text!r}: {name} takes no ratio; leave out what begins with {AT}.")
    return cast(Treatment, replace(cast(Any, treatment), ratio=_parsed(text, name, setting)))


def treatment_text(text: str) -> str:
    """The one spelling of what ``treatment_named`` reads; a ratio that is the default is left out.  Raises as it does.

    >>> treatment_text("smote@.5"), treatment_text("smote@1.0"), treatment_text("cost-weight@5.0,.5"), treatment_text("none")
    ('smote@0.5', 'smote', 'cost-weight@5,0.5', 'none')
    """
    name, treatment = text.partition(AT)[0], treatment_named(text)
    if isinstance(treatment, CostWeight):
        return name if treatment.costs is None else with_costs(name, treatment.costs[1], treatment.costs[0])
    ratio = ratio_of(treatment)
    return name if ratio is None or ratio == ratio_of(TREATMENTS.get(name)()) else f"{name}{AT}{ratio!r}"


def with_costs(name: str, missed: float, alarm: float) -> str:
    """The spelling of a treatment that weighs by the cost of a missed positive and of a false alarm."""
    return f"{name}{AT}{','.join(repr(float(cost)).removesuffix('.0') for cost in (missed, alarm))}"


def takes_costs(text: str) -> bool:
    """Whether this is the name of the treatment that weighs by costs, and none are given."""
    return text == CostWeight.name


def costs_given(text: str) -> bool:
    """Whether these are costs of two classes, which no other number of classes has."""
    return text.startswith(f"{CostWeight.name}{AT}")


def rejoined(names: Sequence[str]) -> list[str]:
    """The names of a list with commas, which has cut "cost-weight@5,1" in two: no treatment is called by a number.

    >>> rejoined(["smote", "cost-weight@5", "1", "none"])
    ['smote', 'cost-weight@5,1', 'none']
    """
    found: list[str] = []
    for name in names:
        if found and costs_given(found[-1]) and "," not in found[-1] and math.isfinite(_number(name)):
            found[-1] = f"{found[-1]},{name.strip()}"
        else:
            found.append(name)
    return found


def ratio_of(treatment: Treatment) -> float | None:
    """The size of each smaller class over the largest one afterwards, or None for a treatment that takes no ratio."""
    settings: Any = treatment
    if not is_dataclass(settings) or "ratio" not in {field.name for field in fields(settings)}:
        return None
    return float(cast(Any, settings).ratio)


def _parsed(text: str, name: str, setting: str) -> float:
    ratio = _number(setting)
    if not 0 < ratio <= 1:
        raise ConfigError(
            f"treatment {text!r}: the ratio is a number above 0 and at most 1, such as {name}{AT}0.5 "
            "(the size of each smaller class over the largest one afterwards)."
        )
    return ratio


def _parsed_costs(text: str, name: str, setting: str) -> tuple[float, float]:
    costs = [_number(word) for word in setting.split(",")]
    if len(costs) != 2 or not all(0 < cost < math.inf for cost in costs):
        raise ConfigError(
            f"treatment {text!r}: write two numbers above 0, what a missed positive and what a false alarm costs, such as "
            f"{name}{AT}5,1."
        )
    return costs[0], costs[1]


def _number(word: str) -> float:
    """NaN for what is no number."""
    try:
        return float(word)
    except ValueError:
        return math.nan
