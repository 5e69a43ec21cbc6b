"""An ONNX graph under construction: every step is a node with one output, whose name it hands on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from assay.core.optional import require

PURPOSE = "ONNX export"
OPSET, ML_OPSET, IR_VERSION = 17, 3, 8
"""The oldest that have all that is used, so that old runtimes read the file too."""
ML_DOMAIN = "ai.onnx.ml"

Value = str | float | np.ndarray
"""The name of what a node gives, or a constant."""


def onnx() -> ModuleType:
    return require("onnx", extra="onnx", purpose=PURPOSE)


@dataclass
class Graph:
    """prefix: begins every name that is made here, and no name of an input or output.

    points: by column, numbers at which the model does something else than beside them, for whoever compares answers.
    """

    prefix: str
    nodes: list[Any] = field(default_factory=list)
    constants: dict[tuple[str, tuple[int, ...], bytes], str] = field(default_factory=dict)
    initializers: list[Any] = field(default_factory=list)
    points: dict[str, list[float]] = field(default_factory=dict)

    def add(self, op: str, *inputs: Value, attributes: Mapping[str, Any] | None = None, domain: str = "") -> str:
        """A node; the name of its output."""
        return self._add(op, inputs, attributes, domain, [f"{self.prefix}{len(self.nodes)}"])[0]

    def add_two(self, op: str, *inputs: Value, attributes: Mapping[str, Any] | None = None) -> list[str]:
        """A node with two outputs; their names."""
        return self._add(op, inputs, attributes, "", [f"{self.prefix}{len(self.nodes)}{half}" for half in "ab"])

    def _add(
        self, op: str, inputs: Sequence[Value], attributes: Mapping[str, Any] | None, domain: str, outputs: list[str]
    ) -> list[str]:
        helper = onnx().helper
        node = helper.make_node(op, [self.named(value) for value in inputs], outputs, domain=domain)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in (attributes or {}).items())
        self.nodes.append(node)
        return outputs

    def named(self, value: Value) -> str:
        """The name of a value; numbers become float64 constants."""
        return value if isinstance(value, str) else self.constant(np.asarray(value, dtype=np.float64))

    def constant(self, values: np.ndarray) -> str:
        """float64, int64 or text; equal ones are stored once."""
        values = np.ascontiguousarray(values) if values.ndim else values
        content = "\0".join(values.tolist()).encode() if values.dtype == object else values.tobytes()
        key = (str(values.dtype), values.shape, content)
        if key not in self.constants:
            self.constants[key] = f"{self.prefix}c{len(self.initializers)}"
            self.initializers.append(onnx().numpy_helper.from_array(values, self.constants[key]))
        return self.constants[key]

    # ---- arithmetic; rows stand on the first axis, and most values are (n, k)

    def plus(self, a: Value, b: Value) -> str:
        return self.add("Add", a, b)

    def minus(self, a: Value, b: Value) -> str:
        return self.add("Sub", a, b)

    def times(self, a: Value, b: Value) -> str:
        return self.add("Mul", a, b)

    def over(self, a: Value, b: Value) -> str:
        return self.add("Div", a, b)

    def where(self, condition: str, yes: Value, no: Value) -> str:
        return self.add("Where", condition, yes, no)

    def at_least(self, value: str, low: float) -> str:
        """NaN stays NaN, which Clip and Max do not promise."""
        return self.where(self.add("Less", value, low), low, value)

    def at_most(self, value: str, high: float) -> str:
        return self.where(self.add("Greater", value, high), high, value)

    def clipped(self, value: str, low: float, high: float) -> str:
        return self.at_most(self.at_least(value, low), high)

    def product(self, value: str, matrix: np.ndarray) -> str:
        """(n, k) of (n, w) and (w, k)."""
        return self.add("MatMul", value, np.asarray(matrix, dtype=np.float64))

    def total(self, value: str, axis: int = 1, *, keep: bool = True) -> str:
        return self.add("ReduceSum", value, self.constant(np.array([axis])), attributes={"keepdims": int(keep)})

    def joined(self, parts: Sequence[str]) -> str:
        """Side by side."""
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, attributes={"axis": 1})

    def columns(self, value: str, places: Sequence[int]) -> str:
        return self.add("Gather", value, self.constant(np.array(places, dtype=np.int64)), attributes={"axis": 1})

    def number(self, value: str) -> str:
        """float64 of whole numbers, truths or float32."""
        return self.add("Cast", value, attributes={"to": onnx().TensorProto.DOUBLE})

    def whole(self, value: str) -> str:
        return self.add("Cast", value, attributes={"to": onnx().TensorProto.INT64})

    def shaped(self, value: str, shape: Sequence[int]) -> str:
        return self.add("Reshape", value, self.constant(np.array(shape, dtype=np.int64)))

    # ---- tables

    def looked_up(self, table: np.ndarray, index: str) -> str:
        """The rows of a table, (m, w), or its numbers, (m,), at an index, (n, 1): (n, w) or (n, 1)."""
        if table.ndim > 1:
            index = self.shaped(index, [-1])
        return self.add("Gather", self.constant(np.asarray(table)), index, attributes={"axis": 0})

    def step(self, value: str, edges: np.ndarray, *, side: str = "left") -> str:
        """int64 (n, 1): what ``np.searchsorted(edges, value, side)`` says of (n, 1); 0 for NaN."""
        op = "Greater" if side == "left" else "GreaterOrEqual"
        if not len(edges):
            return self.whole(self.where(self.add("IsNaN", value), 0.0, 0.0))
        return self.total(self.whole(self.add(op, value, np.asarray(edges, dtype=np.float64)[None, :])))

    def interpolated(self, value: str, at: np.ndarray, say: np.ndarray) -> str:
        """``np.interp``: straight lines between the points, the end values outside."""
        slopes = np.concatenate([[0.0], np.diff(say) / np.diff(at), [0.0]])
        index = self.step(value, at, side="right")
        left, base, slope = (self.looked_up(table, index) for table in (np.append(at[0], at), np.append(say[0], say), slopes))
        return self.plus(base, self.times(slope, self.minus(value, left)))

    # ---- from scores to probabilities

    def sigmoid(self, logit: str) -> str:
        return self.add("Sigmoid", logit)

    def softmax(self, logits: str) -> str:
        return self.add("Softmax", logits, attributes={"axis": 1})

    def log_odds(self, probability: str, least: float) -> str:
        """Of probabilities that are first moved so far from 0 and 1."""
        inside = self.clipped(probability, least, 1 - least)
        return self.minus(self.add("Log", inside), self.log1p(self.add("Neg", inside)))

    def log1p(self, value: str) -> str:
        """log(1 + x) to the last digits, also of a small x: Kahan's log(u) · x / (u - 1) with u = 1 + x as it is rounded."""
        u = self.plus(value, 1.0)
        away = self.minus(u, 1.0)
        none = self.add("Equal", away, 0.0)
        exact = self.over(self.times(self.add("Log", u), value), self.where(none, 1.0, away))
        return self.where(none, value, exact)


@dataclass(frozen=True)
class Encoded:
    """Rows of a preparation.  matrix: (n, width), or None where it reads nothing.  zeros: (n, 1).

    plain: by column of the matrix, the column of the table whose numbers stand there as they are.
    """

    matrix: str | None
    zeros: str
    plain: Mapping[int, str]
