"""Pinball loss of several quantiles at once, and quantiles that do not cross."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from assay.core.errors import ConfigError
from assay.nets.losses.row import wide


@dataclass(frozen=True, slots=True)
class Pinball:
    """Mean over levels τ of max(τ·r, (τ − 1)·r), r = target − output, from outputs (n, Q) and values (n,).

    levels: Q quantile levels, rising, in (0, 1). In the target's unit; at its minimum column q is the quantile of levels[q].
    Source: Koenker & Bassett (1978).
    """

    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        steps = (0.0, *self.levels, 1.0)
        if not self.levels or any(not low < high for low, high in pairwise(steps)):
            raise ConfigError(f"levels={self.levels} must be at least one quantile level, rising, all between 0 and 1.")

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        if output.ndim != 2 or output.shape[1] != len(self.levels) or target.shape != output.shape[:1]:
            raise ConfigError(
                f"{len(self.levels)} quantile levels compare outputs (n, {len(self.levels)}) with values (n,), "
                f"not {tuple(output.shape)} with {tuple(target.shape)}; give the net one output a level."
            )
        output = wide(output)
        residual = target.to(output.dtype).unsqueeze(1) - output  # (n, Q)
        levels = torch.tensor(self.levels, dtype=output.dtype, device=output.device)
        return torch.maximum(levels * residual, (levels - 1) * residual).mean(dim=1)


def quantiles(output: Tensor) -> Tensor:
    """Outputs (…, Q) for rising levels -> quantiles (…, Q) that rise, too: the same numbers in order.

    Putting crossed quantiles in order never makes the pinball loss larger.
    Source: Chernozhukov, Fernández-Val & Galichon (2010).
    """
    return output.sort(dim=-1).values
