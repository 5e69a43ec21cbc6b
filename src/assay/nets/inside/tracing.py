"""The computational graph of a net, recorded while it runs: one batch forward, its loss backward.

Why a recorder of torch functions (TorchFunctionMode) and neither torch.fx nor a walk along autograd: fx traces symbols and
fails on a forward pass that branches on shapes or values; autograd's own graph has names of derivatives ("AddmmBackward0")
and no values.  The recorder sees what really ran, by the names that one writes, with every value; gradients come from
hooks on the tensors.  Every reader of a tensor gets an alias of its own (a view), so that an edge's gradient is what flows
through that edge and not the sum over all readers.

The model is copied first: its weights, gradients, running statistics and mode are not touched.
"""

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from assay.core.errors import ConfigError
from assay.nets.inside.formulas import changes_its_input, formula, operation_name
from assay.nets.inside.graph import MOST_ENTRIES, Edge, Graph, Kind, Node, Numbers
from assay.nets.seeding import isolated

Loss = Callable[[Tensor, Tensor], Tensor]
"""(output of the net, target) -> losses (n,), as in nets.losses; their mean is what flows back."""


def computational_graph(model: nn.Module, inputs: tuple[Tensor, ...], target: Tensor, loss: Loss, *, seed: int = 0) -> Graph:
    """Run ``model(*inputs)`` and the mean of ``loss(output, target)`` forward, then backward, and return all that flowed.

    inputs: each (n, …), on the model's device.  target: (n, …).  seed: of dropout, where the model is in training mode.
    The loss is one node.  Tensors that depend neither on inputs nor on parameters (running statistics) are no nodes.
    Raises ConfigError when nothing that the loss depends on can have a gradient.
    """
    copied = copy.deepcopy(model)
    tape = _Tape()
    leaves = _leaves(tape, copied, inputs)
    _follow_layers(tape, copied)
    with isolated(seed, inputs[0].device.type), torch.enable_grad():
        with _Recorder(tape):
            output = copied(*leaves)
        tape.give("y", "target", target)
        losses = tape.call("loss", loss, (output, target), {})
        if not losses.requires_grad:
            raise ConfigError(
                "the loss depends on no weight and on no input that can have a gradient, so there is nothing to draw "
                "backward; thaw a layer or pass floating inputs."
            )
        wanted = [record for record in tape.records if record.tensor is not None and record.tensor.requires_grad]
        tensors = [record.tensor for record in wanted if record.tensor is not None]
        mean = losses.mean()
        for record, gradient in zip(wanted, torch.autograd.grad(mean, tensors, allow_unused=True), strict=True):
            record.gradient = None if gradient is None else _numbers(gradient)
    return _finished(tape, _loss_name(loss), float(mean.detach()))


@dataclass
class _Passed:
    """An edge in the making.

    of: the id of the tensor.  is_whole: whether ``gradient`` is the sum over all readers: a tensor that is overwritten
    cannot be read through an alias.
    """

    source: int
    of: int
    value: Numbers
    is_whole: bool
    gradient: Tensor | None = None

    def flow(self, gradient: Tensor) -> None:
        self.gradient = gradient


@dataclass
class _Record:
    """A node in the making.  tensor: of leaves, which have no hook of their own.  layer: path of the module, and if a leaf."""

    name: str
    kind: Kind
    value: Numbers
    operation: str = ""
    layer: tuple[str, bool] = ("", False)
    arguments: list[Any] = field(default_factory=list)
    passed: list[_Passed] = field(default_factory=list)
    gradient: Numbers | None = None
    tensor: Tensor | None = None

    def flow(self, gradient: Tensor) -> None:
        self.gradient = _numbers(gradient)


class _Argument:
    """A place in a call that holds the value of a node."""

    def __init__(self, record: int) -> None:
        self.record = record


class _Recorder(TorchFunctionMode):
    """Hands every call of a torch function over to the tape."""

    def __init__(self, tape: "_Tape") -> None:
        super().__init__()
        self.tape = tape

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.tape.call(operation_name(func), func, args, kwargs or {})


class _Tape:
    """What was computed so far.  known: id of a tensor -> the tensor (kept alive, so that ids stay unique) and its record."""

    def __init__(self) -> None:
        self.records: list[_Record] = []
        self.known: dict[int, tuple[Tensor, int]] = {}
        self.layers: list[tuple[str, bool]] = []

    def give(self, name: str, kind: Kind, tensor: Tensor) -> None:
        """A tensor that nothing was computed from."""
        self.known[id(tensor)] = (tensor, len(self.records))
        self.records.append(_Record(name, kind, _numbers(tensor), tensor=tensor))

    def call(self, operation: str, function: Any, args: Any, kwargs: Any) -> Any:
        """``function(*args, **kwargs)``, recorded if it reads a known tensor and gives a new one."""
        if not any(id(tensor) in self.known for tensor in _tensors((args, kwargs))):
            return function(*args, **kwargs)
        in_place = changes_its_input(operation, function, args, kwargs)
        record = _Record("", "loss" if operation == "loss" else "operation", Numbers((), 0.0, ()), operation)
        record.layer = self.layers[-1] if self.layers else ("", False)
        originals: dict[int, Tensor] = {}

        def read(tensor: Tensor) -> Tensor:
            if id(tensor) not in self.known:
                record.arguments.append("constant")
                return tensor
            place = self.known[id(tensor)][1]
            record.arguments.append(_Argument(place))
            record.passed.append(_Passed(place, id(tensor), _numbers(tensor), in_place))
            if not tensor.requires_grad:
                return tensor
            alias = tensor if in_place else tensor.view_as(tensor)
            _listen(alias, record.passed[-1].flow)
            originals[id(alias)] = tensor
            return alias

        read_args, read_kwargs = _mapped(args, read, record.arguments), _mapped(kwargs, read, record.arguments)
        result = function(*read_args, **read_kwargs)
        if record.kind != "loss" and not in_place and any(result is part for part in _tensors((read_args, read_kwargs))):
            return originals.get(id(result), result)  # nothing was done to it: dropout outside training, .to() of its own type
        self._keep(record, args[0] if operation == "setitem" else result)
        return result

    def _keep(self, record: _Record, result: Any) -> None:
        given = list(_tensors(result))
        if not given:
            return  # a question about a tensor, such as its shape
        record.value = _numbers(given[0])
        if given[0].requires_grad:
            _listen(given[0], record.flow)
        for tensor in given:
            self.known[id(tensor)] = (tensor, len(self.records))
        self.records.append(record)


