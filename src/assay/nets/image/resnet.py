"""Residual networks: ResNet, Wide ResNet and ResNeXt, which differ in the block and its width alone.

Sources: He, Zhang, Ren & Sun (2016), with the stride in the 3 × 3 convolution of a bottleneck as in the published weights
("ResNet v1.5"); Zagoruyko & Komodakis (2016); Xie, Girshick, Dollár, Tu & He (2017).
"""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from assay.nets.image.network import Network

STAGES = (64, 128, 256, 512)


@dataclass(frozen=True)
class Form:
    """bottleneck: blocks of 1 × 1, 3 × 3, 1 × 1 instead of two 3 × 3.  groups, width: of the 3 × 3 convolution in a bottleneck;
    width in channels of a group where the block has 64.
    """

    blocks: tuple[int, int, int, int]
    bottleneck: bool = True
    groups: int = 1
    width: int = 64


class Basic(nn.Module):
    """x (n, before, h, w) -> (n, channels, h / stride, w / stride)."""

    expansion = 1

    def __init__(self, before: int, channels: int, stride: int, form: Form) -> None:  # noqa: ARG002 - as Bottleneck
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = _shortcut(before, channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        kept = x if self.downsample is None else self.downsample(x)
        hidden = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(hidden)) + kept)  # type: ignore[no-any-return]


class Bottleneck(nn.Module):
    """x (n, before, h, w) -> (n, 4 · channels, h / stride, w / stride)."""

    expansion = 4

    def __init__(self, before: int, channels: int, stride: int, form: Form) -> None:
        super().__init__()
        inner, after = channels * form.width // 64 * form.groups, channels * self.expansion
        self.conv1 = nn.Conv2d(before, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=form.groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(before, after, stride)

    def forward(self, x: Tensor) -> Tensor:
        kept = x if self.downsample is None else self.downsample(x)
        hidden = self.relu(self.bn1(self.conv1(x)))
        hidden = self.relu(self.bn2(self.conv2(hidden)))
        return self.relu(self.bn3(self.conv3(hidden)) + kept)  # type: ignore[no-any-return]


def _shortcut(before: int, after: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and before == after:
        return None
    return nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))


class ResNet(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs)."""

    def __init__(self, form: Form, outputs: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        before = 64
        for number, (width, count) in enumerate(zip(STAGES, form.blocks, strict=True), start=1):
            stage, before = _stage(form, before, width, count, stride=1 if number == 1 else 2)
            self.add_module(f"layer{number}", stage)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(before, outputs)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pictures: Tensor) -> Tensor:
        hidden = self.maxpool(self.relu(self.bn1(self.conv1(pictures))))
        for number in range(1, len(STAGES) + 1):
            hidden = self.get_submodule(f"layer{number}")(hidden)
        return self.fc(torch.flatten(self.avgpool(hidden), 1))  # type: ignore[no-any-return]


def _stage(form: Form, before: int, width: int, count: int, stride: int) -> tuple[nn.Sequential, int]:
    """A stage, and the channels that it gives."""
    kind = Bottleneck if form.bottleneck else Basic
    after = width * kind.expansion
    blocks = [kind(before if place == 0 else after, width, stride if place == 0 else 1, form) for place in range(count)]
    return nn.Sequential(*blocks), after


def build(form: Form, outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return ResNet(form, outputs, channels)


def _network(name: str, title: str, form: Form, source: str = "He et al. (2016)") -> Network:
    published = name.replace("-", "_")
    return Network(name, title, partial(build, form), 224, 32, ("fc.",), source, published=published)


RESNET18 = _network("resnet18", "ResNet of 18 layers", Form((2, 2, 2, 2), bottleneck=False))
RESNET34 = _network("resnet34", "ResNet of 34 layers", Form((3, 4, 6, 3), bottleneck=False))
RESNET50 = _network("resnet50", "ResNet of 50 layers", Form((3, 4, 6, 3)))
RESNET101 = _network("resnet101", "ResNet of 101 layers", Form((3, 4, 23, 3)))
RESNET152 = _network("resnet152", "ResNet of 152 layers", Form((3, 8, 36, 3)))

WIDE = "Zagoruyko & Komodakis (2016)"
WIDE_RESNET50_2 = _network("wide-resnet50-2", "Wide ResNet of 50 layers", Form((3, 4, 6, 3), width=128), WIDE)
WIDE_RESNET101_2 = _network("wide-resnet101-2", "Wide ResNet of 101 layers", Form((3, 4, 23, 3), width=128), WIDE)

NEXT = "Xie et al. (2017)"
RESNEXT50_32X4D = _network("resnext50-32x4d", "ResNeXt of 50 layers", Form((3, 4, 6, 3), groups=32, width=4), NEXT)
RESNEXT101_32X8D = _network("resnext101-32x8d", "ResNeXt of 101 layers", Form((3, 4, 23, 3), groups=32, width=8), NEXT)
