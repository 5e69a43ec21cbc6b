"""A column of categories as whole numbers 0 … L - 1, for nets that learn a vector for each.

The levels of the training rows in the order of their names, then one code for all rare levels, then one for missing.
No code stands for nothing: a vector that no training row has moved is noise.  So
    the code for rare levels exists where training rows had some, and levels not seen in training share it;
    missing has a code of its own where it is not rare itself, and else shares that of the rare levels;
    where neither can be said (an unseen level, or the first gap, in a column that had none) the most frequent code
    stands in, as the median does for a number.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.categories import MOST_LEVELS, codes_of, counted_levels
from assay.prepare.encoder import Part


@dataclass(frozen=True)
class EmbeddingCode:
    """common: the code that most training rows have."""

    KIND: ClassVar[str] = "embedding-code"

    levels: tuple[str, ...]
    has_rare: bool
    has_missing: bool
    common: int

    @classmethod
    def fit(cls, series: pl.Series, *, rare_below: int, max_levels: int) -> Self:
        """rare_below: levels seen fewer times are rare, and so are all beyond the most frequent ``max_levels``."""
        names, counts = counted_levels(series)
        kept = dict(sorted((n, int(c)) for n, c in zip(names[:max_levels], counts, strict=False) if c >= rare_below))
        gaps = series.null_count()
        has_missing = gaps > 0 and gaps >= rare_below
        rare = int(counts.sum()) - sum(kept.values()) + (0 if has_missing else gaps)
        has_rare = rare > 0 or not (kept or has_missing)
        seen = [*kept.values(), *[rare] * has_rare, *[gaps] * has_missing]
        return cls(tuple(kept), has_rare, has_missing, int(np.argmax(seen)))

    @property
    def n_codes(self) -> int:
        return len(self.levels) + self.has_rare + self.has_missing

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("code", 1, self.n_codes),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1), whole numbers below ``n_codes``."""
        unknown = len(self.levels) if self.has_rare else self.common
        missing = len(self.levels) + self.has_rare if self.has_missing else unknown
        return codes_of(series, self.levels, unknown=unknown, missing=missing).astype(np.float64)[:, None]

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "levels": list(self.levels),
            "has_rare": self.has_rare,
            "has_missing": self.has_missing,
            "common": self.common,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        levels = checks.distinct_texts(state, "levels", most=MOST_LEVELS)
        has_rare, has_missing = checks.flag(state, "has_rare"), checks.flag(state, "has_missing")
        n_codes = len(levels) + has_rare + has_missing
        if not n_codes:
            raise BundleError("the saved model has a column of categories without a single code.")
        return cls(levels, has_rare, has_missing, checks.whole(state, "common", low=0, high=n_codes - 1))
