"""Odd rows without labels: intervals, what is scored by whom, and how many new rows are named by mistake."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

import assay
from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.study.unsupervised.anomalies import AnomalySettings, detector_named, find_anomalies, places, spearman

QUICK = AnomalySettings(detectors=("pca-distance", "cluster-distance"), parts=4)


def table(rows: np.ndarray) -> Dataset:
    return assay.read(pl.DataFrame({f"x{place}": column for place, column in enumerate(rows.T)}))


def cloud(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1)) + 0.4 * rng.normal(size=(n, 4))


def test_a_row_that_is_far_out_stands_first_for_every_detector() -> None:
    rows = cloud(200)
    rows[17] = [4, -4, 4, -4]
    found = find_anomalies(table(rows), QUICK)
    assert found.drawn[found.oddest(1)[0]] == 17
    assert all(one.oddness.argmax() == 17 for one in found.detected)
    told = found.to_json(3)
    assert told["oddest"][0]["row"] == 18
    assert told["oddest"][0]["place"] == 1.0


def test_a_row_is_scored_by_detectors_that_did_not_learn_from_it() -> None:
    """A row far out has k-means centre of its own where it was learned from, and is then not odd at all."""
    rows = cloud(60)
    rows[5] = 40.0
    found = find_anomalies(table(rows), AnomalySettings(detectors=("cluster-distance",), parts=3))
    _, learner = detector_named("cluster-distance")
    standard = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    assert learner.learn(standard, (), 0).oddness(standard)[5] < 1e-9
    assert found.detected[0].oddness.argmax() == 5


def test_the_interval_of_a_rank_correlation_holds_the_truth() -> None:
    rho, held = 0.6, []
    truth = 6 / np.pi * np.arcsin(rho / 2)  # Spearman's of a normal pair
    rng = np.random.default_rng(0)
    for _ in range(600):
        a, b = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 150).T
        found = spearman(a, b)
        held.append(found.low <= truth <= found.high)
    assert found.value == pytest.approx(stats.spearmanr(a, b)[0])
    assert 0.93 <= np.mean(held) <= 0.97


def test_scores_that_rank_alike_have_no_interval_and_constant_ones_no_correlation() -> None:
    a = np.arange(30.0)
    alike = spearman(a, np.exp(a))
    assert alike.value == pytest.approx(1.0)
    assert alike.low is None
    assert spearman(a, np.ones(30)).value == 0.0
    assert places(np.array([3.0, 1.0, 3.0])) == pytest.approx([2.5 / 3, 1 / 3, 2.5 / 3])


def test_on_noise_without_outliers_the_oddest_rows_change_from_run_to_run_more_than_where_there_are_some() -> None:
    plain = np.random.default_rng(1).normal(size=(300, 4))
    odd = plain.copy()
    odd[:6] *= 30
    settings = AnomalySettings(detectors=("elliptic-envelope",), parts=4)
    calm, loud = (find_anomalies(table(rows), settings).detected[0].overlap for rows in (plain, odd))
    assert loud.value > calm.value
    assert loud.low > 0.8


def test_new_rows_of_the_same_kind_are_seldom_called_novel_and_others_are() -> None:
    old = table(cloud(400))
    odd = np.random.default_rng(9).normal(size=(40, 4)) * 5
    found = find_anomalies(old, QUICK, table(np.vstack([cloud(200, seed=5), odd])))
    assert found.novel[200:].mean() > 0.7
    assert found.novel[:200].mean() < 0.05
    called = 0
    for seed in range(12):
        same = find_anomalies(table(cloud(150, seed=seed)), QUICK, table(cloud(60, seed=100 + seed)))
        called += same.novel.any()
        assert (same.novel_p <= 0.05).mean() <= 0.15
    assert called <= 4


def test_one_detectors_p_is_the_share_of_old_rows_that_are_as_odd() -> None:
    settings = AnomalySettings(detectors=("pca-distance",), parts=3)
    found = find_anomalies(table(cloud(400)), settings, table(cloud(1000, seed=7)))
    assert stats.kstest(found.novel_p, "uniform").statistic < 0.09


def test_a_recipe_that_is_no_detector_is_refused() -> None:
    with pytest.raises(ConfigError, match="'boosting' is no detector"):
        AnomalySettings(detectors=("boosting",))
    with pytest.raises(ConfigError, match="at least 2 folds"):
        AnomalySettings(folds=1)
