"""Cross-entropy of K classes from K logits."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.row import check_smoothing, wide


@dataclass(frozen=True, slots=True)
class CrossEntropy:
    """-log p of the true class from logits (n, K), K >= 2, by class codes (n,), in nats.

    label_smoothing ε: q'(k) = (1 - ε)·δ(k, y) + ε/K.  Source: Szegedy et al. (2016).
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_smoothing(self.label_smoothing)

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        _check(output)
        return functional.cross_entropy(wide(output), target.long(), reduction="none", label_smoothing=self.label_smoothing)

    def mean_of_rows(self, output: Tensor, target: Tensor) -> Tensor:
        """The mean of the above, a scalar, in one call of torch's kernels: what a training step asks for."""
        _check(output)
        return functional.cross_entropy(wide(output), target.long(), label_smoothing=self.label_smoothing)


def _check(output: Tensor) -> None:
    if output.ndim != 2 or output.shape[1] < 2:
        raise ConfigError(
            f"cross-entropy takes logits (n, K) of at least 2 classes, not outputs {tuple(output.shape)}; "
            "for one logit take binary-cross-entropy."
        )
