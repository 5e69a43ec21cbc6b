"""Inception v3: 5 × 5 and 7 × 7 convolutions factorised, batch norm everywhere, one auxiliary head while it trains.

Source: Szegedy, Vanhoucke, Ioffe, Shlens & Wojna (2016).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.conv_norm import ConvNorm
from assay.nets.image.network import HALVES, Network

AUXILIARY = 0.4
"""As the published weights were trained; the paper does not say."""

MIDDLE = 17
"""Height and width of the maps that the auxiliary head reads of a picture of 299 × 299."""


class MixedA(nn.Module):
    """x (n, before, h, w) -> (n, 224 + pooled, h, w)."""

    def __init__(self, before: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = ConvNorm(before, 64, 1)
        self.branch5x5_1 = ConvNorm(before, 48, 1)
        self.branch5x5_2 = ConvNorm(48, 64, 5)
        self.branch3x3dbl_1 = ConvNorm(before, 64, 1)
        self.branch3x3dbl_2 = ConvNorm(64, 96, 3)
        self.branch3x3dbl_3 = ConvNorm(96, 96, 3)
        self.branch_pool = ConvNorm(before, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        five = self.branch5x5_2(self.branch5x5_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), five, double, self.branch_pool(_smooth(x))], dim=1)


class MixedB(nn.Module):
    """x (n, before, h, w) -> (n, 480 + before, (h - 1) // 2, (w - 1) // 2)."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.branch3x3 = ConvNorm(before, 384, 3, 2, padded=False)
        self.branch3x3dbl_1 = ConvNorm(before, 64, 1)
        self.branch3x3dbl_2 = ConvNorm(64, 96, 3)
        self.branch3x3dbl_3 = ConvNorm(96, 96, 3, 2, padded=False)

    def forward(self, x: Tensor) -> Tensor:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, functional.max_pool2d(x, 3, 2)], dim=1)


class MixedC(nn.Module):
    """x (n, before, h, w) -> (n, 768, h, w).  width: of the factorised 7 × 7 convolutions."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.branch1x1 = ConvNorm(before, 192, 1)
        self.branch7x7_1 = ConvNorm(before, width, 1)
        self.branch7x7_2 = ConvNorm(width, width, (1, 7))
        self.branch7x7_3 = ConvNorm(width, 192, (7, 1))
        self.branch7x7dbl_1 = ConvNorm(before, width, 1)
        self.branch7x7dbl_2 = ConvNorm(width, width, (7, 1))
        self.branch7x7dbl_3 = ConvNorm(width, width, (1, 7))
        self.branch7x7dbl_4 = ConvNorm(width, width, (7, 1))
        self.branch7x7dbl_5 = ConvNorm(width, 192, (1, 7))
        self.branch_pool = ConvNorm(before, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(x), seven, double, self.branch_pool(_smooth(x))], dim=1)


class MixedD(nn.Module):
    """x (n, before, h, w) -> (n, 512 + before, (h - 1) // 2, (w - 1) // 2)."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.branch3x3_1 = ConvNorm(before, 192, 1)
        self.branch3x3_2 = ConvNorm(192, 320, 3, 2, padded=False)
        self.branch7x7x3_1 = ConvNorm(before, 192, 1)
        self.branch7x7x3_2 = ConvNorm(192, 192, (1, 7))
        self.branch7x7x3_3 = ConvNorm(192, 192, (7, 1))
        self.branch7x7x3_4 = ConvNorm(192, 192, 3, 2, padded=False)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_2(self.branch3x3_1(x))
        seven = self.branch7x7x3_4(self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x))))
        return torch.cat([three, seven, functional.max_pool2d(x, 3, 2)], dim=1)


