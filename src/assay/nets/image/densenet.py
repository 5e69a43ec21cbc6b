"""DenseNet: every layer of a block reads the maps of all layers before it.

Source: Huang, Liu, van der Maaten & Weinberger (2017), the form with bottlenecks of 4 · growth and transitions that halve the
maps (DenseNet-BC).
"""

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.network import Network

BOTTLENECK = 4  # times the growth


@dataclass(frozen=True)
class Form:
    """growth: maps that each layer adds.  first: maps of the first convolution."""

    blocks: tuple[int, int, int, int]
    growth: int = 32
    first: int = 64


class DenseLayer(nn.Module):
    """x (n, before, h, w) -> the layer's own maps (n, growth, h, w)."""

    def __init__(self, before: int, growth: int) -> None:
        super().__init__()
        inner = BOTTLENECK * growth
        self.norm1 = nn.BatchNorm2d(before)
        self.conv1 = nn.Conv2d(before, inner, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, growth, 3, 1, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(functional.relu(self.norm1(x), inplace=True))
        return self.conv2(functional.relu(self.norm2(hidden), inplace=True))  # type: ignore[no-any-return]


class DenseBlock(nn.Sequential):
    """x (n, before, h, w) -> (n, before + layers · growth, h, w)."""

    def __init__(self, layers: int, before: int, growth: int) -> None:
        named = [(f"denselayer{place + 1}", DenseLayer(before + place * growth, growth)) for place in range(layers)]
        super().__init__(OrderedDict(named))

    def forward(self, x: Tensor) -> Tensor:
        maps = [x]
        for layer in self:
            maps.append(layer(torch.cat(maps, 1)))
        return torch.cat(maps, 1)


def _transition(before: int, after: int) -> nn.Sequential:
    conv = nn.Conv2d(before, after, 1, bias=False)
    return nn.Sequential(OrderedDict(norm=nn.BatchNorm2d(before), relu=nn.ReLU(inplace=True), conv=conv, pool=nn.AvgPool2d(2, 2)))


class DenseNet(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs)."""

    def __init__(self, form: Form, outputs: int, channels: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                conv0=nn.Conv2d(channels, form.first, 7, 2, 3, bias=False),
                norm0=nn.BatchNorm2d(form.first),
                relu0=nn.ReLU(inplace=True),
                pool0=nn.MaxPool2d(3, 2, 1),
            )
        )
        width = form.first
        for number, layers in enumerate(form.blocks, start=1):
            self.features.add_module(f"denseblock{number}", DenseBlock(layers, width, form.growth))
            width += layers * form.growth
            if number < len(form.blocks):
                self.features.add_module(f"transition{number}", _transition(width, width // 2))
                width //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(width))
        self.classifier = nn.Linear(width, outputs)
        nn.init.zeros_(self.classifier.bias)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)

    def forward(self, pictures: Tensor) -> Tensor:
        hidden = functional.relu(self.features(pictures), inplace=True)
        return self.classifier(torch.flatten(functional.adaptive_avg_pool2d(hidden, 1), 1))  # type: ignore[no-any-return]


def build(form: Form, outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return DenseNet(form, outputs, channels)


LEAST = 29  # two halvings upwards leave 8 pixels, which the three transitions halve to 1; 28 leave 7, and of those nothing


def _network(layers: int, form: Form) -> Network:
    name, title = f"densenet{layers}", f"DenseNet of {layers} layers"
    return Network(name, title, partial(build, form), 224, LEAST, ("classifier.",), "Huang et al. (2017)", published=name)


DENSENET121 = _network(121, Form((6, 12, 24, 16)))
DENSENET161 = _network(161, Form((6, 12, 36, 24), growth=48, first=96))
DENSENET169 = _network(169, Form((6, 12, 32, 32)))
DENSENET201 = _network(201, Form((6, 12, 48, 32)))
