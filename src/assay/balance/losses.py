"""Treatments that touch no row and no weight: they name the loss that a net minimises in place of its own.

The names are those of the losses (``nets.losses``), which this part of the house must not import; a test holds the two
together.  Only learners that say so take an objective (``recipes.objectives``).

What leads back to honest probabilities: class-balanced and logit-adjustment learn the classes under other shares, which the
closed form of the prior undoes.  Focal and LDAM bend the probability itself; their closed forms hold at the loss's minimum
only, where a net that stops early is not, and for complement cross-entropy with three or more classes none is known.  These
are calibrated on rows that the net did not see, which assumes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from assay.balance.common import account, class_counts
from assay.balance.treatment import Balanced, Correction, Stage
from assay.balance.weights import effective_numbers
from assay.core.errors import DataError
from assay.data.rows import Rows

PUBLISHED_BETA = 0.9999
"""Of the effective number in class-balanced, as ``nets.losses.named`` has it."""


@dataclass(frozen=True, slots=True)
class FocalLoss:
    """Rows that are already right count for little: (1 − p)^γ times the cross-entropy, γ = 2.

    Source: Lin, Goyal, Girshick, He & Dollár (2017).
    """

    name: ClassVar[str] = "focal"
    stage: ClassVar[Stage] = "learner"
    correction: ClassVar[Correction] = "calibrate"
    objective: ClassVar[str] = "focal"

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        return _with_loss(train, self.name)


@dataclass(frozen=True, slots=True)
class ClassBalancedLoss:
    """Cross-entropy weighted by the effective number of rows, β = 0.9999; the treatment effective-number in the loss.

    Source: Cui, Jia, Lin, Song & Belongie (2019).
    """

    name: ClassVar[str] = "class-balanced"
    stage: ClassVar[Stage] = "learner"
    correction: ClassVar[Correction] = "prior"
    objective: ClassVar[str] = "class-balanced"

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        return _with_loss(train, self.name, lambda counts: 1.0 / effective_numbers(counts, PUBLISHED_BETA))


@dataclass(frozen=True, slots=True)
class LDAMLoss:
    """Larger margins for rarer classes, then reweighting by effective numbers in the last fifth of the epochs.

    That fifth begins sooner where early stopping ends the epochs before it (``nets.training.phases``).
    Source: Cao, Wei, Gaidon, Arechiga & Ma (2019).
    """

    name: ClassVar[str] = "ldam"
    stage: ClassVar[Stage] = "learner"
    correction: ClassVar[Correction] = "calibrate"
    objective: ClassVar[str] = "ldam"

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        return _with_loss(train, self.name)


@dataclass(frozen=True, slots=True)
class LogitAdjustmentLoss:
    """The classes' shares are added to the logits while training, so that the net learns what is left of them.

    Its own probabilities are then those under equal shares.
    Source: Menon, Jayasumana, Rawat, Jain, Veit & Kumar (2021), τ = 1.
    """

    name: ClassVar[str] = "logit-adjustment"
    stage: ClassVar[Stage] = "learner"
    correction: ClassVar[Correction] = "prior"
    objective: ClassVar[str] = "logit-adjustment"

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        return _with_loss(train, self.name, lambda counts: 1.0 / np.maximum(counts, 1))


@dataclass(frozen=True, slots=True)
class ComplementCrossEntropyLoss:
    """Cross-entropy, and a reward for probabilities that are even among the wrong classes.

    With two classes there is one wrong class, and it is plain cross-entropy: the treatment does nothing there.
    Source: Kim, Lee & Jeon (2021).
    """

    name: ClassVar[str] = "complement-cross-entropy"
    stage: ClassVar[Stage] = "learner"
    correction: ClassVar[Correction] = "calibrate"
    objective: ClassVar[str] = "complement-cross-entropy"

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        return _with_loss(train, self.name)


def _with_loss(train: Rows, name: str, lift: Callable[[np.ndarray], np.ndarray] | None = None) -> Balanced:
    """The rows with the name of their loss.

    lift: from the rows of each class to what the loss multiplies each class's odds by, up to a constant; ``prior_after``
    are then the shares under which the net's own probabilities hold.
    Raises DataError for a class without rows: the losses weigh each class by how many it has.
    """
    counts = class_counts(train, name)
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        raise DataError(
            f"{name}: {len(empty)} of {len(counts)} classes have no training rows (first: class {empty[0]}), and the loss needs "
            "a number of rows for each; use class-weight, or drop the class."
        )
    balanced = account(train, replace(train, objective=name), np.arange(len(train)))
    if lift is None:
        return balanced
    shares = balanced.prior_before * lift(counts)
    return replace(balanced, prior_after=shares / shares.sum())
