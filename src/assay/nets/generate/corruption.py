"""What a denoising autoencoder is shown instead of a row, so that it must know how columns hang together.

Both are an ``Augment`` of the training loop: (inputs of a batch, generator) -> inputs to train on instead.
Source: Vincent, Larochelle, Bengio & Manzagol (2008).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from assay.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class SwapNoise:
    """Each cell becomes, with probability ``share``, the cell of another row in its column: numbers and codes stay possible.

    Source: Jahrer (2017), the winning entry of the Porto Seguro competition; Yoon et al. (2020), VIME.
    """

    share: float = 0.15

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ConfigError(f"a share of {self.share} of swapped cells is outside [0, 1].")

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        [table] = inputs  # (n, columns)
        swapped = torch.rand(table.shape, generator=generator).to(table.device) < self.share
        mates = torch.randint(len(table), tuple(table.shape), generator=generator).to(table.device)
        return (torch.where(swapped, table.gather(0, mates), table),)


@dataclass(frozen=True, slots=True)
class GaussianNoise:
    """Normal noise of this standard deviation on the first ``numbers`` columns; codes stay as they are."""

    scale: float
    numbers: int

    def __post_init__(self) -> None:
        if not self.scale >= 0:
            raise ConfigError(f"noise of scale={self.scale} must not be negative.")

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        [table] = inputs
        noise = torch.randn((len(table), self.numbers), generator=generator).to(table)
        return (torch.cat([table[:, : self.numbers] + self.scale * noise, table[:, self.numbers :]], dim=1),)
