"""SVM-SMOTE and K-means-SMOTE on mixed tables: what every treatment must do, and what is their own."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from assay.balance.mixed import mixed_space
from assay.balance.more_interpolation import KMeansSmoteTreatment, SvmSmoteTreatment
from assay.balance.oversample import svm
from assay.core.errors import ConfigError, DataError
from assay.data.rows import Block, Rows

BLOCKS = (
    Block("income", "number", 0, 1),
    Block("age", "number", 1, 2),
    Block("town", "one-hot", 2, 6),
    Block("job", "code", 6, 7),
    Block("text", "other", 7, 10),
)
NUMBERS = (Block("a", "number", 0, 1), Block("b", "number", 1, 2))
BOTH = [SvmSmoteTreatment, KMeansSmoteTreatment]


def matrix(n_classes):
    sizes = {2: [120, 21], 3: [100, 30, 9]}[n_classes]
    rng = np.random.default_rng(0)
    target = rng.permutation(np.repeat(np.arange(n_classes), sizes)).astype(np.int64)
    n = len(target)
    income = np.where(rng.random(n) < 0.1, np.nan, rng.normal(50_000, 9_000, n) + 1_000 * target)
    town = np.eye(4)[rng.integers(0, 4, n)]
    job = np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 6, n))
    text = rng.random((n, 3)) * (rng.random((n, 3)) < 0.4)
    return Rows(np.column_stack([income, rng.integers(18, 80, n), town, job, text]), target, n_classes, blocks=BLOCKS)


def as_csr(rows):
    return replace(rows, features=sparse.csr_matrix(rows.features))


def weighted(rows):
    return replace(rows, weights=np.random.default_rng(3).uniform(0.5, 2.0, len(rows)))


def dense(rows):
    return rows.features.toarray() if sparse.issparse(rows.features) else rows.features


KINDS = {
    "a matrix": matrix(2),
    "a weighted matrix": weighted(matrix(2)),
    "three classes": matrix(3),
    "sparse": as_csr(matrix(2)),
    "sparse, weighted, three classes": as_csr(weighted(matrix(3))),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("treatment", BOTH)
def test_the_treatment_keeps_all_rows_and_their_form_and_makes_the_classes_even(treatment, kind):
    rows = KINDS[kind]
    before = replace(rows).fingerprint
    done = treatment().apply(rows, 5)
    assert replace(rows).fingerprint == before
    assert type(done.rows.features) is type(rows.features)
    assert done.rows.blocks == rows.blocks
    assert done.source_rows.tolist() == [*range(len(rows)), *[-1] * (len(done.rows) - len(rows))]
    counts = np.bincount(done.rows.target)
    assert (counts == np.bincount(rows.target).max()).all()
    np.testing.assert_array_equal(dense(done.rows)[: len(rows)], dense(rows))
    again, other = treatment().apply(rows, 5), treatment().apply(rows, 6)
    assert again.rows.fingerprint == done.rows.fingerprint != other.rows.fingerprint
    weights = np.ones(len(done.rows)) if done.rows.weights is None else done.rows.weights
    assert (weights > 0).all()
    shares = [weights[done.rows.target == code].sum() / weights.sum() for code in range(rows.n_classes)]
    assert done.prior_after == pytest.approx(shares)
    assert done.prior_before == pytest.approx(rows.prior)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("treatment", BOTH)
def test_no_category_is_a_fraction_and_no_whole_column_gets_gaps(treatment, kind):
    after = dense(treatment().apply(KINDS[kind], 0).rows)
    town, job = after[:, 2:6], after[:, 6]
    assert set(np.unique(town).tolist()) == {0.0, 1.0}
    assert (town.sum(axis=1) == 1).all()
    assert set(job[~np.isnan(job)].tolist()) <= set(range(6))
    assert not np.isnan(np.delete(after, [0, 6], axis=1)).any()


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("treatment", BOTH)
def test_a_dense_and_a_sparse_matrix_are_treated_alike(treatment, n_classes):
    full, thin = (treatment().apply(rows, 0) for rows in (matrix(n_classes), as_csr(matrix(n_classes))))
    np.testing.assert_allclose(dense(thin.rows), dense(full.rows), rtol=1e-12, atol=1e-12)
    assert np.array_equal(full.rows.target, thin.rows.target)


@pytest.mark.parametrize("treatment", BOTH)
def test_what_is_no_table_of_classes_is_refused(treatment):
    with pytest.raises(DataError, match="treatments are for classes"):
        treatment().apply(Rows(np.ones((5, 1)), np.linspace(0, 1, 5), 0), 0)
    with pytest.raises(DataError, match="all 5 training rows are of one class"):
        treatment().apply(Rows(np.ones((5, 1)), np.zeros(5, dtype=np.int64), 2), 0)
    for features in (np.zeros((6, 4, 4)), pl.DataFrame({"a": range(6)})):
        with pytest.raises(DataError, match="use random-oversample"):
            treatment().apply(Rows(features, np.array([0, 0, 0, 0, 1, 1]), 2), 0)


@pytest.mark.parametrize("treatment", BOTH)
def test_a_ratio_is_the_size_of_the_smaller_class_over_the_largest(treatment):
    assert np.bincount(treatment(ratio=0.5).apply(matrix(2), 0).rows.target).tolist() == [120, 60]


def blob_and_spread():
    """120 common rows about 0; 30 rare ones: 10 mingled with them, 20 safe and far off."""
    rng = np.random.default_rng(0)
    features = np.vstack([rng.normal(size=(120, 2)), rng.normal(size=(10, 2)), rng.normal([6, 0], 1, (20, 2))])
    return Rows(features, np.repeat([0, 1], [120, 30]), 2, blocks=NUMBERS)


def test_safe_support_vectors_push_numbers_outwards_and_copy_their_own_categories():
    rows = blob_and_spread()
    job = np.r_[np.zeros(130), np.arange(20)]
    rows = replace(rows, features=np.column_stack([rows.features, job]), blocks=(*NUMBERS, Block("job", "code", 2, 3)))
    far, still = (SvmSmoteTreatment(out_step=step).apply(rows, 0).rows.features[150:] for step in (1.0, 1e-9))
    reach = rows.features[130:, 0].max()
    assert far[:, 0].max() > reach + 0.1  # beyond what was seen
    assert still[:, 0].max() <= reach + 1e-6
    starts = rows.features[130:]
    apart = np.abs(still[:, None, :2] - starts[None, :, :2]).max(axis=2)
    from_safe = np.flatnonzero(apart.min(axis=1) < 1e-6)  # hardly a step outwards: the row is its first parent
    assert len(from_safe) > 20
    assert (still[from_safe, 2] == starts[apart[from_safe].argmin(axis=1), 2]).all()


def test_only_noise_makes_no_rows_and_says_so():
    rng = np.random.default_rng(0)
    features = np.vstack([rng.normal(size=(300, 2)), rng.normal(size=(2, 2))])
    done = SvmSmoteTreatment(m_neighbors=3).apply(Rows(features, np.repeat([0, 1], [300, 2]), 2, blocks=NUMBERS), 0)
    assert len(done.rows) == 302
    assert done.notes == (
        "all 2 support vectors of class 1 are noise among other classes, so svm-smote is not adapted to these rows and made "
        "none; use smote.",
    )


def test_a_machine_that_saw_a_part_of_the_rows_says_so(monkeypatch):
    monkeypatch.setattr(svm, "MOST_ROWS", 50)
    assert "the support vector machine saw 71 of 141 rows" in SvmSmoteTreatment().apply(matrix(2), 0).notes[0]


def test_kmeans_smote_stays_within_clusters_and_leaves_those_of_other_classes_alone():
    rng = np.random.default_rng(0)
    middles = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])
    features = np.vstack([rng.normal(size=(300, 2)), *(rng.normal(size=(40, 2)) + middle for middle in middles[1:])])
    target = np.repeat([0, 1, 0, 1], [298, 2, 20, 60])  # two lone rows of class 1 in the first cluster
    done = KMeansSmoteTreatment(clusters=3).apply(Rows(features, target, 2, blocks=NUMBERS), 0)
    new = done.rows.features[len(target) :]
    near = np.linalg.norm(new[:, None] - middles[None], axis=2).argmin(axis=1)
    assert np.bincount(near, minlength=3)[0] == 0
    assert (np.bincount(near, minlength=3)[1:] > 0).all()
    assert (np.linalg.norm(new[:, None] - middles[None], axis=2).min(axis=1) < 6).all()


def test_clusters_are_halved_until_one_has_enough_rows_and_it_is_said():
    rng = np.random.default_rng(0)
    features = np.vstack([rng.normal(size=(60, 2)), rng.normal(size=(3, 2)) * 4])
    done = KMeansSmoteTreatment(k_neighbors=2, clusters=16).apply(
        Rows(features, np.repeat([0, 1], [60, 3]), 2, blocks=NUMBERS), 0
    )
    assert np.bincount(done.rows.target).tolist() == [60, 60]
    assert done.notes[0].startswith("16 clusters were lowered to ")
    alone = KMeansSmoteTreatment().apply(Rows(features[:61], np.repeat([0, 1], [60, 1]), 2, blocks=NUMBERS), 0)
    assert (alone.rows.features[61:] == features[60]).all()
    assert "class 1 has 1 row, which was copied" in alone.notes[1]


def test_the_space_of_kmeans_smote_is_scaled():
    """A column in millions does not decide alone which cluster a row is in."""
    rng = np.random.default_rng(0)
    features = np.column_stack([np.repeat([0.0, 50.0], 100), rng.normal(0, 1e6, 200)])
    target = np.tile([0, 0, 0, 1], 50)
    target[100:] = np.tile([0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 10)
    rows = Rows(features, target, 2, blocks=NUMBERS)
    new = KMeansSmoteTreatment(clusters=2).apply(rows, 0).rows.features[200:]
    assert set(new[:, 0].tolist()) == {0.0}
    assert mixed_space(rows).scale[1] == pytest.approx(1 / features[:, 1].std())


@pytest.mark.parametrize(
    ("treatment", "settings", "sentence"),
    [
        (SvmSmoteTreatment, {"m_neighbors": 0}, "m_neighbors=0"),
        (SvmSmoteTreatment, {"out_step": 1.5}, "out_step=1.5"),
        (KMeansSmoteTreatment, {"clusters": 0}, "clusters=0"),
        (KMeansSmoteTreatment, {"threshold": 2.0}, "threshold=2.0"),
        (KMeansSmoteTreatment, {"ratio": 0.0}, "ratio"),
        (SvmSmoteTreatment, {"k_neighbors": 0}, "k_neighbors=0"),
    ],
)
def test_impossible_settings_are_refused_when_they_are_set(treatment, settings, sentence):
    with pytest.raises(ConfigError, match=sentence):
        treatment(**settings)
