"""Ordered classes: one logit for each step between neighbours, and probabilities from them."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.row import wide


@dataclass(frozen=True, slots=True)
class Ordinal:
    """Σ_k binary cross-entropy of P(y > k), k = 0 … K−2, from cumulative logits (n, K−1), by class codes (n,), in nats.

    Each logit alone is right at the minimum, whether or not the head ties them (CORAL's head does: one score, K−1
    thresholds).  Source: Frank & Hall (2001); Cao, Mirjalili & Raschka (2020).
    """

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        if output.ndim != 2 or output.shape[1] == 0 or target.shape != output.shape[:1]:
            raise ConfigError(
                f"an ordinal loss compares cumulative logits (n, K-1) with class codes (n,), not {tuple(output.shape)} "
                f"with {tuple(target.shape)}; give the net one output less than there are classes."
            )
        logits = wide(output)
        above = target.unsqueeze(1) > torch.arange(logits.shape[1], device=logits.device)  # (n, K-1)
        return functional.binary_cross_entropy_with_logits(logits, above.to(logits.dtype), reduction="none").sum(dim=1)


def probabilities(logits: Tensor) -> Tensor:
    """Cumulative logits (…, K−1) of P(y > k) -> probabilities (…, K), at least 0, sum 1.

    Free logits can contradict each other (P(y > 1) above P(y > 0)); they are put in falling order first, which brings a
    distribution function nearer to the true one.  Source: Chernozhukov, Fernández-Val & Galichon (2010).
    """
    falling = wide(logits).sort(dim=-1, descending=True).values
    above = functional.pad(torch.sigmoid(falling), (1, 0), value=1.0)  # P(y > k), k = -1 … K-2
    below = functional.pad(torch.sigmoid(-falling), (0, 1), value=1.0)  # P(y <= k), k = 0 … K-1
    # a difference of the two smaller numbers keeps the digits of both tails
    from_above = above - functional.pad(above[..., 1:], (0, 1))
    from_below = below - functional.pad(below[..., :-1], (1, 0))
    return torch.where(above < 0.5, from_above, from_below)
