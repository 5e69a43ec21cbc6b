"""Arrays and no study: values as scikit-learn has them, intervals as closed forms have them, bad rows named."""

import subprocess
import sys
from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from sklearn import metrics as sk

import assay.measure
from assay.core.errors import AssayError, ConfigError, DataError, UnknownNameError
from assay.measure import METRICS, difference, measure

N = 240
RANDOM = np.random.default_rng(7)
Y = (RANDOM.random(N) < 0.35).astype(np.int64)
SCORE = 1.2 * Y + RANDOM.normal(size=N)
PROBABILITY = 1 / (1 + np.exp(0.9 - SCORE))
LABEL = (PROBABILITY >= 0.4).astype(np.int64)
OTHER = 1.0 * Y + RANDOM.normal(size=N)

Y4 = RANDOM.integers(0, 4, N)
RAW4 = np.exp(RANDOM.normal(size=(N, 4)) + 1.5 * np.eye(4)[Y4])
PROBABILITY4 = RAW4 / RAW4.sum(axis=1, keepdims=True)

PRICE = RANDOM.gamma(4.0, 25.0, N)
GUESS = PRICE + RANDOM.normal(0, 12, N)


def delong(y: np.ndarray, *scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUCs and their covariance from every pair of rows, as DeLong, DeLong & Clarke-Pearson (1988) write it."""
    wins = [np.sign(s[y == 1][:, None] - s[y == 0][None, :]) / 2 + 0.5 for s in scores]
    over_positives = np.cov(np.array([w.mean(axis=1) for w in wins]).reshape(len(wins), -1))
    over_negatives = np.cov(np.array([w.mean(axis=0) for w in wins]).reshape(len(wins), -1))
    covariance = np.atleast_2d(over_positives) / (y == 1).sum() + np.atleast_2d(over_negatives) / (y == 0).sum()
    return np.array([w.mean() for w in wins]), covariance


def test_values_are_those_of_scikit_learn() -> None:
    found = measure(Y, score=SCORE, probability=PROBABILITY, label=LABEL)
    expected = {
        "roc_auc": sk.roc_auc_score(Y, SCORE),
        "average_precision": sk.average_precision_score(Y, SCORE),
        "log_loss": sk.log_loss(Y, PROBABILITY),
        "brier": sk.brier_score_loss(Y, PROBABILITY),
        "accuracy": sk.accuracy_score(Y, LABEL),
        "f1": sk.f1_score(Y, LABEL),
        "mcc": sk.matthews_corrcoef(Y, LABEL),
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected, abs=1e-12)
    for interval in found.values():
        assert interval.low < interval.value < interval.high
        assert (interval.n, interval.level, interval.estimand) == (N, 0.95, "this model")


def test_every_metric_of_the_task_that_reads_what_was_given_is_measured() -> None:
    by_score = measure(Y, score=SCORE)
    assert set(by_score) >= {"roc_auc", "average_precision"}
    assert all(METRICS.get(name).needs == "score" for name in by_score)
    assert {METRICS.get(name).needs for name in measure(Y, probability=PROBABILITY)} == {"score", "probability"}
    assert {METRICS.get(name).needs for name in measure(Y4, probability=PROBABILITY4)} >= {"probability", "label"}
    assert set(measure(PRICE, value=GUESS)) >= {"rmse", "mae", "r2"}


def test_the_default_of_the_auc_is_delong_on_the_logit_scale() -> None:
    found = measure(Y, score=SCORE, metrics="roc_auc")["roc_auc"]
    (auc,), covariance = delong(Y, SCORE)
    logit, error = np.log(auc / (1 - auc)), np.sqrt(covariance[0, 0]) / (auc * (1 - auc))
    reach = (np.log(found.high / (1 - found.high)) - logit) / error
    assert found.method == "DeLong, logit"
    assert reach == pytest.approx(stats.norm.ppf(0.975), rel=0.03)  # Student's t with some hundred degrees of freedom
    assert reach > stats.norm.ppf(0.975)
    assert (np.log(found.low / (1 - found.low)) - logit) / error == pytest.approx(-reach)


def test_the_default_of_a_share_of_rows_is_wilson_and_another_can_be_asked_for() -> None:
    hits = int((Y == LABEL).sum())
    for method, name in (("default", "wilson"), ("clopper-pearson", "exact")):
        found = measure(Y, label=LABEL, metrics="accuracy", method=method)["accuracy"]
        wanted = stats.binomtest(hits, N).proportion_ci(0.95, name)
        assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_a_bootstrap_that_is_asked_for_follows_its_seed() -> None:
    def draw(seed: int) -> object:
        return measure(Y, probability=PROBABILITY, metrics=["brier"], method="percentile", replicates=200, seed=seed)["brier"]

    assert draw(1).method == "percentile bootstrap"
    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_rows_of_a_group_are_one_observation() -> None:
    whole = measure(Y, score=SCORE, metrics="roc_auc")["roc_auc"]
    thrice = measure(np.tile(Y, 3), score=np.tile(SCORE, 3), groups=[f"patient {i}" for i in range(N)] * 3, metrics="roc_auc")[
        "roc_auc"
    ]
    assert thrice.n == N
    assert thrice.value == pytest.approx(whole.value)
    assert thrice.high - thrice.low == pytest.approx(whole.high - whole.low, rel=0.02)
    alone = measure(np.tile(Y, 3), score=np.tile(SCORE, 3), metrics="roc_auc")["roc_auc"]
    assert alone.high - alone.low < 0.62 * (thrice.high - thrice.low)


def test_rows_in_time_are_drawn_in_blocks_whether_dates_text_or_numbers() -> None:
    days = [date(2024, 1, 1) + timedelta(days=i) for i in range(N)]
    forms = (days, [str(day) for day in days], np.array(days, dtype="datetime64[D]"), range(N))
    found = [measure(PRICE, value=GUESS, time=time, metrics="mae")["mae"] for time in forms]
    assert found[0].n == round(N / round(N ** (1 / 3)))
    assert found[1:] == found[:-1]


def test_a_weight_of_two_is_a_row_that_is_there_twice() -> None:
    weights = RANDOM.integers(1, 3, N)
    found = measure(Y, score=SCORE, probability=PROBABILITY, weights=weights)
    repeated = measure(np.repeat(Y, weights), score=np.repeat(SCORE, weights), probability=np.repeat(PROBABILITY, weights))
    assert {name: one.value for name, one in found.items()} == pytest.approx(
        {name: one.value for name, one in repeated.items()}, abs=1e-9
    )


@pytest.mark.parametrize(
    "same",
    [
        lambda: measure(list(Y), score=list(SCORE), probability=list(PROBABILITY)),
        lambda: measure(pl.Series(Y == 1), score=pl.Series(SCORE), probability=pl.Series(PROBABILITY)),
        lambda: measure(pd.Series(Y, index=range(N, 0, -1)), score=pd.Series(SCORE), probability=pd.Series(PROBABILITY)),
        lambda: measure(Y.astype(float), score=SCORE[:, None], probability=np.column_stack([1 - PROBABILITY, PROBABILITY])),
        lambda: measure(Y.astype(object), score=SCORE.astype(object), probability=PROBABILITY),
    ],
    ids=["lists", "polars", "pandas", "columns", "objects"],
)
def test_the_form_of_the_arrays_does_not_matter(same) -> None:
    assert same() == measure(Y, score=SCORE, probability=PROBABILITY)


def test_probabilities_rank_where_there_is_no_score_and_more_classes_are_called_by_the_likeliest() -> None:
    assert measure(Y, probability=PROBABILITY)["roc_auc"].value == pytest.approx(sk.roc_auc_score(Y, PROBABILITY))
    found = measure(Y4, probability=PROBABILITY4)
    assert found["accuracy"].value == pytest.approx(sk.accuracy_score(Y4, PROBABILITY4.argmax(axis=1)))
    assert found["roc_auc"].value == pytest.approx(sk.roc_auc_score(Y4, PROBABILITY4, multi_class="ovr"))
    assert found["log_loss"].value == pytest.approx(sk.log_loss(Y4, PROBABILITY4))


def test_labels_alone_tell_how_many_classes_there_are() -> None:
    labels = PROBABILITY4.argmax(axis=1)
    assert measure(Y4, label=labels, metrics="f1")["f1"].value == pytest.approx(sk.f1_score(Y4, labels, average="macro"))
    assert measure(Y, label=LABEL, metrics="f1")["f1"].value == pytest.approx(sk.f1_score(Y, LABEL))


def test_single_precision_is_no_fault() -> None:
    single = PROBABILITY4.astype(np.float32)
    found = measure(Y4, probability=single, metrics="brier")["brier"]
    assert found.value == pytest.approx(measure(Y4, probability=PROBABILITY4, metrics="brier")["brier"].value, rel=1e-6)


def test_one_class_leaves_a_reason_and_no_number_and_no_exception() -> None:
    found = measure(np.ones(5, int), probability=[0.2, 0.4, 0.5, 0.8, 0.9], label=[0, 0, 1, 1, 1])
    assert found["roc_auc"].value is None
    assert found["roc_auc"].undefined == "all 5 rows are of one class"
    assert found["accuracy"].value == 0.6
    assert found["log_loss"].low < found["log_loss"].value


def test_the_paired_difference_of_aucs_has_delongs_covariance() -> None:
    found = difference(Y, SCORE, OTHER, metric="roc_auc")
    aucs, covariance = delong(Y, SCORE, OTHER)
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert found.interval.value == pytest.approx(aucs[0] - aucs[1], abs=1e-12)
    assert (found.interval.high - found.interval.low) / 2 / error == pytest.approx(stats.norm.ppf(0.975), rel=0.04)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(aucs[0] - aucs[1]) / error), abs=0.02)
    assert found.method == "paired DeLong"


@pytest.mark.parametrize(
    ("metric", "target", "a", "b"),
    [
        ("brier", Y, PROBABILITY, 1 / (1 + np.exp(-OTHER))),
        ("accuracy", Y4, PROBABILITY4.argmax(axis=1), np.zeros(N, int)),
        ("log_loss", Y4, PROBABILITY4, np.full((N, 4), 0.25)),
        ("mae", PRICE, GUESS, GUESS + 3),
    ],
)
def test_the_paired_difference_of_a_mean_has_the_spread_of_the_rows_differences(metric, target, a, b) -> None:
    def by_row(said: np.ndarray) -> np.ndarray:
        if metric == "brier":
            return (said - target) ** 2
        if metric == "accuracy":
            return (said == target).astype(float)
        return -np.log(said[np.arange(N), target]) if metric == "log_loss" else np.abs(said - target)

    rows = by_row(a) - by_row(b)
    found = difference(target, a, b, metric=metric)
    back = difference(target, b, a, metric=metric)
    assert found.interval.value == pytest.approx(rows.mean(), abs=1e-9)
    assert (found.interval.high - found.interval.low) / 2 == pytest.approx(stats.t.ppf(0.975, N - 1) * stats.sem(rows), rel=0.05)
    assert (back.interval.low, back.interval.high) == pytest.approx((-found.interval.high, -found.interval.low))
    assert found.equivalence.level == 0.9


def test_the_difference_honours_groups() -> None:
    groups = np.tile(np.arange(N), 2)
    tiled = difference(np.tile(Y, 2), np.tile(SCORE, 2), np.tile(OTHER, 2), metric="roc_auc", groups=groups)
    plain = difference(Y, SCORE, OTHER, metric="roc_auc")
    assert tiled.interval.n == N
    assert tiled.p == pytest.approx(plain.p, abs=0.01)


NAN = np.where(np.arange(N) % 100 == 7, np.nan, SCORE)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: measure(Y, score=SCORE[:-1]), DataError, "target has 240 rows and score has 239"),
        (lambda: measure(Y, score=SCORE, weights=[1, 2]), DataError, r"weights has the shape \(2,\)"),
        (lambda: measure(Y, score=SCORE, groups=[1]), DataError, r"groups has the shape \(1,\)"),
        (lambda: measure(Y, score=NAN), DataError, r"3 of 240 scores are not finite numbers \(first rows: \[7, 107, 207\]\)"),
        (lambda: measure(Y, score=["high"] * N), DataError, "scores are not numbers .*'high'"),
        (lambda: measure(["yes"] * N, score=SCORE), DataError, "targets are not numbers .*'yes'.*code them"),
        (lambda: measure([0, 1, None], score=[1, 2, 3]), DataError, r"1 of 3 targets are .*first rows: \[2\]"),
        (
            lambda: measure([0, 1, 2, 2], score=[1, 2, 3, 4]),
            DataError,
            r"2 of 4 targets are outside .* 0 or 1 \(first rows: \[2, 3",
        ),
        (lambda: measure([0, 1, -1], label=[0, 1, 1]), DataError, r"1 of 3 targets are outside .*first rows: \[2\]"),
        (lambda: measure([0, 0.5, 1], score=[1, 2, 3]), DataError, r"1 of 3 targets are no class codes \(first rows: \[1\]"),
        (lambda: measure(Y4, probability=PROBABILITY4[:, :3] / PROBABILITY4[:, :3].sum(1, keepdims=True)), DataError, "0 to 2"),
        (lambda: measure(Y4, probability=PROBABILITY4, label=Y4 + 1), DataError, "labels are outside the classes 0 to 3"),
        (lambda: measure([0, 10**6], label=[0, 10**6]), DataError, "class codes reach 1000000"),
        (lambda: measure([0, 1], probability=[-0.1, 1.2]), DataError, r"2 of 2 probabilities are outside \[0, 1\]"),
        (lambda: measure(Y4, probability=PROBABILITY4 * 0.9), DataError, "240 of 240 rows of probabilities do not sum to 1"),
        (lambda: measure(Y, score=SCORE, weights=Y - 0.0), DataError, "weights are 0 or less"),
        (lambda: measure(Y, score=SCORE, weights=-np.ones(N)), DataError, "240 of 240 weights are 0 or less"),
        (lambda: measure(Y, score=SCORE, groups=["a"] * N), DataError, "groups names 1 group for 240 rows"),
        (lambda: measure(Y, score=SCORE, groups=np.where(Y, 1.0, np.nan)), DataError, "values of groups are missing"),
        (lambda: measure([0, 1, 1], score=[1, 2, 3], time=[5, 5, 5]), DataError, "time gives 1 block"),
        (lambda: measure(Y, score=SCORE, time=["noon"] * N), DataError, "neither dates nor numbers"),
        (lambda: measure(Y, score=SCORE, time=Y, groups=Y), ConfigError, "both given"),
        (lambda: measure([], score=[]), DataError, "target is empty"),
        (lambda: measure(Y), ConfigError, "nothing was predicted"),
        (lambda: measure(PRICE, value=GUESS, score=SCORE), ConfigError, "pass one of the two"),
        (lambda: measure(Y, score=np.column_stack([SCORE, SCORE])), DataError, "two columns"),
        (lambda: measure(Y4, score=RAW4[:, 0], probability=PROBABILITY4), DataError, "do not speak of the same classes"),
        (lambda: measure(Y4, label=PROBABILITY4), DataError, "one class a row"),
        (lambda: measure(np.eye(3), score=[1, 2, 3]), DataError, "one value a row"),
        (lambda: measure(Y, score=SCORE, metrics="roc_acu"), UnknownNameError, "did you mean 'roc_auc'"),
        (lambda: measure(Y, score=SCORE, metrics="rmse"), ConfigError, "not for a binary target; for it there are roc_auc"),
        (lambda: measure(Y, score=SCORE, metrics=["f1"]), ConfigError, "reads labels, which were not given"),
        (lambda: measure(Y, score=SCORE, metrics=[]), ConfigError, "metrics is empty"),
        (lambda: measure(Y, score=SCORE, level=95), ConfigError, "level=95"),
        (lambda: measure(Y, score=SCORE, method="bcaa"), ConfigError, "did you mean 'bca'"),
        (lambda: measure(Y, score=SCORE, replicates=5), ConfigError, "at least 100"),
        (lambda: difference(Y, SCORE, OTHER[:-1], metric="roc_auc"), DataError, "score has 239"),
        (lambda: difference(Y, SCORE, OTHER, metric="brier"), DataError, r"outside \[0, 1\]"),
        (lambda: difference(Y, SCORE, OTHER, metric="rocauc"), UnknownNameError, "did you mean 'roc_auc'"),
        (lambda: difference(Y4, PROBABILITY4, PROBABILITY4, metric="average_precision"), ConfigError, "multiclass"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_sentence(call, kind: type[AssayError], words: str) -> None:
    with pytest.raises(kind, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_the_names_of_the_package_are_there_and_listed() -> None:
    for name in assay.measure.__all__:
        assert getattr(assay.measure, name) is not None
        assert name in dir(assay.measure)
    with pytest.raises(AttributeError, match="no attribute 'mesure'"):
        assay.measure.mesure


def test_the_package_alone_loads_no_library() -> None:
    code = "import sys, assay.measure; sys.exit(any(name in sys.modules for name in ('numpy', 'scipy', 'sklearn', 'numba')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
