"""One column of a table as a generator sees it, and back: numbers by rank, categories by code, what never changes by nothing.

Every form has an exact inverse on the values it was fitted to.  A number never leaves the range of the training rows: no
generator can know what lies beyond.  Missing values are a level of their own, also beside a number.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
import polars as pl
from scipy import special

from assay.core.errors import BundleError, DataError
from assay.core.state import State
from assay.nets.generate.grid import Grid
from assay.prepare import checks
from assay.prepare.categories import codes_of

MOST_LEVELS = 1000
MOST_KNOTS = 1000
FEW_VALUES = 20
"""A number of no more values than these is a category to a generator."""

LEAST_SPIKE = 0.0025
FEWEST_ROWS = 5
"""Share and number of rows from which on a value of many may have a code of its own; at most 400 have."""

STICKS_OUT = 3.0
NEIGHBOURS = 2
"""Such a value has so many times the rows of the median of itself and so many values on either side."""

LARGEST = 1e37
"""A number beyond it does not fit the float32 that nets compute in."""


class ColumnForm(Protocol):
    """A fitted column.  numbers: how many numbers stand for it (0 or 1).  levels: of each code column that does."""

    KIND: ClassVar[str]

    @property
    def numbers(self) -> int: ...
    @property
    def levels(self) -> tuple[int, ...]: ...
    def encode(self, series: pl.Series, rng: np.random.Generator | None) -> tuple[np.ndarray, np.ndarray]:
        """float64 (n, numbers) and float64 (n, len(levels)) of whole numbers; ``rng`` spreads values that many rows share."""
        ...

    def decode(self, numbers: np.ndarray, codes: np.ndarray) -> pl.Series:
        """A Float64 or String series."""
        ...

    def state(self) -> State: ...
    @classmethod
    def from_state(cls, state: State) -> Self: ...


@dataclass(frozen=True)
class ConstantForm:
    """A column with one value in all training rows, or with none."""

    KIND: ClassVar[str] = "constant"
    numbers: ClassVar[int] = 0
    levels: ClassVar[tuple[int, ...]] = ()

    value: float | str | None

    def encode(self, series: pl.Series, rng: np.random.Generator | None) -> tuple[np.ndarray, np.ndarray]:  # noqa: ARG002
        unlike = series.is_not_null() if self.value is None else series.ne_missing(pl.Series([self.value]))
        if unlike.any():
            raise DataError(f"column {series.name!r} was {self.value!r} in every training row, and now it is not.")
        return np.zeros((len(series), 0)), np.zeros((len(series), 0))

    def decode(self, numbers: np.ndarray, codes: np.ndarray) -> pl.Series:  # noqa: ARG002
        dtype = pl.String if isinstance(self.value, str) else pl.Float64
        return pl.repeat(self.value, len(numbers), dtype=dtype, eager=True)

    def state(self) -> State:
        return {"kind": self.KIND, "value": self.value}

    @classmethod
    def from_state(cls, state: State) -> Self:
        value = checks.entry(state, "value")
        return cls(value if value is None or isinstance(value, str) else checks.real(state, "value", low=-LARGEST, high=LARGEST))


@dataclass(frozen=True)
class CategoryForm:
    """names: the levels in order of their codes.  has_missing: one more code, the last, is a missing value."""

    KIND: ClassVar[str] = "category"
    numbers: ClassVar[int] = 0

    names: tuple[str, ...]
    has_missing: bool

    @classmethod
    def fit(cls, series: pl.Series) -> Self:
        """series: String. Raises DataError for more than MOST_LEVELS levels."""
        names = series.drop_nulls().unique().sort().to_list()
        if len(names) > MOST_LEVELS:
            raise DataError(
                f"column {series.name!r} has {len(names)} different values; a generator learns at most {MOST_LEVELS} levels: "
                "drop the column, or use random-oversample."
            )
        return cls(tuple(names), series.null_count() > 0)

    @property
    def levels(self) -> tuple[int, ...]:
        return (len(self.names) + self.has_missing,)

    def encode(self, series: pl.Series, rng: np.random.Generator | None) -> tuple[np.ndarray, np.ndarray]:  # noqa: ARG002
        codes = codes_of(series, self.names, unknown=-1, missing=len(self.names) if self.has_missing else -1)
        if (codes < 0).any():
            odd = series[int(np.flatnonzero(codes < 0)[0])]
            raise DataError(f"column {series.name!r} holds {odd!r}, which the generator has not seen in training.")
        return np.zeros((len(series), 0)), codes[:, None].astype(np.float64)

    def decode(self, numbers: np.ndarray, codes: np.ndarray) -> pl.Series:  # noqa: ARG002
        texts = [*self.names, *[None] * self.has_missing]
        return pl.Series(texts, dtype=pl.String)[codes[:, 0].astype(np.int64)]

    def state(self) -> State:
        return {"kind": self.KIND, "names": list(self.names), "has_missing": self.has_missing}

    @classmethod
    def from_state(cls, state: State) -> Self:
        form = cls(checks.distinct_texts(state, "names", most=MOST_LEVELS), checks.flag(state, "has_missing"))
        if sum(form.levels) < 2:
            raise BundleError("the saved generator has a category of fewer than two levels.")
        return form


@dataclass(frozen=True)
class QuantileForm:
    """A number as the normal score of its rank, and a code for values that many rows share.

    values: float64 (k,), the knots, rising.  low, high: float64 (k,), the shares of rows between which the knot's own rows
    lie; between knots shares are interpolated.  spikes: float64 (s,), the knots with a code of their own: a net that says
    normal scores blurs them.  Of few values each is one, and then there is no number.  One more code is that of a missing value.
    Source: Kotelnikov et al. (2023), who transform by quantiles; a value that many rows share owns a stretch of ranks, the
    randomised ranks of Rosenblatt (1952); Zhao et al. (2021), CTAB-GAN, for columns that are half number, half category.
    """

    KIND: ClassVar[str] = "quantile"

    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    spikes: np.ndarray
    grid: Grid
    has_missing: bool

    @classmethod
    def fit(cls, series: pl.Series) -> Self:
        """series: Float64, finite or missing, at least two different values, or one and a gap."""
        seen = series.drop_nulls().to_numpy()
        found, counts = np.unique(seen, return_counts=True)
        above = np.cumsum(counts)
        low, high = (above - counts + 0.5) / len(seen), (above - 0.5) / len(seen)
        is_spike = _spikes(counts)
        kept = _knots((low + high) / 2, is_spike)
        return cls(found[kept], low[kept], high[kept], found[is_spike], Grid.fit(seen), series.null_count() > 0)

    @property
    def numbers(self) -> int:
        return int(len(self.spikes) < len(self.values))

    @property
    def levels(self) -> tuple[int, ...]:
        """Code 0 is a number that is no spike, where there is such; then come the spikes, and a missing value."""
        count = self.numbers + len(self.spikes) + self.has_missing
        return (count,) if count > 1 else ()

    def encode(self, series: pl.Series, rng: np.random.Generator | None) -> tuple[np.ndarray, np.ndarray]:
        """Without ``rng`` a row stands in the middle of its value's ranks, with it at random among them."""
        missing = series.is_null().to_numpy()
        if missing.any() and not self.has_missing:
            raise DataError(f"column {series.name!r} has {missing.sum()} missing values, and had none in training.")
        known = series.fill_null(float(np.interp(0.5, (self.low + self.high) / 2, self.values))).to_numpy()
        codes = self._codes(known, missing)[:, None] if self.levels else np.zeros((len(known), 0))
        if not self.numbers:
            odd = ~missing & ~np.isin(known, self.values)
            if odd.any():
                raise DataError(f"column {series.name!r} holds {known[odd][0]:g}, which the generator has not seen in training.")
            return np.zeros((len(known), 0)), codes
        place = np.clip(np.searchsorted(self.values, known), 0, len(self.values) - 1)
        within = np.full(len(known), 0.5) if rng is None else rng.random(len(known))
        on_knot = self.low[place] + within * (self.high[place] - self.low[place])
        between = np.interp(known, *self._flat()[::-1])
        shares = np.where(known == self.values[place], on_knot, between)
        return special.ndtri(shares)[:, None], codes

    def _codes(self, known: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """float64 (n,)."""
        codes = np.zeros(len(known))
        if len(self.spikes):
            place = np.clip(np.searchsorted(self.spikes, known), 0, len(self.spikes) - 1)
            codes = np.where(known == self.spikes[place], place + self.numbers, codes)
        codes[missing] = self.numbers + len(self.spikes)
        return codes

    def decode(self, numbers: np.ndarray, codes: np.ndarray) -> pl.Series:
        known = np.zeros(len(numbers))
        if self.numbers:
            shares, values = self._flat()
            near = self.grid.nearest(np.interp(special.ndtr(numbers[:, 0]), shares, values))
            known = np.clip(near, self.values[0], self.values[-1])
        if not self.levels:
            return pl.Series(known, dtype=pl.Float64)
        # Where the code is none of a spike, what is looked up is not used.
        spike = codes[:, 0].astype(np.int64) - self.numbers
        is_spike = (spike >= 0) & (spike < len(self.spikes))
        known[is_spike] = self.spikes[spike[is_spike]]
        return pl.Series(known, dtype=pl.Float64).set(pl.Series(spike == len(self.spikes)), None)

    def _flat(self) -> tuple[np.ndarray, np.ndarray]:
        """The stretches as one rising curve: shares (2k,), values (2k,)."""
        return np.column_stack([self.low, self.high]).ravel(), np.repeat(self.values, 2)

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "values": self.values,
            "low": self.low,
            "high": self.high,
            "spikes": self.spikes,
            "grid": self.grid.state(),
            "has_missing": self.has_missing,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        values = checks.rising(state, "values", most=MOST_KNOTS, low=-LARGEST, high=LARGEST)
        low, high = (checks.floats(state, name, (len(values),)) for name in ("low", "high"))
        order = np.column_stack([low, high]).ravel()
        if low[0] <= 0 or high[-1] >= 1 or (np.diff(order) < 0).any() or (np.diff(low) <= 0).any():
            raise BundleError("the saved generator has a column whose shares of rows do not rise from above 0 to below 1.")
        spikes = checks.floats(state, "spikes", (None,))
        if (np.diff(spikes) <= 0).any() or not np.isin(spikes, values).all():
            raise BundleError("the saved generator has a column with a code for a value that is none of its own.")
        grid = Grid.from_state(checks.entry(state, "grid"))
        form = cls(values, low, high, spikes, grid, checks.flag(state, "has_missing"))
        if not form.numbers and not form.levels:
            raise BundleError("the saved generator keeps a column of one value as a number.")
        return form


def _spikes(counts: np.ndarray) -> np.ndarray:
    """bool (k,): which of the values, in rising order, stick out.  counts: of their rows, (k,).

    All do where they are few; else those that a share of all rows has, several times as many as the values around.
    """
    if len(counts) <= FEW_VALUES:
        return np.ones(len(counts), dtype=bool)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(counts, NEIGHBOURS, mode="reflect"), 2 * NEIGHBOURS + 1)
    least = np.maximum(max(LEAST_SPIKE * counts.sum(), FEWEST_ROWS), STICKS_OUT * np.median(around, axis=1))
    return np.asarray(counts >= least)


def _knots(middles: np.ndarray, is_spike: np.ndarray) -> np.ndarray:
    """int64: positions of at most MOST_KNOTS values: the spikes, and others evenly by rank."""
    if len(middles) <= MOST_KNOTS:
        return np.arange(len(middles))
    even = np.searchsorted(middles, np.linspace(middles[0], middles[-1], MOST_KNOTS // 2 - 1))
    return np.unique(np.concatenate([np.flatnonzero(is_spike), even, [0, len(middles) - 1]]))
