"""A text as one number a class: how often its words, each as often as it stands there, stood in the texts of that class.

With two classes a text is [Σ+, Σ−], which with the 1 of the intercept is all that a logistic regression then reads: three
numbers learned, whatever the vocabulary.  The counts hold the target of the rows they were counted on, so a training row is
encoded by the counts of the other folds, brought to the size of the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from scipy import sparse

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Schema
from assay.prepare import checks
from assay.prepare.answers import cross_folds
from assay.prepare.terms import TermSettings, TermWeights

KIND = "class-frequencies"
MOST_CLASSES = 100
MOST_COLUMNS = 1000
WORDS = TermSettings(longest=1, weighting="counts", min_texts=1)


@dataclass(frozen=True, kw_only=True)
class ClassFrequenciesStep:
    """terms: what is counted (its weighting must be "counts").  folds: parts of the training rows, each encoded by the others."""

    terms: TermSettings = WORDS
    folds: int = 5

    def __post_init__(self) -> None:
        if self.folds < 2 or self.terms.weighting != "counts":
            raise ConfigError(f"folds={self.folds} must be at least 2, and weighting={self.terms.weighting!r} must be 'counts'.")

    def fit(
        self,
        features: pl.DataFrame,
        schema: Schema,
        target: np.ndarray,
        seed: int,  # noqa: ARG002
    ) -> "FittedClassFrequencies":
        """target: int64 (n,), class codes.  Raises ConfigError for a target of numbers, DataError for texts without words."""
        names = tuple(column.name for column in schema.features if column.kind == "text")
        if not names:
            raise ConfigError("there is no text column to count words of; say which with --kind COL=text.")
        if target.dtype.kind == "f":
            raise ConfigError("frequencies by class need classes, and this target is of numbers.")
        n_classes = max(2, int(target.max(initial=1)) + 1)
        if n_classes > MOST_CLASSES:
            raise ConfigError(f"frequencies by class make a column a class, and there are {n_classes} (at most {MOST_CLASSES}).")
        encoders = tuple(TermWeights.fit(features[name], self.terms) for name in names)
        if not any(sum(part.width for part in encoder.parts) for encoder in encoders):
            raise DataError(f"none of the {features.height} rows holds a word to count.")
        one = _by_class(target, n_classes)
        tables = tuple(
            np.asarray((encoder.transform(features[name]).T @ one.T).toarray())
            for name, encoder in zip(names, encoders, strict=True)
        )
        return FittedClassFrequencies(names, encoders, tables)

    def fit_training(
        self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int, units: np.ndarray | None = None
    ) -> "tuple[FittedClassFrequencies, np.ndarray]":
        """The step fitted on all rows, and these rows, each encoded by the folds it is not in."""
        fitted = self.fit(features, schema, target, seed)
        if features.height < 2:
            return fitted, fitted.transform(features)
        held = cross_folds(target, min(self.folds, features.height), seed, units)
        counts = [encoder.transform(features[name]) for name, encoder in zip(fitted.columns, fitted.encoders, strict=True)]
        n_classes = fitted.tables[0].shape[1]
        every = np.bincount(target, minlength=n_classes).astype(np.float64)
        encoded = np.empty((features.height, n_classes * len(counts)))
        for fold in np.unique(held):
            inside, others = np.flatnonzero(held == fold), np.flatnonzero(held != fold)
            left = np.bincount(target[others], minlength=n_classes)
            scale = np.divide(every, left, out=np.zeros(n_classes), where=left > 0)
            one = _by_class(target[others], n_classes)
            tables = [np.asarray((part[others].T @ one.T).toarray()) * scale for part in counts]
            encoded[inside] = _sums([part[inside] for part in counts], tables)
        return fitted, encoded


def _by_class(target: np.ndarray, n_classes: int) -> sparse.csr_matrix:
    """csr (K, n): 1 in the line of each row's class."""
    return sparse.csr_matrix((np.ones(len(target)), (target, np.arange(len(target)))), shape=(n_classes, len(target)))


def _sums(counts: Sequence[sparse.csr_matrix], tables: Sequence[np.ndarray]) -> np.ndarray:
    return np.hstack([np.asarray(part @ table) for part, table in zip(counts, tables, strict=True)])


@dataclass(frozen=True, eq=False)
class FittedClassFrequencies:
    """tables: a column of texts each, float64 (n_terms, K): occurrences of each term in the texts of each class."""

    columns: tuple[str, ...]
    encoders: tuple[TermWeights, ...]
    tables: tuple[np.ndarray, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        width = self.tables[0].shape[1]
        return tuple(Block(name, "other", at * width, (at + 1) * width) for at, name in enumerate(self.columns))

    def transform(self, features: pl.DataFrame) -> np.ndarray:
        """float64 (n, columns · K): of each column of texts Σ over its words of their counts in class 0, 1, …"""
        for name in self.columns:
            if name not in features.columns:
                raise DataError(f"the rows have no text column {name!r}{did_you_mean(name, features.columns)}")
        counts = [encoder.transform(features[name]) for name, encoder in zip(self.columns, self.encoders, strict=True)]
        return _sums(counts, self.tables)

    def state(self) -> State:
        columns = [
            {"column": name, "encoder": encoder.state(), "table": table}
            for name, encoder, table in zip(self.columns, self.encoders, self.tables, strict=True)
        ]
        return {"kind": KIND, "columns": columns}

    @classmethod
    def from_state(cls, state: State) -> Self:
        saved = checks.states(state, "columns", most=MOST_COLUMNS)
        if not saved:
            raise BundleError("the saved frequencies by class do not say which columns they read.")
        names = checks.distinct_texts({"columns": [checks.text(one, "column") for one in saved]}, "columns", most=MOST_COLUMNS)
        encoders = tuple(TermWeights.from_state(checks.entry(one, "encoder")) for one in saved)
        tables, n_classes = [], None
        for one, encoder in zip(saved, encoders, strict=True):
            table = checks.floats(one, "table", (sum(part.width for part in encoder.parts), n_classes))
            n_classes = checks.whole({"classes": table.shape[1]}, "classes", low=2, high=MOST_CLASSES)
            tables.append(table)
        return cls(names, encoders, tuple(tables))
