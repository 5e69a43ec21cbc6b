"""Perceptrons in a graph, from their weights alone: neither torch nor its own export is needed."""

from collections.abc import Callable
from typing import Any

import numpy as np

from assay.bundle.onnx.graph import Encoded, Graph
from assay.core.errors import ConfigError

CERTAIN = 1e-15


def net_said(graph: Graph, net: Any, rows: Encoded) -> str:
    return _headed(graph, net, [_raw(graph, net, rows)])


def ensemble_said(graph: Graph, ensemble: Any, rows: Encoded) -> str:
    return _headed(graph, ensemble.nets[0], [_raw(graph, net, rows) for net in ensemble.nets])


def _raw(graph: Graph, net: Any, rows: Encoded) -> str:
    """(n, outputs)."""
    activation = net.settings.get("activation")
    if net.architecture != "mlp" or activation not in ACTIVATIONS:
        raise ConfigError(
            f"a net of the architecture {net.architecture!r} with the activation {activation!r} has no ONNX export; an mlp with "
            f"{', '.join(sorted(ACTIVATIONS))} has."
        )
    found = rows.matrix or rows.zeros
    layers = sorted({int(name.split(".")[1]) for name in net.weights})
    for place, layer in enumerate(layers):
        weight, bias = (np.asarray(net.weights[f"layers.{layer}.{name}"], dtype=np.float64) for name in ("weight", "bias"))
        if place:
            found = ACTIVATIONS[activation](graph, found)
        found = graph.plus(graph.product(found, weight.T), bias[None, :])
    return found


def _headed(graph: Graph, net: Any, members: list[str]) -> str:
    head = net.head.state()["head"]
    if head == "ordinal":
        raise ConfigError("a net with an ordinal head has no ONNX export.")
    if head == "quantile" or net.task == "regression":
        return _value(graph, net, members, net.head.levels.index(0.5) if head == "quantile" else None)
    said = [graph.sigmoid(raw) if net.task == "binary" else graph.softmax(raw) for raw in members]
    return _mean(graph, said)


def _value(graph: Graph, net: Any, members: list[str], place: int | None) -> str:
    """place: of the median among the quantiles of each member, once they are in order."""
    if place is not None:
        count = graph.constant(np.array([len(net.head.levels)]))
        rising = [graph.add_two("TopK", raw, count, attributes={"axis": 1, "largest": 0})[0] for raw in members]
        members = [graph.columns(raw, [place]) for raw in rising]
    return graph.plus(graph.times(_mean(graph, members), net.unit.scale), net.unit.center)


def _mean(graph: Graph, members: list[str]) -> str:
    total = members[0]
    for member in members[1:]:
        total = graph.plus(total, member)
    return total if len(members) == 1 else graph.over(total, float(len(members)))


def _leaky(graph: Graph, x: str) -> str:
    return graph.where(graph.add("Less", x, 0.0), graph.times(x, 0.01), x)


def _elu(graph: Graph, x: str) -> str:
    below = graph.minus(graph.add("Exp", graph.at_most(x, 0.0)), 1.0)
    return graph.where(graph.add("Less", x, 0.0), below, x)


ACTIVATIONS: dict[str, Callable[[Graph, str], str]] = {
    "relu": lambda graph, x: graph.add("Relu", x),
    "leaky-relu": _leaky,
    "elu": _elu,
    "tanh": lambda graph, x: graph.add("Tanh", x),
    "sigmoid": lambda graph, x: graph.sigmoid(x),
    "silu": lambda graph, x: graph.times(x, graph.sigmoid(x)),
}
"""Those that float64 has operators for; GELU's error function is float32 only."""
