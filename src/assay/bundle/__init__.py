"""The saved model: manifest, weights, checks on load. ``import assay.bundle`` loads no third-party package."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.bundle.model import Model

__all__ = ["load"]


def load(path: str | Path) -> "Model":
    """A model that ``model.save`` wrote, ready to predict.

    path: a folder, or a ``.assay`` file.
    Raises BundleError when there is none, and when it is damaged, foreign, or from a newer version of Assay.
    """
    from assay.bundle.model import load_model

    return load_model(path)
