"""AlexNet on one tower: five convolutions, three overlapping max poolings, three dense layers.

Source: Krizhevsky, Sutskever & Hinton (2012), in the form of Krizhevsky (2014), whose weights are published: its maps are
64, 192, 384, 256, 256, and it has no local response normalisation.
"""

import torch
from torch import Tensor, nn

from assay.nets.image.network import Network


class AlexNet(nn.Module):
    """pictures (n, channels, h, w) -> (n, outputs)."""

    def __init__(self, outputs: int, channels: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, 64, 11, 4, 2),  # (n, 64, 55, 55) of 224²
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),  # (n, 64, 27, 27)
            nn.Conv2d(64, 192, 5, 1, 2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),  # (n, 192, 13, 13)
            nn.Conv2d(192, 384, 3, 1, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, 1, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, 1, 1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),  # (n, 256, 6, 6)
        )
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, outputs),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.avgpool(self.features(pictures))
        return self.classifier(torch.flatten(maps, 1))  # type: ignore[no-any-return]


def build(outputs: int, channels: int, size: int) -> nn.Module:  # noqa: ARG001 - it takes any size
    return AlexNet(outputs, channels)


ALEXNET = Network(
    "alexnet", "AlexNet", build, 224, 63, ("classifier.6.",), "Krizhevsky et al. (2012); Krizhevsky (2014)", published="alexnet"
)
