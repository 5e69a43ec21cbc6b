"""MobileNet v1: each convolution split into one within each channel (depthwise) and one across channels (pointwise).

Source: Howard et al. (2017), table 1; the last depthwise convolution has stride 1, because the printed stride 2 contradicts the
sizes beside it.  The width multiplier α of section 3.3 is rounded to multiples of 8.
"""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.mobile_blocks import ConvNorm, divisible, draw_convolutions
from assay.nets.image.network import Network

FIRST = 32
PARTS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
"""Channels after, and stride of the depthwise convolution."""


def _separable(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        ConvNorm(before, before, 3, nn.ReLU, stride=stride, groups=before),
        ConvNorm(before, after, 1, nn.ReLU),
    )


class MobileNetV1(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs)."""

    def __init__(self, width: float, outputs: int, channels: int) -> None:
        super().__init__()
        before = divisible(FIRST * width)
        parts: list[nn.Module] = [ConvNorm(channels, before, 3, nn.ReLU, stride=2)]
        for wide, stride in PARTS:
            after = divisible(wide * width)
            parts.append(_separable(before, after, stride))
            before = after
        self.features = nn.Sequential(*parts)
        self.classifier = nn.Linear(before, outputs)
        draw_convolutions(self)

    def forward(self, pictures: Tensor) -> Tensor:
        hidden = functional.adaptive_avg_pool2d(self.features(pictures), 1)
        return self.classifier(torch.flatten(hidden, 1))  # type: ignore[no-any-return]


def build(width: float, outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return MobileNetV1(width, outputs, channels)


def mobilenet_v1(width: float) -> Network:
    """Of any width; that of 1 is called "mobilenet-v1", that of 0.5 "mobilenet-v1-0.5"."""
    whole = width == 1
    name = "mobilenet-v1" if whole else f"mobilenet-v1-{width:g}"
    title = "MobileNet v1" if whole else f"MobileNet v1 of width {width:g}"
    # it runs on one pixel too, but below 32 its last maps, 32 times smaller, see more of the padding than of the picture
    return Network(name, title, partial(build, width), 224, 32, ("classifier.",), "Howard et al. (2017)")


MOBILENET_V1 = mobilenet_v1(1.0)
