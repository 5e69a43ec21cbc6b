import tracemalloc

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score, silhouette_score

from assay.measure.metrics import silhouette as module
from assay.measure.metrics.clustering import ADJUSTED_RAND
from assay.measure.metrics.silhouette import SILHOUETTE
from assay.measure.payload import Predictions, Truth


def payloads(label, *, target=None, features=None) -> tuple[Truth, Predictions]:
    arrays = {name: np.asarray(array) for name, array in (("target", target), ("features", features)) if array is not None}
    units = np.arange(len(label))
    return Truth("clustering", units, arrays), Predictions("clustering", units, {"label": np.asarray(label)})


def measured(metric, truth: Truth, said: Predictions, weights: np.ndarray | None = None) -> float:
    return float(metric.value(metric.unit_statistics(truth, said), np.ones(len(truth)) if weights is None else weights))


@pytest.mark.parametrize("seed", range(5))
def test_with_every_row_counting_once_the_adjusted_rand_index_is_that_of_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    target, label = random.integers(0, 5, 150), random.integers(-1, 3, 150)
    label = np.where(random.random(150) < 0.5, target, label)
    truth, said = payloads(label, target=target)
    assert measured(ADJUSTED_RAND, truth, said) == pytest.approx(adjusted_rand_score(target, label), abs=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_with_every_row_counting_once_the_silhouette_is_that_of_scikit_learn(seed: int) -> None:
    features, _ = make_blobs(150, 4, centers=5, random_state=seed)
    label = np.random.default_rng(seed).integers(0, 4, 150)
    label[0] = 9  # a unit alone in its cluster counts 0
    truth, said = payloads(label, features=features)
    assert measured(SILHOUETTE, truth, said) == pytest.approx(silhouette_score(features, label), abs=1e-13)


def test_a_row_that_counts_twice_is_no_pair_with_itself() -> None:
    """Every row twice is the same data; every row repeated finds its own copy beside it and looks the better for it."""
    features, target = make_blobs(30, 2, centers=3, cluster_std=3, random_state=0)
    label = np.random.default_rng(0).integers(0, 3, 30)
    twice = np.repeat(np.arange(30), 2)
    truth, said = payloads(label, target=target, features=features)
    repeated = payloads(label[twice], target=target[twice], features=features[twice])
    for metric in (SILHOUETTE, ADJUSTED_RAND):
        once = measured(metric, truth, said)
        assert measured(metric, truth, said, np.full(30, 2.0)) == pytest.approx(once, abs=1e-13)
        assert measured(metric, *repeated) > once


def test_rows_without_weight_are_not_there() -> None:
    features, target = make_blobs(60, 3, centers=4, random_state=1)
    label, kept = np.random.default_rng(1).integers(0, 3, 60), np.random.default_rng(2).random(60) < 0.6
    kept[target == 3] = False
    truth, said = payloads(label, target=target, features=features)
    assert measured(ADJUSTED_RAND, truth, said, kept * 1.0) == pytest.approx(adjusted_rand_score(target[kept], label[kept]))
    assert measured(SILHOUETTE, truth, said, kept * 1.0) == pytest.approx(silhouette_score(features[kept], label[kept]))


def test_blocks_of_rows_change_neither_value_nor_influence_and_bound_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    features, label = make_blobs(1500, 2, centers=3, random_state=0)
    statistics = SILHOUETTE.unit_statistics(*payloads(label, features=features))
    weights = np.random.default_rng(0).exponential(size=1500)
    monkeypatch.setattr(module, "BLOCK_VALUES", 10**7)
    value, influence = SILHOUETTE.value(statistics, weights), SILHOUETTE.influence(statistics, weights)
    monkeypatch.setattr(module, "BLOCK_VALUES", 1500 * 31)
    SILHOUETTE.value(statistics, weights)
    tracemalloc.start()
    try:
        assert SILHOUETTE.value(statistics, weights) == pytest.approx(value, rel=1e-13)
        assert SILHOUETTE.influence(statistics, weights) == pytest.approx(influence, abs=1e-15)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4e6  # all distances at once are 18 MB


def test_the_same_point_everywhere_has_a_silhouette_of_zero() -> None:
    truth, said = payloads([0, 0, 1, 1], features=np.ones((4, 2)))
    assert measured(SILHOUETTE, truth, said) == 0


@pytest.mark.parametrize(
    ("label", "features", "reason"),
    [
        ([1, 1, 1], [[0.0], [1.0], [2.0]], "all 3 rows are in one cluster"),
        ([0, 1, 2], [[0.0], [1.0], [2.0]], "each of the 3 rows is a cluster of its own"),
        ([0, 0, 1], [[0.0], [np.nan], [2.0]], "1 of 3 rows have features that are not finite"),
        ([0, 0, 1], None, "the truth holds no features"),
    ],
)
def test_clusters_that_cannot_be_compared_have_no_silhouette(label, features, reason: str) -> None:
    assert SILHOUETTE.undefined(*payloads(label, features=features)) == reason


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ([1, 1, 1], "all 3 rows are of one class"),
        ([0, 1, 2], "each of the 3 rows is a class of its own"),
        (None, "the truth holds no target"),
    ],
)
def test_classes_that_make_no_difference_have_no_adjusted_rand_index(target, reason: str) -> None:
    assert ADJUSTED_RAND.undefined(*payloads([0, 0, 1], target=target)) == reason


def test_every_row_in_one_cluster_agrees_by_chance_alone() -> None:
    assert measured(ADJUSTED_RAND, *payloads([0, 0, 0, 0], target=[0, 0, 1, 1])) == 0
