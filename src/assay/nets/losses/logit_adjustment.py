"""Logit adjustment: the net learns what is left when the classes' frequencies are taken out."""

from dataclasses import dataclass
from math import isfinite

from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.classes import by_class, check_by_class, class_logits, like_output


@dataclass(frozen=True, slots=True)
class LogitAdjustment:
    """Cross-entropy of z_k + τ·log π_k from logits z (n, K), or (n, 1) for two classes, by class codes (n,), in nats.

    priors: π, the classes' shares of the training rows, above 0, sum 1.  tau: τ >= 0; 1 makes the largest logit the choice
    with the least balanced error, 0 is cross-entropy.
    Source: Menon, Jayasumana, Rawat, Jain, Veit & Kumar (2021).
    """

    priors: tuple[float, ...]
    tau: float = 1.0

    def __post_init__(self) -> None:
        check_by_class("priors", self.priors)
        if abs(sum(self.priors) - 1) > 1e-6:
            raise ConfigError(f"priors sum to {sum(self.priors):g}; the classes' shares of the rows must sum to 1.")
        if not (isfinite(self.tau) and self.tau >= 0):
            raise ConfigError(f"tau={self.tau} must be at least 0 (1 is the published value, 0 is cross-entropy).")

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(self._adjusted(output), target.long(), reduction="none")

    def posterior_logits(self, output: Tensor) -> Tensor:
        """The frequencies put back in: z_k + τ·log π_k."""
        return like_output(self._adjusted(output), output)

    def _adjusted(self, output: Tensor) -> Tensor:
        logits = class_logits(output, len(self.priors))
        return logits + self.tau * by_class(self.priors, logits).log()
