"""Treatments that leave rows out: the rows of the samplers where a table is numbers alone, and mixed tables besides."""

from dataclasses import replace

import imblearn.under_sampling as peer
import numpy as np
import polars as pl
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from assay.balance import cleaning
from assay.balance.cleaning import (
    ClusterCentroidsTreatment,
    EditedNearestNeighboursTreatment,
    NearMissTreatment,
    OneSidedSelectionTreatment,
    SmoteEnnTreatment,
    SmoteTomekTreatment,
    TomekLinksTreatment,
)
from assay.balance.interpolate import SmoteTreatment
from assay.balance.strategy import by_ratio
from assay.core.errors import ConfigError, DataError
from assay.data.rows import Block, Rows

REMOVING = [TomekLinksTreatment, EditedNearestNeighboursTreatment, NearMissTreatment]
DRAWING = [ClusterCentroidsTreatment, OneSidedSelectionTreatment]
COMBINED = [SmoteEnnTreatment, SmoteTomekTreatment]
EVERY = [*REMOVING, *DRAWING, *COMBINED]
WITH_RATIO = [NearMissTreatment, ClusterCentroidsTreatment, *COMBINED]


def numbers(n_classes=2, seed=0):
    """Columns of very different units, which the treatments must scale."""
    rng = np.random.default_rng(seed)
    target = rng.permutation(np.repeat(np.arange(n_classes), [140, 40, 25][:n_classes]))
    features = (rng.normal(size=(len(target), 3)) + 0.9 * target[:, None]) * [1.0, 1e3, 1e6]
    return Rows(features, target, n_classes, blocks=tuple(Block(f"n{i}", "number", i, i + 1) for i in range(3)))


def mixed(seed=0, form=np.asarray):
    """A number with gaps, a one-hot block, a code with gaps."""
    rng = np.random.default_rng(seed)
    target = rng.permutation(np.repeat([0, 1], [130, 40]))
    income = np.where(rng.random(170) < 0.1, np.nan, rng.normal(size=170) + target)
    town = np.eye(3)[(rng.integers(0, 3, 170) + target) % 3]
    job = np.where(rng.random(170) < 0.1, np.nan, rng.integers(1, 5, 170))
    blocks = (Block("income", "number", 0, 1), Block("town", "one-hot", 1, 4), Block("job", "code", 4, 5))
    return Rows(form(np.column_stack([income, town, job])), target, 2, blocks=blocks)


def distances(rows):
    """As ``mixed`` states them, from scratch: the one number scaled, a differing category costs 1 (that number's deviation)."""
    income, town, job = rows.features[:, 0], rows.features[:, 1:4].argmax(axis=1), np.nan_to_num(rows.features[:, 4], nan=-1)
    income = np.where(np.isnan(income), np.nanmedian(income), income)
    income = income / income.std()
    differing = sum((column[:, None] != column[None, :]).astype(float) for column in (town, job))
    apart = np.sqrt((income[:, None] - income[None, :]) ** 2 + differing)
    np.fill_diagonal(apart, np.inf)
    return apart


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    ("treatment", "sampler"),
    [
        (TomekLinksTreatment(), peer.TomekLinks()),
        (EditedNearestNeighboursTreatment(), peer.EditedNearestNeighbours()),
        (
            EditedNearestNeighboursTreatment(n_neighbors=5, kind="mode"),
            peer.EditedNearestNeighbours(n_neighbors=5, kind_sel="mode"),
        ),
        (NearMissTreatment(), peer.NearMiss()),
        (NearMissTreatment(version=2), peer.NearMiss(version=2)),
        (NearMissTreatment(version=3, n_neighbors=4), peer.NearMiss(version=3, n_neighbors=4, n_neighbors_ver3=4)),
    ],
)
def test_of_scaled_numbers_the_rows_are_kept_that_imbalanced_learn_keeps(treatment, sampler, n_classes):
    rows = numbers(n_classes)
    sampler.fit_resample(rows.features / rows.features.std(axis=0), rows.target)
    done = treatment.apply(rows, 0)
    assert done.source_rows.tolist() == sorted(sampler.sample_indices_.tolist())
    assert len(done.rows) < len(rows)
    np.testing.assert_array_equal(done.rows.features, rows.features[done.source_rows])


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_neighbours_in_a_table_of_numbers_and_categories_are_those_of_the_stated_distances(form):
    rows = mixed()
    apart = distances(rows)
    nearest = np.sort(apart, axis=1)[:, 2]
    mixed_up = [
        bool((rows.target[np.flatnonzero(apart[row] <= nearest[row] + 1e-9)] != rows.target[row]).any()) for row in range(170)
    ]
    untied = np.array([(apart[row] <= nearest[row] + 1e-9).sum() == 3 for row in range(170)])
    kept = np.isin(np.arange(170), EditedNearestNeighboursTreatment().apply(mixed(form=form), 0).source_rows)
    asked = untied & (rows.target == 0)
    assert asked.sum() > 80
    assert 0 < kept[asked].sum() < asked.sum()
    assert kept[asked].tolist() == (~np.array(mixed_up))[asked].tolist()
    assert kept[rows.target == 1].all()


