"""A column of numbers by rank: the normal score of the share of training rows that lie below.

What a net sees is then spread alike in every column, and no tail is long.  The share is interpolated between knots, which
are training values at even distances in rank, at most one a 30 rows, so that the curve does not follow every row
(Gorishniy et al. 2021, whose settings these are).  They add a little noise to the rows first, so that a value that many
rows share does not fall to one end of its ranks; the mean of that, the middle of its ranks, is taken here exactly.
Beyond the training rows the score stays at the end's, Φ⁻¹(1 / 2n) for n rows, which clips it at about 4.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl
from scipy import special

from assay.core.errors import BundleError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.numbers import LARGEST, beside_flag, number_parts, seen_of, values_of

ROWS_A_KNOT = 30
FEWEST_KNOTS, MOST_KNOTS = 10, 1000
NEAREST_END = 1e-12
"""No share of rows lies nearer to 0 or 1; the score of such a one is ±7."""


@dataclass(frozen=True)
class QuantileNumber:
    """values, shares: float64 (k,), the knots, both rising; shares in (0, 1).  fill: stands for a gap, the training median."""

    KIND: ClassVar[str] = "quantile-number"

    values: np.ndarray
    shares: np.ndarray
    fill: float
    flags_missing: bool

    @classmethod
    def fit(cls, series: pl.Series) -> Self:
        values = values_of(series)
        seen, flags = seen_of(values), bool(np.isnan(values).any())
        if not len(seen):
            return cls(np.zeros(1), np.full(1, 0.5), 0.0, flags)
        found, counts = np.unique(seen, return_counts=True)
        shares = (np.cumsum(counts) - counts / 2) / len(seen)
        kept = _even(shares, int(np.clip(len(seen) // ROWS_A_KNOT, FEWEST_KNOTS, MOST_KNOTS)))
        return cls(found[kept], shares[kept], float(np.median(seen)), flags)

    @property
    def parts(self) -> tuple[Part, ...]:
        return number_parts(self.flags_missing)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1 or 2)."""
        values = values_of(series)
        missing = np.isnan(values)
        shares = np.interp(np.where(missing, self.fill, values), self.values, self.shares)
        return beside_flag(special.ndtri(shares), missing, self.flags_missing)

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "values": self.values,
            "shares": self.shares,
            "fill": self.fill,
            "flags_missing": self.flags_missing,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        values = checks.rising(state, "values", most=MOST_KNOTS, low=-LARGEST, high=LARGEST)
        shares = checks.rising(state, "shares", most=MOST_KNOTS, low=NEAREST_END, high=1 - NEAREST_END)
        if len(values) != len(shares):
            raise BundleError(f"the saved model has {len(values)} values for {len(shares)} shares of rows below them.")
        fill = checks.real(state, "fill", low=-LARGEST, high=LARGEST)
        return cls(values, shares, fill, checks.flag(state, "flags_missing"))


def _even(shares: np.ndarray, most: int) -> np.ndarray:
    """int64: at most ``most`` positions in ``shares`` at even distances in value; the first and the last among them."""
    if len(shares) <= most:
        return np.arange(len(shares))
    wanted = np.linspace(shares[0], shares[-1], most)
    above = np.clip(np.searchsorted(shares, wanted), 1, len(shares) - 1)
    nearer_below = wanted - shares[above - 1] <= shares[above] - wanted
    return np.unique(above - nearer_below)
