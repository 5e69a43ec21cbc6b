"""The columns of a table in the form in which near rows are looked for, and what makes two of them near."""

import hashlib
import re
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from assay.core.seeds import generator
from assay.data.alike import picture_groups
from assay.data.dataset import Dataset
from assay.data.look.values import values_of

SHINGLE_WORDS = 3
HASHES, BANDS = 60, 15
"""Of MinHash: texts that share 0.8 of their shingles meet in one of the bands with a chance of 0.9996."""
PRIME = (1 << 31) - 1
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class NearTable:
    """n distinct rows.

    numbers: float64 (n, d) in robust units, NaN missing (dates too).  categories: int64 (n, c) codes.
    alike: uint64 (n,), a hash of what must be equal: pictures, and which numbers are missing.
    must: int64 (n, p), of each column of pictures the groups of those that are almost the same.
    shingles: of each text column the sorted hashes of every row.
    bands: int64 (n, BANDS) of the longest text column, or None.  grid: number columns, those that tell most rows apart first.
    """

    numbers: np.ndarray
    categories: np.ndarray
    alike: np.ndarray
    must: np.ndarray
    shingles: tuple[list[np.ndarray], ...]
    bands: np.ndarray | None
    grid: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.alike)

    def near(self, pairs: np.ndarray, tolerance: float, differing: int, jaccard: float) -> np.ndarray:
        """The pairs (k, 2) whose rows are near."""
        for column in [*self.grid, *(one for one in range(self.numbers.shape[1]) if one not in self.grid)]:
            first, second = self.numbers[pairs[:, 0], column], self.numbers[pairs[:, 1], column]
            with np.errstate(invalid="ignore"):  # infinities are near where they are equal
                close = (np.abs(first - second) <= tolerance) | (first == second) | (np.isnan(first) & np.isnan(second))
            pairs = pairs[close]
        for codes in self.must.T:
            pairs = pairs[codes[pairs[:, 0]] == codes[pairs[:, 1]]]
        unequal = np.zeros(len(pairs), dtype=np.int64)
        for codes in self.categories.T:
            unequal += codes[pairs[:, 0]] != codes[pairs[:, 1]]
        pairs = pairs[unequal <= differing]
        for sets in self.shingles:
            pairs = pairs[[_share(sets[a], sets[b]) >= jaccard for a, b in pairs.tolist()]] if len(pairs) else pairs
        return pairs

    def differ(self, pairs: np.ndarray) -> np.ndarray:
        """bool (k,): pairs (k, 2) whose rows are not equal throughout; texts are not looked at."""
        first, second = self.numbers[pairs[:, 0]], self.numbers[pairs[:, 1]]
        apart = ~((first == second) | (np.isnan(first) & np.isnan(second)))
        return np.asarray(apart.any(axis=1) | (self.categories[pairs[:, 0]] != self.categories[pairs[:, 1]]).any(axis=1))

    def shuffled(self, random: np.random.Generator) -> "NearTable":
        """Every column dealt anew by itself; texts and pictures are left out."""
        numbers, categories = self.numbers.copy(), self.categories.copy()
        for column in (*numbers.T, *categories.T):
            random.shuffle(column)
        alike = _missing_hash(numbers)
        must = np.zeros((len(self), 0), dtype=np.int64)
        return replace(self, numbers=numbers, categories=categories, alike=alike, must=must, shingles=(), bands=None)


def near_table(data: Dataset, rows: np.ndarray, seed: int) -> NearTable:
    """These rows of the data (int, n)."""
    part, features = data.frame[rows], data.schema.features
    numbers = [
        _scaled(values_of(part[c.name], "date" if c.kind == "date" else "number"))
        for c in features
        if c.kind in ("number", "date")
    ]
    categories = [_codes(part[c.name]) for c in features if c.kind == "category"]
    must = [picture_groups(part[c.name]) for c in features if c.kind == "image"]
    texts = [[_shingles(text) for text in part[c.name]] for c in features if c.kind == "text"]
    n = len(rows)
    matrix = np.column_stack(numbers) if numbers else np.zeros((n, 0))
    alike = _missing_hash(matrix)
    for codes in must:
        alike = np.asarray((alike ^ codes.view(np.uint64)) * np.uint64(0x94D049BB133111EB))
    longest = max(texts, key=lambda sets: sum(map(len, sets)), default=None)
    return NearTable(
        numbers=matrix,
        categories=np.column_stack(categories) if categories else np.zeros((n, 0), dtype=np.int64),
        alike=alike,
        must=np.column_stack(must) if must else np.zeros((n, 0), dtype=np.int64),
        shingles=tuple(texts),
        bands=None if longest is None else _bands(longest, seed),
        grid=_grid(matrix),
    )


def robust_unit(values: np.ndarray) -> float:
    """The interquartile range over 1.349 (a normal law's standard deviation), or where it is 0 the standard deviation; else 1."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 1.0
    low, high = np.quantile(known, [0.25, 0.75])
    with np.errstate(over="ignore"):
        unit = float(high - low) / 1.349 or float(known.std())
    return unit if 0 < unit < np.inf else 1.0


def _scaled(values: np.ndarray) -> np.ndarray:
    return np.asarray(values / robust_unit(values))


def _codes(series: pl.Series) -> np.ndarray:
    """int64 (n,); missing is a level of its own."""
    return series.rank("dense").cast(pl.Int64).fill_null(0).to_numpy().copy()


def _missing_hash(numbers: np.ndarray) -> np.ndarray:
    """uint64 (n,), equal where the same numbers are missing."""
    found = np.zeros(len(numbers), dtype=np.uint64)
    for column in numbers.T:
        found = found * np.uint64(0x9E3779B97F4A7C15) + np.isnan(column).astype(np.uint64) + np.uint64(1)
    return found


def _grid(numbers: np.ndarray) -> tuple[int, ...]:
    """Up to four columns, those with the most different values first."""
    distinct = [-len(np.unique(column)) for column in numbers.T]
    return tuple(int(at) for at in np.argsort(distinct, kind="stable")[:4] if distinct[at] < -1)


def _shingles(text: str | None) -> np.ndarray:
    """int64, rising: hashes of the runs of three words, in small letters; of a shorter text the whole of it."""
    words = _WORD.findall((text or "").lower())
    runs = {" ".join(words[at : at + SHINGLE_WORDS]) for at in range(max(1, len(words) - SHINGLE_WORDS + 1))}
    hashes = [int.from_bytes(hashlib.blake2b(run.encode(), digest_size=4).digest(), "little") for run in runs]
    return np.unique(np.array(hashes, dtype=np.int64))


def _share(first: np.ndarray, second: np.ndarray) -> float:
    """Jaccard's: shingles in both over shingles in either."""
    both = len(np.intersect1d(first, second, assume_unique=True))
    return both / (len(first) + len(second) - both)


def _bands(sets: list[np.ndarray], seed: int) -> np.ndarray:
    """int64 (n, BANDS): hashes of HASHES / BANDS MinHash values each."""
    random = generator(seed, "minhash")
    slope, shift = random.integers(1, PRIME, HASHES), random.integers(0, PRIME, HASHES)
    least = np.stack([((one[:, None] % PRIME * slope + shift) % PRIME).min(axis=0) for one in sets])  # (n, HASHES)
    parts = least.reshape(len(sets), BANDS, HASHES // BANDS)
    weights = random.integers(1, 1 << 30, HASHES // BANDS)
    with np.errstate(over="ignore"):
        return np.asarray((parts * weights).sum(axis=2) * BANDS + np.arange(BANDS))
