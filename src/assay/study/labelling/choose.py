"""The rows to label next: by what a label would tell, by how far they lie from one another, or by both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.seeds import derive, generator
from assay.recipes.fitted import Fitted
from assay.study.labelling.apart import encoded, spread_out
from assay.study.labelling.worth import Worth, worth_of

WAYS = ("mixed", "uncertainty", "disagreement", "diversity")
POOL = 10
"""Times as many rows as are asked for, the most worth first, from which "mixed" takes those far from one another."""
MOST_SPREAD, MOST_APART = 50_000, 5_000
"""Rows among which distances are looked at, and rows that can be taken by them: each pair is looked at once."""


@dataclass(frozen=True)
class Chosen:
    """rows: int64 (count,), positions among the rows offered, those to label first at the front.

    by: what mixed and the others went by: "uncertainty", "disagreement", or None (distances alone).
    notes: what was not possible, in words.
    """

    rows: np.ndarray
    way: str
    by: str | None
    worth: Worth
    notes: tuple[str, ...] = ()


def choose_rows(models: Sequence[Fitted], features: pl.DataFrame, *, way: str = "mixed", count: int, seed: int = 0) -> Chosen:
    """The ``count`` rows most worth a label, fewer where there are fewer.

    models: one saved model, or several of one recipe fitted on different rows, which then disagree.
    features: rows without a target, with the columns of the models.
    way: "uncertainty", "disagreement", "diversity" (rows far from one another), or "mixed": far from one another among the
        ten times as many that the model is least sure of (for numbers: that the models disagree about most).
    Raises ConfigError for a way that is none or that these models cannot serve, DataError where there are no rows.
    """
    if way not in WAYS:
        raise ConfigError(f"no way {way!r} to choose rows{did_you_mean(way, WAYS)}")
    if count < 1:
        raise ConfigError(f"{count} rows cannot be chosen; ask for 1 or more.")
    if count > MOST_APART and way in ("mixed", "diversity"):
        raise ConfigError(
            f"{count} rows are too many to be held apart from one another; ask for {MOST_APART} at most, or go by uncertainty."
        )
    if not features.height:
        raise DataError("there are no rows without a target to choose from.")
    worth = Worth(None, None, None) if way == "diversity" else worth_of(models, features)
    classes = models[0].task.is_classification
    by, notes = _by(way, worth, classes, models[0].recipe)
    value = {"uncertainty": worth.uncertainty, "disagreement": worth.disagreement, None: None}[by]
    if way in ("uncertainty", "disagreement") and value is not None:
        return Chosen(_best(value, count), way, by, worth, notes)
    if value is None:
        among, drawn = _some(features.height, seed)
        notes += drawn
        weights = np.ones(len(among))
    else:
        among = _best(value, min(POOL * count, MOST_SPREAD))
        weights = value[among]
    points = encoded(models[0], features[among], derive(seed, "encoded"))
    rows = among[spread_out(points, min(count, len(among)), weights, derive(seed, "spread"))]
    return Chosen(rows, way, by, worth, notes)


def _by(way: str, worth: Worth, classes: bool, recipe: str) -> tuple[str | None, tuple[str, ...]]:
    """Which of the two values a way goes by, and a note where it must do without."""
    if way == "diversity":
        return None, ()
    if way == "uncertainty":
        if worth.uncertainty is None:
            raise ConfigError(
                f"{recipe} says of a number no spread, so it cannot tell where it is unsure; choose by diversity, or by "
                "disagreement with the run folder, whose fold models can disagree."
            )
        return way, ()
    if way == "disagreement":
        if worth.disagreement is None:
            raise ConfigError(
                f"{recipe} is one model without members that could disagree; name the run folder, whose fold models can, or "
                "choose by uncertainty."
            )
        return way, ()
    order = ("uncertainty", "disagreement") if classes else ("disagreement", "uncertainty")
    for name in order:
        if getattr(worth, name) is not None:
            return name, ()
    return None, (f"{recipe} can say neither where it is unsure nor where it disagrees: rows were chosen by distance alone.",)


def _best(value: np.ndarray, count: int) -> np.ndarray:
    """Positions of the largest values, equal ones in the order of the rows."""
    return np.lexsort((np.arange(len(value)), -value))[:count]


def _some(n: int, seed: int) -> tuple[np.ndarray, tuple[str, ...]]:
    if n <= MOST_SPREAD:
        return np.arange(n), ()
    drawn = np.sort(generator(seed, "spread-rows").choice(n, MOST_SPREAD, replace=False))
    return drawn, (f"distances were looked at among {MOST_SPREAD} of the {n} rows, drawn at random.",)
