"""Readers for tables, pictures and text, what they make of them, and the checks before anything is fitted.

The names are imported on first use, so that a command that needs only a task or a schema does not wait for the readers.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.data.conform import conform, read_features
    from assay.data.dataset import Dataset
    from assay.data.read import read

_HOMES = {
    "read": "assay.data.read",
    "conform": "assay.data.conform",
    "read_features": "assay.data.conform",
    "Dataset": "assay.data.dataset",
}

__all__ = ["Dataset", "conform", "read", "read_features"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'assay.data' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    # `read` and `conform` are also submodules: the import above has bound the module to the name, so bind the function over it.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
