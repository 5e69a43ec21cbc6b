"""A convolution with what follows it in one kernel: batch norm in its weights, an activation and a sum done on the way out.

The kernels are oneDNN's, which torch has on the processor for float32; they read channels last.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

ROWS = 8


@dataclass(frozen=True, slots=True)
class Activation:
    """name: what oneDNN calls it.  scalars: its settings.  algorithm: of GELU, whether it is approximated."""

    name: str = "none"
    scalars: tuple[float, ...] = ()
    algorithm: str = ""


def fused_kernels_are_here() -> bool:
    kernels = ("_convolution_pointwise", "_reorder_convolution_weight")
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return available and all(hasattr(torch.ops.mkldnn, name) for name in kernels)


def activation_of(layer: nn.Module) -> Activation | None:
    """None for a layer that is no activation which the kernels know."""
    match layer:
        case nn.ReLU6() | nn.Hardtanh():
            return Activation("hardtanh", (float(layer.min_val), float(layer.max_val)))
        case nn.LeakyReLU():
            return Activation("leaky_relu", (float(layer.negative_slope),))
        case nn.GELU():
            return Activation("gelu", (), layer.approximate)
    names: dict[type, str] = {
        nn.ReLU: "relu",
        nn.Sigmoid: "sigmoid",
        nn.Tanh: "tanh",
        nn.SiLU: "swish",
        nn.Hardswish: "hardswish",
    }
    name = names.get(type(layer))
    return None if name is None else Activation(name)


def with_norm(layer: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """A convolution that gives what ``norm`` gives of ``layer``, in evaluation mode; computed in float64, then of layer's type.

    Source: Jacob et al. (2018), section 3.2.
    """
    kind = layer.weight.dtype

    def wide(value: Tensor | None) -> Tensor | None:
        return None if value is None else value.detach().double()

    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None:
        raise ValueError("a norm that keeps no statistics cannot be folded.")
    weight, bias = fuse_conv_bn_weights(
        layer.weight.detach().double(),
        wide(layer.bias),
        mean.double(),
        variance.double(),
        norm.eps,
        wide(norm.weight),
        wide(norm.bias),
    )
    folded = nn.Conv2d(
        layer.in_channels,
        layer.out_channels,
        layer.kernel_size,  # type: ignore[arg-type]  # (height, width), as it is kept
        layer.stride,  # type: ignore[arg-type]
        layer.padding,  # type: ignore[arg-type]
        layer.dilation,  # type: ignore[arg-type]
        layer.groups,
        device="meta",
        dtype=kind,
    )
    folded.weight = nn.Parameter(weight.to(kind), requires_grad=False)
    folded.bias = nn.Parameter(bias.to(kind), requires_grad=False)
    return folded.eval()


class FusedConvolution(nn.Module):
    """x (n, before, h, w) -> activation(convolution(x) + added), float32 and channels last.

    maps: (before, h, w) of what it will mostly read; the weight is laid out for ``ROWS`` of these, and takes others too.
    """

    def __init__(self, layer: nn.Conv2d, activation: Activation, maps: tuple[int, ...]) -> None:
        super().__init__()
        self.settings = [list(layer.padding), list(layer.stride), list(layer.dilation), layer.groups]
        plain = layer.weight.detach().to(memory_format=torch.channels_last)
        self.weight = torch.ops.mkldnn._reorder_convolution_weight(plain, *self.settings, [ROWS, *maps])
        self.bias = None if layer.bias is None else layer.bias.detach()
        self.name, self.scalars, self.algorithm = activation.name, list(activation.scalars), activation.algorithm

    def forward(self, x: Tensor, added: Tensor | None = None) -> Tensor:
        kernels = torch.ops.mkldnn
        x = x.contiguous(memory_format=torch.channels_last)
        if added is None:
            return kernels._convolution_pointwise(  # type: ignore[no-any-return]
                x, self.weight, self.bias, *self.settings, self.name, self.scalars, self.algorithm
            )
        unary = None if self.name == "none" else self.name
        added = added.contiguous(memory_format=torch.channels_last)
        return kernels._convolution_pointwise.binary(  # type: ignore[no-any-return]
            x, added, self.weight, self.bias, *self.settings, "add", 1.0, unary, self.scalars, self.algorithm
        )