def _leaves(tape: _Tape, model: nn.Module, inputs: tuple[Tensor, ...]) -> list[Tensor]:
    """Copies of the inputs, those with a fraction open for gradients, and the parameters, given to the tape."""
    leaves = []
    for place, tensor in enumerate(inputs, 1):
        leaf = tensor.detach().clone().requires_grad_(tensor.is_floating_point())
        tape.give("x" if len(inputs) == 1 else f"x{place}", "input", leaf)
        leaves.append(leaf)
    for name, parameter in model.named_parameters():
        tape.give(name, "parameter", parameter)
    return leaves


def _follow_layers(tape: _Tape, model: nn.Module) -> None:
    """Let the tape know in which layer the model is."""

    def enter(layer: tuple[str, bool], *_: object) -> None:
        tape.layers.append(layer)

    def leave(*_: object) -> None:
        tape.layers.pop()

    for path, module in model.named_modules():
        module.register_forward_pre_hook(partial(enter, (path, not list(module.children()))))
        module.register_forward_hook(leave, always_call=True)


def _finished(tape: _Tape, loss_name: str, loss: float) -> Graph:
    """The graph of what the loss, the last record, depends on."""
    records = tape.records
    used = {len(records) - 1}
    for place in range(len(records) - 1, -1, -1):  # a record reads only records before it
        if place in used:
            used.update(passed.source for passed in records[place].passed)
    records[-1].value, records[-1].gradient = Numbers((), abs(loss), (loss,)), Numbers((), 1.0, (1.0,))
    names = _names(records, used)
    nodes = []
    for place in sorted(used):
        record = records[place]
        texts = [names[part.record] if isinstance(part, _Argument) else part for part in record.arguments]
        text = "" if record.tensor is not None else formula(record.operation, texts)
        operation = record.operation
        if record.kind == "loss":
            operation, text = loss_name, f"mean of {loss_name}({', '.join(texts)})"
        nodes.append(Node(names[place], record.kind, operation, text, record.value, record.gradient))
    edges = []
    for place in sorted(used):
        for passed in records[place].passed:
            edges.append(Edge(names[passed.source], names[place], passed.value, _share(passed, records)))
    return Graph(tuple(nodes), tuple(edges), loss)


def _share(passed: _Passed, records: list[_Record]) -> Numbers | None:
    """What of the gradient came back along this edge."""
    if passed.gradient is None or not passed.is_whole:
        return None if passed.gradient is None else _numbers(passed.gradient)
    others = (p for record in records for p in record.passed if p is not passed)
    same = [p.gradient for p in others if (p.source, p.of) == (passed.source, passed.of) and p.gradient is not None]
    return _numbers(torch.stack([passed.gradient, *(-gradient for gradient in same)]).sum(dim=0))


def _names(records: list[_Record], used: set[int]) -> dict[int, str]:
    """A name for every record: a layer's path where the layer did one thing, else with the operation, numbered if need be."""
    done = Counter(records[place].layer[0] for place in used if records[place].layer[1])
    names: dict[int, str] = {}
    taken: Counter[str] = Counter()
    for place in sorted(used):
        record = records[place]
        path, is_leaf = record.layer
        name = record.name
        if not name:
            name = path if is_leaf and done[path] == 1 else f"{path}.{record.operation}".lstrip(".")
        taken[name] += 1
        names[place] = name if taken[name] == 1 else f"{name}-{taken[name]}"
    return names


def _numbers(tensor: Tensor) -> Numbers:
    values = tensor.detach().to("cpu", torch.float64)
    entries = tuple(values.flatten().tolist()) if values.numel() <= MOST_ENTRIES else None
    return Numbers(tuple(tensor.shape), float(torch.linalg.vector_norm(values)), entries)


def _listen(tensor: Tensor, hear: Callable[[Tensor], None]) -> None:
    tensor.register_hook(hear)  # type: ignore[no-untyped-call]


def _tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in arguments or results, also those inside tuples, lists and dictionaries."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _tensors(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _tensors(part)


def _mapped(value: Any, read: Callable[[Tensor], Tensor], arguments: list[Any]) -> Any:
    """The same arguments with ``read`` in place of their tensors; numbers are noted in ``arguments`` on the way."""
    if isinstance(value, Tensor):
        return read(value)
    if isinstance(value, dict):
        return {name: _mapped(part, read, arguments) for name, part in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_mapped(part, read, arguments) for part in value)
    if type(value) in (int, float):
        arguments.append(f"{value:g}")
    return value


def _loss_name(loss: Loss) -> str:
    """ "squared error" of SquaredError, "mse loss" of mse_loss."""
    name = getattr(loss, "__name__", type(loss).__name__)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").strip().lower()
