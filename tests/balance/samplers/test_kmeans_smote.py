"""K-means-SMOTE against imbalanced-learn's: the same clusters, as many rows in each, and new rows of the same law."""

import warnings

import numpy as np
import polars as pl
import pytest
from imblearn.over_sampling import KMeansSMOTE as Theirs
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.datasets import make_blobs, make_classification
from threadpoolctl import threadpool_limits

from assay.balance.oversample.kmeans import mean_distance, shares_by_sparsity
from assay.balance.samplers.kmeans_smote import KMeansSMOTE
from assay.balance.samplers.smote import SMOTE
from assay.balance.strategy import SamplingError


def clustered(n=1500, seed=0, n_classes=2):
    weights = [0.8] if n_classes == 2 else [0.6, 0.25]
    return make_classification(n, 5, n_informative=4, n_redundant=0, n_classes=n_classes, weights=weights, random_state=seed)


def rows_a_cluster(made, n, estimator):
    return np.bincount(estimator.predict(made[n:]), minlength=estimator.n_clusters)


SETTINGS = [
    {"cluster_balance_threshold": 0.2},
    {"cluster_balance_threshold": 0.1, "density_exponent": 2.0},
    {"cluster_balance_threshold": 0.2, "kmeans_estimator": 5, "k_neighbors": 4},
    {"cluster_balance_threshold": 0.15, "kmeans_estimator": KMeans(6, n_init=1, random_state=3)},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_clusters_and_their_parts_are_those_of_imbalanced_learn(settings, n_classes):
    X, y = clustered(n_classes=n_classes)
    ours, theirs = KMeansSMOTE(random_state=7, **settings), Theirs(random_state=7, **settings)
    (made, labels), (expected, expected_labels) = ours.fit_resample(X, y), theirs.fit_resample(X, y)
    np.testing.assert_array_equal(ours.kmeans_estimator_.labels_, theirs.kmeans_estimator_.labels_)
    assert np.bincount(labels).tolist() == np.bincount(expected_labels).tolist()
    clusters = ours.kmeans_estimator_.labels_
    starts = clusters[ours.parents_.first]
    assert (clusters[ours.parents_.second] == starts).all()
    # imbalanced-learn stacks cluster by cluster: where its new rows change cluster, ours do
    order = [np.flatnonzero(starts == name) for name in np.unique(starts)]
    for label in np.unique(labels[len(y) :]):
        for rows in order:
            rows = rows[labels[len(y) :][rows] == label]
            if len(rows):
                box = X[(clusters == starts[rows[0]]) & (y == label)]
                part = expected[len(y) :][rows]
                assert (part >= box.min(axis=0) - 1e-9).all()
                assert (part <= box.max(axis=0) + 1e-9).all()
                assert abs(part.mean(axis=0) - made[len(y) :][rows].mean(axis=0)).max() < 6 * box.std() / np.sqrt(len(rows)) + 0.5


def test_new_rows_have_the_law_of_imbalanced_learn():
    X, y = clustered(400)
    settings = {"cluster_balance_threshold": 0.2, "kmeans_estimator": KMeans(4, n_init=1, random_state=0)}
    with threadpool_limits(1):  # k-means of 400 rows waits for its other threads most of the time
        ours = [KMeansSMOTE(random_state=seed, **settings).fit_resample(X, y)[0][400:] for seed in range(50)]
        theirs = [Theirs(random_state=seed, **settings).fit_resample(X, y)[0][400:] for seed in range(50)]
    assert {len(one) for one in ours} == {len(one) for one in theirs}
    for statistic in (
        lambda new: new.mean(axis=0),
        lambda new: new.std(axis=0),
        lambda new: np.corrcoef(new.T)[np.triu_indices(5, 1)],
    ):
        a, b = np.array([statistic(new) for new in ours]), np.array([statistic(new) for new in theirs])
        error = np.sqrt(a.var(axis=0) / len(a) + b.var(axis=0) / len(b))
        assert (np.abs(a.mean(axis=0) - b.mean(axis=0)) < 4 * error).all()


def test_one_cluster_is_smote():
    X, y = clustered(300)
    made, labels = KMeansSMOTE(kmeans_estimator=1, k_neighbors=5, random_state=0, cluster_balance_threshold=0.9).fit_resample(
        X, y
    )
    expected, expected_labels = SMOTE(random_state=0).fit_resample(X, y)
    assert made.shape == expected.shape
    assert np.bincount(labels).tolist() == np.bincount(expected_labels).tolist()
    np.testing.assert_allclose(made[300:].mean(axis=0), expected[300:].mean(axis=0), atol=0.3)


def test_a_lone_row_among_the_majority_is_not_grown():
    """imbalanced-learn's example: two blobs of the rare class, and one row of it in the middle of the common one."""
    X, y = make_blobs([100, 800, 100], centers=[(-10, 0), (0, 0), (10, 0)], random_state=0)
    X, y = np.concatenate([X, [[0, 0]]]), np.append(y, 0) == 1
    sampler = KMeansSMOTE(kmeans_estimator=MiniBatchKMeans(n_init=1, random_state=0), random_state=42)
    made, labels = sampler.fit_resample(X, y)
    assert ((made[:, 0] > -5) & (made[:, 0] < 5)).sum() == 801
    assert (~labels).sum() > (~y).sum()


@pytest.mark.parametrize("estimator", [3, KMeans(3, n_init=1, random_state=42), MiniBatchKMeans(3, n_init=1, random_state=42)])
def test_a_number_of_clusters_and_a_clusterer_are_taken(estimator):
    X, y = clustered(200, seed=1)
    settings = {"random_state": 42, "kmeans_estimator": estimator, "cluster_balance_threshold": 0.1}
    sampler = KMeansSMOTE(**settings)
    made, labels = sampler.fit_resample(X, y)
    assert made.shape == Theirs(**settings).fit_resample(X, y)[0].shape
    assert len(labels) == len(made)
    assert sampler.kmeans_estimator_.n_clusters == 3
    assert sampler.kmeans_estimator is estimator


def test_no_cluster_with_enough_rows_is_one_sentence():
    X, y = clustered(300)
    with pytest.raises(RuntimeError):
        Theirs(cluster_balance_threshold=10, random_state=42).fit_resample(X, y)
    with pytest.raises(SamplingError, match=r"none of 8 clusters has 3 rows of class 1 or more at a share of 10") as caught:
        KMeansSMOTE(cluster_balance_threshold=10, random_state=42).fit_resample(X, y)
    assert "lower the threshold" in str(caught.value)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_the_mean_distance_is_that_of_all_pairs(form):
    X = np.random.default_rng(0).normal(size=(2500, 3))
    assert mean_distance(form(X)) == pytest.approx(cdist(X, X).sum() / (2500 * 2499), rel=1e-9)


def test_shares_follow_sparsity_and_survive_what_overflows():
    rng = np.random.default_rng(0)
    dense, thin = rng.normal(size=(50, 2)), 3 * rng.normal(size=(20, 2))
    ratio = (mean_distance(thin) / mean_distance(dense)) ** 2 * 50 / 20
    shares = shares_by_sparsity([dense, thin], 2.0)
    assert shares[1] / shares[0] == pytest.approx(ratio)
    sampler = Theirs()
    expected = np.array([sampler._find_cluster_sparsity(one) for one in (dense, thin)])
    assert shares_by_sparsity([dense, thin], None) == pytest.approx(expected / expected.sum())
    assert np.isfinite(shares_by_sparsity([dense * 1e150, thin * 1e150], None)).all()
    assert shares_by_sparsity([np.ones((4, 2)), np.ones((2, 2))], 1.0) == pytest.approx([1 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"kmeans_estimator": 0}, "kmeans_estimator=0"),
        ({"kmeans_estimator": "three"}, "a number of clusters or a clusterer"),
        ({"kmeans_estimator": 5000}, "there are 300 rows"),
        ({"cluster_balance_threshold": "often"}, "cluster_balance_threshold='often'"),
        ({"density_exponent": np.nan}, "density_exponent=nan"),
        ({"k_neighbors": 0}, "k_neighbors=0"),
    ],
)
def test_impossible_settings_are_refused(settings, sentence):
    with pytest.raises(SamplingError, match=sentence):
        KMeansSMOTE(random_state=0, **settings).fit_resample(*clustered(300))


