"""Sets of labels and intervals of values around a model's predictions, for any level, out of kept scores.

The scores are of rows that the model behind them had not seen: a held-out part ("split"), or every development row
under the model of the fold that left it out ("cross").  With one list of scores a class (Mondrian: Vovk 2005) the
promise is kept within each class, not only on average over them.  What is promised, and when nothing is, stands in
``guarantee``, in words, and travels with a saved model.
"""

import math
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.state import State
from assay.measure.conformal.quantile import CalibrationScores, check_level, rows_needed
from assay.measure.conformal.scores import INTERVALS, SETS, Score, check_finite, check_quantiles, check_scale
from assay.measure.payload import Predictions

Source = Literal["split", "cross"]
Unit = Literal["row", "group", "time"]
SLACK = 1e-12
"""A label whose score equals the quantile is in; one calculated anew may differ from it in the last bits."""
_KEYS = frozenset(
    {"kind", "randomised", "penalty", "free_ranks", "source", "unit", "weighted", "n_classes", "per_class", "calibration"}
)


@dataclass(frozen=True, eq=False, slots=True)
class FittedConformal:
    """calibration: one list of scores, or one a class (``per_class``).  n_classes: K, or 0 for intervals of values.

    source: what the scores came from (see the module).  unit: what is exchangeable: rows, groups of rows, or (time)
    nothing for certain.  weighted: the rows carry weights of their own.
    """

    score: Score
    source: Source
    unit: Unit
    weighted: bool
    n_classes: int
    per_class: bool
    calibration: tuple[CalibrationScores, ...]

    @property
    def n(self) -> int:
        """Calibration rows, or groups; of all classes together (a group may stand in several)."""
        return sum(part.n for part in self.calibration)

    @property
    def needs(self) -> str | None:
        """What ``apply`` needs besides the predictions of a recipe; None where these are enough, as in a saved model."""
        if self.score.randomised:
            return "a random number for each row"
        return {"normalised": "a scale for each row", "cqr": "two predicted quantiles for each row"}.get(self.score.kind)

    def apply(self, predictions: Predictions, level: float, u: np.ndarray | None = None) -> np.ndarray:
        """What holds the truth at this level: bool (n, K), the labels of each set; or float (n, 2), low and high.

        predictions: "probability" for sets; "value" for absolute, with "scale" for normalised; "quantiles" (n, 2) for cqr.
        level: between 0 and 1.  u: float (n,) in [0, 1], for randomised scores only.
        A set may be empty (no label is likely enough) and a bound infinite (too few calibration rows: see ``notes``).
        Raises ConfigError for an impossible level, and DataError for predictions of another kind.
        """
        limits = np.array([part.quantile(level) for part in self.calibration])
        if self.score.gives_sets:
            return np.asarray(self.score.of_classes(self._probability(predictions), u) <= limits + SLACK)
        return self._intervals(predictions, float(limits[0]))

    def _probability(self, predictions: Predictions) -> np.ndarray:
        probability = probability_of(predictions)
        if probability.shape[1] != self.n_classes:
            raise DataError(f"the conformal part is of {self.n_classes} classes, the predictions of {probability.shape[1]}.")
        return probability

    def _intervals(self, predictions: Predictions, limit: float) -> np.ndarray:
        if self.score.kind == "cqr":
            quantiles = check_quantiles(array_of(predictions, "quantiles"))
            bounds = np.asarray(quantiles + np.array([-limit, limit]))
            # a negative limit may turn a narrow interval inside out; its middle is still a valid (larger) answer
            crossed = bounds[:, 0] > bounds[:, 1]
            bounds[crossed] = quantiles[crossed].mean(axis=1, keepdims=True)
            return bounds
        value = array_of(predictions, "value")
        check_finite("predicted values", value)
        reach = np.full(len(value), limit)
        if self.score.kind == "normalised":
            scale = array_of(predictions, "scale")
            check_scale(scale)
            reach = limit * scale
        return np.stack([value - reach, value + reach], axis=1)

    def always(self, level: float) -> np.ndarray:
        """Bool (K,), or (1,) for values: of what too few rows were seen to leave it out at this level."""
        endless = np.array([math.isinf(part.quantile(level)) for part in self.calibration])
        return np.broadcast_to(endless, (max(self.n_classes, 1),)).copy()

    def notes(self, level: float, classes: tuple[str, ...] = ()) -> list[str]:
        """What a reader of these answers must know, a sentence each; empty when all is well.

        classes: the labels in code order.
        """
        level, endless = check_level(level), self.always(level)
        if not endless.any():
            return []
        short = [self._shortage(part, level) for part in self.calibration]
        if not self.per_class:
            every = "every set holds all labels" if self.score.gives_sets else "no interval has a bound"
            return [f"{every} at level {level:g}: {short[0]}."]
        names = [repr(classes[code]) if classes else f"number {code}" for code in np.flatnonzero(endless)]
        first = short[int(endless.argmax())]
        if len(names) == 1:
            return [f"every set holds class {names[0]} at level {level:g}: {first}."]
        shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        return [f"every set holds {len(names)} classes ({shown}) at level {level:g}: of {names[0]}, {first}."]

    def _shortage(self, part: CalibrationScores, level: float) -> str:
        kind, needed = "groups" if self.unit == "group" else "rows", rows_needed(level)
        if part.n >= needed:
            return f"{part.n} calibration {kind} are too few where their weights differ so much"
        return f"that takes at least {needed} calibration {kind}, and there are {part.n}"

    @property
    def guarantee(self) -> str:
        """What is promised of a new row at level 1 - alpha, in words."""
        what = "set" if self.score.gives_sets else "interval"
        if self.unit == "time":
            return (
                f"None under drift: rows that come later need not be like the earlier ones, so a later {what} may hold the "
                "truth less often than its level says; watch the coverage on new rows."
            )
        within = ", within each class" if self.per_class else ""
        whom = "a row of a new group (groups weigh equally)" if self.unit == "group" else "a new row like these"
        light = ", if it weighs no more than the heaviest seen" if self.weighted else ""
        if self.source == "split":
            return f"For {whom} the {what} holds the truth with probability of at least its level{within}{light}."
        return (
            f"For {whom} the {what} holds the truth about as often as its level says{within}{light}, if the recipe is stable: "
            "the scores come from the models of the folds and the model is fitted on all rows, which no bound covers for every "
            "recipe; the coverage measured on locked rows is the evidence."
        )

    def state(self) -> State:
        return {
            "kind": self.score.kind,
            "randomised": self.score.randomised,
            "penalty": float(self.score.penalty),
            "free_ranks": int(self.score.free_ranks),
            "source": self.source,
            "unit": self.unit,
            "weighted": self.weighted,
            "n_classes": int(self.n_classes),
            "per_class": self.per_class,
            "calibration": [part.state() for part in self.calibration],
        }

    @classmethod
    def from_state(cls, state: object) -> Self:
        """Raises BundleError for a state that no fit could have written."""
        if not isinstance(state, dict) or state.keys() != _KEYS or not _has_types(state):
            raise BundleError("the conformal part is damaged: it is not as Assay writes it; save the model again.")
        try:
            score = Score(state["kind"], state["randomised"], state["penalty"], state["free_ranks"])
        except ConfigError as error:
            raise BundleError(f"the conformal part is damaged: {error}") from error
        lists = state["n_classes"] if state["per_class"] else 1
        fits = (state["n_classes"] >= 2) if score.gives_sets else (state["n_classes"] == 0 and not state["per_class"])
        if not fits or len(state["calibration"]) != lists:
            raise BundleError(
                "the conformal part is damaged: its classes and its lists of scores do not fit; save the model again."
            )
        calibration = tuple(CalibrationScores.from_state(part) for part in state["calibration"])
        settings = (state["source"], state["unit"], state["weighted"], state["n_classes"], state["per_class"])
        return cls(score, *settings, calibration)


def _has_types(state: State) -> bool:
    words = {"kind": SETS + INTERVALS, "source": ("split", "cross"), "unit": ("row", "group", "time")}
    types = {
        "randomised": bool,
        "weighted": bool,
        "per_class": bool,
        "penalty": float,
        "free_ranks": int,
        "n_classes": int,
        "calibration": list,
    }
    return all(type(state[key]) is str and state[key] in known for key, known in words.items()) and all(
        type(state[key]) is kind for key, kind in types.items()
    )


def probability_of(predictions: Predictions) -> np.ndarray:
    """Float (n, K) of binary (n,) or multiclass (n, K) predictions; raises DataError where there are no probabilities."""
    probability = np.asarray(array_of(predictions, "probability"), dtype=np.float64)
    return np.stack([1 - probability, probability], axis=1) if probability.ndim == 1 else probability


def array_of(predictions: Predictions, name: str) -> np.ndarray:
    """An array of the predictions; raises DataError that says which are there."""
    if name not in predictions.arrays:
        raise DataError(f"this conformal part reads {name!r} of the predictions, and they have {', '.join(predictions.arrays)}.")
    return predictions.arrays[name]
