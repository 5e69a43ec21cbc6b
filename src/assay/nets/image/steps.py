"""A network for pictures as a list of steps with their numbers, for whoever writes it down for another runtime.

torch ends here: a step is the name of an operation, the names of what it reads, and settings and arrays of NumPy.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.image.folding import fold_norms, traced_net

Input = str | float
"""The name of an earlier step, or a number."""


@dataclass(frozen=True, slots=True)
class Step:
    """name: of what it gives.  settings: whole numbers, numbers, lists of them.  arrays: float32."""

    name: str
    operation: str
    inputs: tuple[Input, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


PICTURES = "pictures"
"""The name of what the first step reads: standardised pictures, (n, channels, size, size)."""


class _Unknown(Exception):  # noqa: N818 - it is caught here and never leaves
    """A layer or a call that has no step."""


def steps_of(model: nn.Module, channels: int, size: int) -> tuple[Step, ...]:
    """Of the net inside a ``PictureNet`` in evaluation mode, its norms folded where they can be; the last gives the outputs.

    Raises ConfigError for a net that cannot be followed, and names what has no step.
    """
    traced = traced_net(model.get_submodule("net"))
    if traced is None:
        raise ConfigError("this network cannot be taken apart into layers, so it has no ONNX export.")
    with torch.inference_mode():
        fold_norms(traced)
        kind = next(traced.parameters()).dtype
        ShapeProp(traced).propagate(torch.zeros(1, channels, size, size, dtype=kind))
    found: list[Step] = []
    names: dict[fx.Node, Any] = {}
    try:
        for node in traced.graph.nodes:
            if node.op == "placeholder":
                names[node] = PICTURES
            elif node.op == "output":
                return (*found, Step("outputs", "same", (names[node.args[0]],)))
            else:
                step = _step(traced, node, names)
                names[node] = step if isinstance(step, str | tuple) else step.name
                if isinstance(step, Step):
                    found.append(step)
    except _Unknown as unknown:
        raise ConfigError(f"this network has no ONNX export: it holds {unknown}, which Assay cannot write down.") from unknown
    raise TypeError("a traced net always ends in an output.")


def _step(traced: fx.GraphModule, node: fx.Node, names: dict[fx.Node, Any]) -> Step | str | tuple[str, ...]:
    """A step, or what stands for one that does nothing."""
    if node.op == "get_attr":
        return Step(node.name, "constant", (), {}, {"value": _array(_attribute(traced, str(node.target)))})
    if node.op == "call_module":
        layer, known = traced.get_submodule(str(node.target)), names[node.args[0]]  # type: ignore[index]
        if isinstance(layer, nn.Dropout | nn.Dropout2d | nn.Identity):
            return str(known)
        write = _LAYERS.get(type(layer))
        if write is None:
            raise _Unknown(f"the layer {type(layer).__name__}")
        if isinstance(layer, nn.MultiheadAttention) and len(set(node.args)) != 1:
            raise _Unknown("attention of one sequence to another")
        return Step(node.name, *write(layer, node, known))
    call = _METHODS.get(str(node.target)) if node.op == "call_method" else _FUNCTIONS.get(node.target)
    if call is None:
        raise _Unknown(f"the call {getattr(node.target, '__name__', node.target)}")
    return call(node, names)


def _attribute(traced: fx.GraphModule, name: str) -> Any:
    parent, _, own = name.rpartition(".")
    return getattr(traced.get_submodule(parent), own)


def _array(value: torch.Tensor | None) -> np.ndarray:
    if value is None:
        raise _Unknown("a layer without a weight")
    return value.detach().float().contiguous().numpy()


def _shape(node: fx.Node) -> tuple[int, ...]:
    return tuple(node.meta["tensor_meta"].shape)


# ---- layers: (operation, inputs, settings, arrays)

Written = tuple[str, tuple[Input, ...], dict[str, Any], dict[str, np.ndarray]]


def _two(value: Any) -> list[int]:
    return list(value) if isinstance(value, tuple | list) else [value, value]


def _convolution(layer: nn.Conv2d, _node: fx.Node, known: str) -> Written:
    if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        raise _Unknown(f"a convolution with {layer.padding_mode} padding {layer.padding}")
    settings = {
        "strides": _two(layer.stride),
        "pads": _two(layer.padding) * 2,
        "dilations": _two(layer.dilation),
        "group": layer.groups,
        "kernel_shape": _two(layer.kernel_size),
    }
    arrays = {"weight": _array(layer.weight)}
    if layer.bias is not None:
        arrays["bias"] = _array(layer.bias)
    return "convolution", (known,), settings, arrays


def _batch_norm(layer: nn.BatchNorm2d, _node: fx.Node, known: str) -> Written:
    if layer.running_mean is None or layer.running_var is None:
        raise _Unknown("a norm without statistics")
    mean, variance = (value.double() for value in (layer.running_mean, layer.running_var))
    ones = torch.ones_like(mean)
    weight, bias = (
        value.detach().double() if value is not None else other for value, other in ((layer.weight, ones), (layer.bias, 0 * ones))
    )
    scale = weight / torch.sqrt(variance + layer.eps)
    return "scale", (known,), {}, {"scale": _array(scale)[:, None, None], "shift": _array(bias - mean * scale)[:, None, None]}


def _linear(layer: nn.Linear, _node: fx.Node, known: str) -> Written:
    bias = np.zeros(layer.out_features, np.float32) if layer.bias is None else _array(layer.bias)
    return "linear", (known,), {}, {"weight": np.ascontiguousarray(_array(layer.weight).T), "bias": bias}


def _layer_norm(layer: nn.LayerNorm, _node: fx.Node, known: str) -> Written:
    if len(layer.normalized_shape) != 1:
        raise _Unknown("a layer norm over several axes")
    return "layer-norm", (known,), {"epsilon": layer.eps}, {"weight": _array(layer.weight), "bias": _array(layer.bias)}


def _attention(layer: nn.MultiheadAttention, _node: fx.Node, known: str) -> Written:
    if not layer.batch_first or layer.in_proj_weight is None or layer.bias_k is not None or layer.add_zero_attn:
        raise _Unknown("attention of another form than ViT's")
    arrays = {
        "in": np.ascontiguousarray(_array(layer.in_proj_weight).T),
        "in-bias": _array(layer.in_proj_bias),
        "out": np.ascontiguousarray(_array(layer.out_proj.weight).T),
        "out-bias": _array(layer.out_proj.bias),
    }
    return "attention", (known,), {"heads": layer.num_heads, "width": layer.embed_dim}, arrays


def _pooling(layer: Any, _node: fx.Node, known: str) -> Written:
    settings: dict[str, Any] = {
        "kernel_shape": _two(layer.kernel_size),
        "strides": _two(layer.stride),
        "pads": _two(layer.padding) * 2,
        "ceil_mode": int(layer.ceil_mode),
    }
    if isinstance(layer, nn.MaxPool2d):
        return "max-pool", (known,), settings | {"dilations": _two(layer.dilation)}, {}
    if layer.divisor_override is not None:
        raise _Unknown("a mean pooling with a divisor of its own")
    return "mean-pool", (known,), settings | {"count_include_pad": int(layer.count_include_pad)}, {}


def _adaptive(_layer: nn.AdaptiveAvgPool2d, node: fx.Node, known: str) -> Written:
    before, after = _shape(node.args[0])[2:], _shape(node)[2:]  # type: ignore[arg-type]
    if after == (1, 1):
        return "mean", (known,), {}, {}
    arrays = {name: _shares(one, other) for name, one, other in zip(("rows", "columns"), before, after, strict=True)}
    return "adaptive-mean", (known,), {}, arrays | {"columns": np.ascontiguousarray(arrays["columns"].T)}


def _largest(layer: nn.AdaptiveMaxPool2d, node: fx.Node, known: str) -> Written:
    """Of whole maps alone: one window that is as large as they are."""
    if layer.return_indices or _shape(node)[2:] != (1, 1):
        raise _Unknown("the largest of windows of several sizes")
    sides = list(_shape(node.args[0])[2:])  # type: ignore[arg-type]
    return "max-pool", (known,), {"kernel_shape": sides, "strides": sides}, {}


def _shares(before: int, after: int) -> np.ndarray:
    """(after, before): what share each place has in each mean."""
    found = np.zeros((after, before), np.float32)
    for place in range(after):
        first, last = place * before // after, -(-(place + 1) * before // after)
        found[place, first:last] = 1 / (last - first)
    return found


def _plain(operation: str) -> Callable[..., Written]:
    return lambda _layer, _node, known: (operation, (known,), {}, {})


def _clip(layer: nn.Hardtanh, _node: fx.Node, known: str) -> Written:
    return "clip", (known,), {"low": float(layer.min_val), "high": float(layer.max_val)}, {}


def _gelu(layer: nn.GELU, _node: fx.Node, known: str) -> Written:
    if layer.approximate != "none":
        raise _Unknown("an approximated GELU")
    return "gelu", (known,), {}, {}


_LAYERS: dict[type, Callable[..., Written]] = {
    nn.Conv2d: _convolution,
    nn.BatchNorm2d: _batch_norm,
    nn.Linear: _linear,
    nn.LayerNorm: _layer_norm,
    nn.MultiheadAttention: _attention,
    nn.MaxPool2d: _pooling,
    nn.AvgPool2d: _pooling,
    nn.AdaptiveAvgPool2d: _adaptive,
    nn.AdaptiveMaxPool2d: _largest,
    nn.ReLU: _plain("relu"),
    nn.Sigmoid: _plain("sigmoid"),
    nn.Tanh: _plain("tanh"),
    nn.SiLU: _plain("silu"),
    nn.ReLU6: _clip,
    nn.Hardtanh: _clip,
    nn.GELU: _gelu,
    nn.LeakyReLU: lambda layer, _node, known: ("leaky-relu", (known,), {"alpha": float(layer.negative_slope)}, {}),
    nn.Flatten: lambda layer, _node, known: ("flatten", (known,), {"start": int(layer.start_dim)}, {}),
}


# ---- calls

Names = dict[fx.Node, Any]


def _as_layer(make: Callable[..., nn.Module]) -> Callable[[fx.Node, Names], Step]:
    """A call that does what a layer with the same settings does."""

    def call(node: fx.Node, names: Names) -> Step:
        settings = {key: value for key, value in node.kwargs.items() if key not in ("inplace", "training")}
        layer = make(*node.args[1:], **settings)
        return Step(node.name, *_LAYERS[type(layer)](layer, node, names[node.args[0]]))  # type: ignore[index]

    return call


def _arithmetic(operation: str) -> Callable[[fx.Node, Names], Step]:
    def call(node: fx.Node, names: Names) -> Step:
        if node.kwargs or len(node.args) != 2:
            raise _Unknown(f"a {operation} with settings")
        inputs = tuple(names[one] if isinstance(one, fx.Node) else float(one) for one in node.args)  # type: ignore[arg-type]
        return Step(node.name, operation, inputs)

    return call


def _joined(node: fx.Node, names: Names) -> Step:
    parts: Any = node.args[0]
    dim = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)
    return Step(node.name, "join", tuple(names[one] for one in parts), {"axis": dim})


def _flatten(node: fx.Node, names: Names) -> Step:
    start = node.args[1] if len(node.args) > 1 else node.kwargs.get("start_dim", 0)
    if len(node.args) > 2 or "end_dim" in node.kwargs or start == 0:
        raise _Unknown("a flatten of some axes in the middle")
    return Step(node.name, "flatten", (names[node.args[0]],), {"start": start})  # type: ignore[index]


def _transpose(node: fx.Node, names: Names) -> Step:
    order = list(range(len(_shape(node))))
    first, second = (int(axis) for axis in node.args[1:3])  # type: ignore[arg-type]
    order[first], order[second] = order[second], order[first]
    return Step(node.name, "transpose", (names[node.args[0]],), {"perm": order})  # type: ignore[index]


def _asked(node: fx.Node, names: Names) -> tuple[str, ...]:
    """The form of something, of which only the number of rows is ever asked."""
    if node.args[1] != "shape":
        raise _Unknown(f"the attribute {node.args[1]} of numbers")
    return ("shape", names[node.args[0]])  # type: ignore[index]


def _expand(node: fx.Node, names: Names) -> Step:
    rows = names.get(node.args[1]) if isinstance(node.args[1], fx.Node) else None
    if not isinstance(rows, tuple) or rows[0] != "rows" or any(one != -1 for one in node.args[2:]):
        raise _Unknown("an expansion to a fixed form")
    return Step(node.name, "repeat", (names[node.args[0]], rows[1]), {"rank": len(_shape(node))})  # type: ignore[index]


def _picked(node: fx.Node, names: Names) -> Step | str | tuple[str, ...]:
    of, places = names[node.args[0]], node.args[1]  # type: ignore[index]
    if isinstance(of, tuple):
        if places != 0:
            raise _Unknown("the height or the width of maps as a number")
        return ("rows", of[1])
    if isinstance(places, int):  # of the pair that attention gives, its first; the second is never read
        return str(of)
    if not isinstance(places, tuple | list) or any(isinstance(one, fx.Node) for one in places):
        raise _Unknown("a choice of rows")
    settings: dict[str, list[int]] = {"axes": [], "starts": [], "ends": [], "steps": []}
    for axis, place in enumerate(places):
        if isinstance(place, slice):
            if place != slice(None):
                found = (axis, place.start or 0, 2**31 - 1 if place.stop is None else place.stop, place.step or 1)
                for values, value in zip(settings.values(), found, strict=True):
                    values.append(value)
        elif axis == 1 and len(places) == 2 and (place is None or isinstance(place, int | list)):
            return Step(node.name, "new-axis" if place is None else "pick", (of,), {"axis": 1, "places": place})
        else:
            raise _Unknown("a choice of places")
    return Step(node.name, "slice", (of,), settings)


def _pad(node: fx.Node, names: Names) -> Step:
    around, rank = list(node.args[1]), len(_shape(node))  # type: ignore[arg-type]
    if node.kwargs.get("mode", "constant") != "constant" or len(node.args) > 2:
        raise _Unknown("a padding with something else than a constant")
    value: Any = node.kwargs.get("value") or 0.0
    before, after = [0] * rank, [0] * rank
    for place in range(len(around) // 2):
        before[rank - 1 - place], after[rank - 1 - place] = around[2 * place], around[2 * place + 1]
    return Step(node.name, "pad", (names[node.args[0]],), {"pads": before + after, "value": float(value)})  # type: ignore[index]


def _power(node: fx.Node, names: Names) -> Step:
    if node.args[1] != 2:
        raise _Unknown("a power")
    known = names[node.args[0]]  # type: ignore[index]
    return Step(node.name, "mul", (known, known))


def _total(node: fx.Node, names: Names) -> Step:
    return Step(node.name, "sum", (names[node.args[0]],), {"axis": node.kwargs.get("dim", *node.args[1:2])})  # type: ignore[index]


_FUNCTIONS: dict[Any, Callable[[fx.Node, Names], Step | str | tuple[str, ...]]] = {
    functional.relu: _as_layer(nn.ReLU),
    torch.relu: _as_layer(nn.ReLU),
    torch.tanh: _as_layer(nn.Tanh),
    torch.sigmoid: _as_layer(nn.Sigmoid),
    functional.silu: _as_layer(nn.SiLU),
    functional.leaky_relu: _as_layer(nn.LeakyReLU),
    functional.avg_pool2d: _as_layer(nn.AvgPool2d),
    functional.max_pool2d: _as_layer(nn.MaxPool2d),
    functional.adaptive_avg_pool2d: _as_layer(nn.AdaptiveAvgPool2d),
    functional.adaptive_max_pool2d: _as_layer(nn.AdaptiveMaxPool2d),
    functional.pad: _pad,
    operator.add: _arithmetic("add"),
    operator.iadd: _arithmetic("add"),
    operator.sub: _arithmetic("sub"),
    operator.mul: _arithmetic("mul"),
    operator.neg: lambda node, names: Step(node.name, "mul", (names[node.args[0]], -1.0)),  # type: ignore[index]
    operator.pow: _power,
    operator.getitem: _picked,
    torch.cat: _joined,
    torch.flatten: _flatten,
    getattr: _asked,
}
_METHODS: dict[str, Callable[[fx.Node, Names], Step | str | tuple[str, ...]]] = {
    "flatten": _flatten,
    "transpose": _transpose,
    "expand": _expand,
    "sum": _total,
}
