"""The metrics by name."""

from assay.core.registry import Registry
from assay.measure.metric import Metric

METRICS: Registry[Metric] = Registry("metric")

for _name in ("roc_auc", "average_precision"):
    METRICS.add(_name, f"assay.measure.metrics.ranking:{_name.upper()}")
for _name in ("log_loss", "brier"):
    METRICS.add(_name, f"assay.measure.metrics.probability:{_name.upper()}")
for _name in ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "mcc"):
    METRICS.add(_name, f"assay.measure.metrics.labels:{_name.upper()}")
for _name in ("rmse", "mae", "r2"):
    METRICS.add(_name, f"assay.measure.metrics.values:{_name.upper()}")
