"""The graph of a network for pictures that computes in whole numbers of eight bits.

Weights become int8, for each output channel with a scale of its own, about zero; what flows between layers becomes uint8, with
the scale and the zero point that hold its measured range.  Both are written as QuantizeLinear and DequantizeLinear around the
operators that stay as they are (QDQ), which a runtime fuses into operators of whole numbers where it has them.  What follows
the last product, and what no runtime has in whole numbers (tanh, attention, layer norm), stays float.
Weights take 7 of the 8 bits: processors without VNNI add two products of uint8 and int8 in 16 bits, where 8 would overflow,
so that a file would answer otherwise from one processor to another.

Source: Jacob et al. (2018), Quantization and training of neural networks for efficient integer-arithmetic-only inference.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.bundle.onnx.asking import Asked, serialized
from assay.bundle.onnx.graph import onnx
from assay.bundle.onnx.pictures import INPUT
from assay.core.errors import ConfigError

LARGEST_WEIGHT = 64
LARGEST_BIAS = 2**30
"""In units of its scale; int32 holds twice as much."""
LEVELS = 255
BATCH = 32

_WHOLE = frozenset({"Add", "Mul", "Concat", "AveragePool", "GlobalAveragePool", "Sigmoid", "LeakyRelu"})
"""Runtimes compute these in whole numbers where all that they read are such."""
_MOVING = frozenset({"MaxPool", "Reshape", "Transpose", "Slice", "Unsqueeze"})
"""Give numbers that they read, and so keep their scale."""
_BOUNDING = frozenset({"Relu", "Clip"})
"""Whole numbers stop at the ends of the measured range by themselves."""

Range = tuple[float, float]


@dataclass(frozen=True)
class Plan:
    """ranged: by value that is kept in eight bits, the value whose range it has: its own, or that of what it was moved from.

    left_out: by the result of a bound that whole numbers make needless, what is read instead.
    """

    ranged: Mapping[str, str]
    left_out: Mapping[str, str]


def plan_of(proto: Any) -> Plan:
    """Raises ConfigError for a graph without a layer that has weights."""
    weights = _weights(proto)
    constants = {tensor.name for tensor in proto.graph.initializer}
    readers = Counter(name for node in proto.graph.node for name in node.input)
    ranged: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for node in proto.graph.node:
        given, made = node.input[0], node.output[0]
        if _is_weighted(node, weights) and given not in constants:
            ranged.setdefault(given, given)
            if node.op_type == "Conv":
                ranged[made] = made
        elif node.op_type in _BOUNDING and ranged.get(given) == given and readers[given] == 1:
            del ranged[given]
            ranged[made], left_out[made] = made, given
        elif node.op_type in _WHOLE and all(one in ranged for one in node.input):
            ranged[made] = made
        elif given in ranged and (node.op_type in _MOVING or _pads_with_zeros(node, weights)):
            ranged[made] = ranged[given]
    if not ranged:
        raise ConfigError("this network has no convolution and no product with weights, so there is nothing to write in int8.")
    return Plan(ranged, left_out)


def ranges_of(proto: Any, plan: Plan, pictures: np.ndarray) -> dict[str, Range]:
    """The least and the largest number of each value over the pictures, uint8 (n, channels, size, size)."""
    helper = onnx().helper
    wanted = list(dict.fromkeys(plan.ranged.values()))
    watched = onnx().ModelProto()
    watched.CopyFrom(proto)
    del watched.graph.output[:]
    for place, name in enumerate(wanted):
        for op in ("ReduceMin", "ReduceMax"):
            watched.graph.node.append(helper.make_node(op, [name], [f"{op}{place}"], keepdims=0))
            watched.graph.output.append(helper.make_tensor_value_info(f"{op}{place}", onnx().TensorProto.FLOAT, []))
    asked = Asked(serialized(watched))
    found = [asked({INPUT: pictures[start : start + BATCH]}) for start in range(0, len(pictures), BATCH)]
    return {
        name: (
            min(float(part[f"ReduceMin{place}"]) for part in found),
            max(float(part[f"ReduceMax{place}"]) for part in found),
        )
        for place, name in enumerate(wanted)
    }


def quantized(proto: Any, plan: Plan, ranges: Mapping[str, Range]) -> Any:
    """The same graph with its weights in int8 and the planned values in uint8."""
    helper, arrays = onnx().helper, onnx().numpy_helper
    writer = _Writer(_weights(proto), {name: scale_of(*found) for name, found in ranges.items()}, [], [])
    for place, node in enumerate(proto.graph.node):
        made = node.output[0]
        if made not in plan.left_out:
            own = onnx().NodeProto()
            own.CopyFrom(node)
            inputs = [f"{name}:float" if name in plan.ranged else name for name in node.input]
            if _is_weighted(node, writer.weights) and node.input[0] in plan.ranged:
                inputs[1:] = writer.weighted(place, node, plan.ranged[node.input[0]])
            del own.input[:]
            own.input.extend(inputs)
            writer.nodes.append(own)
        if made in plan.ranged:
            writer.between(made, plan.left_out.get(made, made), plan.ranged[made])
    nodes = writer.nodes
    read = {name for node in nodes for name in node.input}
    constants = [one for one in proto.graph.initializer if one.name in read]
    constants += [arrays.from_array(values, name) for name, values in writer.constants if name in read]
    built = helper.make_graph(nodes, "assay", proto.graph.input, proto.graph.output, initializer=constants)
    return helper.make_model(
        built, opset_imports=proto.opset_import, ir_version=proto.ir_version, producer_name=proto.producer_name
    )


def scale_of(low: float, high: float) -> tuple[np.float32, np.uint8]:
    """The scale and the zero point of uint8 that hold a range and 0, which is given exactly.

    >>> scale_of(0.0, 25.5)
    (np.float32(0.1), np.uint8(0))
    >>> scale_of(-1.0, 4.0)[1]
    np.uint8(51)
    """
    low, high = min(low, 0.0), max(high, 0.0)
    scale = np.float32((high - low) / LEVELS)
    if not scale > np.finfo(np.float32).tiny:  # it is 0 everywhere, and any scale says so
        return np.float32(1.0), np.uint8(0)
    return scale, np.uint8(np.clip(np.rint(-low / scale), 0, LEVELS))


@dataclass(frozen=True)
class _Writer:
    """weights: float32 constants by name.  scales: by value.  nodes, constants: what was written so far, and this is filled."""

    weights: Mapping[str, np.ndarray]
    scales: Mapping[str, tuple[np.float32, np.uint8]]
    nodes: list[Any]
    constants: list[tuple[str, np.ndarray]]

    def between(self, name: str, read: str, ranged: str) -> None:
        """A value to uint8 and back."""
        held = zip(("scale", "zero"), self.scales[ranged], strict=True)
        scale, zero = (self._constant(f"{name}:{what}", one) for what, one in held)
        self._add("QuantizeLinear", [read, scale, zero], f"{name}:int")
        self._add("DequantizeLinear", [f"{name}:int", scale, zero], f"{name}:float")

    def weighted(self, place: int, node: Any, ranged: str) -> list[str]:
        """The names of a layer's weight and bias, as its node reads them."""
        weight = self.weights[node.input[1]]
        axis = 0 if node.op_type == "Conv" else weight.ndim - 1
        others = tuple(one for one in range(weight.ndim) if one != axis)
        bias = self.weights[node.input[2]] if len(node.input) > 2 else None
        read = float(self.scales[ranged][0])
        scale = np.abs(weight).max(axis=others).astype(np.float64) / LARGEST_WEIGHT
        if bias is not None:
            scale = np.maximum(scale, np.abs(bias) / (read * LARGEST_BIAS))
        scale = np.where(scale > np.finfo(np.float32).tiny, scale, 1.0).astype(np.float32)
        along = np.expand_dims(scale, others)
        whole = np.clip(np.rint(weight / along), -LARGEST_WEIGHT, LARGEST_WEIGHT).astype(np.int8)
        names = [self._restored(f"#{place}:weight", whole, scale, axis)]
        if bias is not None:
            steps = scale * np.float32(read)
            names.append(self._restored(f"#{place}:bias", np.rint(bias / steps.astype(np.float64)).astype(np.int32), steps, 0))
        return names

    def _restored(self, name: str, whole: np.ndarray, scale: np.ndarray, axis: int) -> str:
        zero = np.zeros(len(scale), dtype=whole.dtype)
        inputs = [self._constant(f"{name}:{what}", one) for what, one in (("int", whole), ("scale", scale), ("zero", zero))]
        self._add("DequantizeLinear", inputs, f"{name}:float", axis=axis)
        return f"{name}:float"

    def _constant(self, name: str, values: Any) -> str:
        self.constants.append((name, np.asarray(values)))
        return name

    def _add(self, op: str, inputs: list[str], output: str, axis: int | None = None) -> None:
        node = onnx().helper.make_node(op, inputs, [output])
        if axis is not None:
            node.attribute.append(onnx().helper.make_attribute("axis", axis))
        self.nodes.append(node)


def _weights(proto: Any) -> dict[str, np.ndarray]:
    kind = onnx().TensorProto.FLOAT
    return {one.name: onnx().numpy_helper.to_array(one) for one in proto.graph.initializer if one.data_type == kind}


def _pads_with_zeros(node: Any, weights: Mapping[str, np.ndarray]) -> bool:
    return node.op_type == "Pad" and node.input[2] in weights and not weights[node.input[2]].any()


def _is_weighted(node: Any, weights: Mapping[str, np.ndarray]) -> bool:
    return node.op_type in ("Conv", "MatMul") and node.input[1] in weights and weights[node.input[1]].ndim >= 2
