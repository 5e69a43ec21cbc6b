"""SVM-SMOTE against imbalanced-learn's: the same support vectors, and new rows of the same law."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn import over_sampling as theirs
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from assay.balance.geometry import Plain, Search
from assay.balance.oversample import svm
from assay.balance.oversample.parents import Growing
from assay.balance.samplers.svm_smote import SVMSMOTE
from assay.balance.strategy import SamplingError
from assay.core.errors import AssayError


def overlapping(n=600, seed=0, n_classes=2):
    weights = [0.85] if n_classes == 2 else [0.6, 0.25]
    return make_classification(
        n, 4, n_informative=3, n_redundant=0, n_classes=n_classes, weights=weights, class_sep=0.7, random_state=seed
    )


def growing(X, y, label):
    return Growing(Plain(X), y, np.flatnonzero(y == label), repr(label), Search())


def their_places(X, y, label, m=10):
    """The support vectors of a class in danger and safe, by imbalanced-learn's own steps."""
    sampler = theirs.SVMSMOTE(m_neighbors=m)
    sampler._validate_estimator()
    support = sampler.svm_estimator_.fit(X, y).support_
    support = support[y[support] == label]
    sampler.nn_m_.fit(X)
    noise = sampler._in_danger_noise(sampler.nn_m_, X[support], label, y, kind="noise")
    danger = sampler._in_danger_noise(sampler.nn_m_, X[support], label, y, kind="danger")
    return support[danger], support[~noise & ~danger], len(support)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("n_classes", [2, 3])
def test_support_vectors_in_danger_and_safe_ones_are_those_of_imbalanced_learn(seed, n_classes):
    X, y = overlapping(seed=seed, n_classes=n_classes)
    for label in range(1, n_classes):
        places = svm.find_places(growing(X, y, label), np.random.default_rng(0), m=10)
        danger, safe, n_vectors = their_places(X, y, label)
        assert places.danger.tolist() == danger.tolist()
        assert places.safe.tolist() == safe.tolist()
        assert places.n_vectors == n_vectors
        assert 0 < len(danger) < n_vectors


def test_rows_start_from_support_vectors_towards_neighbours_in_danger_and_away_from_them_when_safe():
    X, y = overlapping()
    sampler = SVMSMOTE(random_state=0, k_neighbors=3)
    made, labels = sampler.fit_resample(X, y)
    parents, (danger, safe, _) = sampler.parents_, their_places(X, y, 1)
    assert set(parents.first[parents.alpha > 0]) <= set(danger)
    assert set(parents.first[parents.alpha < 0]) <= set(safe)
    assert -0.5 <= parents.alpha.min() < -0.45
    assert 0.9 < parents.alpha.max() < 1
    own = np.flatnonzero(y == 1)
    for first, second in zip(parents.first[:40], parents.second[:40], strict=True):
        assert second in own[np.argsort(np.linalg.norm(X[own] - X[first], axis=1))[1:4]]
    expected = X[parents.first] + parents.alpha[:, None] * (X[parents.second] - X[parents.first])
    np.testing.assert_allclose(made[600:], expected, atol=1e-12)
    assert (labels[600:] == 1).all()


def test_new_rows_have_the_law_of_imbalanced_learn():
    """Over 60 seeds: mean, spread and correlation of the new rows, and how many lie outwards, within their Monte-Carlo error."""
    X, y = overlapping(400)
    ours, expected, outwards = [], [], []
    for seed in range(60):
        sampler = SVMSMOTE(random_state=seed)
        ours.append(sampler.fit_resample(X, y)[0][400:])
        outwards.append((sampler.parents_.alpha < 0).mean())
        expected.append(theirs.SVMSMOTE(random_state=seed).fit_resample(X, y)[0][400:])
    assert {len(one) for one in ours} == {len(one) for one in expected}
    for statistic in (
        lambda new: new.mean(axis=0),
        lambda new: new.std(axis=0),
        lambda new: np.corrcoef(new.T)[np.triu_indices(4, 1)],
    ):
        a, b = np.array([statistic(new) for new in ours]), np.array([statistic(new) for new in expected])
        error = np.sqrt(a.var(axis=0) / len(a) + b.var(axis=0) / len(b))
        assert (np.abs(a.mean(axis=0) - b.mean(axis=0)) < 4 * error).all()
    assert np.mean(outwards) == pytest.approx(0.5, abs=0.05)  # 1 − the mean of Beta(10, 10)
    assert np.std(outwards) == pytest.approx(1 / np.sqrt(4 * 21), rel=0.3)


def test_where_no_support_vector_is_in_danger_the_safe_ones_make_all_rows():
    """imbalanced-learn makes about half of what was asked for here."""
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(80, 2)), rng.normal(size=(30, 2)) + 20])
    y = np.repeat([0, 1], [80, 30])
    sampler = SVMSMOTE(random_state=0)
    labels = sampler.fit_resample(X, y)[1]
    assert np.bincount(labels).tolist() == [80, 80]
    assert (sampler.parents_.alpha <= 0).all()
    assert np.bincount(theirs.SVMSMOTE(random_state=0).fit_resample(X, y)[1])[1] < 70


