"""GoogLeNet (Inception v1): nine modules of four branches, and two auxiliary heads that are used while it trains.

Source: Szegedy et al. (2015).  "googlenet-2014" is the paper's: biases, true 5 × 5 convolutions, no batch norm.  "googlenet" is
the form whose weights are published: batch norm with ε 1e-3, and 3 × 3 in the branch of 5 × 5 (a slip that the weights keep).
"""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.conv_norm import ConvNorm
from assay.nets.image.network import HALVES, Network

AUXILIARY = 0.3


@dataclass(frozen=True)
class Form:
    batch_norm: bool
    wide: int
    """The kernel of the branch of 5 × 5."""


class ConvOnly(nn.Module):
    """Convolution with biases, ReLU."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, stride, kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.conv(x), inplace=True)


def _conv(form: Form, before: int, after: int, kernel: int, stride: int = 1) -> nn.Module:
    return (ConvNorm if form.batch_norm else ConvOnly)(before, after, kernel, stride)


class Inception(nn.Module):
    """widths: of 1 × 1; of 3 × 3, reduced and full; of 5 × 5, reduced and full; after the pooling."""

    def __init__(self, form: Form, before: int, widths: tuple[int, int, int, int, int, int]) -> None:
        super().__init__()
        one, reduced3, three, reduced5, five, pooled = widths
        self.branch1 = _conv(form, before, one, 1)
        self.branch2 = nn.Sequential(_conv(form, before, reduced3, 1), _conv(form, reduced3, three, 3))
        self.branch3 = nn.Sequential(_conv(form, before, reduced5, 1), _conv(form, reduced5, five, form.wide))
        pool = nn.MaxPool2d(3, 1, 1, ceil_mode=True)
        self.branch4 = nn.Sequential(pool, _conv(form, before, pooled, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1)


class Auxiliary(nn.Module):
    """A classifier on the maps in the middle, so that a gradient reaches the lower layers."""

    def __init__(self, form: Form, before: int, outputs: int) -> None:
        super().__init__()
        self.conv = _conv(form, before, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, outputs)
        self.dropout = nn.Dropout(0.7)

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.flatten(self.conv(functional.adaptive_avg_pool2d(x, (4, 4))), 1)
        return self.fc2(self.dropout(functional.relu(self.fc1(hidden), inplace=True)))  # type: ignore[no-any-return]


class GoogLeNet(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs); while it trains (outputs, those of aux2, those of aux1)."""

    def __init__(self, form: Form, outputs: int, channels: int) -> None:
        super().__init__()
        self.conv1 = _conv(form, channels, 64, 7, 2)
        self.maxpool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = _conv(form, 64, 64, 1)
        self.conv3 = _conv(form, 64, 192, 3)
        self.maxpool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception3a = Inception(form, 192, (64, 96, 128, 16, 32, 32))
        self.inception3b = Inception(form, 256, (128, 128, 192, 32, 96, 64))
        self.maxpool3 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception4a = Inception(form, 480, (192, 96, 208, 16, 48, 64))
        self.inception4b = Inception(form, 512, (160, 112, 224, 24, 64, 64))
        self.inception4c = Inception(form, 512, (128, 128, 256, 24, 64, 64))
        self.inception4d = Inception(form, 512, (112, 144, 288, 32, 64, 64))
        self.inception4e = Inception(form, 528, (256, 160, 320, 32, 128, 128))
        self.maxpool4 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.inception5a = Inception(form, 832, (256, 160, 320, 32, 128, 128))
        self.inception5b = Inception(form, 832, (384, 192, 384, 48, 128, 128))
        self.aux1 = Auxiliary(form, 512, outputs)
        self.aux2 = Auxiliary(form, 528, outputs)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(1024, outputs)
        for layer in self.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(layer.weight, std=0.01, a=-2, b=2)

    def forward(self, pictures: Tensor) -> Tensor | tuple[Tensor, ...]:
        x = self.maxpool2(self.conv3(self.conv2(self.maxpool1(self.conv1(pictures)))))
        x = self.inception4a(self.maxpool3(self.inception3b(self.inception3a(x))))
        first = self.aux1(x) if self.training else None
        x = self.inception4d(self.inception4c(self.inception4b(x)))
        second = self.aux2(x) if self.training else None
        x = self.inception5b(self.inception5a(self.maxpool4(self.inception4e(x))))
        output: Tensor = self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))
        return output if first is None or second is None else (output, second, first)


def build(form: Form, outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return GoogLeNet(form, outputs, channels)


HEAD = ("fc.", "aux1.fc2.", "aux2.fc2.")
SOURCE = "Szegedy et al. (2015)"
GOOGLENET = Network(
    "googlenet",
    "GoogLeNet with batch norm",
    partial(build, Form(batch_norm=True, wide=3)),
    224,
    32,
    HEAD,
    SOURCE,
    auxiliary=AUXILIARY,
    published="googlenet",
    mean=HALVES,
    scale=HALVES,
)
GOOGLENET_2014 = Network(
    "googlenet-2014",
    "GoogLeNet as it was published",
    partial(build, Form(batch_norm=False, wide=5)),
    224,
    32,
    HEAD,
    SOURCE,
    auxiliary=AUXILIARY,
)
