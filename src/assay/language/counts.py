"""How often each word stands in the texts of each class, and what follows from that: the tables of naive Bayes.

    share(word | class) = (count + k) / (tokens of the class + k · words)        Laplace smoothing with k = 1
    λ(word) = log share(word | a) − log share(word | rest)                       with two classes, rest is the other one
    log prior = log texts of a / texts of the rest                               the sign of prior and sum of λ decides

Source: Manning, Raghavan & Schütze (2008), chapters 6 and 13.
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

WORDS = TermSettings(longest=1, weighting="counts", min_texts=1, max_terms=1_000_000)
"""Single words in lower case, each of them."""


@dataclass(frozen=True, eq=False)
class ClassCounts(Shown):
    """counts: float64 (n_terms, K), occurrences in the texts of each class.  documents: (n_terms, K), texts that hold the term.

    texts: (K,), texts of each class.
    """

    terms: tuple[str, ...]
    classes: tuple[str, ...]
    counts: np.ndarray
    documents: np.ndarray
    texts: np.ndarray

    def place(self, name: str) -> int:
        """The column of a class.  Raises ConfigError for one that there is not."""
        if name not in self.classes:
            raise ConfigError(f"no class {name!r}; the classes are {', '.join(self.classes[:8])}.")
        return self.classes.index(name)

    def shares(self, smoothing: float = 1.0) -> np.ndarray:
        """float64 (n_terms, K), each column sums to 1: (count + smoothing) / (tokens + smoothing · terms)."""
        raised = self.counts + smoothing
        return np.asarray(raised / raised.sum(axis=0))

    def idf(self, base: float = 10.0) -> np.ndarray:
        """float64 (n_terms,): log of texts over texts that hold the term; 0 for a term of every text.  base: of the logarithm."""
        return np.asarray(np.log(self.texts.sum() / self.documents.sum(axis=1)) / np.log(base))

    def log_ratio(self, of: str, smoothing: float = 1.0) -> np.ndarray:
        """λ of every term, float64 (n_terms,): for a class against the others together."""
        own = self.place(of)
        rest = np.delete(self.counts, own, axis=1).sum(axis=1)
        sides = np.stack([self.counts[:, own], rest], axis=1) + smoothing
        return np.asarray(np.diff(np.log(sides / sides.sum(axis=0))[:, ::-1], axis=1)[:, 0])

    def log_prior(self, of: str) -> float:
        """Log odds of the class among the texts."""
        own = float(self.texts[self.place(of)])
        return float(np.log(own) - np.log(self.texts.sum() - own))

    def table(self, of: str, smoothing: float = 1.0) -> pl.DataFrame:
        """One row a term: its counts, its smoothed shares, and λ for the class ``of``; the largest λ first."""
        own = self.place(of)
        rest = np.delete(np.arange(len(self.classes)), own)
        sides = np.stack([self.counts[:, own], self.counts[:, rest].sum(axis=1)], axis=1)
        shares = (sides + smoothing) / (sides + smoothing).sum(axis=0)
        found = pl.DataFrame(
            {
                "term": self.terms,
                "count": sides[:, 0].astype(np.int64),
                "count elsewhere": sides[:, 1].astype(np.int64),
                "share": shares[:, 0],
                "share elsewhere": shares[:, 1],
                "lambda": np.log(shares[:, 0] / shares[:, 1]),
            }
        )
        return found.sort(["lambda", "term"], descending=[True, False])

    def to_json(self) -> dict[str, Any]:
        return {
            "classes": list(self.classes),
            "texts": dict(zip(self.classes, self.texts.tolist(), strict=True)),
            "tokens": dict(zip(self.classes, self.counts.sum(axis=0).tolist(), strict=True)),
            "terms": len(self.terms),
        }


def class_counts(texts: Sequence[str | None] | pl.Series, labels: Sequence[str], settings: TermSettings = WORDS) -> ClassCounts:
    """Counts of the terms of ``texts`` by class; classes in the order of their names.

    labels: the class of each text.  settings: what a term is; counted whatever its weighting.  A missing text has no terms.
    Raises DataError for lengths that differ, and for texts without a single term.

    >>> found = class_counts(["I am happy", "I am sad"], ["+", "-"])
    >>> found.terms, found.counts.astype(int).tolist()
    (('am', 'happy', 'i', 'sad'), [[1, 1], [1, 0], [1, 1], [0, 1]])
    """
    series = pl.Series("text", texts, dtype=pl.String)
    if len(series) != len(labels):
        raise DataError(f"{len(series)} texts have {len(labels)} labels; give each text one.")
    classes = tuple(sorted(set(labels)))
    matrix, terms = counted(series, settings)
    codes = np.searchsorted(np.array(classes, dtype=object), np.array(labels, dtype=object))
    return counts_by_class(matrix, terms, codes, classes)


def counted(series: pl.Series, settings: TermSettings) -> tuple[sparse.csr_matrix, tuple[str, ...]]:
    """(csr float64 (n, n_terms), the terms).  Raises DataError where there is not a single one."""
    from dataclasses import replace

    fitted = TermWeights.fit(series, replace(settings, weighting="counts"))
    if not fitted.width:
        raise DataError(f"none of the {len(series)} texts holds a word to count; is this the column of texts?")
    return fitted.transform(series), fitted.names


def counts_by_class(
    matrix: sparse.csr_matrix, terms: tuple[str, ...], codes: np.ndarray, classes: tuple[str, ...]
) -> ClassCounts:
    """matrix: counts (n, n_terms).  codes: int64 (n,), the class of each row."""
    of_class = sparse.csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(len(classes), len(codes)))
    present = sparse.csr_matrix((np.ones(len(matrix.data)), matrix.indices, matrix.indptr), shape=matrix.shape)
    return ClassCounts(
        terms,
        classes,
        (of_class @ matrix).toarray().T,
        (of_class @ present).toarray().T,
        np.bincount(codes, minlength=len(classes)).astype(np.float64),
    )
