"""Cross-entropy of two classes from one logit."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from assay.nets.losses.row import check_smoothing, one_number


@dataclass(frozen=True, slots=True)
class BinaryCrossEntropy:
    """-log p of the true class from one logit (n, 1), by class codes 0 and 1 (n,), in nats.

    label_smoothing ε: the true class is believed to 1 - ε/2, as in q'(k) = (1 - ε)·δ(k, y) + ε/K with K = 2.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_smoothing(self.label_smoothing)

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        logit, truth = one_number(output, target)
        believed = truth * (1 - self.label_smoothing) + self.label_smoothing / 2
        return functional.binary_cross_entropy_with_logits(logit, believed, reduction="none")
