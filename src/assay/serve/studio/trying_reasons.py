"""What each column added to the answer to one row: SHAP values of ``assay.explain``, and the points of a scorecard.

They need rows that stand for the population, made as the server makes them for its own reasons (``serve.typical``); the page
says so.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.data.schema import Column
from assay.report.numbers import number
from assay.serve.studio.trying_fields import cell_text
from assay.serve.studio.trying_models import Tried
from assay.serve.typical import typical_rows

MOST_SHOWN = 6


@dataclass(frozen=True)
class Reason:
    """effect: what the column added to the score, in its units.  size: its share of the largest one, in per cent."""

    column: str
    value: str
    effect: float
    size: float

    @property
    def text(self) -> str:
        return number(self.effect, sign=True)


@dataclass(frozen=True)
class Reasons:
    """of: what a positive effect speaks for.  base, score: the score of a typical row and of this one.

    pixels: float64 (side, side) in [−1, 1], the effects of columns that are pixels, in shares of the largest; else None.
    why_not: one sentence where there are none.  cost: of a scorecard, columns that cost it points, in words.
    """

    of: str
    rows: tuple[Reason, ...]
    base: float
    score: float
    method: str
    cost: tuple[str, ...] = ()
    why_not: str = ""
    pixels: np.ndarray | None = None

    @property
    def score_text(self) -> str:
        return number(self.score)

    @property
    def base_text(self) -> str:
        return number(self.base)


def none_because(sentence: str) -> Reasons:
    return Reasons("", (), 0.0, 0.0, "", why_not=sentence)


def reasons_of(tried: Tried, row: pl.DataFrame, output: int, of: str) -> Reasons:
    """row: one line of features.  output: which of the model's scores is told of, where it has several."""
    from assay.explain.held import Held
    from assay.explain.points import has_points, points_of
    from assay.explain.shapley import attributions, method_of, why_not

    model = tried.model
    if not model.reference:
        return none_because("the model was saved without the spread of its training rows; finish the run anew to have reasons.")
    other = next((one for one in tried.columns if one.kind not in ("number", "category", "date")), None)
    if other is not None:
        return none_because(f"reasons are told for tables of numbers, categories and dates, and {other.name!r} is {other.kind}.")
    part = Held(model.fitted, row, None, None, np.arange(1), typical_rows(tried.columns, model.reference))
    reason = why_not(part)
    if reason is not None:
        return none_because(reason)
    base, values, scores = (found[0] for found in attributions(part))
    place = min(output, len(scores) - 1)
    effects = values[:, place]
    most = float(np.abs(effects).max(initial=0.0)) or 1.0
    order = np.argsort(-np.abs(effects), kind="stable")[:MOST_SHOWN]
    rows = []
    for at in order.tolist():
        column, effect = tried.columns[at], float(effects[at])
        if effect:
            rows.append(Reason(column.name, _shown(column, row[column.name]), effect, 100 * abs(effect) / most))
    cost: tuple[str, ...] = ()
    if has_points(model.fitted):
        cost = tuple(f"{one.column}: {one.bin} (−{one.lost:.1f})" for one in points_of(model.fitted, row).reasons)
    method = method_of(model.fitted.learner)
    pixels = _laid_out(tried, effects / most)
    return Reasons(of, tuple(rows), float(base[place]), float(scores[place]), method, cost, pixels=pixels)


def _laid_out(tried: Tried, effects: np.ndarray) -> np.ndarray | None:
    if tried.grid is None:
        return None
    by_name = dict(zip(tried.fields, effects.tolist(), strict=True))
    found = [by_name.get(name, 0.0) for name in tried.grid.places]
    return np.array(found).reshape(tried.grid.side, tried.grid.side)


def _shown(column: Column, series: pl.Series) -> str:
    value = series[0]
    if value is None:
        return "(missing)"
    if column.kind == "category":
        return str(value)
    return cell_text(column, float(series.to_physical()[0])) if column.kind == "date" else f"{value:.6g}"