@pytest.mark.parametrize("treatment", [*REMOVING, *DRAWING])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_what_is_left_are_rows_as_they_were_with_their_weights_and_gaps(treatment, form):
    rows = replace(mixed(form=form), weights=np.random.default_rng(1).uniform(0.5, 2, 170))
    done = treatment().apply(rows, 0)
    assert (np.diff(done.source_rows) > 0).all()
    assert done.rows.fingerprint == rows.take(done.source_rows).fingerprint
    assert type(done.rows.features) is type(rows.features)
    assert (done.rows.target == 1).sum() == 40
    assert done.prior_after == pytest.approx(
        [done.rows.weights[done.rows.target == code].sum() / done.rows.weights.sum() for code in (0, 1)]
    )


@pytest.mark.parametrize("ratio", [0.4, 0.7, 1.0])
@pytest.mark.parametrize("treatment", [NearMissTreatment, ClusterCentroidsTreatment])
def test_a_ratio_says_how_many_rows_of_each_larger_class_stay(treatment, ratio):
    rows = numbers(3)
    after = np.bincount(treatment(ratio=ratio).apply(rows, 0).rows.target)
    assert after.tolist() == by_ratio(np.bincount(rows.target), ratio, "under").tolist()


def test_the_row_that_stands_for_a_cluster_lies_near_the_rest_of_it():
    rows = numbers()
    points = rows.features / rows.features.std(axis=0)
    own = points[rows.target == 0]

    def reach(kept):
        return (cdist(own, points[kept[rows.target[kept] == 0]]).min(axis=1) ** 2).mean()

    chosen = [reach(ClusterCentroidsTreatment().apply(rows, seed).source_rows) for seed in range(5)]
    rng = np.random.default_rng(0)
    drawn = [reach(rng.choice(np.flatnonzero(rows.target == 0), 40, replace=False)) for _ in range(30)]
    assert max(chosen) < min(drawn)


@pytest.mark.parametrize("treatment", COMBINED)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_smote_comes_first_and_its_rows_are_cleaned_with_the_others(treatment, form):
    rows = replace(mixed(form=form), weights=np.random.default_rng(1).uniform(0.5, 2, 170))
    done, grown = treatment().apply(rows, 3), SmoteTreatment().apply(rows, 3)
    real = done.source_rows[done.source_rows >= 0]
    assert (np.diff(real) > 0).all()
    assert (done.source_rows[len(real) :] == -1).all()
    assert done.rows.take(np.arange(len(real))).fingerprint == rows.take(real).fingerprint
    of_smote = {part.tobytes() for part in np.asarray(_dense(grown.rows)[170:])}
    made = _dense(done.rows)[len(real) :]
    assert 0 < len(made) < 90
    assert {part.tobytes() for part in made} <= of_smote
    assert len(real) < 170
    assert len(done.rows.weights) == len(done.rows)


@pytest.mark.parametrize(
    ("treatment", "sampler"),
    [
        (SmoteEnnTreatment, peer.EditedNearestNeighbours(sampling_strategy="all")),
        (SmoteTomekTreatment, peer.TomekLinks(sampling_strategy="all")),
    ],
)
def test_of_scaled_numbers_the_rows_of_smote_are_cleaned_as_by_imbalanced_learn(treatment, sampler):
    rows = numbers(3)
    grown = SmoteTreatment(ratio=0.5).apply(rows, 0)
    sampler.fit_resample(grown.rows.features / rows.features.std(axis=0), grown.rows.target)
    done = treatment(ratio=0.5).apply(rows, 0)
    expected = grown.rows.take(np.sort(sampler.sample_indices_))
    assert done.rows.fingerprint == expected.fingerprint