def test_only_noise_is_said_in_the_words_of_imbalanced_learn():
    X, y = make_classification(
        n_classes=3,
        class_sep=0.001,
        weights=[0.004, 0.451, 0.545],
        n_informative=3,
        n_redundant=0,
        flip_y=0,
        n_features=3,
        n_clusters_per_class=2,
        n_samples=1000,
        random_state=10,
    )
    for sampler in (SVMSMOTE, theirs.SVMSMOTE):
        with pytest.raises(ValueError, match="not adapted to"):
            sampler(k_neighbors=4, random_state=42).fit_resample(X, y)
    with pytest.raises(SamplingError, match="support vectors of class 0 are noise"):
        SVMSMOTE(k_neighbors=4, random_state=42).fit_resample(X, y)


def test_an_estimator_without_support_vectors_is_refused():
    X, y = overlapping(100)
    with pytest.raises(RuntimeError):
        theirs.SVMSMOTE(svm_estimator=LogisticRegression()).fit_resample(X, y)
    with pytest.raises(ValueError, match=r"LogisticRegression\(\) has no support_") as caught:
        SVMSMOTE(svm_estimator=LogisticRegression()).fit_resample(X, y)
    assert isinstance(caught.value, AssayError)


def test_a_given_machine_is_used_and_left_unfitted():
    X, y = overlapping(300)
    machine = SVC(kernel="linear", C=0.1)
    sampler = SVMSMOTE(svm_estimator=machine, random_state=0)
    sampler.fit_resample(X, y)
    assert not hasattr(machine, "support_")
    assert set(sampler.parents_.first) <= set(SVC(kernel="linear", C=0.1).fit(X, y).support_)
    default, same = (SVMSMOTE(svm_estimator=m, random_state=0).fit_resample(X, y)[0] for m in (None, SVC(gamma="scale")))
    np.testing.assert_array_equal(default, same)


def test_large_classes_are_cut_for_the_machine_and_weigh_what_they_did(monkeypatch):
    monkeypatch.setattr(svm, "MOST_ROWS", 100)
    X, y = overlapping(600)
    n_own = int((y == 1).sum())
    assert n_own < 100
    sampler = SVMSMOTE(random_state=0)
    sampler.fit_resample(X, y)
    assert sampler.notes_ == (f"the support vector machine saw {n_own + 100} of 600 rows, at most 100 of each class.",)
    rows, weights, _ = svm._fitted_rows(growing(X, y, 1), np.random.default_rng(0))
    assert np.bincount(y[rows]).tolist() == [100, n_own]
    assert np.bincount(y[rows], weights=weights) == pytest.approx(np.bincount(y))
    whole = SVMSMOTE(random_state=0, exact=True)
    whole.fit_resample(X, y)
    assert whole.notes_ == ()


def test_a_machine_on_a_part_finds_much_the_same_places(monkeypatch):
    X, y = overlapping(4000)
    whole = svm.find_places(growing(X, y, 1), np.random.default_rng(0), m=10)
    monkeypatch.setattr(svm, "MOST_ROWS", 1500)
    part = svm.find_places(growing(X, y, 1), np.random.default_rng(0), m=10)
    shared = len(set(whole.danger) & set(part.danger))
    assert shared > 0.85 * max(len(whole.danger), len(part.danger))


def test_a_small_class_uses_all_its_rows_and_says_so():
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(40, 2)), rng.normal(size=(4, 2)) + 9])
    sampler = SVMSMOTE(random_state=0, m_neighbors=3)
    assert len(sampler.fit_resample(X, np.repeat([0, 1], [40, 4]))[0]) == 80
    assert sampler.notes_ == ("k_neighbors was lowered from 5 to 3: class 1 has no more rows to find.",)
    with pytest.raises(SamplingError, match="has 1 row"):
        SVMSMOTE().fit_resample(X[:41], np.repeat([0, 1], [40, 1]))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"out_step": 1.5}, "out_step=1.5"), ({"out_step": "far"}, "out_step"), ({"m_neighbors": 0}, "m_neighbors=0")],
)
def test_impossible_settings_are_refused(settings, sentence):
    with pytest.raises(SamplingError, match=sentence):
        SVMSMOTE(**settings).fit_resample(*overlapping(100))


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_matrix])
def test_a_sparse_matrix_stays_sparse_and_equals_the_dense_result(form):
    X, y = overlapping(200)
    thin = np.where(np.abs(X) > 0.5, X, 0.0)
    made = SVMSMOTE(random_state=0).fit_resample(form(thin), y)[0]
    assert type(made) is form
    np.testing.assert_allclose(made.toarray(), SVMSMOTE(random_state=0).fit_resample(thin, y)[0], atol=1e-12)


def test_frames_keep_their_type_names_and_float_dtypes():
    X, y = overlapping(200)
    plain = SVMSMOTE(random_state=0).fit_resample(X, y)[0]
    table = SVMSMOTE(random_state=0).fit_resample(pl.DataFrame(X, schema=list("abcd")), pl.Series("y", y))[0]
    assert table.schema == dict.fromkeys("abcd", pl.Float64)
    np.testing.assert_array_equal(table.to_numpy(), plain)
    frame, labels = SVMSMOTE(random_state=0).fit_resample(pd.DataFrame(X.astype("f4"), columns=list("abcd")), pd.Series(y))
    assert set(frame.dtypes) == {np.dtype("f4")}
    assert list(frame.columns) == list("abcd")
    assert len(frame) == len(labels)
