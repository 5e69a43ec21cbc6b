"""Residual networks for pictures of about 32 pixels a side: three stages of 3 × 3 convolutions on 16, 32 and 64 maps.

Source: He, Zhang, Ren & Sun (2016), section 4.2, with shortcuts without parameters (their option A): where the maps become
smaller, every second pixel is taken and channels of zeros are put around.
"""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.network import Network

STAGES = (16, 32, 64)


class Block(nn.Module):
    """x (n, before, h, w) -> (n, after, h / stride, w / stride)."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.stride, self.added = stride, (after - before) // 2

    def forward(self, x: Tensor) -> Tensor:
        kept = x
        if self.stride > 1:
            kept = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.added, self.added))
        hidden = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        return functional.relu(self.bn2(self.conv2(hidden)) + kept, inplace=True)


class SmallResNet(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs).  blocks: of each stage."""

    def __init__(self, blocks: int, outputs: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, STAGES[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(STAGES[0])
        befores = (STAGES[0], *STAGES)
        stages = []
        for number, after in enumerate(STAGES):
            first = Block(befores[number], after, stride=1 if number == 0 else 2)
            stages.append(nn.Sequential(first, *(Block(after, after, 1) for _ in range(blocks - 1))))
        self.layer1, self.layer2, self.layer3 = stages
        self.linear = nn.Linear(STAGES[-1], outputs)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pictures: Tensor) -> Tensor:
        hidden = functional.relu(self.bn1(self.conv1(pictures)), inplace=True)
        hidden = self.layer3(self.layer2(self.layer1(hidden)))
        return self.linear(torch.flatten(functional.adaptive_avg_pool2d(hidden, 1), 1))  # type: ignore[no-any-return]


def build(blocks: int, outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return SmallResNet(blocks, outputs, channels)


def _network(layers: int) -> Network:
    title = f"ResNet of {layers} layers for small pictures"
    return Network(f"resnet{layers}", title, partial(build, (layers - 2) // 6), 32, 8, ("linear.",), "He et al. (2016), 4.2")


RESNET20 = _network(20)
RESNET56 = _network(56)
