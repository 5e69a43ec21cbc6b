"""A look at a table: every column by itself, along the target, and beside the others. What ``assay look`` shows and prints.

Every number is of all rows; rows are drawn only for the scatter pictures, which say so. A wide table is bounded: every column
is described and tested, but only some are shown in full, and those are named by how they were chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from assay.core.errors import DataError
from assay.core.seeds import generator
from assay.core.shown import Shown
from assay.core.threads import each
from assay.data.dataset import Dataset
from assay.data.look.columns import ColumnLook, look_at_column
from assay.data.look.pairs import Pair, Pairs, pairs_of
from assay.data.look.patterns import Missingness, missingness
from assay.data.look.values import unit_of, values_of
from assay.data.schema import Column
from assay.report.look_missing import MissingEffect, missing_effects
from assay.report.look_strength import Strength, adjusted
from assay.report.look_target import Along, Target, along, ranked, strength_of, target_of

MOST_SHOWN = 200
SCATTERS, SCATTER_ROWS = 6, 600


@dataclass(frozen=True, eq=False)
class Cloud:
    """Rows of two columns that go together.  x, y: float64 (m,), a few of the rows; rows: how many have both.

    hue: float64 (m,): the target where it is a number, 1 for rows of the positive class, None without such a target.
    """

    pair: Pair
    x: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    rows: int
    units: tuple[str, str]
    hue: np.ndarray | None = field(repr=False, default=None)


@dataclass(frozen=True, eq=False)
class Look(Shown):
    """columns: every one that was read, in the order of the file.  shown: names of those that are shown in full.

    strengths: of every column that can be tested, the strongest first; alongs: of the shown ones.  missing_effects: columns
    with missing cells.  of: rows of the source where some are not looked at (test rows that it sets apart), else None.
    target, positive: None without a target.  classes: of the target.  classes_left: that the tests take together.
    """

    source: str
    rows: int
    columns: tuple[ColumnLook, ...]
    shown: tuple[str, ...]
    missing: Missingness
    pairs: Pairs
    clouds: tuple[Cloud, ...]
    target: str | None = None
    task: str | None = None
    positive: str | None = None
    classes: tuple[str, ...] = ()
    classes_left: int = 0
    strengths: tuple[Strength, ...] = ()
    alongs: tuple[Along, ...] = ()
    missing_effects: tuple[MissingEffect, ...] = ()
    weight: str | None = None
    group: str | None = None
    of: int | None = None
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def left_out(self) -> int:
        """Columns that are not shown in full."""
        return len(self.columns) - len(self.shown)

    def to_json(self) -> dict[str, Any]:
        strengths = {one.column: one for one in self.strengths}
        alongs = {one.column: one for one in self.alongs}
        columns = []
        for column in self.columns:
            strong, bins = strengths.get(column.name), alongs.get(column.name)
            association = None if strong is None else strong.to_json()
            columns.append({**column.to_json(), "association": association, "along": None if bins is None else bins.to_json()})
        target = None
        if self.target is not None:
            target = {"name": self.target, "task": self.task, "positive": self.positive, "classes": list(self.classes)}
        return {
            "schema": 1,
            "source": self.source,
            "rows": self.rows,
            "of": self.of,
            "target": target,
            "weight": self.weight,
            "group": self.group,
            "columns": columns,
            "not_shown_in_full": self.left_out,
            "missing": {**self.missing.to_json(), "with_target": [one.to_json() for one in self.missing_effects]},
            "pairs": self.pairs.to_json(),
            "notes": list(self.notes),
        }


def look_at(data: Dataset, *, seed: int = 0, most_shown: int = MOST_SHOWN, of: int | None = None) -> Look:
    """Look at a dataset, with or without a target.  seed: of the rows drawn for scatters.

    of: how many rows there are, where the caller has left some out (those that a study locks).

    Rows that the source sets apart for testing are not looked at, and rows of weight 0 neither.  Raises DataError where no
    column or no row is left.
    """
    looked, of = _development(data, of)
    kept = frozenset(looked.frame.columns)
    columns = [column for column in looked.schema.columns if column.name in kept]
    if not columns:
        raise DataError(f"{data.source}: every column is left out; leave some in to look at.")
    described = tuple(each(lambda column: look_at_column(looked.frame[column.name], column), columns))
    target = None if looked.task is None or looked.task.is_language else target_of(looked)
    tested = [column for column in columns if column.role in ("feature", "time")]
    strengths = [] if target is None else _strengths(looked, tested, target)
    shown = _shown(columns, strengths, most_shown)
    by_strength = {one.column: place for place, one in enumerate(strengths)}
    order = sorted(tested, key=lambda column: by_strength.get(column.name, len(by_strength)))
    paired = [column for column in columns if column.role == "target"] + order
    pairs = pairs_of(looked.frame, {column.name: column.kind for column in paired})
    names = set(shown)
    alongs = () if target is None else tuple(_alongs(looked, [one for one in tested if one.name in names], target))
    holes = missingness(looked.frame)
    partly = [name for name, gone in holes.columns if 0 < gone < len(looked) and looked.schema[name].role == "feature"]
    roles = {role: looked.schema.only(role) for role in ("weight", "group")}
    task = looked.task
    return Look(
        source=data.source,
        rows=len(looked),
        columns=described,
        shown=tuple(shown),
        missing=holes,
        pairs=pairs,
        clouds=tuple(_clouds(looked, pairs, target, seed)),
        target=None if task is None else task.target,
        task=None if task is None else task.name,
        positive=None if task is None else task.positive,
        classes=() if task is None else task.classes,
        classes_left=0 if target is None else target.classes_left,
        strengths=tuple(strengths),
        alongs=alongs,
        missing_effects=() if target is None else tuple(missing_effects(looked.frame, partly, target)),
        weight=None if roles["weight"] is None else roles["weight"].name,
        group=None if roles["group"] is None else roles["group"].name,
        of=of,
        notes=data.notes,
        ignored=tuple(column.name for column in data.schema.columns if column.role == "ignored"),
    )


def _development(data: Dataset, of: int | None) -> tuple[Dataset, int | None]:
    kept = np.ones(len(data), dtype=bool) if data.given_test is None else ~data.given_test
    if data.weights is not None:
        kept &= data.weights > 0
    if kept.all():
        return data, None if of == len(data) else of
    return data.take(np.flatnonzero(kept)), of or len(data)


def _strengths(data: Dataset, columns: Sequence[Column], target: Target) -> list[Strength]:
    found = each(lambda column: strength_of(data.frame[column.name], column, target), columns)
    return ranked(adjusted([one for one in found if one is not None]))


def _alongs(data: Dataset, columns: Sequence[Column], target: Target) -> list[Along]:
    found = each(lambda column: along(data.frame[column.name], column, target), columns)
    return [one for one in found if one is not None]


def _shown(columns: Sequence[Column], strengths: Sequence[Strength], most: int) -> list[str]:
    """Names in the order of the file: the target, then the columns strongest with it; without a target the first ones."""
    if len(columns) <= most:
        return [column.name for column in columns]
    rank = {one.column: place for place, one in enumerate(strengths)}
    first = sorted(columns, key=lambda column: -1 if column.role == "target" else rank.get(column.name, len(rank)))
    kept = {column.name for column in first[:most]}
    return [column.name for column in columns if column.name in kept]


def _clouds(data: Dataset, pairs: Pairs, target: Target | None, seed: int) -> list[Cloud]:
    """The strongest pairs of two numbers or dates."""
    numeric = [pair for pair in pairs.strongest(100_000) if pair.measure in ("pearson", "spearman")]
    hue = None
    if target is not None and (target.is_number or len(target.classes) == 2):
        hue = target.values.astype(np.float64)
    drawn = []
    for place, pair in enumerate(numeric[:SCATTERS]):
        units = tuple(unit_of(data.schema[name].kind) or "number" for name in (pair.a, pair.b))
        x, y = (values_of(data.frame[name], unit) for name, unit in zip((pair.a, pair.b), units, strict=True))
        both = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        rows = both
        if len(both) > SCATTER_ROWS:
            rows = np.sort(generator(seed, "look", "scatter", place).choice(both, SCATTER_ROWS, replace=False))
        with_target = target is not None and target.name in (pair.a, pair.b)
        drawn.append(
            Cloud(pair, x[rows], y[rows], len(both), (units[0], units[1]), None if hue is None or with_target else hue[rows])
        )
    return drawn
