"""Inception-ResNet v2: Inception modules whose output, scaled down, is added to what they read.

Source: Szegedy, Ioffe, Vanhoucke & Alemi (2017), as its weights are published (the stem of Inception v3 with one mixed module,
10, 20 and 10 residual modules).  Module names are timm's.
"""

import torch
from torch import Tensor, nn

from assay.nets.image.conv_norm import ConvNorm
from assay.nets.image.inception_v4 import Branches, first_weights, halving, smoothed
from assay.nets.image.network import HALVES, Network


class Residual(nn.Module):
    """x -> relu(x + scale · 1 × 1 convolution of the branches): (n, channels, h, w) to the same.

    mixed: channels of all branches together.  scale: below 1, so that training does not run away (section 3.3 of the paper).
    rectified: with the ReLU; the last module of the net has none.
    """

    def __init__(
        self, channels: int, mixed: int, scale: float, branches: dict[str, nn.Module], *, rectified: bool = True
    ) -> None:
        super().__init__()
        self.names = tuple(branches)
        for name, branch in branches.items():
            self.add_module(name, branch)
        self.conv2d = nn.Conv2d(mixed, channels, 1)
        self.scale, self.rectified = scale, rectified

    def forward(self, x: Tensor) -> Tensor:
        mixed = self.conv2d(torch.cat([self.get_submodule(name)(x) for name in self.names], dim=1))
        total = x + self.scale * mixed
        return torch.relu(total) if self.rectified else total


def _block35() -> nn.Module:
    branches = {
        "branch0": ConvNorm(320, 32, 1),
        "branch1": nn.Sequential(ConvNorm(320, 32, 1), ConvNorm(32, 32, 3)),
        "branch2": nn.Sequential(ConvNorm(320, 32, 1), ConvNorm(32, 48, 3), ConvNorm(48, 64, 3)),
    }
    return Residual(320, 128, 0.17, branches)


def _block17() -> nn.Module:
    branches = {
        "branch0": ConvNorm(1088, 192, 1),
        "branch1": nn.Sequential(ConvNorm(1088, 128, 1), ConvNorm(128, 160, (1, 7)), ConvNorm(160, 192, (7, 1))),
    }
    return Residual(1088, 384, 0.1, branches)


def _block8(scale: float = 0.2, *, rectified: bool = True) -> nn.Module:
    branches = {
        "branch0": ConvNorm(2080, 192, 1),
        "branch1": nn.Sequential(ConvNorm(2080, 192, 1), ConvNorm(192, 224, (1, 3)), ConvNorm(224, 256, (3, 1))),
    }
    return Residual(2080, 448, scale, branches, rectified=rectified)


class InceptionResNetV2(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs)."""

    def __init__(self, outputs: int, channels: int) -> None:
        super().__init__()
        self.conv2d_1a = halving(channels, 32)  # (n, 32, 149, 149) of 299²
        self.conv2d_2a = ConvNorm(32, 32, 3, padded=False)
        self.conv2d_2b = ConvNorm(32, 64, 3)
        self.maxpool_3a = nn.MaxPool2d(3, 2)
        self.conv2d_3b = ConvNorm(64, 80, 1)
        self.conv2d_4a = ConvNorm(80, 192, 3, padded=False)
        self.maxpool_5a = nn.MaxPool2d(3, 2)
        self.mixed_5b = Branches(  # (n, 320, 35, 35)
            branch0=ConvNorm(192, 96, 1),
            branch1=nn.Sequential(ConvNorm(192, 48, 1), ConvNorm(48, 64, 5)),
            branch2=nn.Sequential(ConvNorm(192, 64, 1), ConvNorm(64, 96, 3), ConvNorm(96, 96, 3)),
            branch3=smoothed(192, 64),
        )
        self.repeat = nn.Sequential(*(_block35() for _ in range(10)))
        self.mixed_6a = Branches(  # (n, 1088, 17, 17)
            branch0=halving(320, 384),
            branch1=nn.Sequential(ConvNorm(320, 256, 1), ConvNorm(256, 256, 3), halving(256, 384)),
            branch2=nn.MaxPool2d(3, 2),
        )
        self.repeat_1 = nn.Sequential(*(_block17() for _ in range(20)))
        self.mixed_7a = Branches(  # (n, 2080, 8, 8)
            branch0=nn.Sequential(ConvNorm(1088, 256, 1), halving(256, 384)),
            branch1=nn.Sequential(ConvNorm(1088, 256, 1), halving(256, 288)),
            branch2=nn.Sequential(ConvNorm(1088, 256, 1), ConvNorm(256, 288, 3), halving(288, 320)),
            branch3=nn.MaxPool2d(3, 2),
        )
        self.repeat_2 = nn.Sequential(*(_block8() for _ in range(9)))
        self.block8 = _block8(1.0, rectified=False)
        self.conv2d_7b = ConvNorm(2080, 1536, 1)
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.classif = nn.Linear(1536, outputs)
        first_weights(self)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.maxpool_3a(self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(pictures))))
        x = self.repeat(self.mixed_5b(self.maxpool_5a(self.conv2d_4a(self.conv2d_3b(x)))))
        x = self.repeat_2(self.mixed_7a(self.repeat_1(self.mixed_6a(x))))
        maps = self.global_pool(self.conv2d_7b(self.block8(x)))
        return self.classif(self.dropout(torch.flatten(maps, 1)))  # type: ignore[no-any-return]


def build(outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return InceptionResNetV2(outputs, channels)


INCEPTION_RESNET_V2 = Network(
    "inception-resnet-v2",
    "Inception-ResNet v2",
    build,
    299,
    75,
    ("classif.",),
    "Szegedy et al. (2017)",
    mean=HALVES,
    scale=HALVES,
)
