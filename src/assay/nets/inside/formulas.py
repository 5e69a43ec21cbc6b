"""What a torch function is called and how it is written, for the nodes of a computational graph."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from torch.overrides import resolve_name

MINUS = "\N{MINUS SIGN}"

_INFIX = {"add": "+", "sub": MINUS, "mul": "·", "div": "/", "matmul": "·", "mm": "·", "truediv": "/"}


def _convolution(arguments: Sequence[str]) -> str:
    bias = [part for part in arguments[2:3] if not part.isdigit()]  # without a bias the stride stands here
    return f"{arguments[1]} ∗ {' + '.join([arguments[0], *bias])}"


_WRITTEN: dict[str, Callable[[Sequence[str]], str]] = {
    "linear": lambda a: f"{a[0]} · {a[1]}ᵀ" + (f" + {a[2]}" if len(a) > 2 else ""),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
    "sigmoid": lambda a: f"1 / (1 + exp({MINUS}{a[0]}))",
    "relu": lambda a: f"max(0, {a[0]})",
    "leaky_relu": lambda a: f"max({a[1]} · {a[0]}, {a[0]})",
    "silu": lambda a: f"{a[0]} / (1 + exp({MINUS}{a[0]}))",
    "gelu": lambda a: f"{a[0]} · Φ({a[0]})",
    "rsub": lambda a: f"{a[1]} {MINUS} {a[0]}",
    "rdiv": lambda a: f"{a[1]} / {a[0]}",
    "pow": lambda a: f"{a[0]}²" if a[1] == "2" else f"{a[0]}^{a[1]}",
    "square": lambda a: f"{a[0]}²",
    "neg": lambda a: f"{MINUS}{a[0]}",
    "T": lambda a: f"{a[0]}ᵀ",
}


def operation_name(function: Any) -> str:
    """ "linear" of torch.nn.functional.linear, "rsub" of Tensor.__rsub__, "T" of the property Tensor.T."""
    written = resolve_name(function) or getattr(function, "__name__", "operation")
    name: str = written.removesuffix(".__get__").rpartition(".")[2]
    own = getattr(function, "__name__", "")
    if name.startswith("__") and own and own != "__get__":
        name = own
    name = name.strip("_") if name.startswith("__") else name.rstrip("_")
    return {"iadd": "add", "isub": "sub", "imul": "mul", "itruediv": "div"}.get(name, name)


def formula(operation: str, arguments: Sequence[str]) -> str:
    """The operation on these arguments (names of nodes, numbers) in signs, as far as it is usual, else as a call.

    >>> formula("linear", ["x", "w", "b"]), formula("softplus", ["z", "1"])
    ('x · wᵀ + b', 'softplus(z, 1)')
    """
    if operation in _INFIX and len(arguments) == 2:
        return f"{arguments[0]} {_INFIX[operation]} {arguments[1]}"
    if operation in _WRITTEN:
        return _WRITTEN[operation](arguments)
    return f"{operation}({', '.join(arguments)})"


def changes_its_input(operation: str, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Whether the call overwrites its first argument: ``add_``, ``+=``, ``h[0] = …``, ``relu(h, inplace=True)``."""
    own = getattr(function, "__name__", "")
    if operation == "setitem" or own in ("__iadd__", "__isub__", "__imul__", "__itruediv__"):
        return True
    if own.endswith("_") and not own.startswith("__"):
        return True
    if not inspect.isfunction(function):  # torch's own calls in C say it by the underscore
        return False
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return False
    return bool(bound.arguments.get("inplace", False))
