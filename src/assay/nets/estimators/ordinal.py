"""A perceptron for classes that have an order: small mistakes are likelier than large ones, and it may know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from assay.nets.estimators.classes import CERTAIN, ClassEstimator
from assay.nets.estimators.errors import SettingError
from assay.nets.estimators.mlp import DenseNet, widths
from assay.nets.estimators.training import Goal
from assay.nets.losses.members import OfMean
from assay.nets.losses.ordinal import Ordinal, probabilities
from assay.nets.tabular.mlp import MLP, MLPSpec
from assay.prepare.net_columns import Layout


class ThresholdsMLP(nn.Module):
    """x (n, inputs) -> cumulative logits (n, steps): one score of a row, and a threshold for each step between classes."""

    def __init__(self, score: MLP, steps: int) -> None:
        super().__init__()
        self.score = score
        self.thresholds = nn.Parameter(torch.linspace(1, -1, steps) if steps > 1 else torch.zeros(steps))

    def forward(self, x: Tensor) -> Tensor:
        return self.score(x) + self.thresholds  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class ThresholdsSpec:
    """score: the perceptron of the score, with one output.  outputs: the steps, one less than there are classes."""

    score: MLPSpec
    outputs: int

    def build(self) -> ThresholdsMLP:
        return ThresholdsMLP(self.score.build(), self.outputs)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        """See MLPSpec."""
        return self.score.tensor(matrix)


@dataclass(kw_only=True, eq=False, repr=False)
class OrdinalMLPClassifier(DenseNet, ClassEstimator):
    """One score a row and K - 1 thresholds: the logits of lying above each class but the last, which tell the probabilities.

    class_order: the labels from the lowest to the highest; None for their sorted order.  ``classes_`` and the columns of
    ``predict_proba`` are sorted in any case, as scikit-learn's tools expect; ``ranks_`` holds the rank of each.
    Parameters: DenseNet, ClassEstimator (class_weight), NetEstimator.  Source: Cao, Mirjalili & Raschka (2020), CORAL.
    """

    class_order: Sequence[Any] | None = None

    def _codes(self, labels: np.ndarray) -> np.ndarray:
        """int64 (n,): the rank of each label."""
        self.ranks_ = self._ranks_of_classes()
        return np.asarray(self.ranks_[super()._codes(labels)])

    def _ranks_of_classes(self) -> np.ndarray:
        """int64 (K,): the rank of each of ``classes_``."""
        if self.class_order is None:
            return np.arange(len(self.classes_))
        order = list(self.class_order)
        lacking = [label for label in self.classes_.tolist() if order.count(label) != 1]
        if lacking or len(order) != len(self.classes_):
            raise SettingError(
                f"class_order={order!r} must name each class of y once, and no others; y has {self.classes_.tolist()!r}."
            )
        return np.array([order.index(label) for label in self.classes_.tolist()])

    def _spec(self, columns: Layout, outputs: int) -> ThresholdsSpec:  # type: ignore[override]
        return ThresholdsSpec(MLPSpec(columns.numbers, 1, widths(self.hidden), self.activation, self.dropout), outputs)

    def _goal(self, target: np.ndarray, weights: np.ndarray | None) -> Goal:  # noqa: ARG002
        return Goal(len(self.classes_) - 1, Ordinal(), OfMean(Ordinal()))

    def _answers(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        raw = torch.from_numpy(self._outputs(X)[:, 0])  # (n, K - 1)
        shares = probabilities(raw).numpy()[:, self.ranks_]
        if shares.shape[1] == 2:
            sign = 1.0 if self.ranks_[1] == 1 else -1.0
            return sign * raw[:, 0].numpy(), shares
        return np.log(np.clip(shares, CERTAIN, 1.0)), shares