class MixedE(nn.Module):
    """x (n, before, h, w) -> (n, 2048, h, w): 1 × 3 and 3 × 1 beside each other, where maps are small and many help."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.branch1x1 = ConvNorm(before, 320, 1)
        self.branch3x3_1 = ConvNorm(before, 384, 1)
        self.branch3x3_2a = ConvNorm(384, 384, (1, 3))
        self.branch3x3_2b = ConvNorm(384, 384, (3, 1))
        self.branch3x3dbl_1 = ConvNorm(before, 448, 1)
        self.branch3x3dbl_2 = ConvNorm(448, 384, 3)
        self.branch3x3dbl_3a = ConvNorm(384, 384, (1, 3))
        self.branch3x3dbl_3b = ConvNorm(384, 384, (3, 1))
        self.branch_pool = ConvNorm(before, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        wide = [self.branch3x3_2a(three), self.branch3x3_2b(three), self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double)]
        return torch.cat([self.branch1x1(x), *wide, self.branch_pool(_smooth(x))], dim=1)


def _smooth(x: Tensor) -> Tensor:
    return functional.avg_pool2d(x, 3, 1, 1)


def middle_pooled(x: Tensor) -> Tensor:
    """What an auxiliary head reads: maps (n, c, h, w) -> (n, c, 5, 5) of 17 × 17 ones.

    Of smaller maps the published pooling would leave fewer than the 5 × 5 that the head needs; they are cut into 5 × 5 parts
    instead, so that the net can be trained on pictures below 299 × 299.
    """
    if min(x.shape[2:]) < MIDDLE:
        return functional.adaptive_avg_pool2d(x, 5)
    return functional.avg_pool2d(x, 5, 3)


class Auxiliary(nn.Module):
    """A classifier on the maps in the middle, its dense layer (a convolution of 5 × 5 maps) with batch norm."""

    def __init__(self, before: int, outputs: int) -> None:
        super().__init__()
        self.conv0 = ConvNorm(before, 128, 1)
        self.conv1 = ConvNorm(128, 768, 5, padded=False)
        self.fc = nn.Linear(768, outputs)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.conv1(self.conv0(middle_pooled(x)))
        return self.fc(torch.flatten(functional.adaptive_avg_pool2d(maps, 1), 1))  # type: ignore[no-any-return]


class InceptionV3(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs); while it trains (outputs, those of the auxiliary head)."""

    def __init__(self, outputs: int, channels: int) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = ConvNorm(channels, 32, 3, 2, padded=False)  # (n, 32, 149, 149) of 299²
        self.Conv2d_2a_3x3 = ConvNorm(32, 32, 3, padded=False)
        self.Conv2d_2b_3x3 = ConvNorm(32, 64, 3)  # (n, 64, 147, 147)
        self.maxpool1 = nn.MaxPool2d(3, 2)
        self.Conv2d_3b_1x1 = ConvNorm(64, 80, 1)
        self.Conv2d_4a_3x3 = ConvNorm(80, 192, 3, padded=False)  # (n, 192, 71, 71)
        self.maxpool2 = nn.MaxPool2d(3, 2)
        self.Mixed_5b = MixedA(192, 32)  # (n, 256, 35, 35)
        self.Mixed_5c = MixedA(256, 64)
        self.Mixed_5d = MixedA(288, 64)
        self.Mixed_6a = MixedB(288)  # (n, 768, 17, 17)
        self.Mixed_6b = MixedC(768, 128)
        self.Mixed_6c = MixedC(768, 160)
        self.Mixed_6d = MixedC(768, 160)
        self.Mixed_6e = MixedC(768, 192)
        self.AuxLogits = Auxiliary(768, outputs)
        self.Mixed_7a = MixedD(768)  # (n, 1280, 8, 8)
        self.Mixed_7b = MixedE(1280)
        self.Mixed_7c = MixedE(2048)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(2048, outputs)
        first_weights(self)
        nn.init.trunc_normal_(self.AuxLogits.conv1.conv.weight, std=0.01, a=-2, b=2)
        nn.init.trunc_normal_(self.AuxLogits.fc.weight, std=0.001, a=-2, b=2)

    def forward(self, pictures: Tensor) -> Tensor | tuple[Tensor, ...]:
        x = self.maxpool1(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(pictures))))
        x = self.maxpool2(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))
        x = self.Mixed_6a(self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x))))
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(x))))
        auxiliary = self.AuxLogits(x) if self.training else None
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        output: Tensor = self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))
        return output if auxiliary is None else (output, auxiliary)


def first_weights(net: nn.Module) -> None:
    """Normal ones with a standard deviation of 0.1, as the published weights began."""
    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.trunc_normal_(layer.weight, std=0.1, a=-2, b=2)


def build(outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return InceptionV3(outputs, channels)


INCEPTION_V3 = Network(
    "inception-v3",
    "Inception v3",
    build,
    299,
    75,
    ("fc.", "AuxLogits.fc."),
    "Szegedy et al. (2016)",
    auxiliary=AUXILIARY,
    published="inception_v3",
    mean=HALVES,
    scale=HALVES,
)
