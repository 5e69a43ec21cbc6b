"""What a scorecard says of itself: the points of every bin, the points of one row, and the reasons that cost it points.

The card is the model, so nothing here is an estimate and nothing has an interval.  Of a run each fold has a card of its own;
the first one is shown, and said to be one of several.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl

from assay.core.errors import ConfigError
from assay.core.shown import Shown
from assay.explain.held import HeldOut
from assay.prepare.columns import FittedColumns
from assay.recipes.fitted import Fitted
from assay.recipes.scorecard import FittedScorecard, PointRow, PointScale, Reason

MOST_REASONS = 4
"""By custom: US Regulation B holds more than four to be of little use to whom they are told."""


@dataclass(frozen=True)
class Card(Shown):
    """rows: every bin of every column, unrounded.  side: the class that points are for.  models: how many cards there are."""

    rows: tuple[PointRow, ...]
    scale: PointScale
    side: str
    models: int

    def to_json(self) -> dict[str, Any]:
        return {
            "points_for": self.side,
            "base_points": self.scale.base_points,
            "base_odds": self.scale.base_odds,
            "double_odds": self.scale.double_odds,
            "cards": self.models,
            "bins": [row._asdict() for row in self.rows],
        }


@dataclass(frozen=True)
class RowPoints(Shown):
    """total: unrounded points of one row.  reasons: columns that cost it most, the costliest first.

    Lost are points below the mean of the training rows, the standard that Regulation B names; against the best bin of a column
    a rare one (such as of missing values) would make a reason for everybody else.
    """

    total: float
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        return {"points": self.total, "reasons": [reason._asdict() for reason in self.reasons]}


def has_points(fitted: Fitted) -> bool:
    return isinstance(fitted.learner, FittedScorecard)


def card_of(held: HeldOut) -> Card:
    """The card of the first model.  Raises ConfigError for a model without points, DataError for a preparation without bins."""
    fitted = held.parts[0].fitted
    learner, step = _card(fitted)
    side = fitted.task.classes[1 if learner.scale.points_for == "positive" else 0]
    return Card(tuple(learner.points(step)), learner.scale, side, len(held.parts))


def points_of(fitted: Fitted, row: pl.DataFrame) -> RowPoints:
    """row: one line of feature columns.  Raises as ``card_of``."""
    learner, step = _card(fitted)
    reasons = learner.reasons(step, row, against="average", most=MOST_REASONS)[0]
    return RowPoints(float(learner.score(step.transform(row))[0]), tuple(reasons))


def _card(fitted: Fitted) -> tuple[FittedScorecard, FittedColumns]:
    if not isinstance(fitted.learner, FittedScorecard):
        raise ConfigError(f"{fitted.recipe!r} is no scorecard, and has no points.")
    if not isinstance(fitted.step, FittedColumns):
        raise ConfigError(f"the preparation of {fitted.recipe!r} is not one of bins, so that its points cannot be read.")
    return fitted.learner, fitted.step
