"""Receptive field: which pixels of the picture a place of the last feature maps can see.

Counted exactly, operation by operation: of every tensor it is kept from which pixel to which its first place sees, and by how
many pixels the next place sees further.  Where branches meet, the wider reach on each side counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from assay.nets.image.recorded import Recorder, on_meta, tensors_in


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """Of a place of the last feature maps.

    size: pixels a side that it sees, beyond the picture's edge where the picture is smaller; None where it is not known, and
        where it is the whole picture whatever the size (``whole``).
    stride: pixels between what two neighbours see.  maps: height and width of those maps.
    remark: why it is not known, or what else is to be said; or "".
    """

    size: int | None
    stride: int | None
    maps: tuple[int, int] | None
    whole: bool = False
    remark: str = ""


@dataclass(frozen=True, slots=True)
class _Axis:
    """low, high: first and last pixel that place 0 sees.  step: pixels from place to place."""

    low: float
    high: float
    step: float

    def window(self, size: int, stride: int, padding: int, dilation: int) -> "_Axis":
        low = self.low - padding * self.step
        return _Axis(low, self.high + (dilation * (size - 1) - padding) * self.step, self.step * stride)


@dataclass(frozen=True, slots=True)
class _Seen:
    """axes: of height and width; None where a place sees the whole picture."""

    axes: tuple[_Axis, _Axis] | None
    gated: bool = False


class _Unknown(Exception):  # noqa: N818 - it is caught here and never leaves
    """An operation that is not followed."""


WHOLE = _Seen(None)
GATED = "the gates of its channels see the whole picture besides"
JOINED = "attention joins all places"


def receptive_field(net: nn.Module, channels: int, size: int) -> ReceptiveField:
    """Of a net that takes float pictures (n, channels, size, size), in evaluation mode."""
    empty = on_meta(net)
    picture = torch.empty(1, channels, size, size, device="meta")
    following = _Following(picture)
    with torch.no_grad(), Recorder(following.see):
        empty(picture)
    return following.found()


class _Following:
    """What is known of every tensor that depends on the picture."""

    def __init__(self, picture: Tensor) -> None:
        pixel = _Axis(0.0, 0.0, 1.0)
        self.seen = WeakTensorKeyDictionary()
        self.seen[picture] = _Seen((pixel, pixel))
        self.last: tuple[_Seen, tuple[int, int]] | None = None
        self.attention = False
        self.failure = ""

    def see(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], given: list[Tensor]) -> None:
        known = [(one, self.seen[one]) for one in tensors_in((*args, *kwargs.values())) if one in self.seen]
        if not known or self.failure:
            return
        own = name.removeprefix("aten::")
        try:
            found = _after(own, args, known, given)
        except _Unknown:
            self.failure = f"the operation {own} is not followed"
            return
        self.attention |= own in _ATTENTION
        for one in given:
            self.seen[one] = found
        if given and found.axes is not None and given[0].ndim == 4 and own not in _VIEWS:
            self.last = found, (given[0].shape[2], given[0].shape[3])

    def found(self) -> ReceptiveField:
        if self.failure:
            return ReceptiveField(None, None, None, remark=self.failure)
        if self.last is None:
            return ReceptiveField(None, None, None, whole=True, remark="it has no feature maps")
        seen, maps = self.last
        across = max(seen.axes or (), key=lambda axis: axis.high - axis.low)
        size, stride = round(across.high - across.low) + 1, round(across.step)
        if self.attention:
            return ReceptiveField(None, stride, maps, whole=True, remark=JOINED)
        return ReceptiveField(size, stride, maps, remark=GATED if seen.gated else "")


# ---- operations

_SAME = frozenset(
    {
        *("relu", "relu_", "hardtanh", "hardtanh_", "leaky_relu", "leaky_relu_", "silu", "silu_", "gelu", "elu", "elu_"),
        *("sigmoid", "sigmoid_", "tanh", "tanh_", "hardswish", "hardswish_", "hardsigmoid", "hardsigmoid_", "softplus", "neg"),
        *("native_batch_norm", "_native_batch_norm_legit_no_training", "batch_norm", "clone", "contiguous", "detach", "alias"),
        *("_to_copy", "dropout", "pow", "exp", "sqrt", "rsqrt", "abs", "clamp", "clamp_", "lift_fresh"),
    }
)
_JOINING = frozenset({"add", "add_", "sub", "mul", "mul_", "div", "div_", "cat", "stack", "maximum", "minimum"})
_VIEWS = frozenset({"view", "_unsafe_view", "reshape", "flatten", "t", "transpose", "permute", "expand", "squeeze", "unsqueeze"})
_ATTENTION = frozenset(
    {
        *("_safe_softmax", "_softmax", "bmm", "scaled_dot_product_attention", "_native_multi_head_attention"),
        *("_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_attention_math"),
    }
)
_MIXING = frozenset({"mean", "addmm", "mm", "linear", "sum", "native_layer_norm", "select", "amax", "avg_pool1d"})


def _after(name: str, args: tuple[Any, ...], known: list[tuple[Tensor, _Seen]], given: list[Tensor]) -> _Seen:
    """What the tensors that an operation gave see. Raises _Unknown."""
    first, seen = known[0]
    if name in _JOINING:
        return _joined(known)
    if all(one.axes is None for _, one in known) or name in _ATTENTION:
        return WHOLE
    if name in _SAME:
        return seen
    if name in _WINDOWS and seen.axes is not None:
        return _WINDOWS[name](args, seen)
    if name in ("_adaptive_avg_pool2d", "adaptive_max_pool2d"):
        return seen if first.shape[2:] == given[0].shape[2:] else WHOLE
    if name == "native_layer_norm" and first.ndim == 4 and len(args[1]) == 1:
        return seen
    if name in _VIEWS:
        return seen if given[0].shape == first.shape else WHOLE
    if name in _MIXING:
        return WHOLE
    if name == "index" and len(args[1]) <= 2:  # rows and channels are picked
        return seen
    raise _Unknown(name)


def _joined(known: list[tuple[Tensor, _Seen]]) -> _Seen:
    """The wider reach on each side; what sees the whole picture counts as a gate beside what does not."""
    local = [seen for _, seen in known if seen.axes is not None]
    if not local:
        return WHOLE
    gated = any(seen.gated or seen.axes is None for _, seen in known)
    axes = []
    for side in (0, 1):
        of_side = [seen.axes[side] for seen in local if seen.axes is not None]
        if len({axis.step for axis in of_side}) > 1:
            raise _Unknown("join of maps of different strides")
        low, high = min(axis.low for axis in of_side), max(axis.high for axis in of_side)
        axes.append(_Axis(low, high, of_side[0].step))
    return _Seen((axes[0], axes[1]), gated)


def _two(value: Any) -> tuple[int, int]:
    """Settings of a window, which may be given once for both sides."""
    values = list(value) if isinstance(value, tuple | list) else [value]
    return (values[0], values[0]) if len(values) == 1 else (values[0], values[1])


def _moved(seen: _Seen, sizes: Any, strides: Any, padding: Any, dilation: Any) -> _Seen:
    settings = zip(_two(sizes), _two(strides), _two(padding), _two(dilation), strict=True)
    if seen.axes is None:
        return seen
    height, width = (axis.window(*one) for axis, one in zip(seen.axes, settings, strict=True))
    return _Seen((height, width), seen.gated)


def _convolution(args: tuple[Any, ...], seen: _Seen) -> _Seen:
    _, weight, _, stride, padding, dilation, transposed, *_ = args
    if transposed:
        raise _Unknown("transposed convolution")
    return _moved(seen, tuple(weight.shape[2:]), stride, padding, dilation)


def _pooling(args: tuple[Any, ...], seen: _Seen, *, dilated: bool) -> _Seen:
    kernel = args[1]
    stride = args[2] if len(args) > 2 and args[2] else kernel
    padding = args[3] if len(args) > 3 else 0
    return _moved(seen, kernel, stride, padding, args[4] if dilated and len(args) > 4 else 1)


def _slice(args: tuple[Any, ...], seen: _Seen) -> _Seen:
    """Every ``step``-th place from ``start`` on; of rows and channels, all see alike."""
    dim = args[1] if len(args) > 1 else 0
    start = args[2] if len(args) > 2 and args[2] is not None else 0
    step = args[4] if len(args) > 4 else 1
    if args[0].ndim != 4 or seen.axes is None:
        return WHOLE
    if dim % 4 < 2:
        return seen
    axes = list(seen.axes)
    axis, start = axes[dim % 4 - 2], start % args[0].shape[dim] if start < 0 else start
    axes[dim % 4 - 2] = _Axis(axis.low + start * axis.step, axis.high + start * axis.step, axis.step * step)
    return _Seen((axes[0], axes[1]), seen.gated)


def _pad(args: tuple[Any, ...], seen: _Seen) -> _Seen:
    pads = args[1]
    before = (pads[2] if len(pads) > 2 else 0, pads[0] if pads else 0)
    if seen.axes is None:
        return seen
    height, width = (
        _Axis(axis.low - pad * axis.step, axis.high - pad * axis.step, axis.step)
        for axis, pad in zip(seen.axes, before, strict=True)
    )
    return _Seen((height, width), seen.gated)


_WINDOWS: dict[str, Callable[[tuple[Any, ...], _Seen], _Seen]] = {
    "convolution": _convolution,
    "max_pool2d_with_indices": lambda args, seen: _pooling(args, seen, dilated=True),
    "avg_pool2d": lambda args, seen: _pooling(args, seen, dilated=False),
    "slice": _slice,
    "constant_pad_nd": _pad,
}
