"""Every detector against scikit-learn's, or against its closed form, on rows it has learned from and on new ones."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.covariance import EllipticEnvelope as SklearnEnvelope
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest as SklearnForest
from sklearn.neighbors import LocalOutlierFactor as SklearnFactor
from sklearn.svm import OneClassSVM
from tests.recipes.anomaly.anomaly_rows import NAMES, cloud, numbers

from assay.core.seeds import seed32
from assay.nets.generate.detector import AutoencoderDetector
from assay.recipes.anomaly.centres import ClusterDistance
from assay.recipes.anomaly.components import PcaDistance
from assay.recipes.anomaly.envelope import EllipticEnvelope
from assay.recipes.anomaly.factor import LocalOutlierFactor
from assay.recipes.anomaly.forest import IsolationForest, expected_cuts
from assay.recipes.anomaly.learner import AnomalyLearner
from assay.recipes.anomaly.reconstruction import AutoencoderDistance
from assay.recipes.anomaly.registry import FITTED_DETECTORS
from assay.recipes.anomaly.support import OneClassSupport
from assay.recipes.registry import RECIPES

X, _ = cloud(300, odd=6)
NEW, _ = cloud(120, seed=1, odd=20)
BLOCKS = numbers(4)


@pytest.mark.parametrize("samples", [1, 2, 64, 256, 4096])
def test_the_isolation_forest_scores_rows_as_scikit_learn(samples: int) -> None:
    sklearn = SklearnForest(n_estimators=50, max_samples=min(samples, len(X)), random_state=seed32(5, "forest")).fit(X)
    found = IsolationForest(trees=50, samples=samples).learn(X, BLOCKS, 5)
    for rows in (X, NEW):
        np.testing.assert_allclose(found.oddness(rows), -sklearn.score_samples(rows), rtol=0, atol=1e-9)


def test_expected_cuts_are_those_of_random_insertion() -> None:
    rng, n = np.random.default_rng(0), 40
    exact = 2 * (np.sum(1 / np.arange(1, n)) - (n - 1) / n)  # the harmonic number that the logarithm stands for
    assert expected_cuts(np.array([1, 2])).tolist() == [0.0, 1.0]
    assert expected_cuts(np.array(n)) == pytest.approx(exact, abs=0.03)
    depths = []
    for _ in range(400):  # an unsuccessful search: a random cut, and the side that a random value falls on
        size, depth = n, 0
        while size > 1:
            left = int(rng.integers(1, size))
            size, depth = (left, depth + 1) if rng.random() < left / size else (size - left, depth + 1)
        depths.append(depth)
    assert np.mean(depths) == pytest.approx(exact, abs=0.6)


@pytest.mark.parametrize("k", [1, 5, 20, 299, 1000])
def test_the_local_outlier_factor_equals_scikit_learn(k: int) -> None:
    sklearn = SklearnFactor(min(k, len(X) - 1), novelty=True).fit(X)
    found = LocalOutlierFactor(k=k).learn(X, BLOCKS, 0)
    for rows in (X, NEW):
        np.testing.assert_allclose(found.oddness(rows), -sklearn.score_samples(rows), rtol=1e-9)


def test_every_row_as_near_as_the_kth_is_a_neighbour_so_the_order_of_the_rows_does_not_matter() -> None:
    grid = np.array([(a, b) for a in range(7) for b in range(7)], dtype=float)
    order = np.random.default_rng(0).permutation(len(grid))
    asked = np.array([[3.0, 3.0], [3.5, 3.5], [9.0, 0.0]])
    straight, shuffled = (LocalOutlierFactor(k=3).learn(rows, BLOCKS[:2], 0).oddness(asked) for rows in (grid, grid[order]))
    np.testing.assert_allclose(straight, shuffled, rtol=1e-12)
    assert straight[2] > 2 > straight[0]


def test_rows_that_are_all_alike_have_a_finite_factor() -> None:
    found = LocalOutlierFactor(k=3).learn(np.zeros((9, 2)), BLOCKS[:2], 0).oddness(np.array([[0.0, 0.0], [1.0, 0.0]]))
    assert found[0] == pytest.approx(1.0)
    assert np.isfinite(found).all()
    assert found[1] > 1e6


def test_the_elliptic_envelope_equals_scikit_learn() -> None:
    """Whitening first changes no Mahalanobis distance, so scikit-learn is asked about the rows as they are."""
    sklearn = SklearnEnvelope(random_state=seed32(0, "envelope")).fit(X)
    found = EllipticEnvelope().learn(X, BLOCKS, 0)
    for rows in (X, NEW):
        np.testing.assert_allclose(found.oddness(rows), -sklearn.score_samples(rows), rtol=1e-9)


def test_the_envelope_is_not_dragged_along_by_a_tenth_of_outliers() -> None:
    clean, _ = cloud(2000)
    dirty = np.vstack([clean, np.full((200, 4), 30.0) + cloud(200, seed=2)[0]])
    there = np.sqrt(EllipticEnvelope().learn(dirty, BLOCKS, 0).oddness(clean))
    truth = np.sqrt(np.einsum("ij,jk,ik->i", clean, np.linalg.inv(np.cov(clean.T)), clean))
    assert np.abs(there / truth - 1).mean() < 0.1


@pytest.mark.parametrize("case", ["constant", "copied", "flag", "one value", "few rows"])
def test_the_envelope_measures_by_the_directions_that_vary(case: str) -> None:
    x = X.copy()
    if case == "constant":
        x[:, 1] = 7.0
    elif case == "copied":
        x[:, 1] = x[:, 0]
    elif case == "flag":
        x[:, 1] = np.arange(len(x)) % 50 == 0
    elif case == "one value":
        x[:] = 0.0
    elif case == "few rows":
        x = x[:7]
    found = EllipticEnvelope().learn(x, BLOCKS, 0).oddness(np.vstack([x, NEW]))
    assert np.isfinite(found).all()
    assert found.max() < 1e6


@pytest.mark.parametrize("outside", [0.05, 0.4])
def test_the_one_class_svm_equals_scikit_learn(outside: float) -> None:
    sklearn = OneClassSVM(nu=outside, gamma="scale").fit(X)
    found = OneClassSupport(outside=outside).learn(X, BLOCKS, 0)
    for rows in (X, NEW):
        np.testing.assert_allclose(found.oddness(rows), -sklearn.score_samples(rows), rtol=0, atol=1e-9)


def test_the_distance_from_components_is_what_scikit_learn_cannot_give_back() -> None:
    sklearn = PCA(n_components=0.8, svd_solver="full").fit(X)
    left = ((NEW - sklearn.inverse_transform(sklearn.transform(NEW))) ** 2).sum(axis=1)
    found = PcaDistance(explained=0.8).learn(X, BLOCKS, 0)
    assert found.vectors.shape == (4, sklearn.n_components_)
    np.testing.assert_allclose(found.oddness(NEW), left, rtol=0, atol=1e-9)


def test_the_distance_from_clusters_is_that_to_scikit_learns_nearest_centre() -> None:
    sklearn = KMeans(5, n_init=4, random_state=seed32(0, "centres")).fit(X)
    found = ClusterDistance(clusters=5).learn(X, BLOCKS, 0)
    np.testing.assert_allclose(found.oddness(NEW), sklearn.transform(NEW).min(axis=1), rtol=1e-9)


def test_fewer_distinct_rows_than_clusters_are_the_centres_themselves() -> None:
    x = np.repeat(np.arange(3.0), 5)[:, None]
    assert ClusterDistance(clusters=8).learn(x, BLOCKS[:1], 0).oddness(x).max() == 0


def test_the_autoencoders_distance_finds_what_the_estimator_of_the_same_net_finds() -> None:
    odd = cloud(200, seed=4, odd=20)
    ours = AutoencoderDistance(narrow=2, steps=200).learn(X, BLOCKS, 0).oddness(odd[0])
    theirs = -AutoencoderDetector(width=2, steps=200, random_state=0).fit(X).score_samples(odd[0])
    assert np.corrcoef(np.argsort(np.argsort(ours)), np.argsort(np.argsort(theirs)))[0, 1] > 0.8
    assert ours[odd[1] == 1].mean() > 5 * ours[odd[1] == 0].mean()


@pytest.mark.parametrize("name", NAMES)
def test_a_detector_is_registered_under_the_name_of_its_recipe(name: str) -> None:
    assert name == FITTED_DETECTORS.get(name).NAME
    assert RECIPES.get(name).name == name
    assert RECIPES.get(f"{name}-novelty").learner.novelty
    learner = RECIPES.get(name).learner
    assert isinstance(learner, AnomalyLearner)
    assert not learner.novelty


@pytest.mark.parametrize("name", NAMES)
def test_scattered_rows_are_odder_than_the_cloud(name: str) -> None:
    from sklearn.metrics import roc_auc_score

    rows, odd = cloud(400, seed=9, odd=20)
    learner = RECIPES.get(name).learner
    assert isinstance(learner, AnomalyLearner)
    assert roc_auc_score(odd, learner.learn(X, BLOCKS, 0).oddness(rows)) > 0.9
