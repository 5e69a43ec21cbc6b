"""Complement cross-entropy: cross-entropy, and flat probabilities among the wrong classes."""

from dataclasses import dataclass
from math import inf, isfinite

from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.classes import class_logits, is_true_class


@dataclass(frozen=True, slots=True)
class ComplementCrossEntropy:
    """−log p_y + γ/(K−1)·C, C = −Σ_{j≠y} q_j·log q_j, q_j = p_j/(1 − p_y); from logits (n, K), by class codes (n,), in nats.

    C is the entropy of the wrong classes among themselves, so γ below 0 rewards wrong classes that share their probability
    evenly: no wrong class stands out against the right one. gamma: γ <= 0; -1 is the published value, 0 is cross-entropy.
    The loss can fall to γ·log(K−1)/(K−1), below 0. With two classes (also from one logit, (n, 1)) there is one wrong class,
    C is 0, and the loss is cross-entropy. For K > 2 the softmax at its minimum is not exactly the classes' probabilities,
    and no closed form leads back.
    Source: Kim, Lee & Jeon (2021); C from Chen et al. (2019). The authors' later code divides by K, their paper by K−1.
    """

    gamma: float = -1.0

    def __post_init__(self) -> None:
        if not (isfinite(self.gamma) and self.gamma <= 0):
            raise ConfigError(
                f"gamma={self.gamma} must be at most 0 (-1 is the published value): above 0 it would sharpen the wrong classes."
            )

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        logits = class_logits(output)
        right = is_true_class(logits, target)
        log_q = functional.log_softmax(logits.masked_fill(right, -inf), dim=1)
        # the true class has q = 0, and 0·log 0 is 0; without this it would be 0·(−inf)
        entropy = -(log_q.exp() * log_q.masked_fill(right, 0.0)).sum(dim=1)
        return functional.cross_entropy(logits, target.long(), reduction="none") + self.gamma / (logits.shape[1] - 1) * entropy
