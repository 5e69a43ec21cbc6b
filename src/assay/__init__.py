"""Assay: data in, a model with proof out.

The public names, imported on first use: ``import assay`` loads nothing else.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.bundle import load
    from assay.data import read
    from assay.recipes.lists import list_metrics, list_recipes, list_tasks, list_treatments
    from assay.study import Study

__version__ = "0.1.0"

_HOMES = {
    "read": "assay.data",
    "Study": "assay.study",
    "load": "assay.bundle",
    "list_recipes": "assay.recipes.lists",
    "list_treatments": "assay.recipes.lists",
    "list_metrics": "assay.recipes.lists",
    "list_tasks": "assay.recipes.lists",
}

__all__ = ["Study", "list_metrics", "list_recipes", "list_tasks", "list_treatments", "load", "read"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'assay' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
