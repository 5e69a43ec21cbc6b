"""What can be chosen by name, without importing any of it."""

from assay.data.task import TASKS
from assay.measure.registry import METRICS
from assay.recipes.registry import RECIPES
from assay.recipes.treatments import TREATMENTS


def list_recipes() -> list[str]:
    """The names that ``recipes=`` takes."""
    return RECIPES.names()


def list_treatments() -> list[str]:
    """The names that ``treatments=`` takes."""
    return TREATMENTS.names()


def list_metrics() -> list[str]:
    """The names that ``metric=`` takes."""
    return METRICS.names()


def list_tasks() -> list[str]:
    """The names that ``task=`` takes."""
    return list(TASKS)
