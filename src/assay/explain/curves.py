"""How the answer goes with one column: partial dependence, and accumulated local effects.

partial dependence   the mean answer over held-out rows when every one of them is given this value.  Where columns are
                     correlated it asks the model about rows that do not exist
accumulated effects  the mean change of the answer within narrow slices of the column, over the rows that are there, added
                     up from slice to slice and centred: nothing is asked far from the rows.  Levels of a category are first
                     put in an order in which neighbours have similar rows (the first axis of a scaling of their distances)

The band is pointwise and from a bootstrap over rows (groups, blocks): how far the curve of these models would move on
other rows.  It does not hold how other training rows would bend the models; of a run the curves of the single models are
kept beside it (``by_model``), and their spread is what that looks like.
Sources: Friedman (2001); Apley & Zhu (2020); bootstrap: Efron (1979).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from assay.core.shown import Shown
from assay.data.schema import Column
from assay.explain.grid import Grid, grid_of, set_to
from assay.explain.held import Held, HeldOut, output_names, outputs
from assay.explain.levels import level_order
from assay.measure.resample import replicate_weights

Kind = Literal["partial dependence", "accumulated local effects"]
REPLICATES = 400
MOST_ROWS = 2000


@dataclass(frozen=True)
class Curve(Shown):
    """value, low, high: float64 (G, K) at each point for each output.  by_model: (models, G, K).

    grid: the points.  For accumulated effects 0 is the mean effect; for partial dependence the values are answers.
    share: float64 (G,), of the rows nearest to each point.
    """

    kind: Kind
    grid: Grid
    outputs: tuple[str, ...]
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    by_model: np.ndarray
    share: np.ndarray
    level: float
    rows: int

    @property
    def column(self) -> str:
        return self.grid.column

    @property
    def reach(self) -> float:
        """How far the curve of any output goes from its lowest to its highest point."""
        return float(np.ptp(self.value, axis=0).max())

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "column": self.column,
            "points": self.grid.texts,
            "outputs": list(self.outputs),
            "value": self.value.tolist(),
            "low": self.low.tolist(),
            "high": self.high.tolist(),
            "share": self.share.tolist(),
            "level": self.level,
            "rows": self.rows,
            "band": "bootstrap over rows; the models stay as they are",
        }


def partial_dependence(
    held: HeldOut, column: Column, *, seed: int, grid: Grid | None = None, most_rows: int = MOST_ROWS
) -> Curve:
    """The mean answer at each value.  grid: None for quantiles or levels.  Raises ConfigError as ``grid_of``."""
    drawn = held.at_most(most_rows, seed)
    grid = grid_of(held.features(), column) if grid is None else grid
    each = [
        np.stack([outputs(part.fitted, set_to(part.features, column.name, value)) for value in grid.points], axis=1)
        for part in drawn.parts
    ]
    return _mean_curve("partial dependence", drawn, grid, each, seed)


def accumulated_effects(
    held: HeldOut, column: Column, *, seed: int, grid: Grid | None = None, most_rows: int = MOST_ROWS
) -> Curve:
    """Apley and Zhu's curve.  Rows whose value is missing, or a level without a point, are left out.

    grid: the ends of the slices; None for quantiles (their outer ones are the least and greatest value) or levels.
    Raises ConfigError as ``grid_of``.
    """
    drawn = held.at_most(most_rows, seed)
    if grid is None:
        grid = _whole_range(grid_of(held.features(), column), held.features()[column.name])
    if not grid.ordered:
        grid = level_order(grid, held.features(), held.columns)
    steps = [_steps(part, grid) for part in drawn.parts]
    return _accumulated(drawn, grid, steps, seed)


def _whole_range(grid: Grid, series: pl.Series) -> Grid:
    """Slices must hold every row: the outer points move to the ends of the values."""
    if not grid.ordered:
        return grid
    ends = pl.Series(grid.column, [series.min(), series.max()], dtype=series.dtype)
    return Grid(grid.column, pl.concat([grid.points, ends]).unique().sort(), ordered=True)


@dataclass(frozen=True)
class _Steps:
    """Changes of the answer from one point to the next.  row, slice: int64 (m,); change: float64 (m, K).

    A row of an ordered column is in one slice; a row of a level in the slices to both its neighbours.
    place: int64 (n,), the point (level) or slice of each row, -1 for none.
    """

    row: np.ndarray
    slice: np.ndarray
    change: np.ndarray
    place: np.ndarray


def _steps(part: Held, grid: Grid) -> _Steps:
    place = places(part.features[grid.column], grid)
    if grid.ordered:
        inner = np.maximum(place - 1, 0)
        row = np.flatnonzero(place >= 0)
        return _Steps(row, inner[row], _change(part, grid, row, inner[row]), np.where(place >= 0, inner, -1))
    row = np.concatenate([np.flatnonzero((place >= 0) & (place < len(grid) - 1)), np.flatnonzero(place > 0)])
    below = np.concatenate([place[(place >= 0) & (place < len(grid) - 1)], place[place > 0] - 1])
    return _Steps(row, below, _change(part, grid, row, below), place)


def _change(part: Held, grid: Grid, row: np.ndarray, below: np.ndarray) -> np.ndarray:
    """float64 (m, K): the answer at the upper end of each row's slice less that at the lower."""
    if not len(row):
        return np.zeros((0, len(output_names(part.fitted.task))))
    features = part.features[row]
    upper, lower = (outputs(part.fitted, features.with_columns(grid.points.gather(below + side))) for side in (1, 0))
    return np.asarray(upper - lower)


