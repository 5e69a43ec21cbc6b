"""``quality_of``: everything that is measured of a treatment's new rows, one frozen object for each class that grew."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from assay.balance.mixed import Matrix
from assay.balance.quality.distances import ColumnDistance, PairDistance, column_distance, columns_of, pair_distances
from assay.balance.quality.landing import Landing, families, landing, same_rows
from assay.balance.quality.table import Table, as_table, points_of
from assay.balance.quality.told import told_apart
from assay.balance.quality.words import QualityWarning, statement, warnings_of
from assay.balance.treatment import Balanced
from assay.core.errors import ConfigError
from assay.core.seeds import derive, generator
from assay.core.shown import Shown
from assay.data.rows import Rows
from assay.measure.direct import measure
from assay.measure.interval import Interval
from assay.measure.proportion import proportion_interval

MOST_ROWS = 2_000
"""Rows of a class, and new rows of it, that are looked at; 2000 put an AUC within about 0.02."""
MOST_REFERENCE = 50_000
"""Real rows of all classes among which neighbours are sought."""
CLOSE_QUANTILE = 0.05
KEPT_PAIRS = 10


@dataclass(frozen=True)
class Quality(Shown):
    """The new rows of one class against its real rows.

    code, label: the class.  real, new: how many rows there are; used_real, used_new: how many of them, drawn at random, were
        looked at; used_reference: real rows of all classes among which neighbours were sought.  Copies are counted in all.
    told_apart: ROC AUC of a classifier of new against real rows (``told``); said: in words.
    columns: in the order of the table.  pairs: the most different ones; pair_mean: the mean difference over all of them;
        pair_chance: about what chance gives a single pair.
    among_others, among_others_real: share of new (real) rows whose nearest 5 real rows are mostly of another class.
    copies, copies_share: new rows that equal a training row in every column.
    nearest_ratio: median distance of new rows to the nearest training row over that of the class's real rows; None where the
        latter is 0.  close, close_real: share of new (real) rows whose distance is at most the 5 % quantile of real rows.
    left_out: columns that were not measured by themselves.

    Intervals of shares of new rows count families (new rows nearest to one real row) and not rows: what comes from one real
    row stands or falls together.  Those of real rows are Wilson's.
    """

    code: int
    label: str
    real: int
    new: int
    used_real: int
    used_new: int
    used_reference: int
    told_apart: Interval
    columns: tuple[ColumnDistance, ...]
    pairs: tuple[PairDistance, ...]
    pair_mean: float | None
    pair_chance: float
    among_others: Interval
    among_others_real: Interval
    copies: int
    copies_share: float
    nearest_ratio: float | None
    close: Interval
    close_real: Interval
    left_out: tuple[str, ...] = ()
    said: str = ""
    warnings: tuple[QualityWarning, ...] = ()

    @property
    def column_mean(self) -> float | None:
        """The mean distance over the columns; None without columns."""
        return float(np.mean([column.distance for column in self.columns])) if self.columns else None

    @property
    def column_worst(self) -> ColumnDistance | None:
        return max(self.columns, key=lambda column: column.distance, default=None)

    def to_json(self) -> dict[str, Any]:
        worst = self.column_worst
        pairs = [{**asdict(pair), "difference": pair.difference} for pair in self.pairs]
        return {
            **asdict(self),
            "pairs": pairs,
            "left_out": list(self.left_out),
            "columns": [asdict(column) for column in self.columns],
            "column_mean": self.column_mean,
            "column_worst": None if worst is None else worst.name,
            "warnings": [warning.to_json() for warning in self.warnings],
        }


def quality_of(
    before: Rows, balanced: Balanced, *, seed: int, classes: Sequence[str] = (), level: float = 0.95
) -> tuple[Quality, ...]:
    """The quality of the new rows of every class that has any, by class code; none where rows were only weighed or left out.

    before: the rows the treatment was given: a frame or an encoded matrix (pass blocks: without them a matrix is one block of
    kind "other").  balanced: what it handed back.  classes: names by code.  Row weights are not looked at.
    Raises DataError where nothing can be measured, ConfigError for a level.
    """
    if not 0.5 < level < 1:
        raise ConfigError(f"level={level}: it must lie between 0.5 and 1, such as 0.95.")
    table = as_table(before, balanced)
    if not len(table.new):
        return ()
    codes = np.unique(table.new.target).tolist()
    alike = same_rows(table.real.features, table.new.features)
    found = []
    for code in codes:
        label = classes[code] if code < len(classes) else str(code)
        found.append(_of_class(table, code, label, alike, level=level, seed=derive(seed, "quality", code)))
    return tuple(found)


def _of_class(table: Table, code: int, label: str, alike: tuple[np.ndarray, np.ndarray], *, level: float, seed: int) -> Quality:
    real, new = np.flatnonzero(table.real.target == code), np.flatnonzero(table.new.target == code)
    used_real, used_new = _drawn(real, MOST_ROWS, seed, "real"), _drawn(new, MOST_ROWS, seed, "new")
    reference = _drawn(np.arange(len(table.real)), MOST_REFERENCE, seed, "reference")
    reference = np.union1d(reference, used_real)  # a real row must stand among the rows in which it is sought
    own = np.searchsorted(reference, used_real)
    points, made = points_of(table.real.take(reference), table.new.features[used_new], own)
    family = families(points[own], made)
    target = table.real.target[reference]
    of_new, of_real = landing(points, target, code, points=made), landing(points, target, code, own=own)
    sides = table.real.features[used_real], table.new.features[used_new]
    columns, left_out = columns_of(*sides, table.real.blocks)
    rng = generator(seed, "chance")
    pairs = pair_distances(columns)
    copies = int(np.isin(alike[1][new], alike[0]).sum())
    edge = float(np.quantile(of_real.nearest, CLOSE_QUANTILE))
    quality = Quality(
        code=code,
        label=label,
        real=len(real),
        new=len(new),
        used_real=len(used_real),
        used_new=len(used_new),
        used_reference=len(reference),
        told_apart=_told(sides, (points[own], made), level=level, seed=seed),
        columns=tuple(column_distance(values, rng) for values in columns),
        pairs=tuple(pairs[:KEPT_PAIRS]),
        pair_mean=float(np.mean([pair.difference for pair in pairs])) if pairs else None,
        pair_chance=float(2 * np.sqrt(1 / len(used_real) + 1 / len(used_new))),
        among_others=_share(of_new.among_others, family, level),
        among_others_real=_of_real(of_real.among_others, level),
        copies=copies,
        copies_share=copies / len(new),
        nearest_ratio=_ratio(of_new, of_real),
        close=_share(of_new.nearest <= edge, family, level),
        close_real=_of_real(of_real.nearest <= edge, level),
        left_out=(*table.left_out, *left_out),
    )
    quality = replace(quality, said=statement(quality))
    return replace(quality, warnings=warnings_of(quality))


def _told(sides: tuple[Matrix, Matrix], points: tuple[Matrix, Matrix], *, level: float, seed: int) -> Interval:
    """As many rows of both sides."""
    n = min(sides[0].shape[0], sides[1].shape[0])
    first = _drawn(np.arange(sides[0].shape[0]), n, seed, "told", "real")
    second = _drawn(np.arange(sides[1].shape[0]), n, seed, "told", "new")
    return told_apart((sides[0][first], sides[1][second]), (points[0][first], points[1][second]), level=level, seed=seed)


def _drawn(rows: np.ndarray, most: int, seed: int, *purpose: str) -> np.ndarray:
    """At most so many of them, in their order."""
    if len(rows) <= most:
        return rows
    return np.sort(generator(seed, "drawn", *purpose).choice(rows, most, replace=False))


def _share(hits: np.ndarray, family: np.ndarray, level: float) -> Interval:
    """The share of rows, with an interval over families."""
    if (family == family[0]).all():
        reason = "all new rows come from one real row"
        return Interval(float(hits.mean()), None, None, level, "none", 1, "this model", reason)
    truth = np.ones(len(hits), dtype=np.int64)
    return measure(truth, label=hits.astype(np.int64), metrics="accuracy", groups=family, level=level)["accuracy"]


def _of_real(hits: np.ndarray, level: float) -> Interval:
    return proportion_interval(int(hits.sum()), len(hits), level=level)


def _ratio(new: Landing, real: Landing) -> float | None:
    usual = float(np.median(real.nearest))
    return float(np.median(new.nearest)) / usual if usual > 0 else None
