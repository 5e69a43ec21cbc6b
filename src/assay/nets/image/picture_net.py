"""A network for pictures with what stands before it: the standardisation of uint8 pixels, learnt from training rows."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError, DataError
from assay.nets.blocks import Standardise
from assay.nets.image.registry import network_named

LARGEST = 4096  # pixels a side
MOST_CHANNELS = 300
SMALL = 32  # pixels a side


class PictureNet(nn.Module):
    """pictures (n, channels, size, size), uint8 or floating, in the units of the training pictures -> what ``net`` gives."""

    def __init__(self, net: nn.Module, channels: int) -> None:
        super().__init__()
        self.standardise = Standardise(channels)
        self.net = net

    def forward(self, pictures: Tensor) -> Tensor:
        standardised = self.standardise(pictures)
        if standardised.device.type == "cpu":  # whose convolutions, poolings and norms run faster with the channels last
            standardised = standardised.to(memory_format=torch.channels_last)
        return self.net(standardised)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class PictureSpec:
    """network: its name, as ``nets.image.registry.network_named`` takes it.

    outputs: 1 for two classes (one logit), else the number of classes.
    channels: 1 for grey, 3 for colour, their sum for several pictures a row.  size: height and width.
    """

    network: str
    outputs: int
    channels: int
    size: int

    def __post_init__(self) -> None:
        if self.outputs < 1 or not 1 <= self.channels <= MOST_CHANNELS or self.size > LARGEST:
            raise ConfigError(
                f"outputs={self.outputs} must be at least 1, channels={self.channels} from 1 to {MOST_CHANNELS}, "
                f"size={self.size} at most {LARGEST}."
            )
        network_named(self.network).check(self.size)

    @property
    def single(self) -> bool:
        """It predicts in float32, unless it is a cheap one for small pictures: in float64 a network of millions of convolutions
        takes minutes for a folder of pictures.
        """
        network = network_named(self.network)
        return network.single or network.size > SMALL

    @property
    def auxiliary(self) -> float:
        """The weight of each auxiliary output's loss."""
        return network_named(self.network).auxiliary

    @property
    def head(self) -> tuple[str, ...]:
        """Prefixes of the names of the parameters that belong to the classes."""
        return tuple(f"net.{prefix}" for prefix in network_named(self.network).head)

    def build(self) -> PictureNet:
        return PictureNet(network_named(self.network).build(self.outputs, self.channels, self.size), self.channels)

    def tensor(self, pictures: np.ndarray) -> Tensor:
        """uint8 (n, channels, size, size) as a tensor; raises DataError for any other form."""
        wanted = (self.channels, self.size, self.size)
        if pictures.dtype != np.uint8 or pictures.shape[1:] != wanted:
            raise DataError(
                f"{self.network} reads uint8 pictures of {' × '.join(map(str, wanted))}, not {pictures.dtype} "
                f"{' × '.join(map(str, pictures.shape[1:]))}."
            )
        return torch.from_numpy(np.ascontiguousarray(pictures))