def places(series: pl.Series, grid: Grid) -> np.ndarray:
    """int64 (n,): of an ordered column the first point that is not below the value, of a level its point; -1 for none."""
    if not grid.ordered:
        table = pl.DataFrame({"level": grid.points, "place": np.arange(len(grid))})
        joined = pl.DataFrame({"level": series}).join(table, on="level", how="left", nulls_equal=True, maintain_order="left")
        return np.asarray(joined["place"].fill_null(-1).to_numpy())
    values = series.to_physical().cast(pl.Float64).to_numpy().astype(np.float64)
    known = np.isfinite(values)
    found = np.searchsorted(grid.at, np.where(known, values, 0.0), side="left").clip(0, len(grid) - 1)
    return np.asarray(np.where(known, found, -1))


def nearest_shares(held: HeldOut, grid: Grid) -> np.ndarray:
    """float64 (G,): the share of the rows nearest to each point (at each level)."""
    series = held.features()[grid.column]
    if grid.ordered:
        values = series.to_physical().cast(pl.Float64).drop_nulls().to_numpy()
        place = np.searchsorted((grid.at[1:] + grid.at[:-1]) / 2, values)
    else:
        place = places(series, grid)
        place = place[place >= 0]
    return np.asarray(np.bincount(place, minlength=len(grid)) / max(len(series), 1))


def _weights(held: HeldOut, replicates: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(own (n,), drawn (R, n)): what each row counts, and what it counts in each resample; rows part after part."""
    rows = np.concatenate([held.design.positions(part.units) for part in held.parts])
    own = np.concatenate([np.ones(len(part)) if part.weights is None else part.weights for part in held.parts])
    return own, replicate_weights(held.design, range(replicates), seed=seed)[:, rows] * own


def _mean_curve(kind: Kind, held: HeldOut, grid: Grid, each: Sequence[np.ndarray], seed: int) -> Curve:
    """each: (n, G, K) of each model's rows."""
    own, drawn = _weights(held, REPLICATES, seed)
    every = np.concatenate(each)
    flat = every.reshape(len(every), -1)
    total = np.maximum(drawn.sum(axis=1, keepdims=True), 1e-300)
    draws = (drawn @ flat / total).reshape(-1, *every.shape[1:])
    by_model = np.stack([np.average(one, axis=0, weights=part.weights) for one, part in zip(each, held.parts, strict=True)])
    return _curve(kind, held, grid, np.average(every, axis=0, weights=own), draws, by_model)


def _accumulated(held: HeldOut, grid: Grid, steps: Sequence[_Steps], seed: int) -> Curve:
    own, drawn = _weights(held, REPLICATES, seed)
    starts = np.cumsum([0, *(len(part) for part in held.parts)])
    row = np.concatenate([one.row + start for one, start in zip(steps, starts, strict=False)])
    joined = _Steps(
        row,
        np.concatenate([one.slice for one in steps]),
        np.concatenate([one.change for one in steps]),
        np.concatenate([one.place for one in steps]),
    )
    value = _sum_up(joined, grid, own)
    draws = np.stack([_sum_up(joined, grid, weights) for weights in drawn])
    by_model = np.stack(
        [
            _sum_up(one, grid, np.ones(len(part)) if part.weights is None else part.weights)
            for one, part in zip(steps, held.parts, strict=True)
        ]
    )
    return _curve("accumulated local effects", held, grid, value, draws, by_model)


def _sum_up(steps: _Steps, grid: Grid, weights: np.ndarray) -> np.ndarray:
    """float64 (G, K): mean changes added up, and centred over the rows; a slice without rows has no change."""
    n_slices, n_outputs = len(grid) - 1, steps.change.shape[1]
    weight = weights[steps.row]
    mass = np.bincount(steps.slice, weights=weight, minlength=n_slices)
    curve = np.zeros((len(grid), n_outputs))
    for output in range(n_outputs):
        moved = np.bincount(steps.slice, weights=weight * steps.change[:, output], minlength=n_slices)
        curve[1:, output] = np.cumsum(np.divide(moved, mass, out=np.zeros(n_slices), where=mass > 0))
    there = steps.place >= 0
    held = np.bincount(steps.place[there], weights=weights[there], minlength=n_slices if grid.ordered else len(grid))
    at_rows = (curve[1:] + curve[:-1]) / 2 if grid.ordered else curve
    return np.asarray(curve - (held @ at_rows) / max(float(held.sum()), 1e-300))


def _curve(kind: Kind, held: HeldOut, grid: Grid, value: np.ndarray, draws: np.ndarray, by_model: np.ndarray) -> Curve:
    low, high = np.quantile(draws, [(1 - held.level) / 2, (1 + held.level) / 2], axis=0)
    return Curve(
        kind, grid, output_names(held.task), value, low, high, by_model, nearest_shares(held, grid), held.level, held.n_rows
    )
