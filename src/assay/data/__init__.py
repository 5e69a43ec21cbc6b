"""Readers for tables, pictures and text, what they make of them, and the checks before anything is fitted.

The names are imported on first use, so that a command that needs only a task or a schema does not wait for the readers.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.data.conforming import conform, read_features
    from assay.data.dataset import Dataset
    from assay.data.reader import read

_HOMES = {
    "read": "assay.data.reader",
    "conform": "assay.data.conforming",
    "read_features": "assay.data.conforming",
    "Dataset": "assay.data.dataset",
}

__all__ = ["Dataset", "conform", "read", "read_features"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'assay.data' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
