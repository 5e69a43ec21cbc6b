"""Recipes that read a text as the mean, the largest and the least of its words' vectors, learned from the training texts.

Nothing is downloaded: what the vectors know is what the training rows say.  With few rows that is little, and counts of words
are hard to beat; the study shows by how much.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Schema
from assay.language.vectors.corpus import corpus_of, words_of
from assay.language.vectors.sentences import SentenceSettings, Weighting, pooled_vectors
from assay.language.vectors.subwords import Subwords, SubwordSettings
from assay.language.vectors.training import EPOCHS, METHODS, Method, Training, train_vectors
from assay.language.vectors.vectors import WordVectors
from assay.prepare import checks
from assay.recipes.linear import Logistic
from assay.recipes.outputs import CLASSIFICATION
from assay.recipes.recipe import Recipe

MOST_WORDS, MOST_WIDTH, MOST_COLUMNS = 2_000_000, 4096, 1000
FEWEST_EPOCHS, MOST_EPOCHS = 3, 50
PARTS = 3
"""Numbers of a text for each number of a word: see ``pooled_vectors``."""


@dataclass(frozen=True, kw_only=True)
class WordVectorsStep:
    """method, width: as in ``Training``.  min_count: how often a word must stand in the training texts (once, where none stands
    so often).  tokens: about how many are learned from, over all epochs.  weighting: as in ``SentenceSettings``.
    """

    method: Method = "ppmi-svd"
    width: int = 100
    min_count: int = 2
    max_words: int = 50_000
    tokens: int = 3_000_000
    weighting: Weighting = "rare"

    def __post_init__(self) -> None:
        if self.method not in METHODS or not 1 <= self.width <= MOST_WIDTH or self.min_count < 1 or self.tokens < 1:
            raise ConfigError(
                f"method={self.method!r} must be one of {', '.join(METHODS)}, width={self.width} from 1 to {MOST_WIDTH}, and "
                f"min_count={self.min_count} and tokens={self.tokens} at least 1."
            )

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> "FittedWordVectors":  # noqa: ARG002
        """The target is not looked at.  Raises DataError where no row holds a word."""
        columns = tuple(column.name for column in schema.features if column.kind == "text")
        if not columns:
            raise ConfigError("there is no text column to read words from; say which with --kind COL=text.")
        texts = [words_of(text) for name in columns for text in _texts(features, name)]
        is_frequent = self.min_count == 1 or _stands_often(texts, self.min_count)
        corpus = corpus_of(texts, min_count=self.min_count if is_frequent else 1, most_words=self.max_words)
        passes = int(np.clip(self.tokens // max(len(corpus.ids), 1), FEWEST_EPOCHS, MOST_EPOCHS))
        epochs = passes if self.method in EPOCHS else None
        vectors = train_vectors(corpus, Training(method=self.method, width=self.width, epochs=epochs), seed=seed)
        bare = FittedWordVectors(columns, vectors, self.weighting, np.zeros(0), np.ones(0))
        rows = bare.raw(features)
        spread = rows.std(axis=0)
        return FittedWordVectors(columns, vectors, self.weighting, rows.mean(axis=0), np.where(spread > 1e-9, spread, 1.0))


def _stands_often(texts: list[list[str]], count: int) -> bool:
    seen: dict[str, int] = {}
    for text in texts:
        for word in text:
            seen[word] = seen.get(word, 0) + 1
            if seen[word] >= count:
                return True
    return False


def _texts(features: pl.DataFrame, name: str) -> list[str]:
    if name not in features.columns:
        raise DataError(f"the rows have no text column {name!r}{did_you_mean(name, features.columns)}")
    found: list[str] = features[name].cast(pl.String).fill_null("").to_list()
    return found


@dataclass(frozen=True)
class FittedWordVectors:
    """mean, scale: float64 (columns × PARTS × width,), of the training rows."""

    KIND: ClassVar[str] = "word-vectors"

    columns: tuple[str, ...]
    vectors: WordVectors
    weighting: Weighting
    mean: np.ndarray
    scale: np.ndarray

    @property
    def blocks(self) -> tuple[Block, ...]:
        width = PARTS * self.vectors.width
        return tuple(Block(name, "other", at * width, (at + 1) * width) for at, name in enumerate(self.columns))

    @cached_property
    def _settings(self) -> SentenceSettings:
        return SentenceSettings(self.weighting)

    def raw(self, features: pl.DataFrame) -> np.ndarray:
        """float64 (n, columns × PARTS × width), not yet standardised."""
        parts = [pooled_vectors(_texts(features, name), self.vectors, self._settings) for name in self.columns]
        return np.hstack(parts).astype(np.float64)

    def transform(self, features: pl.DataFrame) -> np.ndarray:
        """float64 (n, columns × PARTS × width); a text without a known word is 0 before it is standardised."""
        return np.asarray((self.raw(features) - self.mean) / self.scale)

    def state(self) -> State:
        subwords = self.vectors.subwords
        of = None if subwords is None else subwords.settings
        return {
            "kind": self.KIND,
            "columns": list(self.columns),
            "words": list(self.vectors.words),
            "matrix": self.vectors.matrix,
            "counts": np.zeros(len(self.vectors), dtype=np.int64) if self.vectors.counts is None else self.vectors.counts,
            "weighting": self.weighting,
            "mean": self.mean,
            "scale": self.scale,
            "runs": None if of is None else {"shortest": of.shortest, "longest": of.longest, "rows": of.rows},
            **({} if subwords is None else {"subwords": subwords.matrix}),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        columns = checks.distinct_texts(state, "columns", most=MOST_COLUMNS)
        words = checks.distinct_texts(state, "words", most=MOST_WORDS)
        if not columns or not words:
            raise BundleError("the saved word vectors do not say which columns they read, or hold no word.")
        matrix = checks.floats(state, "matrix", (len(words), None), np.float32)
        width = matrix.shape[1]
        if not 1 <= width <= MOST_WIDTH:
            raise BundleError(f"the saved word vectors have {width} numbers a word; a model has 1 to {MOST_WIDTH}.")
        counts = checks.integers(state, "counts", (len(words),), low=0, high=2**53)
        weighting: Weighting = {"sum": "sum", "mean": "mean", "rare": "rare"}[  # type: ignore[assignment]
            checks.choice(state, "weighting", {"sum", "mean", "rare"})
        ]
        mean = checks.floats(state, "mean", (len(columns) * PARTS * width,))
        scale = checks.floats(state, "scale", (len(columns) * PARTS * width,))
        if (scale <= 0).any():
            raise BundleError("the saved word vectors' 'scale' must be above 0 throughout.")
        vectors = WordVectors(words, matrix, counts.astype(np.int64), _subwords(state, width))
        return cls(columns, vectors, weighting, mean, scale)


def _subwords(state: State, width: int) -> Subwords | None:
    runs = checks.entry(state, "runs")
    if runs is None:
        return None
    rows = checks.whole(runs, "rows", low=1, high=4_000_000)
    shortest, longest = (checks.whole(runs, name, low=1, high=50) for name in ("shortest", "longest"))
    if shortest > longest:
        raise BundleError("the saved word vectors' 'shortest' is above their 'longest'.")
    return Subwords(SubwordSettings(shortest, longest, rows), checks.floats(state, "subwords", (rows, width), np.float32))


_TEXT = frozenset({"text"})

PPMI_SVD_LOGISTIC = Recipe(
    name="ppmi-svd-logistic",
    title="Logistic regression on pooled word vectors: PPMI of neighbours, SVD",
    tasks=CLASSIFICATION,
    step=WordVectorsStep(method="ppmi-svd"),
    learner=Logistic(),
    simplicity=30,
    reads=_TEXT,
    needs=_TEXT,
)

WORD2VEC_LOGISTIC = Recipe(
    name="word2vec-logistic",
    title="Logistic regression on pooled word vectors: word2vec skip-gram",
    tasks=CLASSIFICATION,
    step=WordVectorsStep(method="skip-gram"),
    learner=Logistic(),
    simplicity=31,
    reads=_TEXT,
    needs=_TEXT,
)
