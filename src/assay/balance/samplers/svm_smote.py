"""SVM-SMOTE: new rows where a support vector machine sees the border."""

from typing import Any

import numpy as np

from assay.balance.oversample.parents import Growing, Parents
from assay.balance.oversample.svm import svm_smote
from assay.balance.samplers.base import RandomState
from assay.balance.samplers.over import Interpolator
from assay.balance.strategy import SamplingError, Strategy
from assay.core.errors import ConfigError


class SVMSMOTE(Interpolator):
    """As SMOTE, from the support vectors of the class: towards its rows where they are outnumbered, outwards where they are not.

    sampling_strategy, random_state, k_neighbors, threads: as in SMOTE.
    m_neighbors: how many nearest rows say whether a support vector is noise, in danger or safe.
    svm_estimator: a classifier that sets ``support_`` when fitted; None takes sklearn.svm.SVC(gamma="scale").
    out_step: how far outwards a new row may lie, as a share of the way to the neighbour that it moves away from; in [0, 1].
    exact: as in SMOTE; True also fits the classifier to every row, where otherwise at most 5 000 of each class, drawn at
        random and weighted for the rest, are used (``notes_`` says so).
    Raises SamplingError where every support vector is noise, and for an estimator without ``support_``.
    Source: Nguyen, Cooper & Kamei (2009).
    """

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        random_state: RandomState = None,
        k_neighbors: int = 5,
        m_neighbors: int = 10,
        svm_estimator: Any = None,
        out_step: float = 0.5,
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.k_neighbors = k_neighbors
        self.m_neighbors = m_neighbors
        self.svm_estimator = svm_estimator
        self.out_step = out_step
        self.exact = exact
        self.threads = threads

    def _check_settings(self) -> None:
        super()._check_settings()
        step = self.out_step
        if isinstance(step, bool) or not isinstance(step, int | float | np.number) or not 0 <= step <= 1:
            raise SamplingError(f"out_step={step!r} must be a number from 0 to 1.")

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        try:
            made = svm_smote(
                growing,
                n_new,
                rng,
                k=self.k_neighbors,
                m=self.m_neighbors,
                estimator=self.svm_estimator,
                out_step=float(self.out_step),
            )
        except ConfigError as error:
            raise SamplingError(str(error)) from error
        if not len(made):
            raise SamplingError(made.notes[0])
        return made
