"""Which columns spoke most for an answer: SHAP values of ``assay.explain``, of a scorecard the points that its bins cost.

What explains is imported on the first request for reasons: few servers are asked for any, and with the compiled loops for
trees it takes more memory than the server itself.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from assay.bundle.model import Model
from assay.core.errors import ConfigError
from assay.serve.typical import typical_rows

if TYPE_CHECKING:
    from assay.recipes.scorecard import FittedScorecard

MOST_ROWS = 1000
MOST_WORK = 4e8
"""Steps of the inner loop for all rows of a request: about two seconds."""
_KINDS = ("number", "category", "date")

Reasons = list[list[dict[str, Any]]]


def check_reasons(most: Any) -> None:
    """Raises ConfigError for what is no number of columns."""
    if type(most) is not int or most < 1:
        raise ConfigError(f'"reasons" is how many columns to name for each row, such as 3, not {str(most)[:40]!r}.')


@dataclass(frozen=True)
class Reasoner:
    """Reasons for the answers of one model."""

    model: Model

    def reasons(self, features: pl.DataFrame, most: int) -> Reasons:
        """For each row at most so many columns, those that moved its score most first, each with its value and its effect.

        features: in the form of the schema.  The effect is on the score before calibration: log odds, a share of the trees'
        votes or the value of a regression; of several classes it is that of the class that is predicted.  Of a scorecard the
        columns that cost points against the average training row, and the effect is in points.
        Raises ConfigError where there are none, and for rows that would take too long.
        """
        from assay.recipes.scorecard import FittedScorecard

        if features.height > MOST_ROWS:
            raise ConfigError(f"reasons are given for at most {MOST_ROWS} rows at a time, not {features.height}.")
        learner = self.model.fitted.learner
        return self._points(learner, features, most) if isinstance(learner, FittedScorecard) else self._effects(features, most)

    def _points(self, learner: "FittedScorecard", features: pl.DataFrame, most: int) -> Reasons:
        from assay.prepare.columns import FittedColumns

        step = self.model.fitted.step
        if not isinstance(step, FittedColumns):
            raise ConfigError(f"the preparation of {self.model.name!r} is not one of bins, so its points cannot be read.")
        found = learner.reasons(step, features, against="average", most=most)
        return [
            [{**_told(features, row, one.column, -one.lost), "bin": one.bin} for one in reasons]
            for row, reasons in enumerate(found)
        ]

    def _effects(self, features: pl.DataFrame, most: int) -> Reasons:
        from dataclasses import replace

        from assay.explain.shapley import attributions

        units = np.arange(features.height)
        self._check(features.height)
        _, values, _ = attributions(replace(self._part, features=features, units=units))
        fitted = self.model.fitted
        which = fitted.predict(features)["probability"].argmax(axis=1) if values.shape[2] > 1 else np.zeros_like(units)
        effects = values[units, :, which]  # (n, columns)
        order = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :most]
        names = features.columns
        return [
            [_told(features, row, names[place], float(effects[row, place])) for place in places if effects[row, place]]
            for row, places in enumerate(order.tolist())
        ]

    def _check(self, rows: int) -> None:
        from assay.explain.shapley import work_of

        reason = self._why_not
        if reason is not None:
            raise ConfigError(reason)
        most = int(MOST_WORK / max(work_of(self.model.fitted.learner), 1.0))
        if rows > max(most, 1):
            raise ConfigError(f"reasons of {self.model.name!r} are given for at most {max(most, 1)} rows at a time, not {rows}.")

    @cached_property
    def _part(self) -> Any:
        from assay.explain.held import Held

        fitted = self.model.fitted
        typical = typical_rows(fitted.schema.features, self.model.reference)
        return Held(fitted, typical, None, None, np.arange(typical.height), typical)

    @cached_property
    def _why_not(self) -> str | None:
        from assay.explain.shapley import why_not

        if not self.model.reference:
            return (
                f"model {self.model.name!r} was saved without how its training rows were spread, which reasons are held "
                "against; ask without reasons, or finish a study anew."
            )
        other = next((one for one in self.model.fitted.schema.features if one.kind not in _KINDS), None)
        if other is not None:
            return f"reasons are given for numbers, categories and dates, and column {other.name!r} is {other.kind}; ask without."
        return why_not(self._part)


def _told(features: pl.DataFrame, row: int, column: str, effect: float) -> dict[str, Any]:
    value = features[column][row]
    return {"column": column, "value": value if value is None or isinstance(value, float | str) else str(value), "effect": effect}
