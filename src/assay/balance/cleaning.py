"""Treatments that leave rows out by where they lie, and those that make rows with SMOTE first.

Distances are those of ``mixed``: numbers are scaled, a missing one stands at the median, a category costs what the numbers
vary by.  Which rows are of the larger classes is said by their number; row weights go with the rows and are not looked at.
A class that a cleaning would leave without rows keeps all of them, and the result says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import polars as pl

from assay.balance.common import account, class_counts
from assay.balance.geometry import Geometry, Search
from assay.balance.interpolate import SmoteTreatment
from assay.balance.mixed import mixed_space
from assay.balance.strategy import by_ratio, check_ratio
from assay.balance.treatment import Balanced, Correction, Stage
from assay.balance.undersample.centroids import centres, representatives
from assay.balance.undersample.edited import Selection, edited
from assay.balance.undersample.near_miss import near_miss
from assay.balance.undersample.one_sided import drawn_seeds, one_sided
from assay.balance.undersample.shrinking import Kept, Shrinking
from assay.balance.undersample.tomek import without_tomek_links
from assay.core.errors import ConfigError, DataError
from assay.core.seeds import generator, seed32
from assay.data.rows import Rows

Cleaning = Callable[[Shrinking, list[int]], Kept]


@dataclass(frozen=True, slots=True)
class _Cleaning:
    """What the treatments of this file have in common."""

    stage: ClassVar[Stage] = "encoded"
    correction: ClassVar[Correction] = "calibrate"


@dataclass(frozen=True, slots=True)
class TomekLinksTreatment(_Cleaning):
    """All rows but those of the larger classes that have a Tomek link."""

    name: ClassVar[str] = "tomek-links"

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        """Raises DataError for features that are no matrix."""
        rows = _shrinking(train, self.name)
        return _without(train, rows, without_tomek_links(rows, _larger(rows)))


@dataclass(frozen=True, slots=True)
class EditedNearestNeighboursTreatment(_Cleaning):
    """All rows but those of the larger classes whose neighbours are of another class.

    n_neighbors: how many nearest rows are asked.  kind: "all", a row stays when all of them are of its class; "mode", when
    most are.
    """

    n_neighbors: int = 3
    kind: Selection = "all"
    name: ClassVar[str] = "edited-nearest-neighbours"

    def __post_init__(self) -> None:
        _check_neighbours(self.n_neighbors)
        if self.kind not in ("all", "mode"):
            raise ConfigError(f"kind={self.kind!r} must be 'all' or 'mode'.")

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        """Raises DataError for features that are no matrix."""
        rows = _shrinking(train, self.name)
        return _without(train, rows, edited(rows, _larger(rows), k=self.n_neighbors, kind=self.kind))


@dataclass(frozen=True, slots=True)
class OneSidedSelectionTreatment(_Cleaning):
    """All rows of the smallest class; of the others a random seed and what it calls wrongly, less Tomek links.

    n_seeds: how many seeds each class has.
    """

    n_seeds: int = 1
    name: ClassVar[str] = "one-sided-selection"

    def __post_init__(self) -> None:
        if self.n_seeds < 1:
            raise ConfigError(f"n_seeds={self.n_seeds}: at least 1 seed is needed.")

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for features that are no matrix."""
        rows = _shrinking(train, self.name)
        seeds = drawn_seeds(rows, _larger(rows), self.n_seeds, generator(seed, self.name))
        return _without(train, rows, one_sided(rows, seeds, k=1))


@dataclass(frozen=True, slots=True)
class NearMissTreatment(_Cleaning):
    """All rows of the smallest class, of the others those that are near it.

    ratio: the size of the smallest class over each larger one afterwards, at least; in (0, 1].
    version, n_neighbors: see ``assay.balance.NearMiss``; version 3 keeps fewer rows where fewer are near.
    """

    ratio: float = 1.0
    version: int = 1
    n_neighbors: int = 3
    name: ClassVar[str] = "near-miss"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        _check_neighbours(self.n_neighbors)
        if self.version not in (1, 2, 3):
            raise ConfigError(f"version={self.version} must be 1, 2 or 3.")

    def apply(self, train: Rows, seed: int) -> Balanced:  # noqa: ARG002 - nothing is drawn
        """Raises DataError for features that are no matrix."""
        rows = _shrinking(train, self.name)
        to_keep = _fewer(train, self.name, self.ratio)
        kept = near_miss(rows, to_keep, version=self.version, k=self.n_neighbors, k_version_3=self.n_neighbors)
        return _without(train, rows, kept)


