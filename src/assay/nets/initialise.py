"""First weights of a net, by scheme: what a layer starts from decides whether signals and gradients survive its depth.

A scheme sets the variance of the weights from fan_in and fan_out, the numbers that one output reads and that one input
feeds (of a convolution: channels times the area of the kernel).  Biases are 0 under every scheme.

| scheme       | weights                    | variance               | source                                          |
| ------------ | -------------------------- | ---------------------- | ----------------------------------------------- |
| "zeros"      | 0                          | 0                      | to show symmetry: a layer's neurons stay equal  |
| "uniform"    | U(-a, a), a = 1/sqrt(fan_in) | 1/(3·fan_in)         | LeCun et al. (1998); Glorot & Bengio (2010), (1) |
| "xavier"     | uniform                    | 2/(fan_in + fan_out)   | Glorot & Bengio (2010), (16)                    |
| "he"         | uniform                    | 2/fan_in               | He, Zhang, Ren & Sun (2015), (10)               |
| "orthogonal" | a semi-orthogonal matrix   | 1/max(rows, columns)   | Saxe, McClelland & Ganguli (2014)               |
"""

from collections.abc import Callable
from typing import Literal, get_args

from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.blocks import check_activation

Scheme = Literal["auto", "zeros", "uniform", "xavier", "he", "orthogonal"]

_SATURATING = ("tanh", "sigmoid")


def check_scheme(name: str) -> None:
    """Raise ConfigError unless ``name`` is a scheme of first weights."""
    if name not in get_args(Scheme):
        raise ConfigError(f"no initialization {name!r}{did_you_mean(name, get_args(Scheme))}")


def initialise(model: nn.Module, activation: str, scheme: Scheme = "auto") -> None:
    """Draw the weights of every linear and convolution layer anew from torch's global generator; their biases become 0.

    activation: the one that follows the layers; "auto" takes "xavier" before tanh and sigmoid, "he" before the others.
    Other layers (norms, embeddings) are left alone.
    Raises ConfigError for an activation or a scheme that does not exist.
    """
    check_activation(activation)
    check_scheme(scheme)
    chosen = scheme
    if scheme == "auto":
        chosen = "xavier" if activation in _SATURATING else "he"
    for layer in model.modules():
        if isinstance(layer, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)):
            _FILLS[chosen](layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def _uniform(weight: Tensor) -> None:
    end = weight[0].numel() ** -0.5
    nn.init.uniform_(weight, -end, end)


def _he(weight: Tensor) -> None:
    nn.init.kaiming_uniform_(weight, nonlinearity="relu")


_FILLS: dict[str, Callable[[Tensor], object]] = {
    "zeros": nn.init.zeros_,
    "uniform": _uniform,
    "xavier": nn.init.xavier_uniform_,
    "he": _he,
    "orthogonal": nn.init.orthogonal_,
}
