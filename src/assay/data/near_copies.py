"""Rows that are almost equal to another: the same case typed twice, measured again, or worded otherwise.

Two rows are near when every number lies within a tolerance (in robust units of its column), missing values are missing in both,
all categories but at most one are equal, texts share most of their shingles, and pictures are almost the same
(``picture_hashes``).  Rows equal in every feature are copies
(``alike``) and stand for one row here.  Where few values make rows alike by nature, near rows mean nothing: the same is counted
in a table whose columns were shuffled each by itself, and only what goes beyond that is a reason to look.

Time is bounded: near rows share a block (half of the categories equal, the same cell of a grid over three numbers, a band of
MinHash values), and in a block each row is compared with those next to it along one more number.  Every pair is found unless
a block holds more rows than the window; the result says whether one did.
Source: Hernández & Stolfo (1995) for sorted neighbourhoods; Broder (1997) for MinHash.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from assay.core.errors import ConfigError
from assay.core.seeds import generator
from assay.core.shown import Shown
from assay.data.alike import copy_groups
from assay.data.dataset import Dataset
from assay.data.like_pictures import joined
from assay.data.near_table import NearTable, near_table, robust_unit

WINDOW = 50
"""Rows after each that it is compared with, in the order of its block."""
GRID = 3
"""Numbers by whose cells rows are blocked."""
MOST_PAIRS = 5_000_000
MOST_TEXTS = 30_000
"""Rows of which texts are compared; more are drawn from."""


@dataclass(frozen=True, kw_only=True)
class NearSettings:
    """tolerance: how far numbers may lie apart, in units of their column's interquartile range over 1.349.

    differing: categories that may differ.  jaccard: the share of shingles that texts must share.
    """

    tolerance: float = 0.05
    differing: int = 1
    jaccard: float = 0.8
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.tolerance <= 1 or self.differing not in (0, 1) or not 0.5 <= self.jaccard <= 1:
            raise ConfigError(
                f"tolerance={self.tolerance:g}, differing={self.differing}, jaccard={self.jaccard:g}: a tolerance above 0 and "
                "at most 1, 0 or 1 differing category, and a share of shingles from 0.5 to 1 are needed."
            )


@dataclass(frozen=True)
class NearCopies(Shown):
    """groups: int64 (n,), rows joined by near pairs and copies share a code, the position of the first of them.

    pairs: int64 (k, 2), near pairs of distinct rows, each pair once.  copies: rows that equal an earlier one.
    near: bool (n,), rows with a near row that is no copy of them.
    by_chance: ``distinct`` of the table with shuffled columns; None where texts were compared.
    complete: whether every pair was looked at.  looked_at: rows that were.
    """

    groups: np.ndarray
    pairs: np.ndarray
    copies: int
    near: np.ndarray
    by_chance: int | None
    complete: bool
    looked_at: int

    @property
    def distinct(self) -> int:
        """How many distinct rows are near another one; what ``by_chance`` is to be held against."""
        return len(np.unique(self.pairs))


def near_copies(data: Dataset, settings: NearSettings | None = None) -> NearCopies:
    """Which rows are almost equal to which, by their features; columns of kind id are not read, nor is the target."""
    settings = settings or NearSettings()
    codes = copy_groups(data)
    firsts, place = np.unique(codes, return_inverse=True)
    has_texts = any(column.kind == "text" for column in data.schema.features)
    looked = firsts
    if has_texts and len(firsts) > MOST_TEXTS:
        looked = np.sort(generator(settings.seed, "near-texts").choice(firsts, MOST_TEXTS, replace=False))
    table = near_table(data, looked, settings.seed)
    found, complete = _pairs(table, settings)
    pairs = looked[found]
    by_chance = None if has_texts else _by_chance(table, settings)
    is_near = np.zeros(len(data), dtype=bool)
    is_near[pairs.ravel()] = True
    groups = joined(len(data), np.concatenate([pairs, np.column_stack([codes, np.arange(len(data))])]))
    return NearCopies(groups, pairs, len(data) - len(firsts), is_near[firsts[place]], by_chance, complete, len(looked))


def rows_across(groups: np.ndarray, side: np.ndarray) -> np.ndarray:
    """bool (n,): rows whose group stands on more than one side. side: int (n,), such as folds; below 0: on none."""
    counted = side >= 0
    low, high = np.full(len(groups), np.iinfo(np.int64).max), np.full(len(groups), -1)
    np.minimum.at(low, groups[counted], side[counted])
    np.maximum.at(high, groups[counted], side[counted])
    return np.asarray(counted & (low[groups] < high[groups]))


def rows_torn(data: Dataset, found: NearCopies) -> np.ndarray:
    """bool (n,): rows whose group holds another class, or a number more than one robust unit away; raises without a task."""
    target = data.target
    unit = 0.0 if data.question.is_classification else robust_unit(target)
    low, high = np.full(len(data), np.inf), np.full(len(data), -np.inf)
    np.minimum.at(low, found.groups, target)
    np.maximum.at(high, found.groups, target)
    return np.asarray((high - low)[found.groups] > unit)


def _by_chance(table: NearTable, settings: NearSettings) -> int:
    """Rows near a distinct other one where every column is dealt anew by itself."""
    dealt = table.shuffled(generator(settings.seed, "near-by-chance"))
    pairs, _ = _pairs(dealt, settings)
    return len(np.unique(pairs[dealt.differ(pairs)]))


def _pairs(table: NearTable, settings: NearSettings) -> tuple[np.ndarray, bool]:
    """int64 (k, 2), each pair once and in order; whether all were looked at."""
    found, total, complete = [np.zeros((0, 2), dtype=np.int64)], 0, True
    for key in _blocks(table, settings):
        pairs, whole = _neighbours(table, key, settings)
        complete &= whole
        found.append(pairs)
        total += len(pairs)
        if total > MOST_PAIRS:
            complete = False
            break
    return np.unique(np.concatenate(found), axis=0), complete


def _blocks(table: NearTable, settings: NearSettings) -> Iterator[np.ndarray]:
    """uint64 (n,) keys: near rows are equal in at least one of them (texts: almost surely)."""
    n_categories = table.categories.shape[1]
    halves = [range(n_categories)]
    if settings.differing and n_categories:
        halves = [range(0, n_categories, 2), range(1, n_categories, 2)]
    if table.bands is not None:
        for band in table.bands.T:
            yield _mixed(table.alike, band)
        return
    grid = table.grid[:GRID]
    for half, shifts in product(halves, product((0.0, 0.5), repeat=len(grid))):
        key = table.alike
        for column in half:
            key = _mixed(key, table.categories[:, column])
        for column, shift in zip(grid, shifts, strict=True):
            # two points at most half a cell apart share a cell of this grid or of the one shifted by half a cell
            cell = np.floor(table.numbers[:, column] / (2.000001 * settings.tolerance) + shift)
            key = _mixed(key, np.nan_to_num(cell, nan=0.0, posinf=1e18, neginf=-1e18).clip(-1e18, 1e18).astype(np.int64))
        yield key


def _mixed(key: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Hashes of (key, code); equal ones are compared in full afterwards, so a collision costs time only."""
    mixed = (key ^ (codes.astype(np.int64).view(np.uint64) + np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _neighbours(table: NearTable, key: np.ndarray, settings: NearSettings) -> tuple[np.ndarray, bool]:
    """Near pairs among rows of equal key that stand close along one more number."""
    along = np.zeros(len(table)) if not table.grid else np.nan_to_num(table.numbers[:, table.grid[-1]])
    order = np.lexsort((along, key))
    keys, values = key[order], along[order]
    found = [np.zeros((0, 2), dtype=np.int64)]
    begins = np.arange(len(order))
    for ahead in range(1, WINDOW + 2):
        begins = begins[begins + ahead < len(order)]
        ends = begins + ahead
        begins = begins[(keys[begins] == keys[ends]) & (values[ends] - values[begins] <= settings.tolerance)]
        if not len(begins):
            return np.concatenate(found), True
        if ahead > WINDOW:
            break
        pairs = np.sort(np.column_stack([order[begins], order[begins + ahead]]), axis=1)
        found.append(table.near(pairs, settings.tolerance, settings.differing, settings.jaccard))
    return np.concatenate(found), False
