"""PyTorch: building blocks, losses, the one training loop, the families of nets, and nets for tables as estimators.

torch is imported in here, in functions of the recipes that use it and in the bundle's loader, and nowhere else.
The estimators are imported when they are first asked for, so that listing recipes loads neither torch nor scikit-learn.

>>> from assay.nets import MLPClassifier
>>> MLPClassifier(hidden=(32,), random_state=0)
MLPClassifier(hidden=(32,), random_state=0)
"""

import importlib
from typing import TYPE_CHECKING, Any

from assay.core.optional import require

if TYPE_CHECKING:
    from assay.nets.estimators.embedded import EmbeddedMLPClassifier, EmbeddedMLPRegressor
    from assay.nets.estimators.ft_transformer import FTTransformerClassifier, FTTransformerRegressor
    from assay.nets.estimators.mlp import MLPClassifier, MLPRegressor, PerceptronClassifier
    from assay.nets.estimators.ordinal import OrdinalMLPClassifier
    from assay.nets.estimators.quantile import QuantileMLPRegressor
    from assay.nets.estimators.resnet import ResNetClassifier, ResNetRegressor
    from assay.nets.estimators.tabm import TabMClassifier, TabMRegressor

__all__ = [
    "EmbeddedMLPClassifier",
    "EmbeddedMLPRegressor",
    "FTTransformerClassifier",
    "FTTransformerRegressor",
    "MLPClassifier",
    "MLPRegressor",
    "OrdinalMLPClassifier",
    "PerceptronClassifier",
    "QuantileMLPRegressor",
    "ResNetClassifier",
    "ResNetRegressor",
    "TabMClassifier",
    "TabMRegressor",
]

_MODULES = {
    "EmbeddedMLPClassifier": "embedded",
    "EmbeddedMLPRegressor": "embedded",
    "FTTransformerClassifier": "ft_transformer",
    "FTTransformerRegressor": "ft_transformer",
    "MLPClassifier": "mlp",
    "MLPRegressor": "mlp",
    "OrdinalMLPClassifier": "ordinal",
    "PerceptronClassifier": "mlp",
    "QuantileMLPRegressor": "quantile",
    "ResNetClassifier": "resnet",
    "ResNetRegressor": "resnet",
    "TabMClassifier": "tabm",
    "TabMRegressor": "tabm",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require("torch", extra="nets", purpose=name)
    return getattr(importlib.import_module(f"{__name__}.estimators.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
