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
    from assay.balance.samplers.cluster_centroids import ClusterCentroids
    from assay.balance.samplers.edited import EditedNearestNeighbours
    from assay.balance.samplers.kmeans_smote import KMeansSMOTE
    from assay.balance.samplers.near_miss import NearMiss
    from assay.balance.samplers.one_sided import OneSidedSelection
    from assay.balance.samplers.random_over import RandomOverSampler
    from assay.balance.samplers.random_under import RandomUnderSampler
    from assay.balance.samplers.smote import SMOTE
    from assay.balance.samplers.smote_enn import SMOTEENN
    from assay.balance.samplers.smote_n import SMOTEN
    from assay.balance.samplers.smote_nc import SMOTENC
    from assay.balance.samplers.smote_tomek import SMOTETomek
    from assay.balance.samplers.svm_smote import SVMSMOTE
    from assay.balance.samplers.tomek_links import TomekLinks

__all__ = [
    "ADASYN",
    "SMOTE",
    "SMOTEENN",
    "SMOTEN",
    "SMOTENC",
    "SVMSMOTE",
    "BorderlineSMOTE",
    "ClusterCentroids",
    "EditedNearestNeighbours",
    "KMeansSMOTE",
    "NearMiss",
    "OneSidedSelection",
    "RandomOverSampler",
    "RandomUnderSampler",
    "SMOTETomek",
    "TomekLinks",
]

_MODULES = {
    "ADASYN": "adasyn",
    "BorderlineSMOTE": "borderline",
    "ClusterCentroids": "cluster_centroids",
    "EditedNearestNeighbours": "edited",
    "KMeansSMOTE": "kmeans_smote",
    "NearMiss": "near_miss",
    "OneSidedSelection": "one_sided",
    "RandomOverSampler": "random_over",
    "RandomUnderSampler": "random_under",
    "SMOTE": "smote",
    "SMOTEENN": "smote_enn",
    "SMOTEN": "smote_n",
    "SMOTENC": "smote_nc",
    "SMOTETomek": "smote_tomek",
    "SVMSMOTE": "svm_smote",
    "TomekLinks": "tomek_links",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.samplers.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
