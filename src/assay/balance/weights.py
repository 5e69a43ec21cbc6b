"""Treatments that leave every row where it is: doing nothing, and class weights."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from assay.balance.common import account, class_counts
from assay.balance.treatment import Balanced, Correction, Stage
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

    Source: scikit-learn's ``class_weight="balanced"``, after King & Zeng (2001).
    """

    name: ClassVar[str] = "class-weight"
    stage: ClassVar[Stage] = "learner"
    correction: ClassVar[Correction] = "prior"

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        counts = class_counts(train, self.name)
        factor = len(train) / ((counts > 0).sum() * np.maximum(counts, 1))
        own = np.ones(len(train)) if train.weights is None else train.weights
        return account(train, replace(train, weights=own * factor[train.target]), np.arange(len(train)))
