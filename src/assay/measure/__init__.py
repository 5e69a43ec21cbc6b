"""Metrics, intervals, paired comparison, calibration, thresholds, conformal sets: pure functions of arrays.

The doors for someone who has arrays and no study; everything else is in the modules.  The names are imported on first
use: the package itself loads nothing.

>>> from assay.measure import measure
>>> print(measure([0, 1, 1, 0, 1], label=[0, 1, 1, 1, 1], metrics="accuracy")["accuracy"])
0.8000 [0.3755, 0.9638]
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.measure.direct import difference, measure
    from assay.measure.interval import Interval
    from assay.measure.intervals import Difference
    from assay.measure.nested import errors_of, nested_interval
    from assay.measure.registry import METRICS

__all__ = ["METRICS", "Difference", "Interval", "difference", "errors_of", "measure", "nested_interval"]

_HOMES = {
    "METRICS": "assay.measure.registry",
    "Difference": "assay.measure.intervals",
    "Interval": "assay.measure.interval",
    "difference": "assay.measure.direct",
    "errors_of": "assay.measure.nested",
    "measure": "assay.measure.direct",
    "nested_interval": "assay.measure.nested",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
