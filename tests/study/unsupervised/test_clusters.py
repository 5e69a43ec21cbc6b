"""Clusters: found where they are, and none where there are none."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn.metrics import adjusted_rand_score, silhouette_score

import assay
from assay.core.errors import ConfigError, DataError
from assay.study.unsupervised.clusters import (
    NOT_APART,
    ClusterSettings,
    against_classes,
    find_clusters,
    found_again,
    rand_index,
)
from assay.study.unsupervised.differences import differences, one_column
from assay.study.unsupervised.methods import METHODS, NOISE, cluster, method_named
from assay.study.unsupervised.one_group import box_of, latent_of
from assay.study.unsupervised.rows import points_of
from assay.study.unsupervised.separation import silhouette

QUICK = ClusterSettings(methods=("k-means",), pairs=6, draws=10)


def four(n: int = 240, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 4, n)
    centres = np.array([[0, 0, 0], [7, 0, 0], [0, 7, 0], [0, 0, 7.0]])
    return centres[label] + rng.normal(size=(n, 3)), label


def nothing(kind: str, n: int = 240, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    match kind:
        case "normal":
            return rng.normal(size=(n, 3))
        case "long":
            return rng.normal(size=(n, 3)) * [6.0, 1, 1]
        case "uniform":
            return rng.uniform(size=(n, 3))
        case "skewed":
            return rng.exponential(size=(n, 3))
        case "heavy":
            return rng.standard_t(3, size=(n, 3))
    return (rng.normal(size=(n, 5)) > 0.5).astype(float)


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("mixture", "agglomerative")]


@pytest.mark.parametrize("method", ["k-means", "hdbscan", *SLOW])
def test_four_clusters_that_are_there_are_found_as_four(method: str) -> None:
    points, truth = four()
    found = find_clusters(points, replace(QUICK, methods=(method,)))
    assert found.best is not None
    assert found.best.clusters == 4
    inside = found.labels >= 0
    assert adjusted_rand_score(truth[inside], found.labels[inside]) > 0.95
    assert inside.mean() > 0.7
    assert all(again.low > 0.75 for again in found.found_again)


@pytest.mark.parametrize("kind", ["normal", "long", "uniform", "skewed", "heavy", "flags"])
def test_where_there_is_one_group_no_stable_clusters_are_named(kind: str) -> None:
    found = find_clusters(nothing(kind), QUICK)
    assert found.best is None
    assert found.labels is None


def test_two_halves_of_a_long_cloud_come_back_and_are_told_from_clusters_all_the_same() -> None:
    found = find_clusters(nothing("long", n=600), replace(QUICK, pairs=12))
    halves = next(one for one in found.tried if one.setting == 2)
    assert halves.stability.low > 0.75
    assert halves.call == NOT_APART


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["normal", "long", "uniform", "skewed", "heavy", "flags"])
def test_one_group_is_called_clusters_no_more_often_than_allowed(kind: str) -> None:
    settings = replace(QUICK, methods=("k-means", "agglomerative"))
    called = sum(find_clusters(nothing(kind, n=150, seed=seed), settings).best is not None for seed in range(20))
    assert called <= stats.binom.ppf(0.99, 20, 0.05)


def test_one_seed_gives_one_answer() -> None:
    points, _ = four(120)
    settings = replace(QUICK, methods=("hdbscan",))
    first, second = (find_clusters(points, settings) for _ in range(2))
    assert first.tried == second.tried
    np.testing.assert_array_equal(first.labels, second.labels)


@pytest.mark.parametrize("name", METHODS)
def test_labels_count_from_the_largest_cluster_and_leave_noise_apart(name: str) -> None:
    points, _ = four()
    method = method_named(name)
    labels = cluster(method, points, method.values[1], 0)
    sizes = np.bincount(labels[labels >= 0])
    assert labels.min() >= NOISE
    assert (np.diff(sizes) <= 0).all()
    assert sizes.min() > 0


def test_agreement_is_scikit_learns_on_the_rows_that_both_runs_hold() -> None:
    first, second = np.random.default_rng(0).integers(-2, 3, size=(2, 200))
    both = (first >= NOISE) & (second >= NOISE)
    assert rand_index(first, second) == pytest.approx(adjusted_rand_score(first[both], second[both]))
    assert rand_index(np.zeros(9, int), np.zeros(9, int)) == 0.0


def test_agreement_with_classes_is_scikit_learns_and_leaves_noise_out() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 300)
    labels = np.where(rng.random(300) < 0.7, codes, rng.integers(-1, 3, 300))
    found = against_classes(labels, codes)
    assert found.value == pytest.approx(adjusted_rand_score(codes[labels >= 0], labels[labels >= 0]))
    assert found.low < found.value < found.high
    assert found.n == (labels >= 0).sum()


def test_the_silhouette_is_of_the_rows_in_clusters() -> None:
    points, labels = four()
    noisy = np.where(np.arange(len(points)) % 7 == 0, NOISE, labels)
    assert silhouette(points, noisy) == pytest.approx(silhouette_score(points[noisy >= 0], labels[noisy >= 0]))
    assert silhouette(points, np.zeros(len(points), int)) is None


def test_a_cluster_that_is_half_noise_is_found_again_less_well() -> None:
    points, truth = four()
    wrong = truth.copy()
    wrong[(truth == 0) & (np.arange(len(truth)) % 2 == 0)] = 1
    method = method_named("k-means")
    right, mixed = (found_again(method, 4.0, points, labels, QUICK, 0) for labels in (truth, wrong))
    assert right[0].low > 0.9
    assert mixed[0].high < 0.75


def test_one_group_keeps_skew_levels_and_correlation() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(size=(3000, 2)) @ np.array([[1, 0.8], [0, 0.6]])
    points = np.column_stack([np.exp(base[:, 0]), base[:, 1], rng.random(3000) < 0.1])
    drawn = latent_of(points).draw(3000, np.random.default_rng(1))
    assert stats.spearmanr(drawn[:, 0], drawn[:, 1])[0] == pytest.approx(stats.spearmanr(points[:, 0], points[:, 1])[0], abs=0.05)
    np.testing.assert_allclose(np.quantile(drawn[:, 0], [0.1, 0.5, 0.9]), np.quantile(points[:, 0], [0.1, 0.5, 0.9]), rtol=0.15)
    assert set(np.unique(drawn[:, 2])) == {0.0, 1.0}
    assert drawn[:, 2].mean() == pytest.approx(0.1, abs=0.02)


def test_one_group_has_one_hump_where_the_rows_have_two() -> None:
    rng = np.random.default_rng(0)
    two = np.where(rng.random(2000) < 0.5, -4.0, 4.0) + rng.normal(size=2000)
    drawn = latent_of(two[:, None]).draw(2000, np.random.default_rng(1))[:, 0]
    assert (np.abs(two) < 1).mean() < 0.02
    assert (np.abs(drawn) < 1).mean() > 0.1


def test_the_box_holds_the_rows_and_is_turned_as_they_are() -> None:
    points = nothing("normal") @ np.array([[1, 2, 0], [0, 0.1, 0], [0, 0, 1.0]])
    drawn = box_of(points).draw(4000, np.random.default_rng(0))
    assert np.corrcoef(drawn.T)[0, 1] > 0.9
    assert np.ptp(drawn, axis=0) == pytest.approx(np.ptp(points, axis=0), rel=0.3)


def test_columns_are_ordered_by_what_lies_between_clusters() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 200)
    frame = pl.DataFrame(
        {"noise": rng.normal(size=200), "town": np.array(["Perm", "Omsk"])[label], "wide": 9.0 * label + rng.normal(size=200)}
    )
    data = assay.read(frame)
    points = points_of(data, most_rows=500, seed=0)
    found = differences(data.frame, data.schema.features, points.matrix, points.blocks, label)
    assert [one.column for one in found] == ["town", "wide", "noise"]
    assert found[0].share == pytest.approx(1.0)
    assert found[0].typical == ("Perm (100%)", "Omsk (100%)")
    wide = frame["wide"].to_numpy()
    between = sum((label == own).sum() * (wide[label == own].mean() - wide.mean()) ** 2 for own in (0, 1))
    assert found[1].share == pytest.approx(between / ((wide - wide.mean()) ** 2).sum())
    assert found[2].share < 0.05
    assert one_column(found) == "town"
    assert one_column(found[2:]) is None


def test_too_few_rows_and_impossible_settings_are_said() -> None:
    with pytest.raises(DataError, match="12 rows; at least 20"):
        points_of(assay.read(pl.DataFrame({"x": np.arange(12.0)})), most_rows=100, seed=0)
    with pytest.raises(ConfigError, match="did you mean 'k-means'"):
        ClusterSettings(methods=("kmeans",))
    with pytest.raises(ConfigError, match="name each method once"):
        ClusterSettings(methods=())
    with pytest.raises(ConfigError, match="at least 3 pairs"):
        ClusterSettings(pairs=1)


def test_rows_are_drawn_where_there_are_more() -> None:
    data = assay.read(pl.DataFrame({"x": np.arange(300.0)}))
    points = points_of(data, most_rows=100, seed=1)
    assert (len(points), points.of) == (100, 300)
    assert (np.diff(points.drawn) > 0).all()
