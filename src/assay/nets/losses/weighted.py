"""Cross-entropy weighted by class: by given weights, or by the effective number of samples.

A row's loss is its class's weight times its cross-entropy. torch's own mean divides by the sum of the weights in the
batch; here a row's loss does not depend on the other rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, log

import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.classes import by_class, check_by_class, check_counts, class_logits, like_output


def inverse_frequencies(counts: Sequence[int]) -> tuple[float, ...]:
    """n / (K·n_k): all classes weigh the same in sum, and the mean weight of a training row is 1.

    Source: King & Zeng (2001); scikit-learn's class_weight="balanced".
    """
    check_counts(counts)
    return tuple(sum(counts) / (len(counts) * count) for count in counts)


def effective_number_weights(counts: Sequence[int], beta: float) -> tuple[float, ...]:
    """Weights in proportion to (1 − β)/(1 − β^n_k), the inverse of the effective number of samples; they sum to K.

    beta: in [0, 1). At 0 all weights are 1; towards 1 they become the inverse frequencies (scaled to sum K).
    Source: Cui, Jia, Lin, Song & Belongie (2019).
    """
    check_counts(counts)
    if not 0 <= beta < 1:
        raise ConfigError(f"beta={beta} is outside [0, 1): the effective number of samples is (1 - beta^n) / (1 - beta).")
    # β^n = exp(n·log β), and 1 − exp(x) = −expm1(x) keeps its digits for β near 1
    numbers = [1.0 if beta == 0 else -expm1(count * log(beta)) / (1 - beta) for count in counts]
    total = sum(1 / number for number in numbers)
    return tuple(len(counts) / (number * total) for number in numbers)


@dataclass(frozen=True, slots=True)
class WeightedCrossEntropy:
    """w_y · (−log p_y) from logits (n, K), or (n, 1) for two classes, by class codes (n,), in nats.

    weights: one above 0 for each class.
    """

    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        check_by_class("weights", self.weights)

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        logits = class_logits(output, len(self.weights))
        return functional.cross_entropy(logits, target.long(), weight=by_class(self.weights, logits), reduction="none")

    def posterior_logits(self, output: Tensor) -> Tensor:
        """The minimum has p_k in proportion to w_k·P(k): the weights are taken off again.  Source: Elkan (2001)."""
        logits = class_logits(output, len(self.weights))
        return like_output(logits - torch.log(by_class(self.weights, logits)), output)


@dataclass(frozen=True, slots=True)
class ClassBalancedCrossEntropy:
    """Cross-entropy weighted by the effective number of samples, from logits (n, K), or (n, 1) for two classes.

    counts: training rows of each class.  beta: in [0, 1), see ``effective_number_weights``; at 0.9999 classes of more than
    some 20 000 rows count as equally large.
    Source: Cui, Jia, Lin, Song & Belongie (2019).
    """

    counts: tuple[int, ...]
    beta: float = 0.9999

    def __post_init__(self) -> None:
        effective_number_weights(self.counts, self.beta)

    @property
    def weighted(self) -> WeightedCrossEntropy:
        """The same loss by its weights."""
        return WeightedCrossEntropy(effective_number_weights(self.counts, self.beta))

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        return self.weighted(output, target)

    def posterior_logits(self, output: Tensor) -> Tensor:
        return self.weighted.posterior_logits(output)
