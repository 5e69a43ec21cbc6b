"""One candidate with less: what a variant is fitted with, and the workload that fits it.

A variant is made on the folds and by the seeds of the candidate it belongs to, so that nothing differs but what was taken
away.  Its cells are named by a digest of all that it is: two questions that ask for the same fit share it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from assay.core.errors import ConfigError
from assay.core.files import canonical_json, sha256_bytes
from assay.data.dataset import Dataset
from assay.data.schema import Schema
from assay.prepare.columns import ColumnsStep
from assay.prepare.matrix.then import ThenStep
from assay.prepare.step import Step
from assay.recipes.named import BETWEEN, recipe_named, without_options
from assay.recipes.preparations import PREPARATIONS, preparation_named
from assay.recipes.recipe import Recipe
from assay.recipes.treatments import treatment_named
from assay.splits.plan import Fold
from assay.study.ablate.sizes import resized
from assay.study.ablate.subsets import nested_rows
from assay.study.cells import NO_TREATMENT, Candidate, Cell
from assay.study.work import Given, Workload

OWN_CHOICES = ("categories", "numbers", "missing", "dates")
"""Fields of the preparation in which a recipe may do otherwise than its mode does."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """recipe, treatment: as users write them.  calibration: as in ``Workload``.

    bare: columns are encoded as the mode of the preparation does by itself, before the preparations in the recipe's text.
    without: feature columns that are left out.  part: one training row in so many is seen.
    size, factor: a size of the learner (``sizes_of``) and what it is multiplied by.
    """

    recipe: str
    treatment: str = NO_TREATMENT
    calibration: str | None = None
    bare: bool = False
    without: tuple[str, ...] = ()
    part: int = 1
    size: str = ""
    factor: float = 1.0

    @property
    def key(self) -> str:
        """Names it in a folder; equal variants have equal keys."""
        return sha256_bytes(canonical_json(asdict(self)).encode())[:16]

    def candidate(self, base: str) -> Candidate:
        """What its cells are about.  base: the registered name of the candidate's recipe, by which its cells are seeded."""
        return Candidate(f"{base}{BETWEEN}{self.key}")


@dataclass(frozen=True)
class AblationLoad(Workload):
    """variants: by the recipe that their cells name (``Variant.candidate``)."""

    variants: Mapping[str, Variant] = field(default_factory=dict)

    def given(self, cell: Cell) -> Given:
        variant = self.variants[cell.candidate.recipe]
        recipe = recipe_of(variant, self.metric)
        rows = nested_rows(self.data, self.plan, _fold_of(self, cell), variant.part, self.seed)
        return Given(recipe, treatment_named(variant.treatment), without(self.data, variant.without), rows, variant.calibration)


def recipe_of(variant: Variant, metric: str | None) -> Recipe:
    """metric: what a tuned recipe is tuned for.  Raises ConfigError for one that cannot be made."""
    recipe = recipe_named(variant.recipe, metric)
    if variant.bare:
        step = bare_step(without_options(variant.recipe).step)
        if step is None:
            raise ConfigError(f"recipe {variant.recipe!r} does nothing of its own to its columns, so nothing can be taken back.")
        for option in preparations_of(variant.recipe):
            step = preparation_named(option)(step)
        recipe = replace(recipe, step=step)
    return resized(recipe, variant.size, variant.factor) if variant.size else recipe


def preparations_of(text: str) -> list[str]:
    """The named preparations in a recipe's text, in order.

    >>> preparations_of("logistic:target:crosses:tpe@30")
    ['target', 'crosses']
    """
    return [option for option in text.split(BETWEEN)[1:] if option in PREPARATIONS.names()]


def bare_step(step: Step) -> Step | None:
    """The preparation without what the recipe chose itself; None where it chose nothing.

    What a step adds beside plain columns (the code of an autoencoder) is left out too.
    """
    beside = getattr(step, "beside", None)
    if isinstance(beside, ColumnsStep):
        return beside
    if isinstance(step, ThenStep):
        return bare_step(step.first) or step.first
    if not isinstance(step, ColumnsStep) or all(getattr(step, name) is None for name in OWN_CHOICES):
        return None
    settings: dict[str, Any] = dict.fromkeys(OWN_CHOICES)
    return replace(step, **settings)


def without(data: Dataset, names: tuple[str, ...]) -> Dataset:
    """The same rows, these columns no features any more."""
    if not names:
        return data
    kept = tuple(column for column in data.schema.columns if column.name not in names)
    return replace(data, schema=Schema(kept))


def _fold_of(work: Workload, cell: Cell) -> Fold:
    return next(fold for fold in work.plan.folds if (fold.repeat, fold.fold) == (cell.repeat, cell.fold))
