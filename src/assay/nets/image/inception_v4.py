"""Inception v4: a stem of branches, then 4, 7 and 3 modules with a reduction after the first two stages.

Source: Szegedy, Ioffe, Vanhoucke & Alemi (2017), figures 3 to 9.  Module names are timm's, whose weights are published.
"""

import torch
from torch import Tensor, nn

from assay.nets.image.conv_norm import ConvNorm
from assay.nets.image.network import HALVES, Network


class Branches(nn.Module):
    """Branches that read the same maps, their outputs side by side.  names: of the branches, in the order of the output."""

    def __init__(self, **branches: nn.Module) -> None:
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], dim=1)


def halving(before: int, after: int) -> ConvNorm:
    return ConvNorm(before, after, 3, 2, padded=False)


def smoothed(before: int, after: int) -> nn.Sequential:
    """The mean of 3 × 3 pixels, those beyond the border not counted, and a 1 × 1 convolution."""
    return nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), ConvNorm(before, after, 1))


def _stem(channels: int) -> list[nn.Module]:
    """(n, channels, 299, 299) -> (n, 384, 35, 35)."""
    short = nn.Sequential(ConvNorm(160, 64, 1), ConvNorm(64, 96, 3, padded=False))
    long = nn.Sequential(
        ConvNorm(160, 64, 1), ConvNorm(64, 64, (1, 7)), ConvNorm(64, 64, (7, 1)), ConvNorm(64, 96, 3, padded=False)
    )
    return [
        halving(channels, 32),
        ConvNorm(32, 32, 3, padded=False),
        ConvNorm(32, 64, 3),  # (n, 64, 147, 147)
        Branches(maxpool=nn.MaxPool2d(3, 2), conv=halving(64, 96)),  # (n, 160, 73, 73)
        Branches(branch0=short, branch1=long),  # (n, 192, 71, 71)
        Branches(conv=halving(192, 192), maxpool=nn.MaxPool2d(3, 2)),
    ]


def _module_a() -> nn.Module:
    """(n, 384, 35, 35) -> (n, 384, 35, 35)."""
    return Branches(
        branch0=ConvNorm(384, 96, 1),
        branch1=nn.Sequential(ConvNorm(384, 64, 1), ConvNorm(64, 96, 3)),
        branch2=nn.Sequential(ConvNorm(384, 64, 1), ConvNorm(64, 96, 3), ConvNorm(96, 96, 3)),
        branch3=smoothed(384, 96),
    )


def _reduction_a() -> nn.Module:
    """(n, 384, 35, 35) -> (n, 1024, 17, 17)."""
    return Branches(
        branch0=halving(384, 384),
        branch1=nn.Sequential(ConvNorm(384, 192, 1), ConvNorm(192, 224, 3), halving(224, 256)),
        branch2=nn.MaxPool2d(3, 2),
    )


def _module_b() -> nn.Module:
    """(n, 1024, 17, 17) -> (n, 1024, 17, 17)."""
    return Branches(
        branch0=ConvNorm(1024, 384, 1),
        branch1=nn.Sequential(ConvNorm(1024, 192, 1), ConvNorm(192, 224, (1, 7)), ConvNorm(224, 256, (7, 1))),
        branch2=nn.Sequential(
            ConvNorm(1024, 192, 1),
            ConvNorm(192, 192, (7, 1)),
            ConvNorm(192, 224, (1, 7)),
            ConvNorm(224, 224, (7, 1)),
            ConvNorm(224, 256, (1, 7)),
        ),
        branch3=smoothed(1024, 128),
    )


def _reduction_b() -> nn.Module:
    """(n, 1024, 17, 17) -> (n, 1536, 8, 8)."""
    return Branches(
        branch0=nn.Sequential(ConvNorm(1024, 192, 1), halving(192, 192)),
        branch1=nn.Sequential(ConvNorm(1024, 256, 1), ConvNorm(256, 256, (1, 7)), ConvNorm(256, 320, (7, 1)), halving(320, 320)),
        branch2=nn.MaxPool2d(3, 2),
    )


class ModuleC(nn.Module):
    """x (n, 1536, h, w) -> (n, 1536, h, w): two of its branches end in a 1 × 3 and a 3 × 1 beside each other."""

    def __init__(self) -> None:
        super().__init__()
        self.branch0 = ConvNorm(1536, 256, 1)
        self.branch1_0 = ConvNorm(1536, 384, 1)
        self.branch1_1a = ConvNorm(384, 256, (1, 3))
        self.branch1_1b = ConvNorm(384, 256, (3, 1))
        self.branch2_0 = ConvNorm(1536, 384, 1)
        self.branch2_1 = ConvNorm(384, 448, (3, 1))
        self.branch2_2 = ConvNorm(448, 512, (1, 3))
        self.branch2_3a = ConvNorm(512, 256, (1, 3))
        self.branch2_3b = ConvNorm(512, 256, (3, 1))
        self.branch3 = smoothed(1536, 256)

    def forward(self, x: Tensor) -> Tensor:
        one = self.branch1_0(x)
        two = self.branch2_2(self.branch2_1(self.branch2_0(x)))
        wide = [self.branch1_1a(one), self.branch1_1b(one), self.branch2_3a(two), self.branch2_3b(two)]
        return torch.cat([self.branch0(x), *wide, self.branch3(x)], dim=1)


class InceptionV4(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs)."""

    def __init__(self, outputs: int, channels: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_stem(channels),
            *(_module_a() for _ in range(4)),
            _reduction_a(),
            *(_module_b() for _ in range(7)),
            _reduction_b(),
            *(ModuleC() for _ in range(3)),
        )
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.last_linear = nn.Linear(1536, outputs)
        first_weights(self)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.global_pool(self.features(pictures))
        return self.last_linear(self.dropout(torch.flatten(maps, 1)))  # type: ignore[no-any-return]


def first_weights(net: nn.Module) -> None:
    """He et al. (2015) for convolutions."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")


def build(outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return InceptionV4(outputs, channels)


INCEPTION_V4 = Network(
    "inception-v4", "Inception v4", build, 299, 75, ("last_linear.",), "Szegedy et al. (2017)", mean=HALVES, scale=HALVES
)
