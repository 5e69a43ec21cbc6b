"""MobileNet v2: narrow maps between blocks, wide ones inside, a shortcut from narrow to narrow.

Source: Sandler, Howard, Zhu, Zhmoginov & Chen (2018), table 2; widths are rounded to multiples of 8, and the last convolution
is not narrowed below 1280.  The small-picture form leaves out the strides of the first convolution and of the second stage,
so that a picture of 32 pixels ends as 4 × 4.
"""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.mobile_blocks import ConvNorm, InvertedResidual, divisible, draw_convolutions
from assay.nets.image.network import Network

FIRST, LAST = 32, 1280
STAGES = ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1))
"""Expansion, channels and blocks."""


@dataclass(frozen=True)
class Form:
    """width: all channels are multiplied by it.  first: the stride of the first convolution.  strides: of each stage."""

    width: float = 1.0
    first: int = 2
    strides: tuple[int, int, int, int, int, int, int] = (1, 2, 2, 2, 1, 2, 1)


SMALL = Form(first=1, strides=(1, 1, 2, 2, 1, 2, 1))


class MobileNetV2(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs)."""

    def __init__(self, form: Form, outputs: int, channels: int) -> None:
        super().__init__()
        before, last = divisible(FIRST * form.width), divisible(LAST * max(1.0, form.width))
        parts: list[nn.Module] = [ConvNorm(channels, before, 3, nn.ReLU6, stride=form.first)]
        for (expand, wide, blocks), stride in zip(STAGES, form.strides, strict=True):
            after = divisible(wide * form.width)
            for place in range(blocks):
                parts.append(InvertedResidual(before, after, stride if place == 0 else 1, expand))
                before = after
        parts.append(ConvNorm(before, last, 1, nn.ReLU6))
        self.features = nn.Sequential(*parts)
        head = nn.Linear(last, outputs)
        self.classifier = nn.Sequential(nn.Dropout(0.2), head)
        draw_convolutions(self)
        nn.init.normal_(head.weight, std=0.01)
        nn.init.zeros_(head.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        hidden = functional.adaptive_avg_pool2d(self.features(pictures), 1)
        return self.classifier(torch.flatten(hidden, 1))  # type: ignore[no-any-return]


def build(form: Form, outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return MobileNetV2(form, outputs, channels)


HEAD = ("classifier.1.",)
SOURCE = "Sandler et al. (2018)"


def mobilenet_v2(width: float) -> Network:
    """Of any width; that of 1 is called "mobilenet-v2", that of 1.4 "mobilenet-v2-1.4"."""
    whole = width == 1
    return Network(
        "mobilenet-v2" if whole else f"mobilenet-v2-{width:g}",
        "MobileNet v2" if whole else f"MobileNet v2 of width {width:g}",
        partial(build, Form(width)),
        224,
        32,  # it runs on one pixel too, but below 32 its last maps, 32 times smaller, see more padding than picture
        HEAD,
        SOURCE,
        published="mobilenet_v2" if whole else "",
    )


MOBILENET_V2 = mobilenet_v2(1.0)
MOBILENET_V2_1_4 = mobilenet_v2(1.4)
MOBILENET_V2_0_75 = mobilenet_v2(0.75)
MOBILENET_V2_0_5 = mobilenet_v2(0.5)
# least: its last maps are 8 times smaller than the picture
MOBILENET_SMALL = Network("mobilenet-small", "MobileNet v2 for small pictures", partial(build, SMALL), 32, 8, HEAD, SOURCE)
