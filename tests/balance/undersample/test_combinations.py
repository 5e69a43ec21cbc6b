"""SMOTE followed by a cleaning: imbalanced-learn's cleaning of the same rows, and the same law of the rows that stay."""

import imblearn.combine
import imblearn.over_sampling
import imblearn.under_sampling
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import ks_2samp
from sklearn.base import clone

from assay.balance import SMOTE, SVMSMOTE
from assay.balance.samplers.edited import EditedNearestNeighbours
from assay.balance.samplers.smote_enn import SMOTEENN
from assay.balance.samplers.smote_tomek import SMOTETomek
from assay.balance.samplers.tomek_links import TomekLinks

PAIRS = [
    (SMOTEENN, imblearn.combine.SMOTEENN, imblearn.under_sampling.EditedNearestNeighbours, "enn"),
    (SMOTETomek, imblearn.combine.SMOTETomek, imblearn.under_sampling.TomekLinks, "tomek"),
]


def table(seed, n_classes=2):
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(n_classes), [150, 40, 25][:n_classes])
    return rng.normal(size=(len(y), 3)) + y[:, None], y


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(("ours", "theirs", "cleaning", "_"), PAIRS)
def test_what_stays_is_what_imbalanced_learn_keeps_of_the_same_rows_of_smote(ours, theirs, cleaning, _, n_classes):
    for seed in range(4):
        X, y = table(seed, n_classes)
        made, labels = ours(random_state=seed).fit_resample(X, y)
        grown = SMOTE(random_state=seed).fit_resample(X, y)
        expected, expected_labels = cleaning(sampling_strategy="all").fit_resample(*grown)
        np.testing.assert_array_equal(made, expected)
        np.testing.assert_array_equal(labels, expected_labels)
        assert len(made) < len(grown[0])


@pytest.mark.parametrize(("ours", "theirs", "_", "name"), PAIRS)
def test_the_rows_have_the_law_of_imbalanced_learns(ours, theirs, _, name):
    X, y = table(9)
    mine, their_rows = [], []
    for seed in range(20):
        for rows, sampler in ((mine, ours), (their_rows, theirs)):
            made, labels = sampler(random_state=seed).fit_resample(X, y)
            rows.append((made[labels == 1], (labels == 0).sum(), (labels == 1).sum()))
    for code in (1, 2):
        counts, expected = ([part[code] for part in rows] for rows in (mine, their_rows))
        error = np.sqrt(np.var(counts, ddof=1) / 20 + np.var(expected, ddof=1) / 20)
        assert abs(np.mean(counts) - np.mean(expected)) < 4 * error + 1e-9
    for column in range(3):
        first, second = (np.concatenate([part[0][:, column] for part in rows[::1]]) for rows in (mine, their_rows))
        assert ks_2samp(first[::20], second[::20]).pvalue > 1e-3


@pytest.mark.parametrize(("ours", "_", "__", "name"), PAIRS)
def test_samplers_that_are_given_are_used_in_place_of_the_usual_ones(ours, _, __, name):
    X, y = table(1)
    cleaner = {"enn": EditedNearestNeighbours(n_neighbors=1, kind_sel="mode"), "tomek": TomekLinks(sampling_strategy=[0])}[name]
    smote = SMOTE(sampling_strategy=0.5, random_state=3, k_neighbors=2)
    combined = ours(smote=smote, random_state=8, **{name: cleaner})
    made, labels = combined.fit_resample(X, y)
    expected, expected_labels = cleaner.fit_resample(*smote.fit_resample(X, y))
    np.testing.assert_array_equal(made, expected)
    np.testing.assert_array_equal(labels, expected_labels)
    assert combined.sampling_strategy_ == {1: 35}
    assert not hasattr(smote, "parents_") or combined.smote_ is not smote
    assert combined.get_params()["smote"] is smote


def test_the_samplers_of_imbalanced_learn_may_be_given_too():
    X, y = table(1)
    theirs = imblearn.over_sampling.SMOTE(random_state=0)
    made = SMOTETomek(smote=theirs).fit_resample(X, y)[0]
    np.testing.assert_array_equal(made, imblearn.combine.SMOTETomek(random_state=0).fit_resample(X, y)[0])


def test_the_notes_of_both_samplers_are_kept():
    X, y = table(2)
    few = np.r_[0:60, 150:153]
    combined = SMOTETomek(random_state=0)
    combined.fit_resample(X[few], y[few])
    assert combined.notes_ == ("k_neighbors was lowered from 5 to 2: class 1 has no more rows to find.",)
    assert combined.sampling_strategy_ == {1: 57}


@pytest.mark.parametrize("frame", [np.asarray, pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize(("ours", "_", "__", "name"), PAIRS)
def test_rows_are_the_same_whether_they_are_all_made_before_the_cleaning_or_not(ours, _, __, name, frame):
    X, y = table(3, 3)
    X = frame(X) if frame is not pl.DataFrame else pl.DataFrame(X, schema=["a", "b", "c"])
    grower = SVMSMOTE(random_state=4)  # rows outside of the segments, too
    cleaner = (EditedNearestNeighbours if name == "enn" else TomekLinks)(sampling_strategy="all")
    sampler = ours(smote=grower, **{name: cleaner})
    rows, labels = sampler.fit_resample(X, y)
    expected, expected_labels = clone(cleaner).fit_resample(*clone(grower).fit_resample(X, y))
    assert type(rows) is type(X)
    np.testing.assert_array_equal(np.asarray(rows), np.asarray(expected))
    np.testing.assert_array_equal(labels, expected_labels)
    assert getattr(sampler, f"{name}_").n_features_in_ == 3
    weights = np.random.default_rng(0).random(len(y))
    grown = clone(grower)
    grown.fit_resample(X, y)
    np.testing.assert_array_equal(sampler.carried_weights(weights), grown.carried_weights(weights)[sampler.sample_indices_])