@pytest.mark.parametrize("state", [None, np.random.RandomState(0), np.random.default_rng(0), 2**40])
def test_every_kind_of_random_state_is_taken(state):
    X, y = clustered(300)
    made = KMeansSMOTE(random_state=state, cluster_balance_threshold=0.05).fit_resample(X, y)[0]
    assert len(made) >= 2 * (y == 0).sum()


def test_a_sparse_matrix_and_a_frame_come_back_as_what_they_were():
    X, y = clustered(300)
    thin = np.where(np.abs(X) > 0.5, X, 0.0)
    settings = {"random_state": 0, "cluster_balance_threshold": 0.1}
    plain = KMeansSMOTE(**settings).fit_resample(thin, y)[0]
    for form in (sparse.csr_matrix, sparse.csc_matrix):
        made = KMeansSMOTE(**settings).fit_resample(form(thin), y)[0]
        assert type(made) is form
        np.testing.assert_allclose(made.toarray(), plain, atol=1e-12)
    table = KMeansSMOTE(**settings).fit_resample(pl.DataFrame(thin, schema=list("abcde")), y)[0]
    np.testing.assert_array_equal(table.to_numpy(), plain)


def test_the_default_asks_for_no_more_clusters_than_there_are_rows():
    rng = np.random.default_rng(0)
    X, y = np.vstack([rng.normal(size=(4, 2)) + 50, rng.normal(size=(3, 2))]), np.repeat([0, 1], [4, 3])
    sampler = KMeansSMOTE(random_state=0, k_neighbors=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SamplingError, match="has 4 rows of class 1 or more"):
            sampler.fit_resample(X, y)
    assert sampler.kmeans_estimator_.n_clusters == 7
