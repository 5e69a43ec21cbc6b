"""Treatments of class imbalance (by name in ``registry``), and samplers for users' own scikit-learn code.

The samplers are imported when they are first asked for, so that listing treatments loads no scikit-learn.

>>> from assay.balance import SMOTE
>>> SMOTE(k_neighbors=3, random_state=0)
SMOTE(k_neighbors=3, random_state=0)
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.balance.samplers.adasyn import ADASYN
    from assay.balance.samplers.borderline import BorderlineSMOTE
    from assay.balance.samplers.random_over import RandomOverSampler
    from assay.balance.samplers.random_under import RandomUnderSampler
    from assay.balance.samplers.smote import SMOTE
    from assay.balance.samplers.smote_nc import SMOTENC

__all__ = ["ADASYN", "SMOTE", "SMOTENC", "BorderlineSMOTE", "RandomOverSampler", "RandomUnderSampler"]

_MODULES = {
    "ADASYN": "adasyn",
    "BorderlineSMOTE": "borderline",
    "RandomOverSampler": "random_over",
    "RandomUnderSampler": "random_under",
    "SMOTE": "smote",
    "SMOTENC": "smote_nc",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.samplers.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
