"""Search by query likelihood: texts are ordered by how probable each makes the query.

    log P(query | text) = Σ over the words of the query  log (count in the text + μ · share in all texts) / (length + μ)

Dirichlet smoothing lends every text the words of the others, so that a text that lacks one word of the query is not out, and
short texts, which say little of themselves, lean on the others more.
Source: Ponte & Croft (1998); Zhai & Lafferty (2004), A study of smoothing methods for language models applied to retrieval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from assay.core.errors import ConfigError, DataError
from assay.core.shown import Shown
from assay.prepare.terms import TermSettings, TermWeights

TERMS = TermSettings(longest=1, weighting="counts", min_texts=1, max_terms=1_000_000)


@dataclass(frozen=True, slots=True)
class Hit(Shown):
    """text: its position.  score: log P(query | text).  gain: of each known word of the query, over what all texts say of it."""

    text: int
    score: float
    gain: tuple[tuple[str, float], ...]

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "score": self.score, "gain": dict(self.gain)}


@dataclass(frozen=True, eq=False)
class Found(Shown):
    """hits: the likeliest first.  unknown: words of the query that no text holds, which change no order."""

    hits: tuple[Hit, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SearchIndex:
    """counts: csc (n_texts, n_terms).  lengths: float64 (n_texts,), known words.  shares: (n_terms,), in all texts."""

    terms: TermWeights
    counts: sparse.csc_matrix
    lengths: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str | None] | pl.Series, settings: TermSettings = TERMS) -> "SearchIndex":
        """Of the words of these texts.  Raises DataError where there is not a single one."""
        from dataclasses import replace

        series = pl.Series("text", texts, dtype=pl.String)
        terms = TermWeights.fit(series, replace(settings, weighting="counts"))
        if not terms.width:
            raise DataError(f"none of the {len(series)} texts holds a word to search for.")
        counts = terms.transform(series)
        total = np.asarray(counts.sum(axis=0)).ravel()
        return cls(terms, counts.tocsc(), np.asarray(counts.sum(axis=1)).ravel(), total / total.sum())

    def search(self, query: str, top: int = 10, *, mu: float | None = None) -> Found:
        """The ``top`` texts that make the query likeliest; of texts alike the first.

        mu: how many words the other texts are worth, above 0; None: the mean length of the texts.
        Texts without any word of the query are no hits.  Raises ConfigError for a mu that is not above 0.

        >>> index = SearchIndex.of(["the cat sat", "the dog ran", "a cat and a cat"])
        >>> [hit.text for hit in index.search("cat").hits]
        [2, 0]
        """
        weight = float(self.lengths.mean()) if mu is None else mu
        if not weight > 0 or top < 1:
            raise ConfigError(f"mu={mu} must be above 0 and top={top} at least 1.")
        words = query.split()
        known = self.terms.transform(pl.Series("text", [query, *words], dtype=pl.String))
        places, times = known[0].indices, known[0].data
        unknown = _unknown(words, known[1:])
        if not len(places):
            return Found((), unknown)
        part = self.counts[:, places].toarray()  # (n_texts, words of the query)
        ground = weight * self.shares[places]
        gains = np.log(part + ground) - np.log(ground)  # 0 where the text has not the word
        score = times @ np.log(ground) + gains @ times - times.sum() * np.log(self.lengths + weight)
        held = np.flatnonzero(part.any(axis=1))
        order = held[np.argsort(-score[held], kind="stable")][:top]
        every = self.terms.names
        names = [every[place] for place in places.tolist()]
        return Found(
            tuple(
                Hit(text, float(score[text]), tuple(zip(names, (times * gains[text]).tolist(), strict=True)))
                for text in order.tolist()
            ),
            unknown,
        )


def _unknown(words: list[str], known: sparse.csr_matrix) -> tuple[str, ...]:
    """The words that no text holds.  known: (n_words, n_terms), the known terms of each."""
    held = known.getnnz(axis=1).tolist()
    return tuple(word for word, terms in zip(words, held, strict=True) if not terms and any(map(str.isalnum, word)))
