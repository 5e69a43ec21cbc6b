"""Where a token stands, as numbers that are added to its vector.

Attention knows no order; it is told by a vector for each place: waves of fixed lengths (``sinusoidal``), or learnt ones.
Source: Vaswani et al. (2017), section 3.5.
"""

from typing import Literal, cast, get_args

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean

Positions = Literal["none", "sinusoidal", "learned"]

LONGEST_WAVE = 10_000.0


def check_positions(name: str) -> Positions:
    """The name, once it is known; raises ConfigError unless there are such positions."""
    if name not in get_args(Positions):
        raise ConfigError(f"no positions {name!r}{did_you_mean(name, get_args(Positions))}")
    return cast(Positions, name)


def sinusoidal(length: int, width: int, *, start: int = 0, device: torch.device | str | None = None) -> Tensor:
    """float64 (length, width): PE(p, 2i) = sin(p / 10000^(2i / width)), PE(p, 2i + 1) = cos of the same; p from ``start``.

    >>> sinusoidal(3, 4)[1].round(decimals=4).tolist()
    [0.8415, 0.5403, 0.01, 1.0]
    """
    places = torch.arange(start, start + length, dtype=torch.float64, device=device)[:, None]
    pairs = torch.arange(0, width, 2, dtype=torch.float64, device=device)
    angles = places / LONGEST_WAVE ** (pairs / width)  # (length, pairs)
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :width]


class Sinusoidal(nn.Module):
    """vectors (n, tokens, width) -> the same with their places added.  Nothing is learnt, and no text is too long."""

    def forward(self, vectors: Tensor, start: int = 0) -> Tensor:
        table = sinusoidal(vectors.shape[1], vectors.shape[2], start=start, device=vectors.device)
        return vectors + table.to(vectors.dtype)


class Learned(nn.Module):
    """vectors (n, tokens, width) -> the same with a learnt vector for each of the first ``places`` places added."""

    def __init__(self, places: int, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(places, width)

    def forward(self, vectors: Tensor, start: int = 0) -> Tensor:
        """start: the place of the first vector.  Raises DataError for a text with more tokens than there are places."""
        end = start + vectors.shape[1]
        if end > self.table.num_embeddings:
            raise DataError(f"a text of {end} tokens is longer than the {self.table.num_embeddings} places the net has learnt.")
        return vectors + self.table.weight[start:end]


def positions_named(name: Positions, places: int, width: int) -> nn.Module | None:
    """places: how many are learnt, where any are.  None for no positions; raises ConfigError for a name there is not."""
    check_positions(name)
    if name == "none":
        return None
    return Sinusoidal() if name == "sinusoidal" else Learned(places, width)
