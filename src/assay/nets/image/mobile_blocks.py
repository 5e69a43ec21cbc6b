"""The blocks of MobileNet and EfficientNet, under the names of the published weights.

Sources: Sandler, Howard, Zhu, Zhmoginov & Chen (2018), inverted residuals; Hu, Shen & Sun (2018), squeeze and excitation;
Huang, Sun, Liu, Sedra & Weinberger (2016), stochastic depth.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Norm:
    """Of batch norm.  momentum: the share of a new batch in the running statistics."""

    epsilon: float = 1e-5
    momentum: float = 0.1

    def of(self, channels: int) -> nn.BatchNorm2d:
        return nn.BatchNorm2d(channels, self.epsilon, self.momentum)


USUAL = Norm()


class ConvNorm(nn.Sequential):
    """Convolution, batch norm and, unless it is None, an activation.

    x (n, before, h, w) -> (n, after, h / stride, w / stride).
    """

    def __init__(
        self,
        before: int,
        after: int,
        kernel: int,
        activation: type[nn.Module] | None,
        *,
        stride: int = 1,
        groups: int = 1,
        norm: Norm = USUAL,
    ) -> None:
        conv = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
        active = [] if activation is None else [activation(inplace=True)]
        super().__init__(conv, norm.of(after), *active)


class SqueezeExcitation(nn.Module):
    """Each channel times a share in (0, 1) that is computed from the means of all channels; x (n, channels, h, w) -> the same."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.activation = nn.SiLU(inplace=True)
        self.scale_activation = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        share = self.fc2(self.activation(self.fc1(self.avgpool(x))))
        return self.scale_activation(share) * x  # type: ignore[no-any-return]


class StochasticDepth(nn.Module):
    """While it trains, a picture's block is left out with probability ``drop``, and what stays is scaled so that the mean does.

    The pictures are drawn from torch's global generator of their device; otherwise nothing is drawn.
    """

    def __init__(self, drop: float) -> None:
        super().__init__()
        self.drop = drop

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.drop == 0:
            return x
        kept = torch.empty(len(x), 1, 1, 1, dtype=x.dtype, device=x.device).bernoulli_(1 - self.drop)
        return x * kept.div_(1 - self.drop)


class InvertedResidual(nn.Module):
    """Wider by ``expand``, a depthwise 3 × 3, narrow again without activation.

    x (n, before, h, w) -> (n, after, h / stride, w / stride).
    """

    def __init__(self, before: int, after: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = before * expand
        first = [] if expand == 1 else [ConvNorm(before, wide, 1, nn.ReLU6)]
        self.conv = nn.Sequential(
            *first,
            ConvNorm(wide, wide, 3, nn.ReLU6, stride=stride, groups=wide),
            nn.Conv2d(wide, after, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.residual = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.residual else self.conv(x)  # type: ignore[no-any-return]


def divisible(width: float, by: int = 8) -> int:
    """The multiple of ``by`` next to ``width`` (half of it upwards), at least ``by`` and not below 0.9 · width.

    >>> divisible(33.6), divisible(11.0), divisible(1.0)
    (32, 16, 8)
    """
    near = max(by, int(width + by / 2) // by * by)
    return near + by if near < 0.9 * width else near


def draw_convolutions(net: nn.Module) -> None:
    """First weights of convolutions as in the published code: He et al. (2015) over the outputs, biases 0."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
