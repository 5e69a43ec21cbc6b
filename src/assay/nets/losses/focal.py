"""Focal loss: rows that are already right count for little."""

from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.classes import all_log_odds, by_class, check_by_class, class_logits, like_output, log_odds


@dataclass(frozen=True, slots=True)
class Focal:
    """α_y · (1 − p_y)^γ · (−log p_y) from logits (n, K), or (n, 1) for two classes, by class codes (n,).

    gamma: γ >= 0, 0 is cross-entropy.  alpha: one weight above 0 for each class, None for none; the paper's α of the
    positive class is alpha=(1 - α, α).
    Source: Lin, Goyal, Girshick, He & Dollár (2017); with K classes as in Cui et al. (2019).
    """

    gamma: float = 2.0
    alpha: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.gamma) and self.gamma >= 0):
            raise ConfigError(f"gamma={self.gamma} must be at least 0 (0 is cross-entropy, 2 the published value).")
        if self.alpha is not None:
            check_by_class("alpha", self.alpha)

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        logits = class_logits(output, None if self.alpha is None else len(self.alpha))
        odds = log_odds(logits, target)
        # (1 − p)^γ as an exponential of a logarithm: its gradient is finite where p is 1, for γ below 1 too
        losses = -torch.exp(self.gamma * functional.logsigmoid(-odds)) * functional.logsigmoid(odds)
        return losses if self.alpha is None else losses * by_class(self.alpha, logits)[target.long()]

    def posterior_logits(self, output: Tensor) -> Tensor:
        """The focal loss is under-confident at its minimum; this closed form undoes that, and the weights α.

        P(k) is in proportion to h(p_k)/α_k, h(v) = v / ((1 − v)^γ − γ·(1 − v)^(γ−1)·v·log v).
        Source: Charoenphakdee, Vongkulbhisal, Chairatanakul & Sugiyama (2021), theorem 11.
        """
        logits = class_logits(output, None if self.alpha is None else len(self.alpha))
        odds = all_log_odds(logits)
        log_v, log_rest = functional.logsigmoid(odds), functional.logsigmoid(-odds)
        smallest = torch.finfo(logits.dtype).tiny
        inner = (log_rest.exp() - self.gamma * log_v.exp() * log_v).clamp_min(smallest)
        log_h = log_v - (self.gamma - 1) * log_rest - inner.log()
        if self.alpha is not None:
            log_h = log_h - by_class(self.alpha, logits).log()
        return like_output(log_h, output)
