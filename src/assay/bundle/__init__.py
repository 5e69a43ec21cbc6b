"""The saved model: manifest, weights, checks on load. ``import assay.bundle`` loads no third-party package."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.bundle.model import Model

__all__ = ["export_onnx", "load"]


def load(path: str | Path) -> "Model":
    """A model that ``model.save`` wrote, ready to predict.

    path: a folder, or a ``.assay`` file.
    Raises BundleError when there is none, and when it is damaged, foreign, or from a newer version of Assay.
    """
    from assay.bundle.model import load_model

    return load_model(path)


def export_onnx(model: "Model", path: str | Path) -> Path:
    """Write a model as ONNX, once it is shown to answer as the model does; needs the extra "onnx".

    Raises ConfigError for a model that has no export, naming the part of it that has none.
    """
    from assay.bundle.onnx.file import export_onnx as write

    return write(model, path)
