"""A scorecard: every column in a few bins, every bin worth so many points, the score their sum.

The bins and their weights of evidence are the preparation's (``prepare.bins``, ``prepare.evidence``), learned across folds;
the learner is a logistic regression on them.  Points are its log odds on another scale,

    score = offset + factor · log odds,   factor = double_odds / log 2,

on which ``base_points`` stand for odds of ``base_odds`` to 1 and ``double_odds`` points more for twice those odds; odds of the
class that ``points_for`` names, by custom the negative one (who pays back).  The offset is shared out over the columns, so
that a score is a sum over columns and nothing else.  Predictions use points as they are; a printed table may be rounded.
Source: Siddiqi (2006), Credit Risk Scorecards, chapter 6; reason codes as US Regulation B asks for them.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from math import log
from typing import ClassVar, Literal, NamedTuple, Self, get_args

import numpy as np
import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.bins import BinnedNumber
from assay.prepare.columns import ColumnsStep, FittedColumns
from assay.prepare.evidence import EvidenceCode
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.linear import FittedLinear, Logistic
from assay.recipes.outputs import check_width, from_logits
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real

Side = Literal["negative", "positive"]
LARGEST = 1e9


@dataclass(frozen=True, kw_only=True)
class PointScale:
    """base_points: of odds of ``base_odds`` to 1.  double_odds: points that double the odds.  points_for: whose odds."""

    base_points: float = 600.0
    base_odds: float = 50.0
    double_odds: float = 20.0
    points_for: Side = "negative"

    def __post_init__(self) -> None:
        fits = abs(self.base_points) <= LARGEST and 1 / LARGEST <= self.base_odds <= LARGEST
        if not fits or not 1 / LARGEST <= self.double_odds <= LARGEST or self.points_for not in get_args(Side):
            raise ConfigError(
                f"base_points={self.base_points}, base_odds={self.base_odds}, double_odds={self.double_odds}, "
                f"points_for={self.points_for!r}: finite points, odds and double_odds above 0, negative or positive."
            )

    @property
    def factor(self) -> float:
        """Points a unit of the log odds of the positive class."""
        return (1 if self.points_for == "positive" else -1) * self.double_odds / log(2)

    @property
    def offset(self) -> float:
        """Points at even odds."""
        return self.base_points - self.double_odds * log(self.base_odds) / log(2)


class PointRow(NamedTuple):
    """One bin of one column.

    bin: in words.  low, high: above and up to, of a number (None: without end); both None for a level.
    rows, positives: of the training rows.  evidence: its weight.  points: unrounded unless rounding was asked for.
    """

    column: str
    bin: str
    low: float | None
    high: float | None
    rows: int
    positives: int
    evidence: float
    points: float


class Reason(NamedTuple):
    """bin: where the row lies.  points: what that is worth.  lost: points below the bin it is held against."""

    column: str
    bin: str
    points: float
    lost: float


@dataclass(frozen=True)
class FittedScorecard:
    """coefficients: float64 (columns,) of the weights of evidence.  intercept: the log odds where all of them are 0."""

    KIND: ClassVar[str] = "scorecard"

    coefficients: np.ndarray
    intercept: float
    scale: PointScale

    def predict(self, matrix: Matrix) -> Output:
        """score: the log odds of the positive class."""
        check_width(matrix, len(self.coefficients))
        return from_logits("binary", (np.asarray(matrix @ self.coefficients) + self.intercept)[:, None])

    def score(self, matrix: Matrix) -> np.ndarray:
        """float64 (n,): unrounded points of each row."""
        return np.asarray(self.scale.offset + self.scale.factor * self.predict(matrix).score)

    def points(self, columns: FittedColumns, *, digits: int | None = None) -> list[PointRow]:
        """Every bin of every column, in order: the card.  columns: the step it was fitted behind.

        digits: decimals to round points to (0 for a printed card); None: as they are, and sums are then the score itself.
        Raises DataError for a step that does not make bins, or other ones.
        """
        found = []
        for place, (name, encoder) in enumerate(self._readers(columns)):
            worth = self._worth(place, encoder.weights)
            if digits is not None:
                worth = np.round(worth, digits) + 0.0  # no -0 on a card
            for bin_, (words, low, high) in enumerate(_bins(encoder)):
                counts = int(encoder.rows[bin_]), int(encoder.positives[bin_])
                found.append(PointRow(name, words, low, high, *counts, float(encoder.weights[bin_]), float(worth[bin_])))
        return found

    def reasons(
        self, columns: FittedColumns, features: pl.DataFrame, *, against: Literal["best", "average"] = "best", most: int = 4
    ) -> list[list[Reason]]:
        """For each row the columns that cost it most points, the costliest first; those that cost none are left out.

        against: the best bin of the column that training rows were in, or the average of the training rows.
        """
        if against not in ("best", "average") or most < 1:
            raise ConfigError(f"against={against!r}, most={most}: against best or average, and at least 1 reason a row.")
        found: list[list[Reason]] = [[] for _ in range(features.height)]
        for place, (name, encoder) in enumerate(self._readers(columns)):
            worth, share = self._worth(place, encoder.weights), encoder.rows / encoder.rows.sum()
            standard = float(worth[encoder.rows > 0].max()) if against == "best" else float(worth @ share)
            words = [one[0] for one in _bins(encoder)]
            for row, bin_ in enumerate(encoder.places(features[name])):
                lost = standard - float(worth[bin_])
                if lost > 1e-9 * max(1.0, abs(standard)):
                    found[row].append(Reason(name, words[bin_], float(worth[bin_]), lost))
        return [sorted(row, key=lambda reason: -reason.lost)[:most] for row in found]

    def _worth(self, place: int, weights: np.ndarray) -> np.ndarray:
        """float64 (bins,): points of each bin of one column, with its share of what does not belong to any."""
        shared = (self.scale.offset + self.scale.factor * self.intercept) / len(self.coefficients)
        return np.asarray(shared + self.scale.factor * self.coefficients[place] * weights)

    def _readers(self, columns: FittedColumns) -> list[tuple[str, BinnedNumber | EvidenceCode]]:
        readers = [
            (name, encoder)
            for name, encoder in zip(columns.names, columns.encoders, strict=True)
            if isinstance(encoder, BinnedNumber | EvidenceCode)
        ]
        if len(readers) < len(columns.names) or len(readers) != len(self.coefficients):
            raise DataError(
                f"a scorecard of {len(self.coefficients)} binned columns cannot be read with a preparation of "
                f"{len(columns.names)} columns, {len(readers)} of them binned; pass the step it was fitted with."
            )
        return readers

    def state(self) -> State:
        scale = {name: getattr(self.scale, name) for name in ("base_points", "base_odds", "double_odds", "points_for")}
        return {"kind": self.KIND, "coefficients": self.coefficients, "intercept": self.intercept, **scale}

    @classmethod
    def from_state(cls, state: State) -> Self:
        sizes = [checks.real(state, name, low=1 / LARGEST, high=LARGEST) for name in ("base_odds", "double_odds")]
        scale = PointScale(
            base_points=checks.real(state, "base_points", low=-LARGEST, high=LARGEST),
            base_odds=sizes[0],
            double_odds=sizes[1],
            points_for="positive" if checks.choice(state, "points_for", get_args(Side)) == "positive" else "negative",
        )
        return cls(checks.floats(state, "coefficients", (None,)), checks.real(state, "intercept"), scale)


def _bins(encoder: BinnedNumber | EvidenceCode) -> list[tuple[str, float | None, float | None]]:
    """(words, low, high) of every bin, in the order of its weights."""
    if isinstance(encoder, EvidenceCode):
        return [(name, None, None) for name in (*encoder.levels, "rare or new", "missing")]
    ends = [None, *encoder.edges.tolist(), None]
    found: list[tuple[str, float | None, float | None]] = []
    for low, high in pairwise(ends):
        if low is None:
            words = "any value" if high is None else f"up to {high:g}"
        else:
            words = f"above {low:g}" if high is None else f"above {low:g}, up to {high:g}"
        found.append((words, low, high))
    return [*found, ("missing", None, None)]


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """penalty_strength: as of ``Logistic``.  scale: of the points."""

    penalty_strength: float = 1.0
    scale: PointScale = field(default_factory=PointScale)
    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context
    ) -> FittedScorecard:
        logistic = Logistic(penalty_strength=self.penalty_strength)
        fitted: FittedLinear = logistic.fit(rows, task, validation=validation, seed=seed, budget=budget, context=context)
        return FittedScorecard(np.ascontiguousarray(fitted.coefficients[0]), float(fitted.intercepts[0]), self.scale)


SCORECARD = Recipe(
    name="scorecard",
    title="Scorecard: logistic regression on weights of evidence of binned columns, as points",
    tasks=frozenset({"binary"}),
    reads=frozenset({"number", "category"}),
    step=ColumnsStep(mode="dense", kinds=frozenset({"number", "category"}), numbers="bins", categories="woe", rare_below=20),
    learner=Scorecard(),
    simplicity=12,
    space={"penalty_strength": Real(1e-3, 1e3, log=True)},
)
