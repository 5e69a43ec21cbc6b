"""A network for pictures as a graph: uint8 pixels in, the probability of each class out.

What decodes a file and brings it to the network's size stands before the graph: its input is what ``FittedPixels`` gives.  The
network computes in float32, as it does here; from its outputs on everything is float64, as in every other export.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from assay.bundle.onnx.graph import Graph, onnx
from assay.core.errors import ConfigError

INPUT = "pictures"
"""uint8 (n, channels, size, size)."""


def is_of_pictures(learner: Any) -> bool:
    from assay.recipes.nets.fitted import PICTURE, FittedNet

    return isinstance(learner, FittedNet) and learner.architecture == PICTURE


def picture_said(graph: Graph, learner: Any) -> str:
    """float64: the probability of class 1, (n, 1), or those of all, (n, K). Raises ConfigError for a net that has no export."""
    from assay.nets.image.steps import PICTURES, steps_of

    if learner.head.state()["head"] != "usual":
        raise ConfigError("a network for pictures with a head of its own has no ONNX export.")
    spec, model = learner.net
    known: dict[str, str] = {PICTURES: _standardised(graph, model.get_submodule("standardise"))}
    for step in steps_of(model, spec.channels, spec.size):
        inputs = [known[one] if isinstance(one, str) else _constant(graph, np.array(one)) for one in step.inputs]
        arrays = {name: _constant(graph, values) for name, values in step.arrays.items()}
        known[step.name] = _OPERATIONS[step.operation](graph, inputs, step.settings, arrays)
    logits = graph.number(known["outputs"])
    return graph.sigmoid(logits) if learner.task == "binary" else graph.softmax(logits)


def _constant(graph: Graph, values: np.ndarray) -> str:
    return graph.constant(np.asarray(values, dtype=np.float32))


def _whole(graph: Graph, values: list[int]) -> str:
    return graph.constant(np.array(values, dtype=np.int64))


def _standardised(graph: Graph, layer: Any) -> str:
    pixels = graph.add("Cast", INPUT, attributes={"to": onnx().TensorProto.FLOAT})
    mean, scale = (_constant(graph, value.numpy()[:, None, None]) for value in (layer.mean, layer.scale))
    return graph.over(graph.minus(pixels, mean), scale)


Settings = Mapping[str, Any]
Arrays = Mapping[str, str]


def _plain(op: str) -> Callable[..., str]:
    return lambda graph, inputs, settings, _arrays: graph.add(op, *inputs, attributes=settings)


def _convolution(graph: Graph, inputs: list[str], settings: Settings, arrays: Arrays) -> str:
    return graph.add("Conv", *inputs, arrays["weight"], *([arrays["bias"]] if "bias" in arrays else []), attributes=settings)


def _scale(graph: Graph, inputs: list[str], _settings: Settings, arrays: Arrays) -> str:
    return graph.plus(graph.times(inputs[0], arrays["scale"]), arrays["shift"])


def _linear(graph: Graph, inputs: list[str], _settings: Settings, arrays: Arrays) -> str:
    return graph.plus(graph.add("MatMul", inputs[0], arrays["weight"]), arrays["bias"])


def _clip(graph: Graph, inputs: list[str], settings: Settings, _arrays: Arrays) -> str:
    return graph.add("Clip", inputs[0], _constant(graph, np.array(settings["low"])), _constant(graph, np.array(settings["high"])))


def _silu(graph: Graph, inputs: list[str], _settings: Settings, _arrays: Arrays) -> str:
    return graph.times(inputs[0], graph.sigmoid(inputs[0]))


def _gelu(graph: Graph, inputs: list[str], _settings: Settings, _arrays: Arrays) -> str:
    half = graph.times(inputs[0], _constant(graph, np.array(0.5)))
    turned = graph.add("Erf", graph.times(inputs[0], _constant(graph, np.sqrt(np.array(0.5)))))
    return graph.times(half, graph.plus(turned, _constant(graph, np.array(1.0))))


def _layer_norm(graph: Graph, inputs: list[str], settings: Settings, arrays: Arrays) -> str:
    return graph.add(
        "LayerNormalization", inputs[0], arrays["weight"], arrays["bias"], attributes={"axis": -1, "epsilon": settings["epsilon"]}
    )


def _attention(graph: Graph, inputs: list[str], settings: Settings, arrays: Arrays) -> str:
    """Tokens (n, t, width) attend to each other."""
    heads, width = settings["heads"], settings["width"]
    own = width // heads
    joined = graph.plus(graph.add("MatMul", inputs[0], arrays["in"]), arrays["in-bias"])  # (n, t, 3 · width)
    parts = graph.add("Reshape", joined, _whole(graph, [0, 0, 3, heads, own]))
    queries, keys, values = (
        graph.add("Gather", parts, graph.constant(np.array(place)), attributes={"axis": 2}) for place in range(3)
    )  # (n, t, heads, own)
    queries, values = (graph.add("Transpose", one, attributes={"perm": [0, 2, 1, 3]}) for one in (queries, values))
    keys = graph.add("Transpose", keys, attributes={"perm": [0, 2, 3, 1]})
    scores = graph.times(graph.add("MatMul", queries, keys), _constant(graph, np.array(own**-0.5)))
    weights = graph.add("Softmax", scores, attributes={"axis": -1})
    mixed = graph.add("Transpose", graph.add("MatMul", weights, values), attributes={"perm": [0, 2, 1, 3]})
    flat = graph.add("Reshape", mixed, _whole(graph, [0, 0, width]))
    return graph.plus(graph.add("MatMul", flat, arrays["out"]), arrays["out-bias"])


def _flatten(graph: Graph, inputs: list[str], settings: Settings, _arrays: Arrays) -> str:
    return graph.add("Reshape", inputs[0], _whole(graph, [*([0] * settings["start"]), -1]))


def _repeat(graph: Graph, inputs: list[str], settings: Settings, _arrays: Arrays) -> str:
    """A constant, once for each row of what is read second."""
    form = graph.add("Shape", inputs[1], attributes={"start": 0, "end": 1})
    whole = graph.add("Concat", form, _whole(graph, [1] * (settings["rank"] - 1)), attributes={"axis": 0})
    return graph.add("Expand", inputs[0], whole)


def _pick(graph: Graph, inputs: list[str], settings: Settings, _arrays: Arrays) -> str:
    places = graph.constant(np.array(settings["places"], dtype=np.int64))
    return graph.add("Gather", inputs[0], places, attributes={"axis": settings["axis"]})


def _slice(graph: Graph, inputs: list[str], settings: Settings, _arrays: Arrays) -> str:
    return graph.add("Slice", inputs[0], *(_whole(graph, settings[name]) for name in ("starts", "ends", "axes", "steps")))


def _pad(graph: Graph, inputs: list[str], settings: Settings, _arrays: Arrays) -> str:
    value = _constant(graph, np.array(settings["value"]))
    return graph.add("Pad", inputs[0], _whole(graph, settings["pads"]), value, attributes={"mode": "constant"})


def _adaptive(graph: Graph, inputs: list[str], _settings: Settings, arrays: Arrays) -> str:
    """Means over windows that need not be equally large, as a product from both sides."""
    return graph.add("MatMul", graph.add("MatMul", arrays["rows"], inputs[0]), arrays["columns"])


_OPERATIONS: dict[str, Callable[[Graph, list[str], Settings, Arrays], str]] = {
    "constant": lambda _graph, _inputs, _settings, arrays: arrays["value"],
    "same": lambda _graph, inputs, _settings, _arrays: inputs[0],
    "convolution": _convolution,
    "scale": _scale,
    "linear": _linear,
    "layer-norm": _layer_norm,
    "attention": _attention,
    "relu": _plain("Relu"),
    "sigmoid": _plain("Sigmoid"),
    "tanh": _plain("Tanh"),
    "leaky-relu": _plain("LeakyRelu"),
    "clip": _clip,
    "silu": _silu,
    "gelu": _gelu,
    "max-pool": _plain("MaxPool"),
    "mean-pool": _plain("AveragePool"),
    "mean": _plain("GlobalAveragePool"),
    "adaptive-mean": _adaptive,
    "add": _plain("Add"),
    "sub": _plain("Sub"),
    "mul": _plain("Mul"),
    "join": _plain("Concat"),
    "transpose": _plain("Transpose"),
    "flatten": _flatten,
    "repeat": _repeat,
    "pick": _pick,
    "new-axis": lambda graph, inputs, _settings, _arrays: graph.add("Unsqueeze", inputs[0], _whole(graph, [1])),
    "slice": _slice,
    "pad": _pad,
    "sum": lambda graph, inputs, settings, _arrays: graph.add(
        "ReduceSum", inputs[0], _whole(graph, [settings["axis"]]), attributes={"keepdims": 0}
    ),
}

OPERATORS = frozenset(
    {
        *("Cast", "Sub", "Div", "Add", "Mul", "Conv", "MatMul", "Relu", "Sigmoid", "Tanh", "LeakyRelu", "Clip", "Erf", "MaxPool"),
        *("AveragePool", "GlobalAveragePool", "LayerNormalization", "Softmax", "Reshape", "Transpose", "Gather", "Concat"),
        *("Shape", "Expand", "Unsqueeze", "Slice", "Pad", "ReduceSum", "QuantizeLinear", "DequantizeLinear"),
    }
)
"""Those above and those of ``int8``, for whoever checks a file before a runtime reads it."""
