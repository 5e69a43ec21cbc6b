"""A trained network made faster for inference: batch norm folded into convolutions, activations and sums into their kernels.

The weights that are saved stay as they were trained; what is made here is a second net, which is believed only when it gives
what the first gives on pictures of noise.  A net that cannot be traced, or that fails this, is used as it is.
"""

import operator
from collections import Counter
from collections.abc import Callable
from copy import copy
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn import functional

from assay.nets.image.fused import Activation, FusedConvolution, activation_of, fused_kernels_are_here, with_norm

CLOSE = 1e-4
"""The largest difference, in units of the largest output (1 at least), that a net in float32 may make."""

CLOSE_IN_DOUBLE = 1e-9

UNTRACEABLE = (fx.proxy.TraceError, RuntimeError, TypeError, AttributeError, ValueError, NotImplementedError, KeyError)
"""What tracing raises for a net whose Python looks at numbers; so do networks of other libraries."""

ROWS = 2
"""Pictures of noise on which two nets are compared."""


def faster(model: nn.Module, channels: int, size: int) -> nn.Module:
    """A net that gives what ``model`` (a ``PictureNet`` in evaluation mode) gives, in less time; else ``model`` itself."""
    traced = traced_net(model.get_submodule("net"))
    if traced is None:
        return model
    noise = torch.randint(0, 256, (ROWS, channels, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    kind = next((one.dtype for one in model.parameters()), torch.float32)
    with torch.inference_mode():
        fold_norms(traced)
        standardise = model.get_submodule("standardise")
        candidates: list[Callable[[], nn.Module]] = [lambda: Fast(standardise, traced, last=kind == torch.float32)]
        if kind == torch.float32 and fused_kernels_are_here():
            candidates.insert(0, lambda: Fast(standardise, fuse_kernels(traced, standardise(noise[:1])), last=True))
        for made in candidates:
            found = made().eval()
            if gives_the_same(model, found, noise, CLOSE if kind == torch.float32 else CLOSE_IN_DOUBLE):
                return found
    return model


class Fast(nn.Module):
    """pictures (n, channels, size, size), uint8 or floating -> (n, outputs).  last: channels last inside."""

    def __init__(self, standardise: nn.Module, net: fx.GraphModule, *, last: bool) -> None:
        super().__init__()
        self.standardise = standardise
        self.form = torch.channels_last if last else torch.contiguous_format
        self.net = net
        if last:
            _put_channels_last(net)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.net(self.standardise(pictures.contiguous(memory_format=self.form)))  # type: ignore[no-any-return]


def _put_channels_last(traced: fx.GraphModule) -> None:
    """Copies of its convolutions, for the net that was traced keeps its own."""
    for name, layer in list(traced.named_modules()):
        if type(layer) is nn.Conv2d:
            own = copy(layer)
            own._parameters = dict(layer._parameters)
            own.weight = nn.Parameter(layer.weight.detach().to(memory_format=torch.channels_last), requires_grad=False)
            _replace(traced, name, own)


def gives_the_same(first: nn.Module, second: nn.Module, pictures: Tensor, close: float) -> bool:
    """close: the largest difference, in units of the largest output, 1 at least."""
    wanted, found = first(pictures), second(pictures)
    if wanted.shape != found.shape or not bool(torch.isfinite(wanted).all()):
        return False
    return float((wanted - found).abs().max()) <= close * max(1.0, float(wanted.abs().max()))


def traced_net(net: nn.Module) -> fx.GraphModule | None:
    """The net as a graph of its layers, which it shares with it; None where its Python cannot be followed."""
    try:
        return fx.symbolic_trace(net)
    except UNTRACEABLE:
        return None


# ---- batch norm


def fold_norms(traced: fx.GraphModule) -> int:
    """Fold each norm that alone reads a convolution into that convolution, which is replaced; how many there were."""
    calls = Counter(node.target for node in traced.graph.nodes if node.op == "call_module")
    folded = 0
    for node in list(traced.graph.nodes):
        norm, before = _layer(traced, node), node.args[0] if node.args else None
        if type(norm) is not nn.BatchNorm2d or norm.running_mean is None or not isinstance(before, fx.Node):
            continue
        layer = _layer(traced, before)
        alone = len(before.users) == 1 and calls[before.target] == 1
        if type(layer) is not nn.Conv2d or layer.padding_mode != "zeros" or not alone:
            continue
        _replace(traced, str(before.target), with_norm(layer, norm))
        node.replace_all_uses_with(before)
        traced.graph.erase_node(node)
        folded += 1
    traced.recompile()
    return folded


def _layer(traced: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    return traced.get_submodule(str(node.target)) if node.op == "call_module" else None


def _replace(traced: fx.GraphModule, name: str, layer: nn.Module) -> None:
    """Only in the graph's own tree of modules, which shares none but layers with the net that was traced."""
    parent, _, own = name.rpartition(".")
    setattr(traced.get_submodule(parent), own, layer)


# ---- fused kernels


def fuse_kernels(traced: fx.GraphModule, example: Tensor) -> fx.GraphModule:
    """A copy in which every convolution is a ``FusedConvolution``, with the sum and the activation that alone read it."""
    graph = fx.Graph()
    given = graph.graph_copy(traced.graph, {})
    graph.output(given)
    made = fx.GraphModule(traced, graph)
    ShapeProp(made).propagate(example)
    written = _written(made)
    for number, node in enumerate(list(made.graph.nodes)):
        layer = _layer(made, node)
        if type(layer) is nn.Conv2d and layer.padding_mode == "zeros" and not isinstance(layer.padding, str):
            _fuse(made, node, layer, f"fused{number}", written)
    made.graph.lint()
    made.recompile()
    made.delete_all_unused_submodules()
    return made


def _fuse(made: fx.GraphModule, node: fx.Node, layer: nn.Conv2d, name: str, written: set[fx.Node]) -> None:
    """Where nothing is added the kernel stands where the convolution stood, else where the sum did."""
    read = node.args[0]
    if not isinstance(read, fx.Node) or _shape(read) is None:
        return
    inputs, place = [read], node
    follower = _only_user(node)
    added = None if follower is None or read in written else _added(follower, node)
    if follower is not None and added is not None and added not in written:
        inputs, place = [read, added], follower
    last, activation = place, Activation()
    follower = _only_user(place)
    known = None if follower is None else _activation(made, follower)
    if follower is not None and known is not None:
        last, activation = follower, known
    made.add_submodule(name, FusedConvolution(layer, activation, tuple(_shape(read)[1:])))
    with made.graph.inserting_after(place):
        fused = made.graph.call_module(name, tuple(inputs))
    fused.meta = dict(last.meta)
    last.replace_all_uses_with(fused)
    for old in (last, *_between(last, node)):
        made.graph.erase_node(old)


def _between(last: fx.Node, first: fx.Node) -> list[fx.Node]:
    """The nodes from before ``last`` back to ``first``, each of which the next alone reads."""
    found: list[fx.Node] = []
    while last is not first:
        last = next(one for one in last.all_input_nodes if one is first or first in one.all_input_nodes)
        found.append(last)
    return found


def _only_user(node: fx.Node) -> fx.Node | None:
    return next(iter(node.users)) if len(node.users) == 1 else None


def _added(node: fx.Node, summand: fx.Node) -> fx.Node | None:
    """The other summand, where ``node`` is the sum of two tensors of one shape."""
    adds = (operator.add, operator.iadd, torch.add)
    if node.op != "call_function" or node.target not in adds or len(node.args) != 2 or node.kwargs:
        return None
    first, second = node.args
    if not isinstance(first, fx.Node) or not isinstance(second, fx.Node) or first is second:
        return None
    return (second if first is summand else first) if _shape(first) == _shape(second) is not None else None


def _shape(node: fx.Node) -> Any:
    return getattr(node.meta.get("tensor_meta"), "shape", None)


_FUNCTIONS: dict[Any, Callable[[], nn.Module]] = {
    functional.relu: nn.ReLU,
    torch.relu: nn.ReLU,
    functional.relu6: nn.ReLU6,
    functional.silu: nn.SiLU,
    torch.sigmoid: nn.Sigmoid,
    torch.tanh: nn.Tanh,
}


def _activation(made: fx.GraphModule, node: fx.Node) -> Activation | None:
    if node.op == "call_module":
        return activation_of(made.get_submodule(str(node.target)))
    if node.op != "call_function" or len(node.args) != 1 or set(node.kwargs) - {"inplace", "negative_slope"}:
        return None
    if node.target is functional.leaky_relu:
        return activation_of(nn.LeakyReLU(float(node.kwargs.get("negative_slope", 0.01))))  # type: ignore[arg-type]
    kind = _FUNCTIONS.get(node.target)
    return None if kind is None else activation_of(kind())


def _written(made: fx.GraphModule) -> set[fx.Node]:
    """What some layer writes into in place: nothing that reads it may be moved."""
    found: set[fx.Node] = set()
    for node in made.graph.nodes:
        layer = _layer(made, node)
        in_place = bool(getattr(layer, "inplace", False)) or bool(node.kwargs.get("inplace")) or node.target is operator.iadd
        if in_place or (node.op == "call_method" and str(node.target).endswith("_")):
            found.update(one for one in node.args[:1] if isinstance(one, fx.Node))
    return found
