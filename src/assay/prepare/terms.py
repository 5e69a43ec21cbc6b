"""Texts as weighted terms: words and runs of neighbouring words.

A word is a run of letters, digits and underscores of any script, in lower case, so Russian
and English are cut alike.  Everything runs over columns in polars; no text is walked in Python.
Weighting as in scikit-learn's TfidfTransformer (smooth idf, sublinear tf, rows of length 1).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal, Self

import numpy as np
import polars as pl
from scipy import sparse

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part

WORD = r"\w+"
MOST_TERMS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class TermSettings:
    """What counts as a term, and how much it weighs.

    longest: terms are runs of 1 to ``longest`` words.
    weighting: "tf-idf", or "counts" (for learners that model counts).
    min_texts: a term in fewer texts is dropped.  max_terms: the most frequent are kept.
    """

    longest: int = 2
    weighting: Literal["tf-idf", "counts"] = "tf-idf"
    min_texts: int = 2
    max_terms: int = 50_000


def terms_of(series: pl.Series, longest: int) -> pl.DataFrame:
    """Columns text (position in ``series``) and term, one row an occurrence."""
    words = (
        pl.DataFrame({"text": np.arange(len(series)), "term": series.cast(pl.String).str.to_lowercase()})
        .with_columns(pl.col("term").str.extract_all(WORD))
        .explode("term")
        .drop_nulls()
    )
    runs = [words]
    run = pl.col("term")
    for ahead in range(1, longest):
        run = run + " " + pl.col("term").shift(-ahead).over("text")
        runs.append(words.select("text", run).drop_nulls())
    return pl.concat(runs)


@dataclass(frozen=True)
class TermWeights:
    """csr weights of the known terms; a missing text has none of them.

    weights: float64 (n_terms,), the idf, or ones for counts.
    """

    KIND: ClassVar[str] = "terms"

    terms: tuple[str, ...]
    weights: np.ndarray
    longest: int
    is_counts: bool

    @classmethod
    def fit(cls, series: pl.Series, settings: TermSettings) -> Self:
        """Terms in fewer than ``min_texts`` texts go, unless none would stay."""
        found = terms_of(series, settings.longest).unique().group_by("term").len(name="texts")
        frequent = found.filter(pl.col("texts") >= settings.min_texts)
        kept = (frequent if frequent.height else found).sort(["texts", "term"], descending=[True, False]).head(settings.max_terms)
        kept = kept.sort("term")
        idf = np.log((1 + len(series)) / (1 + kept["texts"].to_numpy().astype(np.float64))) + 1
        is_counts = settings.weighting == "counts"
        weights = np.ones(kept.height) if is_counts else idf
        return cls(tuple(kept["term"].to_list()), weights, settings.longest, is_counts)

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("other", len(self.terms)),)

    @cached_property
    def _codes(self) -> pl.Enum:
        return pl.Enum(self.terms)

    def transform(self, series: pl.Series) -> sparse.csr_matrix:
        """csr float64 (n, n_terms)."""
        shape = (len(series), len(self.terms))
        if not self.terms:
            return sparse.csr_matrix(shape)
        found = terms_of(series, self.longest)
        found = found.with_columns(pl.col("term").cast(self._codes, strict=False).to_physical()).drop_nulls()
        places = (found["text"].to_numpy(), found["term"].to_numpy().astype(np.int64))
        counts = sparse.csr_matrix((np.ones(found.height), places), shape=shape)
        counts.sum_duplicates()
        if self.is_counts:
            return counts
        weighted = (1 + np.log(counts.data)) * self.weights[counts.indices]
        owner = np.repeat(np.arange(len(series)), np.diff(counts.indptr))
        length = np.sqrt(np.bincount(owner, weighted**2, minlength=len(series)))
        return sparse.csr_matrix((weighted / length[owner], counts.indices, counts.indptr), shape=shape)

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "terms": list(self.terms),
            "weights": self.weights,
            "longest": self.longest,
            "is_counts": self.is_counts,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        checks.choice(state, "kind", {cls.KIND})  # also stands within other states
        terms = checks.distinct_texts(state, "terms", most=MOST_TERMS)
        return cls(
            terms,
            checks.floats(state, "weights", (len(terms),)),
            checks.whole(state, "longest", low=1, high=10),
            checks.flag(state, "is_counts"),
        )
