"""Treatments that leave every row where it is: doing nothing, and weights by how many rows a class has.

All of them only change how much a class counts, so the closed form of the prior leads back from what is learnt.
"""

from dataclasses import dataclass, replace
from math import expm1, log
from typing import ClassVar

import numpy as np

from assay.balance.common import account, class_counts
from assay.balance.strategy import check_ratio
from assay.balance.treatment import Balanced, Correction, Stage
from assay.core.errors import ConfigError
from assay.data.rows import Rows


@dataclass(frozen=True, slots=True)
class NoTreatment:
    """The rows as they are: what every other treatment is held against. Takes regression targets, too."""

    name: ClassVar[str] = "none"
    stage: ClassVar[Stage] = "raw"
    correction: ClassVar[Correction] = "none"

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        return account(train, train, np.arange(len(train)))


@dataclass(frozen=True, slots=True)
class ClassWeight:
    """Each row weighs n / (K · n_class), times the weight it had; K counts the classes present.

    ratio: the weight of each smaller class over that of the largest one afterwards, at least; in (0, 1].  Below 1 the rows
    weigh less evenly, and n in sum all the same.
    Source: scikit-learn's ``class_weight="balanced"``, after King & Zeng (2001).
    """

    ratio: float = 1.0
    name: ClassVar[str] = "class-weight"
    stage: ClassVar[Stage] = "learner"
    correction: ClassVar[Correction] = "prior"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        counts = class_counts(train, self.name)
        return weighted(train, to_sum(counts, _raised(counts, self.ratio)))


@dataclass(frozen=True, slots=True)
class WeightedSampling:
    """Class-weight by drawing: in each epoch as many rows as there are, with replacement, a row in proportion to its weight.

    What is minimised is in the mean that of class-weight; a step sees a rare row often with weight 1 in place of rarely with a
    large one, and each time augmented anew.  Only nets learn in epochs.
    ratio: as in class-weight.
    Source: PyTorch's ``WeightedRandomSampler`` over the inverse class counts.
    """

    ratio: float = 1.0
    name: ClassVar[str] = "weighted-sampling"
    stage: ClassVar[Stage] = "learner"
    correction: ClassVar[Correction] = "prior"
    draws: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - the learner draws, by its own seed
        counts = class_counts(train, self.name)
        balanced = weighted(train, to_sum(counts, _raised(counts, self.ratio)))
        return replace(balanced, rows=replace(balanced.rows, drawn=True))


@dataclass(frozen=True, slots=True)
class ScalePosWeight:
    """Each row of the larger class weighs 1, of the smaller one n_larger / n_smaller, times the weight it had.

    LightGBM's and XGBoost's ``scale_pos_weight``; with more classes each is raised to the largest.  For boosting it is
    class-weight up to the scale of all weights, which only the penalties and the least hessian of a leaf can feel, and
    neither changes a ranking much: try one of the two.  Through row weights the first score starts at the weighted share
    of the positives; LightGBM's own parameter starts at the plain share, and agrees where neither starts from a share.
    ratio: the weight of each smaller class over that of the largest one afterwards, at least; in (0, 1].
    """

    ratio: float = 1.0
    name: ClassVar[str] = "scale-pos-weight"
    stage: ClassVar[Stage] = "learner"
    correction: ClassVar[Correction] = "prior"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        return weighted(train, _raised(class_counts(train, self.name), self.ratio))


@dataclass(frozen=True, slots=True)
class EffectiveNumber:
    """Each row weighs in proportion to (1 − β)/(1 − β^n_class), n in sum, times the weight it had.

    beta: in [0, 1).  0 weighs nothing, towards 1 it is class-weight.  Rows beyond some 3/(1 − β) of a class say nothing
    new to it, so where all classes are larger than that (3000 rows at 0.999) the weights are nearly 1.
    Source: Cui, Jia, Lin, Song & Belongie (2019).
    """

    beta: float = 0.999
    name: ClassVar[str] = "effective-number"
    stage: ClassVar[Stage] = "learner"
    correction: ClassVar[Correction] = "prior"

    def __post_init__(self) -> None:
        if not 0 <= self.beta < 1:
            raise ConfigError(f"beta={self.beta} is outside [0, 1): the effective number of rows is (1 - beta^n) / (1 - beta).")

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        counts = class_counts(train, self.name)
        return weighted(train, to_sum(counts, 1.0 / effective_numbers(counts, self.beta)))


def effective_numbers(counts: np.ndarray, beta: float) -> np.ndarray:
    """float64 (n_classes,): (1 − β^n)/(1 − β) of each class, 1 for a class without rows."""
    if beta == 0:
        return np.ones(len(counts))
    # β^n = exp(n·log β), and 1 − exp(x) = −expm1(x) keeps its digits for β near 1
    return np.array([-expm1(max(int(count), 1) * log(beta)) / (1 - beta) for count in counts])


def to_sum(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """float64 (n_classes,): the weights of the classes on the scale on which those of all rows sum to their number."""
    return np.asarray(weights * (counts.sum() / (counts * weights).sum()))


def weighted(train: Rows, by_class: np.ndarray) -> Balanced:
    """The rows, each of the weight it had times that of its class. by_class: float64 (n_classes,)."""
    own = np.ones(len(train)) if train.weights is None else train.weights
    return account(train, replace(train, weights=own * by_class[train.target]), np.arange(len(train)))


def _raised(counts: np.ndarray, ratio: float) -> np.ndarray:
    """float64 (n_classes,): weights under which no class present is less than ``ratio`` times the largest, which keeps 1."""
    return np.asarray(np.maximum(1.0, ratio * counts.max() / np.maximum(counts, 1)))
