"""What the samplers that leave rows out have in common: types, settings, bad input."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone

from assay.balance.samplers.cluster_centroids import ClusterCentroids
from assay.balance.samplers.edited import EditedNearestNeighbours
from assay.balance.samplers.near_miss import NearMiss
from assay.balance.samplers.one_sided import OneSidedSelection
from assay.balance.samplers.smote_enn import SMOTEENN
from assay.balance.samplers.smote_tomek import SMOTETomek
from assay.balance.samplers.tomek_links import TomekLinks
from assay.core.errors import AssayError

CLEANING = [TomekLinks, EditedNearestNeighbours, OneSidedSelection]
REMOVERS = [*CLEANING, NearMiss]
MAKERS = [ClusterCentroids, SMOTEENN, SMOTETomek]
EVERY = [*REMOVERS, *MAKERS]

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
Y = np.repeat(["common", "rare"], [90, 30])
X[Y == "rare"] += 0.7


def made_by(sampler):
    return sampler(random_state=0) if "random_state" in sampler().get_params() else sampler()


@pytest.mark.parametrize("sampler", REMOVERS)
def test_a_remover_hands_back_rows_of_x_with_every_dtype(sampler):
    frame = pd.DataFrame(
        {"whole": (X[:, 0] * 100).round().astype(np.int16), "half": X[:, 1].astype(np.float32), "flag": X[:, 2] > 0},
        index=np.arange(1000, 1120),
    )
    one = made_by(sampler)
    made, labels = one.fit_resample(frame, pd.Series(Y, index=frame.index, name="y"))
    assert 30 < len(made) < 120
    pd.testing.assert_frame_equal(made, frame.iloc[one.sample_indices_])
    assert labels.index.equals(made.index)
    assert labels.tolist() == Y[one.sample_indices_].tolist()
    table = pl.from_pandas(frame.reset_index(drop=True))
    assert made_by(sampler).fit_resample(table, pl.Series(Y))[0].equals(table[one.sample_indices_])
    assert made_by(sampler).fit_resample(frame.to_numpy().tolist(), Y.tolist())[1] == labels.tolist()


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize("sampler", EVERY)
def test_a_sparse_matrix_stays_sparse_and_gives_the_rows_of_the_dense_one(sampler, form):
    settings = {"voting": "hard"} if sampler is ClusterCentroids else {}
    one = made_by(sampler).set_params(**settings)
    thin = np.where(np.abs(X) > 0.6, X, 0.0) + np.where(np.arange(120) % 9 == 0, 1e-3, 0)[:, None] * X
    made, labels = one.fit_resample(form(thin), Y)
    if sampler is ClusterCentroids:  # k-means takes other steps over a sparse matrix
        expected, expected_labels = thin[one.sample_indices_], Y[one.sample_indices_]
    else:
        expected, expected_labels = clone(one).fit_resample(thin, Y)
    assert type(made) is form
    np.testing.assert_allclose(made.toarray(), expected, atol=1e-12)
    assert labels.tolist() == expected_labels.tolist()


@pytest.mark.parametrize("sampler", MAKERS)
def test_makers_give_frames_with_the_names_and_float_dtypes_that_came_in(sampler):
    frame = pd.DataFrame({"half": X[:, 0].astype(np.float32), "whole": np.arange(120), "full": X[:, 1]})
    made, labels = made_by(sampler).fit_resample(frame, pd.Series(Y, name="y"))
    assert [str(dtype) for dtype in made.dtypes] == ["float32", "float64", "float64"]
    assert made.index.tolist() == list(range(len(made))) == labels.index.tolist()
    table, column = made_by(sampler).fit_resample(pl.from_pandas(frame), pl.Series("y", Y))
    assert table.schema == {"half": pl.Float32, "whole": pl.Float64, "full": pl.Float64}
    np.testing.assert_array_equal(table.to_numpy(), made.to_numpy())
    assert column.to_list() == labels.tolist()


@pytest.mark.parametrize("sampler", EVERY)
def test_a_sampler_is_cloned_with_its_settings_and_its_input_stays_as_it_is(sampler):
    one, before = made_by(sampler), X.copy()
    one.fit_resample(X, Y)
    assert np.array_equal(X, before)
    copy = clone(one)
    assert copy.get_params() == one.get_params()
    assert not [name for name in vars(copy) if name.endswith("_")]


@pytest.mark.parametrize("sampler", EVERY)
def test_the_same_int_gives_the_same_rows(sampler):
    first, second = (made_by(sampler).fit_resample(X, Y) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


@pytest.mark.parametrize("sampler", [OneSidedSelection, *MAKERS])
def test_another_state_gives_other_rows_and_generators_move_on(sampler):
    def drawn(state):
        return sampler(random_state=state).fit_resample(X, Y)[0]

    assert not np.array_equal(drawn(0), drawn(1))
    for state in (np.random.RandomState(0), np.random.default_rng(0)):
        assert not np.array_equal(drawn(state), drawn(state))


@pytest.mark.parametrize("sampler", EVERY)
def test_missing_values_are_refused_by_name(sampler):
    holed = X.copy()
    holed[5, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        made_by(sampler).fit_resample(holed, Y)


@pytest.mark.parametrize("sampler", EVERY)
def test_one_class_is_refused(sampler):
    with pytest.raises(ValueError, match="at least 2") as caught:
        made_by(sampler).fit_resample(X, np.zeros(120, dtype=int))
    assert isinstance(caught.value, AssayError)


@pytest.mark.parametrize("sampler", CLEANING)
@pytest.mark.parametrize(
    ("strategy", "sentence"),
    [
        (0.5, "pass a word or a list of classes"),
        ({"common": 40}, "pass a word or a list of classes"),
        (lambda _: {"common": 40}, "pass a word or a list of classes"),
        (["absent"], "the target has not: 'absent'"),
        ("minority", "makes no sense for cleaning"),
        ("majorty", "did you mean 'majority'"),
    ],
)
def test_a_cleaning_takes_words_and_lists_of_classes_alone(sampler, strategy, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        sampler(sampling_strategy=strategy).fit_resample(X, Y)
    assert isinstance(caught.value, AssayError)


@pytest.mark.parametrize(
    ("sampler", "sentence"),
    [
        (EditedNearestNeighbours(n_neighbors=0), "n_neighbors=0"),
        (EditedNearestNeighbours(kind_sel="some"), "kind_sel='some'"),
        (NearMiss(version=4), "version=4"),
        (NearMiss(n_neighbors=2.5), "n_neighbors=2.5"),
        (NearMiss(n_neighbors_ver3=0), "n_neighbors_ver3=0"),
        (NearMiss(sampling_strategy=["rare"]), "pass a word"),
        (NearMiss(sampling_strategy="minority"), "makes no sense for under-sampling"),
        (OneSidedSelection(n_seeds_S=0), "n_seeds_S=0"),
        (OneSidedSelection(sampling_strategy="all"), "chooses class 'rare', the smallest one"),
        (ClusterCentroids(voting="loud"), "voting='loud'"),
        (ClusterCentroids(sampling_strategy={"common": 0}), "asks for 0 rows of class 'common'"),
        (SMOTEENN(enn="strict"), "'strict' is no sampler"),
        (SMOTETomek(smote=3), "3 is no sampler"),
        (SMOTETomek(sampling_strategy="majority"), "makes no sense for over-sampling"),
    ],
)
def test_impossible_settings_are_refused_in_one_sentence(sampler, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        sampler.fit_resample(X, Y)
    assert isinstance(caught.value, AssayError)


def test_a_cleaning_that_would_leave_nothing_is_refused_and_says_what_to_do():
    pairs = np.repeat(np.arange(20.0), 2)[:, None] * 10 + np.tile([0, 1], 20)[:, None]
    with pytest.raises(ValueError, match="none of the 40 rows"):
        TomekLinks(sampling_strategy="all").fit_resample(pairs, np.tile([0, 1], 20))


def test_more_neighbours_than_rows_are_lowered_and_the_sampler_says_so():
    enn = EditedNearestNeighbours(n_neighbors=200)
    enn.fit_resample(X, np.repeat([0, 1], [119, 1]))
    assert enn.notes_ == ("n_neighbors was lowered from 200 to 119: the data has no more rows to find.",)
    near = NearMiss(n_neighbors=31)
    near.fit_resample(X, Y)
    assert near.notes_ == ("n_neighbors was lowered from 31 to 30: class 'rare' has no more rows to find.",)
