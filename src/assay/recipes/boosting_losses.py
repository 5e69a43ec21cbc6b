"""LightGBM under losses other than the squared error: counts, quantiles, the order within a query.

The trees add up one number a row whatever the loss is, so that a model is saved as a regression's: checked by the same
reader, explained by the same SHAP values.  Only the mean of counts is the exponential of that number.
Sources: quantiles: Koenker & Bassett (1978); lambdarank: Burges (2010), "From RankNet to LambdaRank to LambdaMART".
"""

import re
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.boosting import BOOSTING, Boosting, FittedBoosting, boost, dataset
from assay.recipes.boosting_rounds import Limits, Pace
from assay.recipes.learner import Budget, Context
from assay.recipes.lightgbm_text import BoostedModel
from assay.recipes.log_link import COUNTS, FittedLogLink, check_never_negative
from assay.recipes.recipe import Recipe

MOST_ROWS_OF_QUERY = 10_000
"""LightGBM refuses more."""

MOST_GRADE = 30
"""LightGBM's own table of gains ends here: 2 ** 30 times the gain of the lowest grade."""

_OBJECTIVE = re.compile(r"^objective=.*$", re.MULTILINE)


def _grown(learner: Boosting, settings: dict[str, Any], train: Any, held: Any, pace: tuple[Budget, Context]) -> FittedBoosting:
    """The trees of a booster under these settings.  train, held: LightGBM's form of the rows; held may be None."""
    import lightgbm

    booster = lightgbm.Booster(params=settings, train_set=train)
    if held is not None:
        booster.add_valid(held, "held")
    limits = Limits(rounds=learner.rounds, unwatched=learner.rounds_unwatched, patience=learner.patience)
    most = limits.most(watched=held is not None, trees_a_round=1, learning_rate=learner.learning_rate)
    kept = boost(booster, held is not None, Pace(most, learner.patience, *pace))
    text = _OBJECTIVE.sub("objective=regression", booster.model_to_string(num_iteration=kept), count=1)
    return FittedBoosting("regression", 0, BoostedModel.parse(text))


@dataclass(frozen=True, kw_only=True)
class CountBoosting(Boosting):
    """Boosting of the logarithm of a mean, by the Poisson deviance."""

    loss: ClassVar[str] = "poisson"
    in_batches: bool = False

    def fit(  # type: ignore[override]  # what it becomes is another model
        self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context
    ) -> FittedLogLink:
        """Raises DataError for a target that is negative, or 0 in every row."""
        check_never_negative(rows, task)
        settings = self._settings(rows, task, seed, context.threads) | {"objective": self.loss, "metric": self.loss}
        train = dataset(rows, settings, None)
        held = None if validation is None else dataset(validation, settings, train)
        return FittedLogLink(_grown(self, settings, train, held, (budget, context)))


@dataclass(frozen=True, kw_only=True)
class QuantileBoosting(Boosting):
    """quantile: the share of targets below what is said."""

    quantile: float = 0.5
    in_batches: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.quantile < 1:
            raise ConfigError(f"quantile={self.quantile} must lie between 0 and 1; 0.5 is the median.")

    def fit(
        self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context
    ) -> FittedBoosting:
        """LightGBM sets each leaf to the quantile of its residuals, so that the target's unit does not matter."""
        asked = {"objective": "quantile", "metric": "quantile", "alpha": self.quantile}
        settings = self._settings(rows, task, seed, context.threads) | asked
        train = dataset(rows, settings, None)
        held = None if validation is None else dataset(validation, settings, train)
        return _grown(self, settings, train, held, (budget, context))


@dataclass(frozen=True, kw_only=True)
class LambdaRank(Boosting):
    """depth: the NDCG of how many rows of a query is raised."""

    depth: int = 10
    in_batches: bool = False

    def fit(
        self, rows: Rows, task: Task, *, validation: Rows | None, seed: int, budget: Budget, context: Context
    ) -> FittedBoosting:
        """Raises ConfigError for rows without queries, DataError for grades that are not 0, 1, … 30.

        Row weights are those of a query's rows; a grade g has the gain 2 ** g − 1.
        """
        grades = rows.target if validation is None else np.concatenate([rows.target, validation.target])
        if (grades != np.round(grades)).any() or grades.max(initial=0) > MOST_GRADE:
            bad = int(((grades != np.round(grades)) | (grades > MOST_GRADE)).sum())
            raise DataError(
                f"the target {task.target!r} has {bad} of {len(grades)} grades that are not whole numbers from 0 to "
                f"{MOST_GRADE}, which lambdarank needs; use grades of few levels, or a recipe of numbers, such as boosting."
            )
        asked = {
            "objective": "lambdarank",
            "metric": "ndcg",
            "eval_at": [self.depth],
            "lambdarank_truncation_level": self.depth + 5,
        }
        settings = self._settings(rows, task, seed, context.threads) | asked
        train = _of_queries(rows, settings, None)
        held = None if validation is None else _of_queries(validation, settings, train)
        return _grown(self, settings, train, held, (budget, context))


def _of_queries(rows: Rows, settings: dict[str, Any], reference: Any) -> Any:
    """LightGBM's form of rows whose queries stand together."""
    if rows.queries is None:
        raise ConfigError("lambdarank learns the order within queries, and these rows have none; name their column with --group.")
    size = np.unique(rows.queries, return_counts=True)[1]
    if size.max(initial=0) > MOST_ROWS_OF_QUERY:
        raise DataError(f"a query has {size.max()} rows, and lambdarank takes {MOST_ROWS_OF_QUERY} at most; use another recipe.")
    made = dataset(rows.take(np.argsort(rows.queries, kind="stable")), settings, reference)
    made.set_group(size)
    return made


_STEP = ColumnsStep(mode="trees")

BOOSTING_POISSON = Recipe(
    name="boosting-poisson",
    title="Gradient boosted trees (LightGBM) of the logarithm of the mean count",
    tasks=COUNTS,
    step=_STEP,
    learner=CountBoosting(),
    simplicity=50,
    space=BOOSTING.space,
)

BOOSTING_QUANTILE = Recipe(
    name="boosting-quantile",
    title="Gradient boosted trees (LightGBM) of the median",
    tasks=frozenset({"regression"}),
    step=_STEP,
    learner=QuantileBoosting(),
    simplicity=50,
    space=BOOSTING.space,
)

BOOSTING_QUANTILE_10, BOOSTING_QUANTILE_90 = (
    replace(
        BOOSTING_QUANTILE,
        name=f"boosting-quantile-{percent}",
        title=f"Gradient boosted trees (LightGBM) of the {percent} % quantile",
        learner=QuantileBoosting(quantile=percent / 100),
    )
    for percent in (10, 90)
)

LAMBDARANK = Recipe(
    name="lambdarank",
    title="Gradient boosted trees (LightGBM) of the order within each query (LambdaMART)",
    tasks=frozenset({"ranking"}),
    step=_STEP,
    learner=LambdaRank(),
    simplicity=50,
    space=BOOSTING.space,
)
