"""What would have had to be different for another decision: the smallest change of one row, verified by asking the model.

Small means few columns first, then little distance: a number or date counts its move in units of the interquartile range of
the rows, a level counts 1.  New values are values that rows hold, of the column's own type, so no impossible type or level
can be proposed; columns that may not change (age, or what nobody can act on) are named by the user.  One column is searched
through completely, two through a grid of each column's values, more by going on from the best of these; moves of numbers
are then drawn back to the nearest value seen that still does it.  Everything is deterministic.

It says what the model would answer, not what the world would do: a column that turns the decision need not cause anything,
and the changed row may be one that hardly exists.  Source: Wachter, Mittelstadt & Russell (2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.shown import Shown
from assay.data.schema import Column
from assay.explain.grid import CURVED
from assay.explain.held import outputs
from assay.recipes.fitted import Fitted

MOST_VALUES = 1000
PAIR_VALUES = 12
BEAM = 40
MOST_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Change:
    """before, after: values of the column; distance in its units of spread."""

    column: str
    before: Any
    after: Any
    distance: float


@dataclass(frozen=True)
class Counterfactual(Shown):
    """decision: now; wanted: after the changes.  probability: of ``wanted``, before and after.

    changes: empty where none was found among the values seen.  tried: how many rows the model was asked about.
    """

    decision: str
    wanted: str
    probability: tuple[float, float]
    changes: tuple[Change, ...]
    distance: float
    kept: tuple[str, ...]
    tried: int

    @property
    def found(self) -> bool:
        return bool(self.changes)

    def to_json(self) -> dict[str, Any]:
        changes = [
            {"column": one.column, "before": _plain(one.before), "after": _plain(one.after), "distance": one.distance}
            for one in self.changes
        ]
        return {
            "decision": self.decision,
            "wanted": self.wanted,
            "probability_before": self.probability[0],
            "probability_after": self.probability[1],
            "changes": changes,
            "distance": self.distance,
            "kept": list(self.kept),
            "tried": self.tried,
        }


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str | None) else str(value)


def what_would_change(
    fitted: Fitted,
    row: pl.DataFrame,
    seen: pl.DataFrame,
    *,
    threshold: float = 0.5,
    keep: Sequence[str] = (),
    wanted: str | None = None,
) -> Counterfactual:
    """The smallest change of one row that turns its decision.

    row: one line of the model's feature columns.  seen: rows whose values may be proposed.  keep: columns that may not change.
    wanted: the class to reach; None: the other one, or of several classes the next likely.
    Raises ConfigError for a regression, an unknown column or class, or a decision that is already the wanted one.
    """
    search = _Search.of(fitted, row, seen, threshold, keep, wanted)
    best = search.one_column() or search.two_columns()
    size = 3
    while best is None and size <= min(MOST_COLUMNS, len(search.columns)):
        best = search.more_columns(size)
        size += 1
    if best is None:
        return search.result({})
    return search.result(search.draw_back(best))


_Values = dict[str, int]
"""Of each changed column the place of its new value among the values seen."""


@dataclass
class _Search:
    """columns: that may change.  values: what each may become, and distances: how far that is, nearest first."""

    fitted: Fitted
    row: pl.DataFrame
    threshold: float
    code: int
    keep: tuple[str, ...]
    columns: list[str]
    values: dict[str, pl.Series]
    distances: dict[str, np.ndarray]
    tried: int = 0

    @classmethod
    def of(
        cls, fitted: Fitted, row: pl.DataFrame, seen: pl.DataFrame, threshold: float, keep: Sequence[str], wanted: str | None
    ) -> "_Search":
        task, columns = fitted.task, fitted.schema.features
        if not task.is_classification:
            raise ConfigError("a regression makes no decision that could be turned; there is no counterfactual of it.")
        for name in keep:
            if name not in fitted.schema:
                raise ConfigError(
                    f"the model reads no column {name!r} that could be kept{did_you_mean(name, fitted.schema.names())}"
                )
        probability = outputs(fitted, row)[0]
        now = int(probability[0] >= threshold) if task.name == "binary" else int(probability.argmax())
        if wanted is not None and wanted not in task.classes:
            raise ConfigError(f"no class {wanted!r}{did_you_mean(wanted, task.classes)}")
        code = task.classes.index(wanted) if wanted is not None else _other(probability, now, len(task.classes))
        if code == now:
            raise ConfigError(f"the decision of this row is {wanted!r} already; there is nothing to change.")
        free = [column for column in columns if column.kind in CURVED and column.name not in keep]
        found = {column.name: _candidates(row[column.name], seen[column.name], column) for column in free}
        names = [name for name, (values, _) in found.items() if len(values)]
        values, distances = ({name: found[name][place] for name in names} for place in range(2))
        return cls(fitted, row, threshold, code, tuple(keep), names, values, distances)  # type: ignore[arg-type]

    def margin(self, frame: pl.DataFrame) -> np.ndarray:
        """float64 (n,): how far each row is on the wanted side; >= 0 there."""
        self.tried += frame.height
        probability = outputs(self.fitted, frame)
        if self.fitted.task.name == "binary":
            over = probability[:, 0] - self.threshold
            # the wanted negative side is strictly below the threshold
            return np.asarray(over if self.code == 1 else np.where(over < 0, -over, np.minimum(-over, -np.finfo(float).tiny)))
        others = np.delete(probability, self.code, axis=1).max(axis=1)
        gap = probability[:, self.code] - others
        leads = probability.argmax(axis=1) == self.code
        return np.asarray(np.where(leads, np.maximum(gap, 0.0), np.minimum(gap, -np.finfo(float).tiny)))

    def frame(self, changes: Sequence[_Values]) -> pl.DataFrame:
        """The row under each of these changes."""
        found = self.row.select(pl.all().repeat_by(len(changes)).explode()) if len(changes) > 1 else self.row
        columns = []
        for name in self.columns:
            places = np.array([change.get(name, -1) for change in changes])
            if (places >= 0).any():
                offered = pl.concat([self.values[name], self.row[name].cast(self.values[name].dtype)])
                columns.append(offered.gather(np.where(places < 0, len(self.values[name]), places)).alias(name))
        return found.with_columns(columns)

    def distance(self, change: _Values) -> float:
        return float(sum(self.distances[name][place] for name, place in change.items()))

    def best_of(self, changes: Sequence[_Values]) -> _Values | None:
        """The nearest of those that turn the decision; the first in the order of columns among equals."""
        if not changes:
            return None
        turned = np.flatnonzero(self.margin(self.frame(changes)) >= 0)
        return min((changes[place] for place in turned.tolist()), key=self.distance, default=None)

    def one_column(self) -> _Values | None:
        return self.best_of([{name: place} for name in self.columns for place in range(len(self.values[name]))])

    def two_columns(self) -> _Values | None:
        few = {name: _spread(len(self.values[name]), PAIR_VALUES) for name in self.columns}
        return self.best_of([{a: i, b: j} for a, b in combinations(self.columns, 2) for i in few[a] for j in few[b]])

    def more_columns(self, size: int) -> _Values | None:
        """From the changes of fewer columns that come nearest to turning the decision."""
        few = {name: _spread(len(self.values[name]), PAIR_VALUES) for name in self.columns}
        beam: list[_Values] = [{}]
        for _ in range(size):
            longer = [{**change, name: i} for change in beam for name in self.columns if name not in change for i in few[name]]
            if not longer:
                return None
            margins = self.margin(self.frame(longer))
            turned = [longer[place] for place in np.flatnonzero(margins >= 0).tolist()]
            if turned:
                return min(turned, key=self.distance)
            beam = [longer[place] for place in np.argsort(-margins, kind="stable")[:BEAM].tolist()]
        return None

    def draw_back(self, change: _Values) -> _Values:
        """Each value as near to the row's own as still turns the decision; a column that is not needed is let go."""
        for name in sorted(change, key=lambda one: (-self.distances[one][change[one]], one)):
            without = {key: place for key, place in change.items() if key != name}
            nearer = [{**without, name: place} for place in range(change[name])]
            options = ([without] if without else []) + nearer
            found = self.best_of(options)
            change = change if found is None else found
        return change

    def result(self, change: _Values) -> Counterfactual:
        classes, task = self.fitted.task.classes, self.fitted.task
        both = pl.concat([self.row, self.frame([change])]) if change else self.row
        said = outputs(self.fitted, both)
        own = said[:, self.code] if task.name != "binary" else (said[:, 0] if self.code == 1 else 1 - said[:, 0])
        now = int(said[0, 0] >= self.threshold) if task.name == "binary" else int(said[0].argmax())
        changes = tuple(
            Change(name, self.row[name][0], self.values[name][change[name]], float(self.distances[name][change[name]]))
            for name in self.columns
            if name in change
        )
        ends = float(own[0]), float(own[-1])
        return Counterfactual(classes[now], classes[self.code], ends, changes, self.distance(change), self.keep, self.tried)


