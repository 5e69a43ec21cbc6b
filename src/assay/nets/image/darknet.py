"""Darknet-19 and Darknet-53, the classifiers that YOLO v2 and v3 stand on.

Sources: Redmon & Farhadi (2017), table 6; Redmon & Farhadi (2018), table 1.  Leaky ReLU with a slope of 0.1 everywhere.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.network import Network

SLOPE = 0.1

PARTS_19 = (
    (32,),
    (64,),
    (128, 64, 128),
    (256, 128, 256),
    (512, 256, 512, 256, 512),
    (1024, 512, 1024, 512, 1024),
)
"""Widths between max poolings; kernels of 3 × 3 and 1 × 1 take turns."""

BLOCKS_53 = (1, 2, 8, 8, 4)


class ConvNorm(nn.Module):
    """Convolution, batch norm, leaky ReLU; x (n, before, h, w) -> (n, after, h / stride, w / stride)."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        return functional.leaky_relu(self.bn(self.conv(x)), SLOPE, inplace=True)


class Residual(nn.Module):
    """x (n, width, h, w) -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = ConvNorm(width, width // 2, 1)
        self.conv2 = ConvNorm(width // 2, width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(self.conv1(x))  # type: ignore[no-any-return]


class Darknet19(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs): the last convolution has a map for each output, and their means are taken."""

    def __init__(self, outputs: int, channels: int) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        before = channels
        for widths in PARTS_19:
            layers: list[nn.Module] = [nn.MaxPool2d(2, 2)] if stages else []
            for place, after in enumerate(widths):
                layers.append(ConvNorm(before, after, 1 if place % 2 else 3))
                before = after
            stages.append(nn.Sequential(*layers))
        self.features = nn.Sequential(*stages)
        self.classifier = nn.Conv2d(before, outputs, 1)
        _draw(self)

    def forward(self, pictures: Tensor) -> Tensor:
        return torch.flatten(functional.adaptive_avg_pool2d(self.classifier(self.features(pictures)), 1), 1)


class Darknet53(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs)."""

    def __init__(self, outputs: int, channels: int) -> None:
        super().__init__()
        width = 32
        stages: list[nn.Module] = [ConvNorm(channels, width, 3)]
        for blocks in BLOCKS_53:
            smaller = ConvNorm(width, 2 * width, 3, stride=2)
            width *= 2
            stages.append(nn.Sequential(smaller, *(Residual(width) for _ in range(blocks))))
        self.features = nn.Sequential(*stages)
        self.classifier = nn.Linear(width, outputs)
        _draw(self)

    def forward(self, pictures: Tensor) -> Tensor:
        hidden = functional.adaptive_avg_pool2d(self.features(pictures), 1)
        return self.classifier(torch.flatten(hidden, 1))  # type: ignore[no-any-return]


def _draw(net: nn.Module) -> None:
    """As Darknet does: normal with variance 2 over the inputs of a unit, biases 0."""
    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def build_19(outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return Darknet19(outputs, channels)


def build_53(outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return Darknet53(outputs, channels)


# five poolings halve 32 pixels to 1, and 31 to nothing
DARKNET19 = Network("darknet19", "Darknet-19", build_19, 224, 32, ("classifier.",), "Redmon & Farhadi (2017)")
# it runs on one pixel too, but below 32 its last maps, 32 times smaller, see more of the padding than of the picture
DARKNET53 = Network("darknet53", "Darknet-53", build_53, 256, 32, ("classifier.",), "Redmon & Farhadi (2018)")
