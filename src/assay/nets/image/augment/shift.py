"""Shifts by a few pixels."""

from dataclasses import dataclass

import torch
from torch import Tensor

from assay.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class RandomShift:
    """Move each picture by up to ``pixels`` in both directions; the border is repeated into the gap."""

    pixels: int

    def __post_init__(self) -> None:
        if self.pixels < 1:
            raise ConfigError(f"pixels={self.pixels} must be at least 1.")

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        (pictures,) = inputs
        n, channels, height, width = pictures.shape
        across = torch.randint(0, 2 * self.pixels + 1, (2, n, 1), generator=generator).to(pictures.device)
        down = (torch.arange(height, device=pictures.device) + across[0] - self.pixels).clamp(0, height - 1)  # (n, h)
        right = (torch.arange(width, device=pictures.device) + across[1] - self.pixels).clamp(0, width - 1)  # (n, w)
        row = torch.arange(n, device=pictures.device)[:, None, None, None]
        channel = torch.arange(channels, device=pictures.device)[None, :, None, None]
        return (pictures[row, channel, down[:, None, :, None], right[:, None, None, :]],)
