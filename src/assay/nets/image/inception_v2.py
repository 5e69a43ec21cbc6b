"""Inception v2: the net of Table 1 of "Rethinking the Inception Architecture", 3 + 5 + 2 modules between two reductions.

Source: Szegedy, Vanhoucke, Ioffe, Shlens & Wojna (2016).  The paper prints the size of every stage, not the widths inside the
modules; those are Inception v3's, and its five modules on 17 × 17 maps are 128, 160, 160, 160 and 192 wide.  So built it has
25 769 544 parameters, 29 095 472 with the auxiliary head, and 6 299 294 304 multiply-accumulates, four times GoogLeNet's; the
paper says about 2.5, so that its modules must have been narrower inside.  Along its longest path lie 42 convolutions, where a
1 × 7 and the 7 × 1 after it count as the 7 × 7 that they stand for.  Its auxiliary
head has no batch norm in its dense layer; that is a change of v3.  The 224² net that some call Inception v2 is
``bn_inception``.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.conv_norm import ConvNorm
from assay.nets.image.inception_v3 import AUXILIARY, MixedB, MixedC, MixedE, first_weights, middle_pooled
from assay.nets.image.network import Network


class Factorised(nn.Module):
    """Figure 5, two 3 × 3 for a 5 × 5: x (n, 288, h, w) -> (n, 288, h, w)."""

    def __init__(self) -> None:
        super().__init__()
        self.branch1x1 = ConvNorm(288, 64, 1)
        self.branch3x3_1 = ConvNorm(288, 48, 1)
        self.branch3x3_2 = ConvNorm(48, 64, 3)
        self.branch3x3dbl_1 = ConvNorm(288, 64, 1)
        self.branch3x3dbl_2 = ConvNorm(64, 96, 3)
        self.branch3x3dbl_3 = ConvNorm(96, 96, 3)
        self.branch_pool = ConvNorm(288, 64, 1)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_2(self.branch3x3_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pooled = self.branch_pool(functional.avg_pool2d(x, 3, 1, 1))
        return torch.cat([self.branch1x1(x), three, double, pooled], dim=1)


class Reduction(nn.Module):
    """Figure 10: x (n, 768, h, w) -> (n, 1280, (h - 1) // 2, (w - 1) // 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.branch3x3_1 = ConvNorm(768, 192, 1)
        self.branch3x3_2 = ConvNorm(192, 320, 3, 2, padded=False)
        self.branch3x3dbl_1 = ConvNorm(768, 192, 1)
        self.branch3x3dbl_2 = ConvNorm(192, 192, 3)
        self.branch3x3dbl_3 = ConvNorm(192, 192, 3, 2, padded=False)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_2(self.branch3x3_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([three, double, functional.max_pool2d(x, 3, 2)], dim=1)


class Auxiliary(nn.Module):
    """A classifier on the maps in the middle; its dense layer is a convolution of 5 × 5 maps."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv0 = ConvNorm(768, 128, 1)
        self.conv1 = nn.Conv2d(128, 768, 5)
        self.fc = nn.Linear(768, outputs)

    def forward(self, x: Tensor) -> Tensor:
        maps = functional.relu(self.conv1(self.conv0(middle_pooled(x))), inplace=True)
        return self.fc(torch.flatten(functional.adaptive_avg_pool2d(maps, 1), 1))  # type: ignore[no-any-return]


class InceptionV2(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs); while it trains (outputs, those of the auxiliary head)."""

    def __init__(self, outputs: int, channels: int) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = ConvNorm(channels, 32, 3, 2, padded=False)  # (n, 32, 149, 149) of 299²
        self.Conv2d_2a_3x3 = ConvNorm(32, 32, 3, padded=False)  # (n, 32, 147, 147)
        self.Conv2d_2b_3x3 = ConvNorm(32, 64, 3)  # (n, 64, 147, 147)
        self.maxpool = nn.MaxPool2d(3, 2)  # (n, 64, 73, 73)
        self.Conv2d_3a_3x3 = ConvNorm(64, 80, 3, padded=False)  # (n, 80, 71, 71)
        self.Conv2d_4a_3x3 = ConvNorm(80, 192, 3, 2, padded=False)  # (n, 192, 35, 35)
        self.Conv2d_4b_3x3 = ConvNorm(192, 288, 3)  # (n, 288, 35, 35)
        self.Mixed_5 = nn.Sequential(*(Factorised() for _ in range(3)))
        self.Reduction_6 = MixedB(288)  # (n, 768, 17, 17)
        self.Mixed_6 = nn.Sequential(*(MixedC(768, width) for width in (128, 160, 160, 160, 192)))
        self.AuxLogits = Auxiliary(outputs)
        self.Reduction_7 = Reduction()  # (n, 1280, 8, 8)
        self.Mixed_7 = nn.Sequential(MixedE(1280), MixedE(2048))  # (n, 2048, 8, 8)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(2048, outputs)
        first_weights(self)
        nn.init.trunc_normal_(self.AuxLogits.conv1.weight, std=0.01, a=-2, b=2)
        nn.init.trunc_normal_(self.AuxLogits.fc.weight, std=0.001, a=-2, b=2)

    def forward(self, pictures: Tensor) -> Tensor | tuple[Tensor, ...]:
        x = self.maxpool(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(pictures))))
        x = self.Conv2d_4b_3x3(self.Conv2d_4a_3x3(self.Conv2d_3a_3x3(x)))
        x = self.Mixed_6(self.Reduction_6(self.Mixed_5(x)))
        auxiliary = self.AuxLogits(x) if self.training else None
        x = self.Mixed_7(self.Reduction_7(x))
        output: Tensor = self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))
        return output if auxiliary is None else (output, auxiliary)


def build(outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return InceptionV2(outputs, channels)


INCEPTION_V2 = Network(
    "inception-v2",
    "Inception v2 of 42 layers",
    build,
    299,
    75,
    ("fc.", "AuxLogits.fc."),
    "Szegedy et al. (2016), Table 1",
    auxiliary=AUXILIARY,
)
