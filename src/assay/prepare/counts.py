"""A column of categories as how common its level is: log(1 + rows of the level in training).

One number whatever the number of levels, and the target is not looked at.  A level not seen in training counts 0; a
missing value is a level.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.categories import MOST_LEVELS, codes_of, counted_levels
from assay.prepare.encoder import Part
from assay.prepare.evidence import MOST_ROWS
from assay.prepare.numbers import ScaledNumber


@dataclass(frozen=True, eq=False)
class CountCode:
    """rows: int64 (L + 1,): of the levels, then of missing values.  scaled: of the logarithms; None: they stay as they are."""

    KIND: ClassVar[str] = "count-code"

    levels: tuple[str, ...]
    rows: np.ndarray
    scaled: ScaledNumber | None

    @classmethod
    def fit(cls, series: pl.Series, *, scaled: bool) -> Self:
        """scaled: to mean 0 and deviation 1, for models that add up."""
        names, counts = counted_levels(series)
        levels = tuple(names[:MOST_LEVELS])
        rows = np.append(counts[: len(levels)], series.null_count()).astype(np.int64)
        plain = cls(levels, rows, None)
        if not scaled:
            return plain
        return cls(levels, rows, ScaledNumber.fit(pl.Series(plain.transform(series)[:, 0])))

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("number", 1),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1)."""
        table = np.log1p(np.append(self.rows, 0).astype(np.float64))
        logs = table[codes_of(series, self.levels, unknown=len(table) - 1, missing=len(table) - 2)]
        return logs[:, None] if self.scaled is None else self.scaled.transform(pl.Series(logs))

    def state(self) -> State:
        scaled = None if self.scaled is None else self.scaled.state()
        return {"kind": self.KIND, "levels": list(self.levels), "rows": self.rows, "scaled": scaled}

    @classmethod
    def from_state(cls, state: State) -> Self:
        levels = checks.distinct_texts(state, "levels", most=MOST_LEVELS)
        rows = checks.integers(state, "rows", (len(levels) + 1,), low=0, high=MOST_ROWS)
        saved = checks.entry(state, "scaled")
        scaled = None if saved is None else ScaledNumber.from_state(saved)
        if scaled is not None:
            checks.choice({"flags": str(scaled.flags_missing)}, "flags", {"False"})  # a count is never missing
        return cls(levels, rows.astype(np.int64), scaled)