def _other(probability: np.ndarray, now: int, n_classes: int) -> int:
    if n_classes == 2 and len(probability) == 1:
        return 1 - now
    return int(np.argsort(-np.where(np.arange(n_classes) == now, -1.0, probability), kind="stable")[0])


def _candidates(own: pl.Series, seen: pl.Series, column: Column) -> tuple[pl.Series, np.ndarray]:
    """(values of the rows that are not the row's own, nearest first; their distances).  A missing value is not proposed."""
    values = seen.drop_nulls().unique().sort().cast(own.dtype)
    if column.kind == "category":
        counted = seen.drop_nulls().value_counts(sort=False).sort(["count", seen.name], descending=[True, False])
        values = counted[seen.name].head(MOST_VALUES).filter(counted[seen.name].head(MOST_VALUES).ne_missing(own[0]))
        return values, np.ones(len(values))
    numbers = values.to_physical().cast(pl.Float64).to_numpy().astype(np.float64)
    known = seen.drop_nulls().to_physical().cast(pl.Float64).to_numpy()
    at = own.to_physical().cast(pl.Float64)[0]
    scale = _scale(known)
    centre = float(np.median(known)) if at is None and len(known) else at
    distance = np.abs(numbers - centre) / scale if len(numbers) else np.zeros(0)
    kept = np.flatnonzero((numbers != at) if at is not None else np.ones(len(numbers), dtype=bool))
    nearest = kept[np.argsort(distance[kept], kind="stable")]
    chosen = nearest[_spread(len(nearest), MOST_VALUES)]
    return values.gather(chosen), distance[chosen] + (1.0 if at is None else 0.0)


def _scale(known: np.ndarray) -> float:
    """The interquartile range; the standard deviation where that is 0; 1 where all are alike."""
    if not len(known):
        return 1.0
    low, high = np.quantile(known, [0.25, 0.75])
    return float(high - low) or float(np.std(known)) or 1.0


def _spread(n: int, most: int) -> list[int]:
    """At most so many places out of n, evenly, first and last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64)).tolist() if n else []
