"""The scorecard: its points are its log odds, its reasons are its points, and it learns what there is to learn."""

import re

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from assay.core.errors import BundleError, ConfigError, DataError
from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep, FittedColumns
from assay.prepare.step import fit_and_encode
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import FITTED_LEARNERS, RECIPES
from assay.recipes.scorecard import SCORECARD, FittedScorecard, PointScale, Scorecard

N = 3000
SCHEMA = Schema((Column("income", "number"), Column("age", "number"), Column("job", "category"), Column("noise", "number")))
TASK = Task("binary", "default", ("paid", "default"))


def table(seed: int = 0) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Rows, their target, and the best that can be said of it: the true log odds, without the incomes that are missing."""
    rng = np.random.default_rng(seed)
    income, age = rng.lognormal(10, 0.6, N), rng.integers(18, 80, N)
    job = rng.choice(["clerk", "smith", "student", "actor"], N)
    hidden = rng.random(N) < 0.1
    logit = -1.5 - 1.2 * (np.log(income) - 10) - 0.03 * (age - 45) + 1.2 * (job == "student") + 0.8 * hidden
    target = (rng.random(N) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    frame = pl.DataFrame({"income": income, "age": age, "job": job, "noise": rng.normal(size=N)})
    frame = frame.with_columns(income=pl.when(pl.Series(~hidden)).then("income"))
    return frame, target, np.where(hidden, logit + 1.2 * (np.log(income) - 10), logit)


FRAME, TARGET, LOGIT = table()


def fit(scale: PointScale | None = None) -> tuple[FittedColumns, FittedScorecard, np.ndarray]:
    columns, matrix = fit_and_encode(SCORECARD.step, FRAME, SCHEMA, TARGET, 0)
    learner = SCORECARD.learner if scale is None else Scorecard(scale=scale)
    rows = Rows(matrix, TARGET, 2, None, columns.blocks)
    return columns, learner.fit(rows, TASK, validation=None, seed=0, budget=Budget(), context=Context()), matrix


COLUMNS, CARD, TRAINING = fit()


def by_hand(columns: FittedColumns, card: list, frame: pl.DataFrame) -> np.ndarray:
    """The score of each row by looking it up in the printed card, as a clerk would."""
    scores = []
    for row in frame.iter_rows(named=True):
        total = 0.0
        for name in columns.names:
            lines = [line for line in card if line.column == name]
            value = row[name]
            if value is None:
                total += next(line.points for line in lines if line.bin == "missing")
            elif isinstance(value, str):
                own = [line.points for line in lines if line.bin == value]
                total += own[0] if own else next(line.points for line in lines if line.bin == "rare or new")
            else:
                bins = [line for line in lines if line.bin != "missing"]
                total += next(
                    line.points
                    for line in bins
                    if (line.low is None or value > line.low) and (line.high is None or value <= line.high)
                )
        scores.append(total)
    return np.array(scores)


NEW = pl.concat(
    [table(1)[0][:300], pl.DataFrame({"income": [None, 1e9], "age": [None, -5], "job": ["never", None], "noise": [None, 0.0]})],
    how="vertical_relaxed",
)


@pytest.mark.parametrize("points_for", ["negative", "positive"])
def test_the_points_of_a_card_add_up_to_the_log_odds(points_for: str) -> None:
    columns, card, _ = fit(PointScale(base_points=500, base_odds=20, double_odds=40, points_for=points_for))
    logit = card.predict(columns.transform(NEW)).score
    scores = by_hand(columns, card.points(columns), NEW)
    np.testing.assert_allclose(scores, card.score(columns.transform(NEW)), atol=1e-8)
    odds = np.exp(logit if points_for == "positive" else -logit)
    np.testing.assert_allclose(scores, 500 + 40 * np.log2(odds / 20), atol=1e-8)


def test_base_points_stand_for_base_odds_and_twice_the_odds_are_20_more() -> None:
    scale = PointScale()
    for odds, points in ((50, 600), (100, 620), (25, 580)):
        log_odds_of_the_positive = -np.log(odds)
        assert scale.offset + scale.factor * log_odds_of_the_positive == pytest.approx(points)


def test_rounded_points_miss_the_score_by_no_more_than_half_a_point_a_column() -> None:
    card = CARD.points(COLUMNS, digits=0)
    assert all(line.points == int(line.points) for line in card)
    missed = by_hand(COLUMNS, card, NEW) - CARD.score(COLUMNS.transform(NEW))
    assert 0 < np.abs(missed).max() <= 0.5 * len(COLUMNS.names)


def test_the_card_equals_a_logistic_regression_on_the_weights_of_evidence() -> None:
    oracle = LogisticRegression(C=1.0, tol=1e-10, solver="newton-cholesky").fit(TRAINING, TARGET)
    np.testing.assert_allclose(CARD.coefficients, oracle.coef_[0], atol=1e-6)
    matrix = COLUMNS.transform(NEW)
    np.testing.assert_allclose(CARD.predict(matrix).probability, oracle.predict_proba(matrix)[:, 1], atol=1e-6)


def test_it_finds_nearly_all_that_can_be_known() -> None:
    frame, target, logit = table(7)
    said = CARD.predict(COLUMNS.transform(frame)).score
    assert roc_auc_score(target, said) > roc_auc_score(target, logit) - 0.02
    assert CARD.predict(COLUMNS.transform(frame)).probability.mean() == pytest.approx(target.mean(), abs=0.02)


def test_points_rise_or_fall_along_a_number_and_noise_is_worth_the_same_everywhere() -> None:
    card = CARD.points(COLUMNS)
    for name in ("income", "age"):
        points = [line.points for line in card if line.column == name and line.bin != "missing"]
        assert len(points) > 2
        assert (np.diff(points) > 0).all()  # richer and older pay back more often
    noise = [line.points for line in card if line.column == "noise"]
    assert np.ptp(noise) < 1
    assert sum(line.rows for line in card if line.column == "job") == N
    assert [line.bin for line in card if line.column == "job"] == ["actor", "clerk", "smith", "student", "rare or new", "missing"]


def test_reasons_are_the_points_below_the_best_bin_the_costliest_first() -> None:
    best = {
        name: max(line.points for line in CARD.points(COLUMNS) if line.column == name and line.rows) for name in COLUMNS.names
    }
    scores = CARD.score(COLUMNS.transform(NEW))
    for row, reasons in enumerate(CARD.reasons(COLUMNS, NEW, most=9)):
        assert [reason.lost for reason in reasons] == sorted((reason.lost for reason in reasons), reverse=True)
        assert all(reason.lost == pytest.approx(best[reason.column] - reason.points) for reason in reasons)
        assert sum(best.values()) - sum(reason.lost for reason in reasons) == pytest.approx(scores[row])


def test_reasons_against_the_average_name_only_what_is_below_it() -> None:
    poor = pl.DataFrame({"income": [2000.0], "age": [19], "job": ["student"], "noise": [0.0]})
    (reasons,) = CARD.reasons(COLUMNS, poor, against="average", most=3)
    assert {reason.column for reason in reasons} == {"income", "age", "job"}
    average = np.mean(CARD.score(COLUMNS.transform(FRAME)))
    lost = sum(reason.lost for (reasons,) in [CARD.reasons(COLUMNS, poor, against="average", most=9)] for reason in reasons)
    assert average - CARD.score(COLUMNS.transform(poor))[0] == pytest.approx(lost, abs=0.5)
    rich = pl.DataFrame({"income": [1e6], "age": [79], "job": ["clerk"], "noise": [0.0]})
    assert not {"income", "age"} & {reason.column for reason in CARD.reasons(COLUMNS, rich, against="average")[0]}


def test_words_of_bins_meet_without_a_gap() -> None:
    words = [line.bin for line in CARD.points(COLUMNS) if line.column == "age"]
    assert words[-1] == "missing"
    ends = [re.findall(r"[\d.]+", word) for word in words[:-1]]
    assert [one[-1] for one in ends[:-1]] == [one[0] for one in ends[1:]]


def test_a_card_is_read_only_with_its_own_preparation() -> None:
    other = ColumnsStep(mode="dense").fit(FRAME, SCHEMA, TARGET, 0)
    with pytest.raises(DataError, match="0 of them binned"):
        CARD.points(other)
    with pytest.raises(ConfigError, match="best or average"):
        CARD.reasons(COLUMNS, NEW, against="worst")


@pytest.mark.parametrize("wrong", [{"base_odds": 0.0}, {"double_odds": -1.0}, {"points_for": "both"}, {"base_points": np.inf}])
def test_impossible_scales_are_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError):
        PointScale(**wrong)


def test_it_is_registered_and_its_state_gives_the_card_back() -> None:
    assert RECIPES.get("scorecard") is SCORECARD
    back = FITTED_LEARNERS.get("scorecard").from_state(CARD.state())
    assert back.points(COLUMNS) == CARD.points(COLUMNS)
    for damage in ({"base_odds": 0.0}, {"points_for": "both"}, {"intercept": float("nan")}, {"coefficients": [1.0]}):
        with pytest.raises(BundleError):
            FittedScorecard.from_state(CARD.state() | damage)
