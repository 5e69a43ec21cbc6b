"""LeNet-5 in its full-C3 form: two convolutions, two average poolings, three dense layers, on pictures of 32 × 32.

Source: LeCun, Bottou, Bengio & Haffner (1998), with every map of S2 joined to every map of C3 and plain poolings.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError, DataError
from assay.nets.blocks import ACTIVATIONS, Standardise, check_activation
from assay.nets.initialise import initialise

SIZE = 32


class LeNet5(nn.Module):
    """61 706 parameters and 416 520 multiply-accumulates with one channel and ten outputs.

    pictures (n, channels, 32, 32), uint8 or floating, in the units of the training pictures -> outputs (n, outputs).
    """

    def __init__(self, outputs: int, channels: int, activation: str, dropout: float) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        self.standardise = Standardise(channels)
        self.features = nn.Sequential(
            nn.Conv2d(channels, 6, 5),  # C1 (n, 6, 28, 28)
            act(),
            nn.AvgPool2d(2),  # S2 (n, 6, 14, 14)
            nn.Conv2d(6, 16, 5),  # C3 (n, 16, 10, 10)
            act(),
            nn.AvgPool2d(2),  # S4 (n, 16, 5, 5)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(400, 120),  # C5, a convolution of the whole 5 × 5 map
            act(),
            nn.Dropout(dropout),
            nn.Linear(120, 84),  # F6
            act(),
            nn.Linear(84, outputs),
        )
        initialise(self, activation)

    def forward(self, pictures: Tensor) -> Tensor:
        hidden: Tensor = self.features(self.standardise(pictures))
        return self.classifier(hidden)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class LeNetSpec:
    """outputs: 1 for two classes (one logit), else the number of classes.  channels: 1 for grey, 3 for colour."""

    outputs: int
    channels: int = 1
    activation: str = "relu"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_activation(self.activation)
        if self.outputs < 1 or self.channels < 1 or not 0 <= self.dropout < 1:
            raise ConfigError(f"outputs={self.outputs} and channels={self.channels} must be at least 1, dropout in [0, 1).")

    def build(self) -> LeNet5:
        return LeNet5(self.outputs, self.channels, self.activation, self.dropout)

    def tensor(self, pictures: np.ndarray) -> Tensor:
        """uint8 (n, channels, 32, 32) as a tensor; raises DataError for any other form."""
        if pictures.dtype != np.uint8 or pictures.shape[1:] != (self.channels, SIZE, SIZE):
            raise DataError(
                f"LeNet-5 reads uint8 pictures of {self.channels} × {SIZE} × {SIZE}, not {pictures.dtype} "
                f"{' × '.join(map(str, pictures.shape[1:]))}."
            )
        return torch.from_numpy(np.ascontiguousarray(pictures))
