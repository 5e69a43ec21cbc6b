"""Every operation of one pass through a net, seen as it is called on tensors without memory.

So nothing depends on how the net's Python is written, and nothing is computed.
"""

import weakref
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

See = Callable[[str, tuple[Any, ...], dict[str, Any], list[Tensor]], None]
"""(name of the operation as "aten::relu", its positional and named arguments, the tensors that it gave)"""


def on_meta(net: nn.Module) -> nn.Module:
    """A copy without memory, in evaluation mode."""
    with torch.device("meta"):
        return deepcopy(net).to("meta").eval()


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own class has no types
    """Shows every operation to ``see``, and keeps the most bytes that what the operations gave held at once.

    weights: what is there in any case, and is not counted where an operation gives another view of it.
    """

    def __init__(self, see: See, weights: Iterable[Tensor] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._see = see
        self._weights = {one.untyped_storage()._cdata for one in weights}
        self._held: dict[int, list[int]] = {}  # by storage: bytes, tensors that share it
        self.bytes = self.peak_bytes = 0

    def __torch_dispatch__(self, operation: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = operation(*args, **(kwargs or {}))
        tensors = [one for one in (given if isinstance(given, tuple | list) else (given,)) if isinstance(one, Tensor)]
        for one in tensors:
            self.hold(one)
        self.peak_bytes = max(self.peak_bytes, self.bytes)
        self._see(operation._schema.name, args, kwargs or {}, tensors)
        return given

    def hold(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._weights:
            return
        if key in self._held:
            self._held[key][1] += 1
        else:
            self._held[key] = [storage.nbytes(), 1]
            self.bytes += storage.nbytes()
        weakref.finalize(tensor, self._drop, key)

    def _drop(self, key: int) -> None:
        self._held[key][1] -= 1
        if not self._held[key][1]:
            self.bytes -= self._held.pop(key)[0]


def tensors_in(args: Any) -> Iterator[Tensor]:
    """Those among the arguments of an operation, lists of them too."""
    for one in args:
        if isinstance(one, Tensor):
            yield one
        elif isinstance(one, tuple | list):
            yield from tensors_in(one)
