"""Texts as weighted terms: words and runs of neighbouring words, runs of characters, or both.

A word is a run of letters, digits and underscores of any script, in lower case, so Russian
and English are cut alike.  Everything runs over columns in polars; no text is walked in Python.
Weighting by default as in scikit-learn's TfidfTransformer (smooth idf, sublinear tf, rows of length 1).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal, Self

import numpy as np
import polars as pl
from scipy import sparse

from assay.core.errors import BundleError, ConfigError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.text.characters import character_runs
from assay.prepare.text.cleaning import Cleaning
from assay.prepare.text.cut import Cut, Signs, Stop, Words, lowered, word_runs
from assay.prepare.text.weights import FREQUENCIES, LOGARITHMS, Frequency, Logarithm, inverse_frequency, weighted

MOST_TERMS = 1_000_000
MOST_HASHED = 1 << 24
FEW_TERMS = 20_000
"""To be looked for, up to which a dictionary is quicker than polars."""


@dataclass(frozen=True, kw_only=True)
class TermSettings:
    """What counts as a term, and how much it weighs.

    longest: terms are runs of 1 to ``longest`` words; 0: no words, characters alone.
    weighting: "tf-idf", or "counts" (for learners that model counts).
    min_texts: a term in fewer texts is dropped.  max_terms: the most frequent are kept (of words and of characters each).

    characters: (shortest, longest) runs of characters within the pieces between spaces, beside the words; None: none.
    words: "plain", or "stems" or "lemmas" of them (the extra ``text``).
    stop: "keep", or "drop" the words of ``text.stop_words`` before runs are made.
    signs: "drop", "emoticons" (and emoji) are terms, or "all" signs are.
    cleaning: what is done to the texts first; None: nothing.
    logarithm: of tf-idf; "smooth": ln((1 + N)/(1 + n)) + 1, "natural": ln(N/n), "10": log₁₀(N/n), of N texts with n that hold it.
    frequency: of tf-idf; "log": 1 + ln(count), "count", or "once" (1).
    hashed: terms are thrown by a hash into so many columns and no vocabulary is kept, for very many texts; None: they are not.
        Terms that share a column cannot be told apart; ``min_texts`` and ``max_terms`` are not asked.
    """

    longest: int = 2
    weighting: Literal["tf-idf", "counts"] = "tf-idf"
    min_texts: int = 2
    max_terms: int = 50_000
    characters: tuple[int, int] | None = None
    words: Words = "plain"
    stop: Stop = "keep"
    signs: Signs = "drop"
    cleaning: Cleaning | None = None
    logarithm: Logarithm = "smooth"
    frequency: Frequency = "log"
    hashed: int | None = None

    def __post_init__(self) -> None:
        _ = self.cut  # says what is wrong with it
        for name, value, options in (
            ("weighting", self.weighting, ("tf-idf", "counts")),
            ("logarithm", self.logarithm, LOGARITHMS),
            ("frequency", self.frequency, FREQUENCIES),
        ):
            if value not in options:
                raise ConfigError(f"no {name} {value!r} of terms; there are {', '.join(options)}.")
        if self.hashed is not None and not 1 <= self.hashed <= MOST_HASHED:
            raise ConfigError(f"hashed={self.hashed} columns; from 1 to {MOST_HASHED} are possible.")

    @property
    def cut(self) -> Cut:
        return Cut(
            longest=self.longest,
            characters=self.characters,
            words=self.words,
            stop=self.stop,
            signs=self.signs,
            cleaning=self.cleaning,
        )


@dataclass(frozen=True)
class _Numbers:
    """The places of terms among the known ones."""

    terms: tuple[str, ...]

    @cached_property
    def _codes(self) -> pl.Enum:
        return pl.Enum(self.terms)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {term: place for place, term in enumerate(self.terms)}

    def of(self, found: pl.Series) -> np.ndarray:
        """int64 (n,); -1 for a term that is not known."""
        if len(found) < FEW_TERMS:  # polars reads all categories of an Enum anew for every cast
            return np.fromiter((self._places.get(term, -1) for term in found), dtype=np.int64, count=len(found))
        return found.cast(self._codes, strict=False).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()


@dataclass(frozen=True)
class TermWeights:
    """csr weights of the known terms, runs of words first; a missing text has none of them.

    terms: runs of words, grams: runs of characters, each in the order of the alphabet.
    weights: float64 (n_terms + n_grams,), the idf, or ones for counts.  With tf-idf the words of a text have length 1, and
    so have its characters, whatever the number of either.
    """

    KIND: ClassVar[str] = "terms"

    terms: tuple[str, ...]
    grams: tuple[str, ...]
    weights: np.ndarray
    cut: Cut
    is_counts: bool
    frequency: Frequency = "log"

    @classmethod
    def fit(cls, series: pl.Series, settings: TermSettings) -> Self:
        """Terms in fewer than ``min_texts`` texts go, unless none would stay."""
        cut = settings.cut
        texts = lowered(series, cut.cleaning)
        kept = [pl.DataFrame(schema={"term": pl.String, "texts": pl.Int64})] * 2
        if cut.longest:
            kept[0] = _kept(word_runs(texts, cut).unique().group_by("term").len(name="texts"), settings)
        if cut.characters is not None:
            found = character_runs(texts, *cut.characters)
            holding = np.bincount(found.counts.indices, minlength=len(found.grams))
            kept[1] = _kept(pl.DataFrame({"term": found.grams, "texts": holding}), settings)
        is_counts = settings.weighting == "counts"
        holding = np.concatenate([part["texts"].to_numpy() for part in kept])
        weights = np.ones(len(holding)) if is_counts else inverse_frequency(holding, len(series), settings.logarithm)
        terms, grams = (tuple(part["term"].to_list()) for part in kept)
        return cls(terms, grams, weights, cut, is_counts, settings.frequency)

    @property
    def width(self) -> int:
        return len(self.terms) + len(self.grams)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, to be shown; a run of characters stands in ‹›."""
        return (*self.terms, *(f"‹{gram}›" for gram in self.grams))

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("other", self.width),)

    @cached_property
    def _term_numbers(self) -> "_Numbers":
        return _Numbers(self.terms)

    @cached_property
    def _gram_numbers(self) -> "_Numbers":
        return _Numbers(self.grams)

    def transform(self, series: pl.Series) -> sparse.csr_matrix:
        """csr float64 (n, n_terms + n_grams)."""
        texts = lowered(series, self.cut.cleaning)
        words = self._weighted(self._word_counts(texts), self.weights[: len(self.terms)])
        if not self.grams:
            return words
        grams = self._weighted(self._gram_counts(texts), self.weights[len(self.terms) :])
        return sparse.csr_matrix(sparse.hstack([words, grams], format="csr"))

    def _word_counts(self, texts: pl.Series) -> sparse.csr_matrix:
        shape = (len(texts), len(self.terms))
        if not self.terms:
            return sparse.csr_matrix(shape)
        found = word_runs(texts, self.cut)
        columns = self._term_numbers.of(found["term"])
        known = columns >= 0
        places = (found["text"].to_numpy()[known], columns[known])
        counts = sparse.csr_matrix((np.ones(len(places[0])), places), shape=shape)
        counts.sum_duplicates()
        return counts

    def _gram_counts(self, texts: pl.Series) -> sparse.csr_matrix:
        assert self.cut.characters is not None  # for there are grams
        found = character_runs(texts, *self.cut.characters)
        columns = self._gram_numbers.of(found.grams)
        counts = found.counts.tocoo()
        known = columns[counts.col] >= 0
        places = (counts.row[known], columns[counts.col[known]])
        return sparse.csr_matrix((counts.data[known], places), shape=(len(texts), len(self.grams)))

    def _weighted(self, counts: sparse.csr_matrix, idf: np.ndarray) -> sparse.csr_matrix:
        return counts if self.is_counts else weighted(counts, idf, self.frequency)

    def state(self) -> State:
        base = {"kind": self.KIND, "terms": list(self.terms), "weights": self.weights, "is_counts": self.is_counts}
        if self.cut.longest and self.cut == Cut(longest=self.cut.longest) and self.frequency == "log":
            return base | {"longest": self.cut.longest}  # as it always was written
        return base | {"cut": self.cut.state(), "grams": list(self.grams), "frequency": self.frequency}

    @classmethod
    def from_state(cls, state: State) -> Self:
        checks.choice(state, "kind", {cls.KIND})  # also stands within other states
        terms = checks.distinct_texts(state, "terms", most=MOST_TERMS)
        if "cut" not in state:
            weights = checks.floats(state, "weights", (len(terms),))
            return cls(
                terms, (), weights, Cut(longest=checks.whole(state, "longest", low=1, high=10)), checks.flag(state, "is_counts")
            )
        cut, grams = Cut.from_state(state["cut"]), checks.distinct_texts(state, "grams", most=MOST_TERMS)
        if grams and cut.characters is None:
            raise BundleError("the saved model names runs of characters and does not say how long they are.")
        return cls(
            terms,
            grams,
            checks.floats(state, "weights", (len(terms) + len(grams),)),
            cut,
            checks.flag(state, "is_counts"),
            checks.choice(state, "frequency", FREQUENCIES),  # type: ignore[arg-type]  # one of its options
        )


def _kept(found: pl.DataFrame, settings: TermSettings) -> pl.DataFrame:
    """found: columns term and texts, one row a term."""
    frequent = found.filter(pl.col("texts") >= settings.min_texts)
    kept = (frequent if frequent.height else found).sort(["texts", "term"], descending=[True, False]).head(settings.max_terms)
    return kept.sort("term").cast({"texts": pl.Int64})