@pytest.mark.parametrize("treatment", [*DRAWING, *COMBINED])
def test_what_is_drawn_follows_the_seed(treatment):
    rows = numbers()
    first, again, other = (treatment().apply(rows, seed) for seed in (1, 1, 2))
    assert first.rows.fingerprint == again.rows.fingerprint != other.rows.fingerprint


def test_a_class_that_cleaning_would_empty_keeps_its_rows_and_the_result_says_so():
    features = np.r_[np.linspace(0, 1, 8), np.linspace(0.01, 1.01, 6)][:, None]
    done = EditedNearestNeighboursTreatment().apply(Rows(features, np.repeat([0, 1], [8, 6]), 2), 0)
    assert done.source_rows.tolist() == list(range(14))
    assert done.notes == ("class 0 kept its 8 rows: cleaning would have left none.",)


@pytest.mark.parametrize("treatment", EVERY)
def test_a_class_without_rows_is_left_out_of_the_reckoning(treatment):
    rows = numbers()
    absent = Rows(rows.features, rows.target * 2, 4, blocks=rows.blocks)
    done, expected = treatment().apply(absent, 0), treatment().apply(rows, 0)
    assert np.bincount(done.rows.target, minlength=4)[[1, 3]].tolist() == [0, 0]
    if treatment in REMOVING:
        assert done.source_rows.tolist() == expected.source_rows.tolist()


@pytest.mark.parametrize("treatment", EVERY)
def test_constant_columns_and_columns_without_a_value_do_no_harm(treatment):
    rows = numbers()
    empty = np.column_stack([rows.features, np.ones(180), np.full(180, np.nan)])
    blocks = tuple(Block(f"n{i}", "number", i, i + 1) for i in range(5))
    done = treatment().apply(replace(rows, features=empty, blocks=blocks), 0)
    assert len(done.rows) > 40
    if treatment in REMOVING:
        assert done.source_rows.tolist() == treatment().apply(rows, 0).source_rows.tolist()


@pytest.mark.parametrize("treatment", EVERY)
def test_pictures_and_frames_are_sent_elsewhere_in_one_sentence(treatment):
    target = np.repeat([0, 1], [4, 2])
    for features in (np.zeros((6, 4, 4)), pl.DataFrame({"a": range(6)})):
        with pytest.raises(DataError, match=f"{treatment.name} finds neighbours .* use random-undersample"):
            treatment().apply(Rows(features, target, 2), 0)


@pytest.mark.parametrize("treatment", EVERY)
def test_rows_of_one_class_and_a_target_of_numbers_are_data_errors(treatment):
    with pytest.raises(DataError, match=f"{treatment.name}: all 5 training rows are of one class"):
        treatment().apply(Rows(np.ones((5, 1)), np.zeros(5, dtype=np.int64), 2), 0)
    with pytest.raises(DataError, match="treatments are for classes"):
        treatment().apply(Rows(np.ones((5, 1)), np.linspace(0, 1, 5), 0), 0)


@pytest.mark.parametrize("treatment", WITH_RATIO)
def test_an_impossible_ratio_is_refused_when_it_is_set(treatment):
    with pytest.raises(ConfigError, match="ratio=0"):
        treatment(ratio=0)


@pytest.mark.parametrize(
    ("treatment", "settings"),
    [
        (EditedNearestNeighboursTreatment, {"n_neighbors": 0}),
        (EditedNearestNeighboursTreatment, {"kind": "some"}),
        (NearMissTreatment, {"version": 4}),
        (NearMissTreatment, {"n_neighbors": 0}),
        (OneSidedSelectionTreatment, {"n_seeds": 0}),
        (SmoteEnnTreatment, {"k_neighbors": 0}),
    ],
)
def test_impossible_settings_are_refused_when_they_are_set(treatment, settings):
    with pytest.raises(ConfigError, match=next(iter(settings))):
        treatment(**settings)


def test_every_treatment_of_the_file_is_tested_here():
    public = {
        name
        for name, value in vars(cleaning).items()
        if getattr(value, "__module__", "") == cleaning.__name__ and "Treatment" in name
    }
    assert public == {treatment.__name__ for treatment in EVERY}


def _dense(rows):
    return rows.features.toarray() if sparse.issparse(rows.features) else rows.features
