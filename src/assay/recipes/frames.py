"""The preparation of what reads columns itself, whole models and models of language: rows go through as they are."""

from dataclasses import dataclass
from typing import ClassVar, Self, cast

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.core.names import did_you_mean
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Schema
from assay.prepare import checks
from assay.prepare.columns import MOST_COLUMNS
from assay.prepare.step import Matrix


@dataclass(frozen=True)
class FrameStep:
    """Every column that the recipe reads goes through."""

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> "FittedFrame":  # noqa: ARG002
        return FittedFrame(tuple(column.name for column in schema.features))


@dataclass(frozen=True)
class FittedFrame:
    """names: of the columns that go through."""

    KIND: ClassVar[str] = "frame"

    names: tuple[str, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        return ()

    def transform(self, features: pl.DataFrame) -> Matrix:
        """The frame itself.  Raises DataError where a column is absent."""
        for name in self.names:
            if name not in features.columns:
                raise DataError(f"the rows have no column {name!r}, which the model reads{did_you_mean(name, features.columns)}")
        return cast(Matrix, features.select(self.names))

    def state(self) -> State:
        return {"kind": self.KIND, "names": list(self.names)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        return cls(checks.distinct_texts(state, "names", most=MOST_COLUMNS))
