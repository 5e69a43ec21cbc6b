"""What a treatment may ask of how a net is trained (its loss, its draws), and the refusal of learners that cannot."""

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


@runtime_checkable
class AsksForDraws(Protocol):
    """A treatment that asks for rows to be drawn by their weights (``Rows.drawn``)."""

    @property
    def draws(self) -> bool: ...


@runtime_checkable
class DrawsRows(Protocol):
    """A learner that draws rows by their weights where ``rows.drawn``."""

    @property
    def draws_rows(self) -> bool: ...


def check_draws(recipe: Recipe, treatment: Treatment) -> None:
    """Raises ConfigError when the treatment asks for draws and the recipe's learner does not learn in epochs."""
    if not isinstance(treatment, AsksForDraws) or not treatment.draws:
        return
    if not isinstance(recipe.learner, DrawsRows) or not recipe.learner.draws_rows:
        raise ConfigError(
            f"recipe {recipe.name!r} does not learn in epochs, so treatment {treatment.name!r}, which draws its rows anew for "
            "each, cannot act on it; use class-weight or random-oversample there, or a net such as mlp."
        )


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