@dataclass(frozen=True, slots=True)
class ClusterCentroidsTreatment(_Cleaning):
    """All rows of the smallest class; the others are parted into clusters, and of each the row nearest to its centre stays.

    A row and not the centre, so that a category stays a category and a gap a gap.
    ratio: the size of the smallest class over each larger one afterwards, at least; in (0, 1].
    """

    ratio: float = 1.0
    name: ClassVar[str] = "cluster-centroids"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for features that are no matrix."""
        rows = _shrinking(train, self.name)
        to_keep = _fewer(train, self.name, self.ratio)
        kept = [rows.rows_of(code) for code in rows.codes if code not in to_keep]
        for code, n in to_keep.items():
            own = rows.rows_of(code)
            middles = centres(rows.points, own, n, seed32(seed, self.name, code))
            kept.append(representatives(rows.points, own, middles, rows.search))
        return _without(train, rows, Kept(np.concatenate(kept)))


@dataclass(frozen=True, slots=True)
class SmoteThenCleaning(_Cleaning):
    """SMOTE, then a cleaning of all classes, real rows and synthetic ones alike.

    ratio, k_neighbors: as in "smote".
    """

    ratio: float = 1.0
    k_neighbors: int = 5
    name: ClassVar[str]

    def __post_init__(self) -> None:
        SmoteTreatment(self.ratio, self.k_neighbors)

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for features that are no matrix."""
        _check_matrix(train, self.name)
        grown = SmoteTreatment(self.ratio, self.k_neighbors).apply(train, seed)
        space = replace(mixed_space(train), matrix=mixed_space(grown.rows).matrix)  # scaled as the real rows vary
        rows = _over(space, grown.rows)
        kept = _no_class_lost(rows, self._cleaned(rows))
        return account(train, grown.rows.take(kept.rows), grown.source_rows[kept.rows], notes=(*grown.notes, *kept.notes))

    def _cleaned(self, rows: Shrinking) -> Kept:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SmoteEnnTreatment(SmoteThenCleaning):
    """SMOTE, then only rows whose nearest three are all of their class."""

    name: ClassVar[str] = "smote-enn"

    def _cleaned(self, rows: Shrinking) -> Kept:
        return edited(rows, rows.codes, k=3, kind="all")


@dataclass(frozen=True, slots=True)
class SmoteTomekTreatment(SmoteThenCleaning):
    """SMOTE, then only rows without a Tomek link."""

    name: ClassVar[str] = "smote-tomek"

    def _cleaned(self, rows: Shrinking) -> Kept:
        return without_tomek_links(rows, rows.codes)


def _shrinking(train: Rows, name: str) -> Shrinking:
    """Raises DataError where there is nothing to balance, or no matrix to find neighbours in."""
    _check_matrix(train, name)
    return _over(mixed_space(train), train)


def _check_matrix(train: Rows, name: str) -> None:
    class_counts(train, name)
    if isinstance(train.features, pl.DataFrame) or train.features.ndim != 2:
        raise DataError(
            f"{name} finds neighbours in a table of numbers and cannot work on these features; use random-undersample."
        )


def _over(geometry: Geometry, rows: Rows) -> Shrinking:
    return Shrinking(geometry, rows.target, tuple(map(rows.label, range(rows.n_classes))), Search())


def _larger(rows: Shrinking) -> list[int]:
    return [code for code in rows.codes if code != rows.smallest]


def _fewer(train: Rows, name: str, ratio: float) -> dict[int, int]:
    """Rows to keep of each class that has more."""
    counts = class_counts(train, name)
    to_keep = by_ratio(counts, ratio, "under")
    return {code: int(to_keep[code]) for code in np.flatnonzero(to_keep < counts).tolist()}


def _without(train: Rows, rows: Shrinking, kept: Kept) -> Balanced:
    """The rows that stay, in their old order."""
    kept = _no_class_lost(rows, kept)
    return account(train, train.take(kept.rows), kept.rows, kept.notes)


def _no_class_lost(rows: Shrinking, kept: Kept) -> Kept:
    """In rising order, and with all rows of a class that would have none."""
    positions, notes = kept.rows, kept.notes
    for code in rows.codes:
        if not (rows.target[kept.rows] == code).any():
            positions = np.concatenate([positions, rows.rows_of(code)])
            notes += (f"class {rows.labels[code]} kept its {len(rows.rows_of(code))} rows: cleaning would have left none.",)
    return Kept(np.sort(positions), notes)


def _check_neighbours(n_neighbors: int) -> None:
    if n_neighbors < 1:
        raise ConfigError(f"n_neighbors={n_neighbors}: at least 1 neighbour is needed.")
