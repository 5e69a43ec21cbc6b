"""What the form of a row knows of each column: a typical value, a slider, levels to choose from.

All of it comes from the model itself: its schema, and the spread of its training rows where it was saved with it.  A typical
row is made of the median of every number and date and the commonest level of every category; it is a place to start from, and
no row of the data.
"""

import math
from dataclasses import dataclass

import numpy as np

from assay.bundle.model import Model
from assay.data.reference import OTHER, Spread
from assay.data.schema import Column
from assay.report.scale import step_for
from assay.serve.schema import example, in_words

MOST_LEVELS = 30
"""Levels that a list of choices shows; with more the level is typed, and these are suggested."""
MOST_SUGGESTED = 500
STEPS = 200
"""About how many places a slider has."""


@dataclass(frozen=True)
class Slider:
    """low, high, step: as the page writes them.  share: of the training rows that lie between its ends, in words."""

    low: float
    high: float
    step: float
    share: str

    @property
    def texts(self) -> tuple[str, str, str]:
        decimals = max(0, -math.floor(math.log10(self.step) + 1e-9))
        return tuple(f"{end:.{decimals}f}" for end in (self.low, self.high, self.step))  # type: ignore[return-value]


@dataclass(frozen=True)
class Field:
    """key: for ids on the page.  typical: a cell as text, "" for a missing one.  words: what may stand here.

    levels: of a category, the commonest first; all of them up to MOST_SUGGESTED.
    ends: between which almost all training rows lie, of a number or a date (microseconds); None where it is not known.
    gaps: whether training rows had missing cells here; None where it is not known.
    """

    key: str
    column: Column
    typical: str
    words: str
    levels: tuple[str, ...] = ()
    slider: Slider | None = None
    ends: tuple[float, float] | None = None
    gaps: bool | None = None

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def kind(self) -> str:
        return self.column.kind

    @property
    def is_short(self) -> bool:
        """Whether its levels are few enough for a list of choices."""
        return len(self.column.levels) <= MOST_LEVELS


def fields_of(model: Model) -> list[Field]:
    spreads = {spread.name: spread for spread in model.reference}
    return [_field(f"f{place}", column, spreads.get(column.name)) for place, column in enumerate(model.fitted.schema.features)]


def _field(key: str, column: Column, spread: Spread | None) -> Field:
    words = in_words(column)
    if spread is None or spread.kind != column.kind:
        known = column.kind in ("number", "category", "date")
        return Field(key, column, str(example(column)) if known else "", words, column.levels[:MOST_SUGGESTED])
    gaps = bool(spread.counts[0])
    if column.kind == "category":
        levels = _by_frequency(spread, column)
        return Field(key, column, levels[0] if levels else "", words, levels[:MOST_SUGGESTED], gaps=gaps)
    if column.kind not in ("number", "date"):
        return Field(key, column, "", words, gaps=gaps)
    ends = _ends(spread)
    middle = middle_of(spread)
    typical = "" if middle is None else cell_text(column, middle)
    slider = _slider(column, ends, "98 %" if spread.ends else "80 %") if column.kind == "number" and ends else None
    return Field(key, column, typical, words, slider=slider, ends=ends if spread.ends else None, gaps=gaps)


def _by_frequency(spread: Spread, column: Column) -> tuple[str, ...]:
    counts = spread.counts[OTHER + 1 :]
    frequent = [spread.levels[place] for place in np.argsort(-counts, kind="stable")]
    return (*frequent, *sorted(set(column.levels) - set(frequent)))


def _ends(spread: Spread) -> tuple[float, float] | None:
    """The outer values that are known: of models saved before there were ends, the first and the last tenth."""
    known = spread.ends or spread.edges
    return (known[0], known[-1]) if known else None


def middle_of(spread: Spread) -> float | None:
    """Of the training rows' known values, as far as the bins tell; None where there are none."""
    counts = spread.counts[OTHER + 1 :]
    if not counts.sum():
        return None
    place = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
    tops = (*spread.edges, spread.ends[1]) if spread.ends else spread.edges
    return tops[min(place, len(tops) - 1)] if tops else None


def _slider(column: Column, ends: tuple[float, float], share: str) -> Slider | None:
    low, high = ends
    if not (high > low and math.isfinite(high - low)):
        return None
    step = step_for(high - low, STEPS)
    if column.whole:
        step = max(1.0, round(step))
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    plain = step >= 1e-9 and max(abs(low), abs(high)) < 1e15  # beyond these a page's numbers lose digits
    return Slider(low, high, step, share) if plain else None


def cell_text(column: Column, value: float) -> str:
    """A number in four digits, a whole one in all of its own; a date, with its time where it has one, from microseconds."""
    if column.kind == "date":
        return str(np.datetime64(round(value), "us").astype("datetime64[s]")).removesuffix("T00:00:00")
    if value == round(value) and abs(value) < 1e15 and (column.whole or abs(value) < 1e6):
        return str(round(value))
    short = float(f"{value:.4g}")
    return str(round(short)) if short == round(short) and abs(short) < 1e15 else repr(short)
