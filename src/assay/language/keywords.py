"""Words that tell a class from the other classes, with intervals: the log-odds ratio under an informative Dirichlet prior.

Shares of words that nobody would look at twice decide nothing when a rare word comes up once in one class and never in
another; the prior, which says of every word what all texts together say, draws such words to no difference.

    δ(word) = logit share in the class − logit share in the rest,   share = (count + α) / (tokens + Σα),   α ∝ all texts

The variance of the published method holds for words that are drawn one by one.  Words come in texts, and one text says a word
often ("bursts"), so the variance is also taken between texts (a sandwich over texts, each a draw), and the larger one stands.
Intervals hold together for all words and classes of one table (Bonferroni), p-values are corrected by Holm.
Source: Monroe, Colaresi & Quinn (2008), Fightin' Words; for the sandwich, Liang & Zeger (1986).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse
from scipy.stats import t as student

from assay.core.errors import ConfigError, DataError
from assay.core.shown import Shown
from assay.language.counts import counted
from assay.measure.compare.adjust import holm
from assay.prepare.terms import TermSettings

MOST_PRIOR = 500.0

TERMS = TermSettings(longest=1, min_texts=1, max_terms=200_000)


@dataclass(frozen=True, kw_only=True)
class KeywordSettings:
    """terms: what is counted.  min_texts: words in fewer texts are not looked at (their intervals would be wide anyway).

    prior_tokens: how many tokens the prior is worth on each side; None: a tenth of the smaller side, at most 500.
    level: that all intervals hold together.  by_text: False for the published variance alone, of words drawn one by one.
    """

    terms: TermSettings = TERMS
    min_texts: int = 3
    prior_tokens: float | None = None
    level: float = 0.95
    by_text: bool = True

    def __post_init__(self) -> None:
        if self.min_texts < 1 or not 0 < self.level < 1 or (self.prior_tokens is not None and not self.prior_tokens > 0):
            raise ConfigError(
                f"min_texts={self.min_texts} must be at least 1, prior_tokens={self.prior_tokens} above 0 and "
                f"level={self.level} between 0 and 1."
            )


@dataclass(frozen=True, slots=True)
class Keyword(Shown):
    """value: δ; low, high: of the interval.  p: corrected.  count, elsewhere: occurrences.  texts: of the class, that hold it."""

    term: str
    value: float
    low: float
    high: float
    p: float
    count: int
    elsewhere: int
    texts: int

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("term", "value", "low", "high", "p", "count", "elsewhere", "texts")}


@dataclass(frozen=True, eq=False)
class Keywords(Shown):
    """What ``keywords`` found, of every word that was looked at.

    value, error, p: float64 (n_terms, K): δ, its standard error, the corrected p-value.
    reach: (K,), the intervals are value ± reach · error.  counts, documents: (n_terms, K).  prior_tokens: (K,).
    """

    terms: tuple[str, ...]
    classes: tuple[str, ...]
    value: np.ndarray
    error: np.ndarray
    p: np.ndarray
    reach: np.ndarray
    counts: np.ndarray
    documents: np.ndarray
    prior_tokens: np.ndarray
    texts: int
    level: float

    @property
    def compared(self) -> int:
        """Differences among which the corrections are made."""
        return len(self.terms) if len(self.classes) == 2 else self.value.size

    def of(self, name: str, most: int = 20, *, only_shown: bool = True) -> tuple[Keyword, ...]:
        """The words that speak for a class, the surest first (by δ over its error).

        only_shown: those alone whose difference is shown (corrected p below 1 − level).
        """
        if name not in self.classes:
            raise ConfigError(f"no class {name!r}; the classes are {', '.join(self.classes[:8])}.")
        k = self.classes.index(name)
        value, error = self.value[:, k], self.error[:, k]
        fits = value > 0
        if only_shown:
            fits &= self.p[:, k] < 1 - self.level
        order = np.lexsort((np.array(self.terms, dtype=object), -value / error))
        chosen = order[fits[order]][:most]
        total = self.counts.sum(axis=1)
        return tuple(
            Keyword(
                self.terms[j],
                float(value[j]),
                float(value[j] - self.reach[k] * error[j]),
                float(value[j] + self.reach[k] * error[j]),
                float(self.p[j, k]),
                int(self.counts[j, k]),
                int(total[j] - self.counts[j, k]),
                int(self.documents[j, k]),
            )
            for j in chosen.tolist()
        )

    def to_json(self, most: int = 20) -> dict[str, Any]:
        return {
            "texts": self.texts,
            "terms": len(self.terms),
            "compared": self.compared,
            "level": self.level,
            "classes": [{"class": name, "words": [one.to_json() for one in self.of(name, most)]} for name in self.classes],
        }


def keywords(texts: Sequence[str | None] | pl.Series, labels: Sequence[str], settings: KeywordSettings | None = None) -> Keywords:
    """Words by class, each class against all others; classes in the order of their names.

    Raises DataError for lengths that differ, for fewer than two classes, and where no word is in ``min_texts`` texts.

    >>> found = keywords(["good film", "good play", "bad film", "bad play"] * 20, ["+", "+", "-", "-"] * 20)
    >>> [one.term for one in found.of("+")], [one.term for one in found.of("-")]
    (['good'], ['bad'])
    """
    settings = KeywordSettings() if settings is None else settings
    series = pl.Series("text", texts, dtype=pl.String)
    if len(series) != len(labels):
        raise DataError(f"{len(series)} texts have {len(labels)} labels; give each text one.")
    classes = tuple(sorted(set(labels)))
    if len(classes) < 2:
        raise DataError(f"all {len(series)} texts are of one class; keywords tell classes from each other.")
    matrix, terms = counted(series, settings.terms)
    codes = np.searchsorted(np.array(classes, dtype=object), np.array(labels, dtype=object))
    in_texts = np.bincount(matrix.indices, minlength=len(terms))
    looked_at = np.flatnonzero(in_texts >= settings.min_texts)
    if not len(looked_at):
        raise DataError(
            f"no word stands in {settings.min_texts} of the {len(series)} texts; lower min_texts or bring more texts."
        )
    return _found(matrix, terms, codes, classes, looked_at, settings)


def _found(
    matrix: sparse.csr_matrix,
    terms: tuple[str, ...],
    codes: np.ndarray,
    classes: tuple[str, ...],
    looked_at: np.ndarray,
    settings: KeywordSettings,
) -> Keywords:
    lengths = np.asarray(matrix.sum(axis=1)).ravel()
    some = matrix[:, looked_at]
    total, tokens = np.asarray(some.sum(axis=0)).ravel(), float(lengths.sum())
    shape = (len(looked_at), len(classes))
    value, error, counts, documents = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    priors, freedom = np.zeros(len(classes)), np.full(len(classes), np.inf)
    for k in range(len(classes)):
        own = codes == k
        inside, outside = _Side.of(some, lengths, own), _Side.of(some, lengths, ~own)
        smaller = min(inside.tokens, outside.tokens)
        priors[k] = settings.prior_tokens or max(1.0, min(MOST_PRIOR, smaller / 10))
        prior = priors[k] * total / tokens
        value[:, k] = inside.logit(prior, priors[k]) - outside.logit(prior, priors[k])
        error[:, k] = np.sqrt(sum(side.variance(prior, priors[k], settings.by_text) for side in (inside, outside)))
        counts[:, k], documents[:, k] = inside.counts, inside.documents
        if settings.by_text:
            freedom[k] = max(1, min(inside.texts, outside.texts) - 1)
    family = len(looked_at) if len(classes) == 2 else value.size
    p = np.asarray(2 * student.sf(np.abs(value / error), freedom))
    kept = p[:, :1] if len(classes) == 2 else p  # of two classes the second says the same of every word
    adjusted = np.array(holm(kept.ravel().tolist()), dtype=np.float64).reshape(kept.shape)
    return Keywords(
        tuple(terms[j] for j in looked_at.tolist()),
        classes,
        value,
        error,
        np.repeat(adjusted, 2, axis=1) if len(classes) == 2 else adjusted,
        np.asarray(student.isf((1 - settings.level) / 2 / family, freedom)),
        counts,
        documents,
        priors,
        len(codes),
        settings.level,
    )


@dataclass(frozen=True, eq=False)
class _Side:
    """The texts of one side.  counts, documents: (n_terms,).  squares, crossed: Σ count², Σ count · length over texts.

    lengths_squared: Σ length².  texts: that hold a word at all.
    """

    counts: np.ndarray
    documents: np.ndarray
    tokens: float
    squares: np.ndarray
    crossed: np.ndarray
    lengths_squared: float
    texts: int

    @classmethod
    def of(cls, matrix: sparse.csr_matrix, lengths: np.ndarray, own: np.ndarray) -> "_Side":
        part, length = matrix[own], lengths[own]
        return cls(
            np.asarray(part.sum(axis=0)).ravel(),
            np.bincount(part.indices, minlength=matrix.shape[1]).astype(np.float64),
            float(length.sum()),
            np.asarray(part.multiply(part).sum(axis=0)).ravel(),
            np.asarray(part.T @ length).ravel(),
            float(length @ length),
            int((length > 0).sum()),
        )

    def logit(self, prior: np.ndarray, prior_tokens: float) -> np.ndarray:
        own = self.counts + prior
        return np.asarray(np.log(own) - np.log(self._rest(own, prior_tokens)))

    def _rest(self, own: np.ndarray, prior_tokens: float) -> np.ndarray:
        """All other tokens; half a one where there is no other word at all."""
        return np.asarray(np.maximum(self.tokens + prior_tokens - own, 0.5))

    def variance(self, prior: np.ndarray, prior_tokens: float, by_text: bool) -> np.ndarray:
        """Of the logit: the larger of the posterior's and the one between texts."""
        own = self.counts + prior
        rest = self._rest(own, prior_tokens)
        posterior = 1 / own + 1 / rest
        if not by_text or self.texts < 2:
            return np.asarray(posterior)
        share = self.counts / max(self.tokens, 1.0)
        between = self.squares - 2 * share * self.crossed + share**2 * self.lengths_squared  # Σ (count − share · length)²
        between = between * self.texts / (self.texts - 1) / (own * rest / (own + rest)) ** 2
        return np.asarray(np.maximum(posterior, between))
