"""Which learner can minimise a loss that a treatment names, and the refusal of the others."""

from typing import Protocol, runtime_checkable

from assay.balance.treatment import Treatment
from assay.core.errors import ConfigError
from assay.recipes.recipe import Recipe


@runtime_checkable
class NamesObjective(Protocol):
    """A treatment that puts this name on the rows (``Rows.objective``)."""

    @property
    def objective(self) -> str: ...


@runtime_checkable
class TakesObjectives(Protocol):
    """A learner that minimises ``rows.objective`` where it is one of these."""

    @property
    def objectives(self) -> frozenset[str]: ...


def check_objective(recipe: Recipe, treatment: Treatment) -> None:
    """Raises ConfigError when the treatment names a loss that the recipe's learner cannot minimise."""
    if not isinstance(treatment, NamesObjective):
        return
    taken = recipe.learner.objectives if isinstance(recipe.learner, TakesObjectives) else frozenset()
    if treatment.objective not in taken:
        raise ConfigError(
            f"recipe {recipe.name!r} learns by a loss of its own, so treatment {treatment.name!r}, which names another, cannot "
            "act on it; use class-weight or effective-number there, or a net such as mlp."
        )
