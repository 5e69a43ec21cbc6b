"""Our synthetic rows and imbalanced-learn's come from the same law.

Given one table, the new rows of one call are drawn independently, so that two-sample tests hold.  Every threshold is 0.001
divided by the number of tests made with it.
"""

import imblearn.over_sampling as theirs
import numpy as np
import pytest
from scipy.stats import chi2_contingency, ks_2samp

import assay.balance as ours
from assay.balance.geometry import Plain, Search
from assay.balance.oversample.borderline import in_danger
from assay.balance.oversample.parents import Growing

N_NEW = 6000


def overlapping(seed, d=4, sizes=(150, 60)):
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], sizes)
    return rng.normal(size=(len(y), d)) * np.arange(1, d + 1) + 0.9 * y[:, None], y


def made(sampler, X, y):
    found, labels = sampler.fit_resample(X, y)
    assert (labels[len(y) :] == 1).all()
    return found[len(y) :]


def assert_same_law(first, second):
    rng = np.random.default_rng(0)
    directions = np.hstack([np.eye(first.shape[1]), rng.normal(size=(first.shape[1], 6))])
    for direction in directions.T:
        assert ks_2samp(first @ direction, second @ direction).pvalue > 0.001 / directions.shape[1]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SMOTE", {"k_neighbors": 3}),
        ("ADASYN", {"n_neighbors": 5}),
        ("BorderlineSMOTE", {"kind": "borderline-1", "m_neighbors": 7}),
        ("BorderlineSMOTE", {"kind": "borderline-2", "m_neighbors": 7, "k_neighbors": 8}),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_new_rows_are_distributed_as_those_of_imbalanced_learn(name, settings, seed):
    X, y = overlapping(seed)
    strategy = {1: 60 + N_NEW}
    mine = made(getattr(ours, name)(sampling_strategy=strategy, random_state=seed, **settings), X, y)
    its = made(getattr(theirs, name)(sampling_strategy=strategy, random_state=seed, **settings), X, y)
    assert abs(len(mine) - len(its)) == 0
    assert_same_law(mine, its)


def test_the_comparison_would_notice_another_law():
    X, y = overlapping(0)
    strategy = {1: 60 + N_NEW}
    plain = made(ours.SMOTE(sampling_strategy=strategy, random_state=0), X, y)
    near_the_border = made(ours.BorderlineSMOTE(sampling_strategy=strategy, random_state=0), X, y)
    with pytest.raises(AssertionError):
        assert_same_law(plain, near_the_border)


def test_adasyn_gives_each_row_the_number_that_imbalanced_learn_gives_it():
    """Four columns apart from its own, a new row's line through its parents would be unique; the shares are checked instead."""
    X, y = overlapping(3)
    sampler = ours.ADASYN(sampling_strategy={1: 160}, random_state=0)
    sampler.fit_resample(X, y)
    its = theirs.ADASYN(sampling_strategy={1: 160}, random_state=0)
    assert len(its.fit_resample(X, y)[0]) == len(y) + len(sampler.parents_)
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=6).fit(X).kneighbors(X[y == 1], return_distance=False)[:, 1:]
    shares = (y[near] == 0).mean(axis=1)
    expected = np.rint(shares / shares.sum() * 100).astype(int)
    assert np.bincount(sampler.parents_.first - 150, minlength=60).tolist() == expected.tolist()


@pytest.mark.parametrize("m", [3, 7, 10])
def test_the_rows_in_danger_are_those_of_imbalanced_learn(m):
    X, y = overlapping(5)
    oracle = theirs.BorderlineSMOTE(m_neighbors=m, random_state=0)
    oracle.fit_resample(X, y)
    own = np.flatnonzero(y == 1)
    found = in_danger(Growing(Plain(X), y, own, "1", Search()), m)
    assert own[found].tolist() == oracle.in_danger_indices[1].tolist()


def mixed_table(seed):
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [150, 60])
    numbers = rng.normal(size=(210, 3)) + 0.8 * y[:, None]
    numbers /= numbers.std(axis=0)
    return np.column_stack([numbers, rng.integers(0, 3, 210), rng.integers(0, 4, 210) // (1 + y)]), y


@pytest.mark.parametrize("scale", [True, False])
def test_smote_nc_makes_rows_as_imbalanced_learn_does_of_columns_on_one_scale(scale):
    X, y = mixed_table(0)
    strategy = {1: 60 + N_NEW}
    mine = made(ours.SMOTENC([3, 4], sampling_strategy=strategy, random_state=0, scale=scale), X, y)
    its = made(theirs.SMOTENC([3, 4], sampling_strategy=strategy, random_state=0), X, y)
    assert_same_law(mine[:, :3], its[:, :3])
    combined = [rows[:, 3] * 10 + rows[:, 4] for rows in (mine, its)]
    levels = np.unique(np.concatenate(combined))
    counts = np.array([[np.sum(values == level) for level in levels] for values in combined])
    assert chi2_contingency(counts[:, counts.sum(axis=0) > 10]).pvalue > 0.001
