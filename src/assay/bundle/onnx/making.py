"""A model as one graph: the columns of a row in, its answer out."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.bundle.model import DEFAULT_THRESHOLD, Model
from assay.bundle.onnx.calibrators import calibrated
from assay.bundle.onnx.cells import Inputs, encoded, inputs_of, prefix_for, zeros_of
from assay.bundle.onnx.graph import IR_VERSION, ML_DOMAIN, ML_OPSET, OPSET, Encoded, Graph, onnx
from assay.bundle.onnx.learners import said
from assay.prepare.columns import FittedColumns
from assay.recipes.ensembles.fitted import FittedBlend
from assay.recipes.ensembles.stacked import FittedStack
from assay.recipes.fitted import Fitted


@dataclass(frozen=True)
class Made:
    """proto: the ONNX model, without metadata.  points: as of ``Graph``."""

    proto: Any
    inputs: Inputs
    points: dict[str, list[float]]


def made(model: Model) -> Made:
    """Raises ConfigError for a part of the model that has no export, and names it."""
    fitted = model.fitted
    inputs = inputs_of(fitted.schema, _read(fitted))
    graph = Graph(prefix_for(inputs))
    said_last = answer_of(graph, inputs, fitted, zeros_of(graph, inputs))
    outputs = outputs_of(graph, model, said_last)
    helper, kinds = onnx().helper, onnx().TensorProto
    types = {"number": kinds.DOUBLE, "category": kinds.STRING}
    given = [helper.make_tensor_value_info(inputs.names[name], types[c.kind], ["n", 1]) for name, c in inputs.columns.items()]
    built = helper.make_graph(graph.nodes, "assay", given, outputs, initializer=graph.initializers)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML_DOMAIN, ML_OPSET)]
    proto = helper.make_model(built, opset_imports=opsets, ir_version=IR_VERSION, producer_name="assay")
    return Made(proto, inputs, {name: points for name, points in graph.points.items() if name in inputs.columns})


def _read(fitted: Fitted) -> frozenset[str]:
    """The columns that any part of the model reads."""
    if isinstance(fitted.learner, FittedBlend | FittedStack):
        return frozenset().union(*(_read(member) for member in fitted.learner.members))
    step = fitted.step
    if not isinstance(step, FittedColumns):
        return frozenset(column.name for column in fitted.schema.features)
    return frozenset(name for name, encoder in zip(step.names, step.encoders, strict=True) if any(p.width for p in encoder.parts))


def answer_of(graph: Graph, inputs: Inputs, fitted: Fitted, zeros: str) -> str:
    """The probability of class 1, (n, 1), those of all classes, (n, K), or the value, (n, 1)."""
    learner = fitted.learner
    if isinstance(learner, FittedBlend):
        parts = [answer_of(graph, inputs, member, zeros) for member in learner.members]
        found = zeros
        for weight, part in zip(learner.weights.tolist(), parts, strict=True):
            found = graph.plus(found, graph.times(part, weight))
    elif isinstance(learner, FittedStack):
        found = _stacked(graph, inputs, learner, zeros)
    else:
        found = said(graph, learner, encoded(graph, inputs, fitted.step, zeros))
    for calibrator in fitted.calibrators:
        found = calibrated(graph, calibrator, found, len(fitted.task.classes))
    return found


def _stacked(graph: Graph, inputs: Inputs, stack: FittedStack, zeros: str) -> str:
    numbers = []
    for member in stack.members:
        part = answer_of(graph, inputs, member, zeros)
        if stack.task == "binary":
            part = graph.log_odds(part, stack.clip)
        elif stack.task == "multiclass":
            logs = graph.add("Log", graph.clipped(part, stack.clip, 1.0))
            part = graph.minus(logs, graph.over(graph.total(logs), float(stack.n_classes)))
        numbers.append(part)
    return said(graph, stack.line, Encoded(graph.joined(numbers), zeros, {}))


def outputs_of(graph: Graph, model: Model, found: str) -> list[Any]:
    """The last nodes, which give the outputs their names."""
    helper, kinds = onnx().helper, onnx().TensorProto
    task = model.fitted.task
    if not task.is_classification:
        _named(graph, "Reshape", [found, graph.constant(np.array([-1]))], "value")
        return [helper.make_tensor_value_info("value", kinds.DOUBLE, ["n"])]
    if task.name == "binary":
        cut = DEFAULT_THRESHOLD if model.threshold is None else model.threshold
        code = graph.shaped(graph.whole(graph.add("GreaterOrEqual", found, cut)), [-1])
        found = graph.joined([graph.minus(1.0, found), found])
    else:
        code = graph.add("ArgMax", found, attributes={"axis": 1, "keepdims": 0})
    _named(graph, "Identity", [found], "probability")
    labels = graph.constant(np.array(task.classes, dtype=object))
    _named(graph, "Gather", [labels, code], "label")
    return [
        helper.make_tensor_value_info("probability", kinds.DOUBLE, ["n", len(task.classes)]),
        helper.make_tensor_value_info("label", kinds.STRING, ["n"]),
    ]


def _named(graph: Graph, op: str, inputs: list[str], name: str) -> None:
    graph.nodes.append(onnx().helper.make_node(op, inputs, [name]))
