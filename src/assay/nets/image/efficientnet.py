"""EfficientNet B0 to B7: one net of inverted residuals with squeeze and excitation, scaled in depth, width and picture size.

Source: Tan & Le (2019), table 1, with the published multipliers of width and depth.  The deeper a block, the more often it is
left out while the net trains (stochastic depth, up to 0.2).
"""

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.mobile_blocks import (
    USUAL,
    ConvNorm,
    Norm,
    SqueezeExcitation,
    StochasticDepth,
    divisible,
    draw_convolutions,
)
from assay.nets.image.network import Network

FIRST = 32
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
"""Expansion, kernel, stride, channels and blocks."""
DEEPEST_DROP = 0.2
LARGE_NORM = Norm(epsilon=1e-3, momentum=0.01)
"""Of the weights published for B5 to B7."""


@dataclass(frozen=True)
class Form:
    """width, depth: multipliers of channels and of blocks a stage.  dropout: before the last layer."""

    width: float
    depth: float
    dropout: float
    norm: Norm = USUAL


@dataclass(frozen=True)
class Place:
    """Where a block stands: its widths, kernel and stride, and how often it is left out."""

    before: int
    after: int
    expand: int
    kernel: int
    stride: int
    drop: float


class Block(nn.Module):
    """x (n, before, h, w) -> (n, after, h / stride, w / stride)."""

    def __init__(self, place: Place, norm: Norm) -> None:
        super().__init__()
        wide = divisible(place.before * place.expand)
        first = [] if wide == place.before else [ConvNorm(place.before, wide, 1, nn.SiLU, norm=norm)]
        self.block = nn.Sequential(
            *first,
            ConvNorm(wide, wide, place.kernel, nn.SiLU, stride=place.stride, groups=wide, norm=norm),
            SqueezeExcitation(wide, max(1, place.before // 4)),
            ConvNorm(wide, place.after, 1, None, norm=norm),
        )
        self.stochastic_depth = StochasticDepth(place.drop)
        self.residual = place.stride == 1 and place.before == place.after

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.block(x)
        return self.stochastic_depth(hidden) + x if self.residual else hidden


def _stages(form: Form) -> list[list[Place]]:
    counts = [math.ceil(blocks * form.depth) for *_, blocks in STAGES]
    before, number, stages = divisible(FIRST * form.width), 0, []
    for (expand, kernel, stride, wide, _), count in zip(STAGES, counts, strict=True):
        after, stage = divisible(wide * form.width), []
        for place in range(count):
            drop = DEEPEST_DROP * number / sum(counts)
            stage.append(Place(before, after, expand, kernel, stride if place == 0 else 1, drop))
            before, number = after, number + 1
        stages.append(stage)
    return stages


class EfficientNet(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs)."""

    def __init__(self, form: Form, outputs: int, channels: int) -> None:
        super().__init__()
        stages = _stages(form)
        first, last = stages[0][0].before, stages[-1][-1].after
        self.features = nn.Sequential(
            ConvNorm(channels, first, 3, nn.SiLU, stride=2, norm=form.norm),
            *(nn.Sequential(*(Block(place, form.norm) for place in stage)) for stage in stages),
            ConvNorm(last, 4 * last, 1, nn.SiLU, norm=form.norm),
        )
        head = nn.Linear(4 * last, outputs)
        self.classifier = nn.Sequential(nn.Dropout(form.dropout), head)
        draw_convolutions(self)
        nn.init.uniform_(head.weight, -(outputs**-0.5), outputs**-0.5)
        nn.init.zeros_(head.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        hidden = functional.adaptive_avg_pool2d(self.features(pictures), 1)
        return self.classifier(torch.flatten(hidden, 1))  # type: ignore[no-any-return]


def build(form: Form, outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return EfficientNet(form, outputs, channels)


def _network(number: int, size: int, form: Form) -> Network:
    return Network(
        f"efficientnet-b{number}",
        f"EfficientNet B{number}",
        partial(build, form),
        size,
        32,  # it runs on one pixel too, but below 32 its last maps, 32 times smaller, see more padding than picture
        ("classifier.1.",),
        "Tan & Le (2019)",
        published=f"efficientnet_b{number}",
    )


EFFICIENTNET_B0 = _network(0, 224, Form(1.0, 1.0, 0.2))
EFFICIENTNET_B1 = _network(1, 240, Form(1.0, 1.1, 0.2))
EFFICIENTNET_B2 = _network(2, 260, Form(1.1, 1.2, 0.3))
EFFICIENTNET_B3 = _network(3, 300, Form(1.2, 1.4, 0.3))
EFFICIENTNET_B4 = _network(4, 380, Form(1.4, 1.8, 0.4))
EFFICIENTNET_B5 = _network(5, 456, Form(1.6, 2.2, 0.4, LARGE_NORM))
EFFICIENTNET_B6 = _network(6, 528, Form(1.8, 2.6, 0.5, LARGE_NORM))
EFFICIENTNET_B7 = _network(7, 600, Form(2.0, 3.1, 0.5, LARGE_NORM))
