"""Cluster centroids: k-means as good as scikit-learn's, centres that are means, one row of each cluster."""

import imblearn.under_sampling as peer
import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.linear_model import LogisticRegression

from assay.balance.geometry import Search
from assay.balance.samplers.cluster_centroids import ClusterCentroids
from assay.balance.undersample import centroids
from assay.balance.undersample.centroids import centres, representatives

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4))
THREE = np.repeat([0, 1, 2], [190, 80, 30])


def spread(points, middles):
    """The within-cluster sum of squares."""
    return (cdist(points, middles).min(axis=1) ** 2).sum()


@pytest.mark.parametrize("strategy", ["auto", "majority", "not majority", "all", {0: 12, 1: 7}])
@pytest.mark.parametrize("voting", ["soft", "hard"])
def test_the_class_counts_and_the_rows_left_alone_are_those_of_imbalanced_learn(strategy, voting):
    made, labels = ClusterCentroids(sampling_strategy=strategy, voting=voting, random_state=0).fit_resample(X, THREE)
    theirs = peer.ClusterCentroids(sampling_strategy=strategy, voting=voting, random_state=0)
    expected, expected_labels = theirs.fit_resample(X, THREE)
    assert labels.tolist() == expected_labels.tolist()
    alone = ~np.isin(labels, list(theirs.sampling_strategy_))
    np.testing.assert_array_equal(made[alone], expected[alone])


@pytest.mark.parametrize("estimator", [KMeans(random_state=0, n_init=1), MiniBatchKMeans(random_state=0, n_init=1)])
def test_the_centres_of_a_given_estimator_are_those_that_imbalanced_learn_takes(estimator):
    ours = ClusterCentroids(estimator=estimator).fit_resample(X, THREE)[0]
    np.testing.assert_allclose(ours, peer.ClusterCentroids(estimator=estimator).fit_resample(X, THREE)[0])


@pytest.mark.parametrize("n_clusters", [5, 60])
@pytest.mark.parametrize(("few", "slack"), [(centroids.FEW_CLUSTERS, 0.02), (0, 0.16)])
def test_the_clusters_are_as_tight_as_those_of_scikit_learn_and_nearly_so_from_a_random_start(
    monkeypatch, n_clusters, few, slack
):
    monkeypatch.setattr(centroids, "FEW_CLUSTERS", few)
    ours = [spread(X, centres(X, np.arange(300), n_clusters, seed)) for seed in range(8)]
    theirs = [KMeans(n_clusters, n_init=1, random_state=seed).fit(X).inertia_ for seed in range(8)]
    assert np.mean(ours) < np.mean(theirs) * (1 + slack)


def test_a_centre_is_the_mean_of_its_rows_in_float64():
    own = np.flatnonzero(THREE == 0)
    for points in (X, X * 1e25, X.astype(np.float32)):
        middles = centres(points, own, 9, 0)
        label = cdist(points[own], middles).argmin(axis=1)
        means = [points[own][label == number].astype(np.float64).mean(axis=0) for number in range(9)]
        np.testing.assert_allclose(middles, means, rtol=1e-9)
        assert middles.dtype == np.float64


def test_where_the_rows_lie_does_not_blur_the_clusters():
    """In float32 the rows at 1e8 would all be one point."""
    own = np.arange(300)
    near, far = centres(X, own, 9, 0), centres(X + 1e8, own, 9, 0)
    np.testing.assert_allclose(near, far - 1e8, atol=1e-6)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_the_representative_is_the_nearest_of_the_rows_that_the_centre_is_nearest_to(form):
    own = np.flatnonzero(THREE != 1)
    middles = centres(X, own, 25, 0)
    apart = cdist(X[own], middles)
    label = apart.argmin(axis=1)
    apart = apart.round(10)  # of two rows, each is as near to their mean
    expected = [own[np.where(label == number, apart[:, number], np.inf).argmin()] for number in range(25)]
    found = representatives(form(X), own, middles, Search())
    assert found.tolist() == expected
    assert len(set(found.tolist())) == 25


def test_a_centre_without_rows_takes_the_nearest_row_of_all():
    points = np.array([[0.0], [1.0], [10.0]])
    assert representatives(points, np.arange(3), np.array([[0.1], [0.1], [9.0]]), Search()).tolist() == [0, 0, 2]


def test_hard_voting_keeps_rows_of_the_class_and_says_which():
    one = ClusterCentroids(voting="hard", random_state=0)
    made, labels = one.fit_resample(X, THREE)
    np.testing.assert_array_equal(made, X[one.sample_indices_])
    assert labels.tolist() == THREE[one.sample_indices_].tolist()
    assert len(set(one.sample_indices_.tolist())) == len(made) == 90


def test_auto_is_hard_for_a_sparse_matrix_and_soft_for_a_dense_one():
    dense, thin = ClusterCentroids(random_state=0), ClusterCentroids(random_state=0)
    dense.fit_resample(X, THREE)
    thin.fit_resample(sparse.csr_matrix(X), THREE)
    assert (dense.voting_, thin.voting_) == ("soft", "hard")
    assert not hasattr(dense, "sample_indices_")
    soft = ClusterCentroids(random_state=0, voting="soft").fit_resample(sparse.csc_matrix(X), THREE)[0]
    assert isinstance(soft, sparse.csc_matrix)
    assert soft.shape == (90, 4)


def test_fewer_different_rows_than_clusters_are_taken_more_than_once_without_a_warning(recwarn):
    points, y = np.repeat([[0.0], [1.0], [5.0]], [30, 10, 8], axis=0), np.repeat([0, 1], [40, 8])
    made = ClusterCentroids(voting="hard", random_state=0).fit_resample(points, y)[0]
    assert len(made) == 16
    assert set(made[:8, 0].tolist()) == {0.0, 1.0}
    assert not len(recwarn)


@pytest.mark.parametrize(
    ("estimator", "sentence"), [(LogisticRegression(), "no parameter n_clusters"), (3, "no parameter n_clusters")]
)
def test_an_estimator_that_does_not_cluster_is_refused(estimator, sentence):
    with pytest.raises(ValueError, match=sentence):
        ClusterCentroids(estimator=estimator).fit_resample(X, THREE)


def test_an_estimator_without_centres_is_refused():
    from sklearn.cluster import AgglomerativeClustering

    with pytest.raises(ValueError, match="sets no cluster_centers_"):
        ClusterCentroids(estimator=AgglomerativeClustering()).fit_resample(X, THREE)
