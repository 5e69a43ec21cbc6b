"""A wide and shallow residual network for pictures of about 32 pixels a side, that learns in few epochs.

Sources: He, Zhang, Ren & Sun (2016); wide rather than deep: Zagoruyko & Komodakis (2016); convolution, pooling, norm in this
order, the highest value of each last map, and logits an eighth as large: Page (2018), the ResNet-9 of "How to train your
ResNet", here with a pooling after the first convolution and a residual block in each stage.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.network import Network

STAGES = (32, 64, 128, 256)
LOGITS = 0.125
"""With this factor the first steps at a high rate do not overshoot."""


class Convolution(nn.Module):
    """x (n, before, h, w) -> (n, after, h, w), or half as high and wide."""

    def __init__(self, before: int, after: int, *, pooled: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(after)
        self.pooled = pooled

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv(x)
        if self.pooled:
            hidden = functional.max_pool2d(hidden, 2)
        return functional.relu(self.bn(hidden), inplace=True)


class Residual(nn.Module):
    """x (n, channels, h, w) -> the same form."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Convolution(channels, channels)
        self.second = Convolution(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x))  # type: ignore[no-any-return]


class WideSmallResNet(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs)."""

    def __init__(self, outputs: int, channels: int) -> None:
        super().__init__()
        first, second, third, fourth = STAGES
        self.stem = Convolution(channels, first, pooled=True)
        self.stage1 = nn.Sequential(Convolution(first, second), Residual(second))
        self.stage2 = nn.Sequential(Convolution(second, third, pooled=True), Residual(third))
        self.stage3 = nn.Sequential(Convolution(third, fourth, pooled=True), Residual(fourth))
        self.linear = nn.Linear(fourth, outputs)

    def forward(self, pictures: Tensor) -> Tensor:
        hidden = self.stage3(self.stage2(self.stage1(self.stem(pictures))))
        return self.linear(torch.flatten(functional.adaptive_max_pool2d(hidden, 1), 1)) * LOGITS  # type: ignore[no-any-return]


def build(outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return WideSmallResNet(outputs, channels)


RESNET11_WIDE = Network(
    "resnet11-wide",
    "wide ResNet of 11 layers for small pictures",
    build,
    32,
    8,
    ("linear.",),
    "Page (2018), Zagoruyko & Komodakis (2016)",
    single=True,
)
