"""Calibrators in a graph: probabilities of class 1, (n, 1), or of all classes, (n, K)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from assay.bundle.onnx.graph import Graph
from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.measure.calibration import FittedCalibrator
from assay.measure.calibration.checks import EPS

ROUNDING = 1e-12
"""Of the smaller of p and 1 - p: probabilities nearer to each other count as one where a step is looked for."""


def calibrated(graph: Graph, calibrator: FittedCalibrator, probability: str, n_classes: int) -> str:
    """n_classes: 2 where one probability is given. Raises ConfigError for a calibrator that has no export."""
    kind = calibrator.state()["kind"]
    if kind not in EXPORTERS:
        raise ConfigError(f"the calibrator {kind!r} has no ONNX export{did_you_mean(kind, EXPORTERS)}")
    return EXPORTERS[kind](graph, calibrator, probability, n_classes)


def prior_corrected(graph: Graph, before: np.ndarray, after: np.ndarray, both: str) -> str:
    """As ``PriorCorrection``, of probabilities of all classes, (n, K)."""
    seen = after > 0
    weighed = graph.times(both, np.where(seen, before / np.where(seen, after, 1.0), 1.0)[None, :])
    total = graph.total(weighed)
    some = graph.add("Greater", total, 0.0)
    return graph.where(some, graph.over(weighed, graph.where(some, total, 1.0)), both)


def _unchanged(graph: Graph, calibrator: Any, probability: str, n_classes: int) -> str:  # noqa: ARG001
    return probability


def _prior(graph: Graph, calibrator: Any, probability: str, n_classes: int) -> str:
    if n_classes > 2 or len(calibrator.before) > 2:
        return prior_corrected(graph, calibrator.before, calibrator.after, probability)
    both = graph.joined([graph.minus(1.0, probability), probability])
    return graph.columns(prior_corrected(graph, calibrator.before, calibrator.after, both), [1])


def _platt(graph: Graph, calibrator: Any, probability: str, n_classes: int) -> str:  # noqa: ARG001
    line = graph.times(graph.log_odds(probability, EPS), calibrator.slope)
    return graph.sigmoid(graph.plus(line, calibrator.intercept))


def _beta(graph: Graph, calibrator: Any, probability: str, n_classes: int) -> str:  # noqa: ARG001
    p = graph.clipped(probability, EPS, 1 - EPS)
    positive = graph.times(graph.add("Log", p), calibrator.on_positive)
    negative = graph.times(graph.log1p(graph.add("Neg", p)), -calibrator.on_negative)
    return graph.sigmoid(graph.plus(graph.plus(positive, negative), calibrator.intercept))


def _isotonic(graph: Graph, calibrator: Any, probability: str, n_classes: int) -> str:  # noqa: ARG001
    said = graph.interpolated(probability, calibrator.at, calibrator.value)
    return graph.clipped(said, calibrator.floor, 1 - calibrator.floor)


def _isotonic_rest(graph: Graph, calibrator: Any, probability: str, n_classes: int) -> str:
    parts = [_isotonic(graph, one, graph.columns(probability, [k]), n_classes) for k, one in enumerate(calibrator.classes)]
    each = graph.joined(parts)
    return graph.over(each, graph.total(each))


def _venn_abers(graph: Graph, calibrator: Any, probability: str, n_classes: int) -> str:  # noqa: ARG001
    """Steps stand at probabilities that rows had, so that a sum in another order must not fall beside one by its last bit."""
    low = graph.looked_up(
        calibrator.low, graph.step(probability, calibrator.low_from - _rounding(calibrator.low_from), side="right")
    )
    high = graph.looked_up(calibrator.high, graph.step(probability, calibrator.high_to + _rounding(calibrator.high_to)))
    return graph.over(high, graph.plus(graph.minus(1.0, low), high))


def _rounding(at: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(ROUNDING * np.minimum(at, 1 - at), 2 * np.spacing(at)))


def _temperature(graph: Graph, calibrator: Any, probability: str, n_classes: int) -> str:
    if n_classes == 2:
        return graph.sigmoid(graph.times(graph.log_odds(probability, EPS), calibrator.inverse_temperature))
    return graph.softmax(graph.times(_log(graph, probability), calibrator.inverse_temperature))


def _vector(graph: Graph, calibrator: Any, probability: str, n_classes: int) -> str:  # noqa: ARG001
    scaled = graph.times(_log(graph, probability), calibrator.inverse_temperature)
    return graph.softmax(graph.plus(scaled, np.array(calibrator.bias)[None, :]))


def _log(graph: Graph, probability: str) -> str:
    return graph.add("Log", graph.clipped(probability, EPS, 1.0))


EXPORTERS: dict[str, Callable[[Graph, Any, str, int], str]] = {
    "none": _unchanged,
    "prior": _prior,
    "platt": _platt,
    "beta": _beta,
    "isotonic": _isotonic,
    "isotonic-rest": _isotonic_rest,
    "venn-abers": _venn_abers,
    "temperature": _temperature,
    "vector": _vector,
}
"""By the kind in a calibrator's state."""
