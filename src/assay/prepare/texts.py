"""A column of texts as a few dense numbers: tf-idf, turned onto its main directions (latent semantic analysis)."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.hashed_terms import HashedTerms
from assay.prepare.terms import TermSettings, TermWeights

DIRECTIONS = 32
LEAST_TERMS = 2
"""With fewer terms there is nothing to turn: they stay as they are."""


def fit_terms(series: pl.Series, settings: TermSettings) -> TermWeights | HashedTerms:
    """With a vocabulary, or hashed, as the settings say."""
    return TermWeights.fit(series, settings) if settings.hashed is None else HashedTerms.fit(series, settings)


@dataclass(frozen=True)
class TextDirections:
    """tf-idf times ``directions``, float64 (n_terms, n_directions)."""

    KIND: ClassVar[str] = "text-directions"

    terms: TermWeights | HashedTerms
    directions: np.ndarray

    @classmethod
    def fit(cls, series: pl.Series, settings: TermSettings, seed: int) -> Self:
        terms = fit_terms(series, settings)
        weights = terms.transform(series)
        if weights.shape[1] <= LEAST_TERMS:
            return cls(terms, np.eye(weights.shape[1]))
        from sklearn.utils.extmath import randomized_svd

        wanted = max(1, min(DIRECTIONS, min(weights.shape) - 1))
        _, _, directions = randomized_svd(weights, wanted, random_state=seed, n_iter=5)
        return cls(terms, np.ascontiguousarray(directions.T))

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("other", self.directions.shape[1]),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, n_directions)."""
        return np.asarray(self.terms.transform(series) @ self.directions)

    def state(self) -> State:
        return {"kind": self.KIND, "terms": self.terms.state(), "directions": self.directions}

    @classmethod
    def from_state(cls, state: State) -> Self:
        saved = checks.entry(state, "terms")
        kinds: dict[str, type[TermWeights | HashedTerms]] = {one.KIND: one for one in (TermWeights, HashedTerms)}
        terms = kinds[checks.choice(saved, "kind", kinds)].from_state(saved)
        return cls(terms, checks.floats(state, "directions", (terms.width, None)))
