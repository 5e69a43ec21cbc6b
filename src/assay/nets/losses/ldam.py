"""LDAM: larger margins for rarer classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.classes import (
    all_log_odds,
    by_class,
    check_by_class,
    check_counts,
    class_logits,
    is_true_class,
    like_output,
)
from assay.nets.losses.deferred import Deferred
from assay.nets.losses.weighted import effective_number_weights


@dataclass(frozen=True, slots=True)
class LDAM:
    """Cross-entropy of s·(z_k − Δ_k·[k = y]) from logits z (n, K), or (n, 1) for two classes, by class codes (n,), in nats.

    counts: training rows of each class; the margins are Δ_k = C/n_k^(1/4), C so that the largest is max_margin.
    scale: s. The published s = 30 goes with logits that are cosines of normalised features and weights (the authors' code
    has NormedLinear there), which could not tell classes apart without it. An ordinary linear head sets its own scale, and
    s = 30 would only make the margins 15 nats: within them the loss is as good as straight, like a hinge, which asks on which
    side of one half a row is. To tell a row of 20 % from one of 5 % it then needs 40 times as many rows. So s is 1 here.
    weights: one for each class that multiplies the loss, None for none (deferred reweighting has them in its second part).
    Source: Cao, Wei, Gaidon, Arechiga & Ma (2019).
    """

    counts: tuple[int, ...]
    max_margin: float = 0.5
    scale: float = 1.0
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        check_counts(self.counts)
        for name, value in (("max_margin", self.max_margin), ("scale", self.scale)):
            if not (isfinite(value) and value > 0):
                raise ConfigError(f"{name}={value} must be above 0.")
        if self.weights is not None:
            check_by_class("weights", self.weights)
            if len(self.weights) != len(self.counts):
                raise ConfigError(f"LDAM has counts of {len(self.counts)} classes and weights of {len(self.weights)}.")

    @property
    def margins(self) -> tuple[float, ...]:
        """Δ (K,): the rarest class has max_margin."""
        rarest = min(self.counts)
        return tuple(float(self.max_margin * (rarest / count) ** 0.25) for count in self.counts)

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        logits = class_logits(output, len(self.counts))
        shifted = self.scale * (logits - is_true_class(logits, target) * by_class(self.margins, logits))
        weights = None if self.weights is None else by_class(self.weights, logits)
        return functional.cross_entropy(shifted, target.long(), weight=weights, reduction="none")

    def posterior_logits(self, output: Tensor) -> Tensor:
        """P(k) is in proportion to p_k·(1 − p_k·(1 − exp(−s·Δ_k)))/w_k, p the softmax of s·z.

        From setting to 0 the gradient of Σ_k P(k)·loss_k by each logit: with a_k = exp(s·z_k), S = Σ a_k and
        D_k = S − a_k·(1 − exp(−s·Δ_k)), the solution is P(k) in proportion to a_k·D_k/w_k.
        Margins of many s make it flat in the middle: a net that is not at the minimum is then better calibrated on held-out
        rows than led back.
        """
        logits = class_logits(output, len(self.counts))
        odds = all_log_odds(self.scale * logits)
        log_p, log_rest = functional.logsigmoid(odds), functional.logsigmoid(-odds)
        # 1 − p·(1 − e) is (1 − p) + p·e, e = exp(−s·Δ): a sum of two positive numbers
        margins = by_class(self.margins, logits)
        log_posterior = log_p + torch.logaddexp(log_rest, log_p - self.scale * margins)
        if self.weights is not None:
            log_posterior = log_posterior - by_class(self.weights, logits).log()
        return like_output(log_posterior, output)


def deferred_ldam(counts: Sequence[int], *, max_margin: float = 0.5, scale: float = 1.0, beta: float = 0.9999) -> Deferred:
    """LDAM-DRW: LDAM without weights for the first 4/5 of the epochs, then weighted by effective numbers.

    counts: training rows of each class.  scale: see LDAM.  beta: of the effective number of samples, in [0, 1).
    Source: Cao, Wei, Gaidon, Arechiga & Ma (2019), who change at epoch 160 of 200.
    """
    counts = tuple(counts)
    weighted = LDAM(counts, max_margin, scale, effective_number_weights(counts, beta))
    return Deferred(LDAM(counts, max_margin, scale), weighted)
