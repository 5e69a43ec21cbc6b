"""Texts as terms thrown into a fixed number of columns by a hash of the term: no vocabulary, for very many texts.

The hash is MurmurHash3 without alternating signs, as in scikit-learn's HashingVectorizer, so that counts stay counts.  With
tf-idf one weight a column is learned; a column that no training text has falls to the weight of a term of one text.
Source: Weinberger et al. (2009), Feature Hashing for Large Scale Multitask Learning.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl
from scipy import sparse

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.hashing import columns_of
from assay.prepare.terms import MOST_HASHED, TermSettings
from assay.prepare.text.characters import character_runs
from assay.prepare.text.cut import Cut, lowered, word_runs
from assay.prepare.text.weights import FREQUENCIES, Frequency, inverse_frequency, weighted


@dataclass(frozen=True)
class HashedTerms:
    """csr weights of ``width`` columns.  weights: float64 (width,), the idf, or None for counts."""

    KIND: ClassVar[str] = "hashed-terms"

    width: int
    weights: np.ndarray | None
    cut: Cut
    frequency: Frequency

    @classmethod
    def fit(cls, series: pl.Series, settings: TermSettings) -> Self:
        """settings: with ``hashed`` given."""
        assert settings.hashed is not None  # the caller's choice of this class
        counting = cls(settings.hashed, None, settings.cut, settings.frequency)
        if settings.weighting == "counts":
            return counting
        holding = np.bincount(counting.transform(series).indices, minlength=settings.hashed)
        idf = inverse_frequency(np.maximum(holding, 1), len(series), settings.logarithm)
        return cls(settings.hashed, idf, settings.cut, settings.frequency)

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("other", self.width),)

    def transform(self, series: pl.Series) -> sparse.csr_matrix:
        """csr float64 (n, width)."""
        texts = lowered(series, self.cut.cleaning)
        counts = self._words(texts)
        if self.cut.characters is not None:
            found = character_runs(texts, *self.cut.characters)
            counts = counts + _thrown(found.counts, found.grams, self.width)
        counts = sparse.csr_matrix(counts)
        return counts if self.weights is None else weighted(counts, self.weights, self.frequency)

    def _words(self, texts: pl.Series) -> sparse.csr_matrix:
        if not self.cut.longest:
            return sparse.csr_matrix((len(texts), self.width))
        found = word_runs(texts, self.cut)
        distinct = found["term"].unique(maintain_order=True)
        numbers = found["term"].replace_strict(distinct, pl.Series(np.arange(len(distinct))), return_dtype=pl.Int64)
        places = (found["text"].to_numpy(), numbers.to_numpy())
        counts = sparse.csr_matrix((np.ones(found.height), places), shape=(len(texts), len(distinct)))
        return _thrown(counts, distinct, self.width)

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "width": self.width,
            "weights": self.weights,
            "cut": self.cut.state(),
            "frequency": self.frequency,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        checks.choice(state, "kind", {cls.KIND})
        width = checks.whole(state, "width", low=1, high=MOST_HASHED)
        weights = checks.entry(state, "weights")
        return cls(
            width,
            None if weights is None else checks.floats(state, "weights", (width,)),
            Cut.from_state(checks.entry(state, "cut")),
            checks.choice(state, "frequency", FREQUENCIES),  # type: ignore[arg-type]  # one of its options
        )


def _thrown(counts: sparse.csr_matrix, terms: pl.Series, width: int) -> sparse.csr_matrix:
    """counts: csr (n, n_terms) → csr (n, width)."""
    columns = columns_of(terms.to_list(), width)
    thrown = sparse.csr_matrix((counts.data, columns[counts.indices], counts.indptr), shape=(counts.shape[0], width))
    thrown.sum_duplicates()
    return thrown
