"""VGG: five stages of 3 × 3 convolutions, a 2 × 2 max pooling after each, three dense layers.

Source: Simonyan & Zisserman (2015), configurations A, B, D and E; those with batch norm after every convolution are later.
"""

from functools import partial

import torch
from torch import Tensor, nn

from assay.nets.image.network import Network

WIDTHS = (64, 128, 256, 512, 512)


class VGG(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs).  convolutions: of each stage."""

    def __init__(self, convolutions: tuple[int, ...], batch_norm: bool, outputs: int, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = channels
        for width, count in zip(WIDTHS, convolutions, strict=True):
            for _ in range(count):
                norm = [nn.BatchNorm2d(width)] if batch_norm else []
                layers += [nn.Conv2d(before, width, 3, 1, 1), *norm, nn.ReLU(inplace=True)]
                before = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, outputs),
        )
        self.apply(_first_weights)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.avgpool(self.features(pictures))
        return self.classifier(torch.flatten(maps, 1))  # type: ignore[no-any-return]


def _first_weights(layer: nn.Module) -> None:
    """He et al. (2015) for convolutions, so that deep ones train from the start; the paper's 0.01 for dense layers."""
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=0.01)
    if isinstance(layer, (nn.Conv2d, nn.Linear)) and layer.bias is not None:
        nn.init.zeros_(layer.bias)


def build(
    convolutions: tuple[int, ...],
    batch_norm: bool,
    outputs: int,
    channels: int,
    size: int,  # noqa: ARG001 - it takes any size
) -> nn.Module:
    return VGG(convolutions, batch_norm, outputs, channels)


def _network(name: str, convolutions: tuple[int, ...], *, batch_norm: bool = False) -> Network:
    layers = sum(convolutions) + 3
    title = f"VGG of {layers} layers" + (" with batch norm" if batch_norm else "")
    made = partial(build, convolutions, batch_norm)
    published = name.replace("-", "_")
    return Network(name, title, made, 224, 32, ("classifier.6.",), "Simonyan & Zisserman (2015)", published=published)


VGG11 = _network("vgg11", (1, 1, 2, 2, 2))
VGG13 = _network("vgg13", (2, 2, 2, 2, 2))
VGG16 = _network("vgg16", (2, 2, 3, 3, 3))
VGG19 = _network("vgg19", (2, 2, 4, 4, 4))
VGG11_BN = _network("vgg11-bn", (1, 1, 2, 2, 2), batch_norm=True)
VGG13_BN = _network("vgg13-bn", (2, 2, 2, 2, 2), batch_norm=True)
VGG16_BN = _network("vgg16-bn", (2, 2, 3, 3, 3), batch_norm=True)
VGG19_BN = _network("vgg19-bn", (2, 2, 4, 4, 4), batch_norm=True)
