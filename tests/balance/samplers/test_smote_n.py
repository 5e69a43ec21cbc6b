"""SMOTE-N against imbalanced-learn's: its distances, its neighbours, its votes."""

from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn import over_sampling as theirs
from imblearn.metrics.pairwise import ValueDifferenceMetric
from scipy import sparse
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from assay.balance.geometry import Search
from assay.balance.oversample.nominal import Combinations, _nearest, class_shares, commonest_levels
from assay.balance.samplers.smote_n import SMOTEN
from assay.balance.strategy import SamplingError


def categories(n=120, n_classes=2, columns=6, levels=9, seed=0):
    """Levels whose class shares differ: with so many combinations no two pairs of rows lie equally far apart."""
    rng = np.random.default_rng(seed)
    share = [0.75, 0.25] if n_classes == 2 else [0.6, 0.25, 0.15]
    y = rng.choice(n_classes, n, p=share)
    return (rng.integers(0, levels, (n, columns)) + y[:, None] * rng.integers(0, 3, (n, columns))) % levels, y


def fruit():
    """imbalanced-learn's own test data."""
    X = np.array([["A"] * 10 + ["B"] * 20 + ["C"] * 30, ["A"] * 40 + ["B"] * 20, list("ABCD" * 15)], dtype=object).T
    np.random.default_rng(0).shuffle(X)
    return X, np.array(["not apple", "apple"], dtype=object)[np.repeat([0, 1], [20, 40])]


def value_differences(codes, y):
    """imbalanced-learn's matrix of distances between all rows."""
    return ValueDifferenceMetric().fit(codes.astype(np.int32), y).pairwise(codes.astype(np.int32))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_neighbours_are_the_nearest_by_imbalanced_learns_distances(n_classes, seed):
    X, y = categories(n_classes=n_classes, seed=seed)
    distances = value_differences(X, y)
    own = np.flatnonzero(y == 1)
    combinations = Combinations.of(X[own])
    assert len(combinations.counts) == len(own)  # no two rows alike here, so every combination is one row
    rows = np.argsort(combinations.of_row)
    near = _nearest(combinations.codes, class_shares(X, y), 5, Search())
    among = distances[np.ix_(own[rows], own[rows])]
    np.fill_diagonal(among, np.inf)
    np.testing.assert_allclose(np.take_along_axis(among, near, axis=1), np.sort(among, axis=1)[:, :5], rtol=1e-9, atol=1e-12)


def test_of_very_many_rows_the_proposed_neighbours_are_nearly_all_right():
    X, y = categories(3000, 3, columns=8)
    combinations, shares = Combinations.of(X), class_shares(X, y)
    exact, quick = (_nearest(combinations.codes, shares, 5, Search(exact)) for exact in (True, False))
    shared = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(exact, quick, strict=True)])
    assert 0.99 < shared < 1


@pytest.mark.parametrize("n_classes", [2, 3])
def test_each_row_makes_what_imbalanced_learn_makes_of_it(n_classes):
    """Its new rows are the votes of a row and its neighbours, without chance but which row: held against its whole support."""
    X, y = categories(300, n_classes)
    encoder = OrdinalEncoder(dtype=np.int32)
    codes = encoder.fit_transform(X)
    label = 1
    own = np.flatnonzero(y == label)
    many = {int(name): int(n) for name, n in Counter(y.tolist()).items()} | {label: len(own) + 4000}
    made = SMOTEN(sampling_strategy=many, random_state=0).fit_resample(X, y)[0][300:]
    expected = theirs.SMOTEN(sampling_strategy=many, random_state=0).fit_resample(X, y)[0][300:]
    a, b = Counter(map(tuple, made.tolist())), Counter(map(tuple, np.asarray(expected).tolist()))
    assert set(a) == set(b)
    for row in a:  # as often, within 5 standard errors of the difference
        assert abs(a[row] - b[row]) < 5 * np.sqrt(a[row] + b[row])
    assert codes.shape == X.shape


def test_copies_of_a_row_vote_for_it_before_others():
    codes = np.array([[0, 0]] * 4 + [[1, 1], [2, 2], [3, 3]])
    y = np.array([1, 1, 1, 1, 1, 1, 1])
    background = np.array([[level, level] for level in (0, 1, 2, 3) for _ in range(level + 1)])
    shares = class_shares(np.vstack([codes, background]), np.r_[y, np.zeros(len(background), dtype=int)])
    combinations = Combinations.of(codes)
    made = commonest_levels(combinations, shares, 3, Search())
    assert made[0].tolist() == [0, 0]
    assert combinations.counts.tolist() == [4, 1, 1, 1]
    # (1, 1) with its three nearest, which are copies of (0, 0) or (2, 2) and (3, 3): the commonest, ties to the first
    assert made[1].tolist() in ([0, 0], [1, 1])


def test_equally_common_levels_go_to_the_first_in_sorted_order_and_missing_comes_last():
    X = np.array([["b"], ["a"], [None], ["z"], ["z"], ["z"], ["z"]], dtype=object)
    y = np.array([1, 1, 1, 0, 0, 0, 0])
    made = SMOTEN(k_neighbors=2, random_state=0).fit_resample(X, y)[0]
    assert made[7:].tolist() == [["a"]]


def test_rows_are_made_as_imbalanced_learns_tests_expect():
    X, y = fruit()
    made, labels = SMOTEN(random_state=0).fit_resample(X, y)
    assert made.shape == (80, 3)
    assert labels.shape == (80,)
    assert made.dtype == object
    colours = np.array(["green"] * 5 + ["red"] * 10 + ["blue"] * 7, dtype=object).reshape(-1, 1)
    kinds = np.array(["apple"] * 5 + ["not apple"] * 3 + ["apple"] * 7 + ["not apple"] * 5 + ["apple"] * 2, dtype=object)
    made, labels = SMOTEN(random_state=0).fit_resample(colours, kinds)
    assert set(made[22:, 0]) == {"blue"}
    assert set(labels[22:]) == {"not apple"}


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_matrix])
def test_a_sparse_matrix_of_levels_stays_sparse(form):
    X, y = fruit()
    thin = OneHotEncoder().fit_transform(X).toarray()
    made, labels = SMOTEN(random_state=0).fit_resample(form(thin), y)
    assert type(made) is form
    assert made.shape[0] == len(labels) == 80
    np.testing.assert_array_equal(made.toarray(), SMOTEN(random_state=0).fit_resample(thin, y)[0])


def test_every_kind_of_table_gives_the_same_rows_in_its_own_types():
    X, y = categories(150, levels=4)
    words = np.array(["north", "east", "south", "west"], dtype=object)[X]
    plain, labels = SMOTEN(random_state=0).fit_resample(words, y)
    names = list("abcdef")
    assert SMOTEN(random_state=0).fit_resample(words.tolist(), y.tolist()) == (plain.tolist(), labels.tolist())
    assert SMOTEN(random_state=0).fit_resample(words.astype(str), y)[0].dtype.kind == "U"
    kinds = {"a": pl.Categorical, "b": pl.Enum(["north", "east", "south", "west"])}
    table = pl.DataFrame(words.tolist(), schema=names, orient="row").cast(kinds)
    made, series = SMOTEN(random_state=0).fit_resample(table, pl.Series("y", y))
    assert made.schema == table.schema
    assert made.cast(pl.String).rows() == [tuple(row) for row in plain]
    assert series.name == "y"
    frame = pd.DataFrame(words, columns=names).astype({"a": "category"})
    again, _ = SMOTEN(random_state=0).fit_resample(frame, pd.Series(y))
    assert again.dtypes.equals(frame.dtypes)
    assert again.astype(object).to_numpy().tolist() == plain.tolist()
    whole = SMOTEN(random_state=0).fit_resample(X, y)[0]
    assert whole.dtype == X.dtype


def test_a_missing_value_is_a_level_in_every_kind_of_table():
    """The rare class lacks its first value, so its new rows lack it too."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [60, 12])
    words = rng.choice(["x", "y"], (72, 2)).astype(object)
    words[60:, 0] = None
    for table in (
        words,
        pl.DataFrame(words.tolist(), schema=["a", "b"], orient="row"),
        pd.DataFrame(words, columns=["a", "b"]).astype("category"),
    ):
        made = SMOTEN(random_state=0).fit_resample(table, y)[0]
        column = pd.Series(made[:, 0]) if isinstance(made, np.ndarray) else pd.Series(list(made["a"]))
        assert column[72:].isna().all()
        assert not column[:60].isna().any()
    numbers = np.column_stack([np.where(y == 1, np.nan, 3.0), rng.integers(0, 3, 72)])
    made = SMOTEN(random_state=0).fit_resample(numbers, y)[0]
    assert np.isnan(made[72:, 0]).all()


def test_levels_of_several_types_are_told_apart():
    X = np.array([[1], ["1"], [1.5], ["b"], [None], ["b"], [1]], dtype=object)
    made = SMOTEN(random_state=0, k_neighbors=1).fit_resample(X, np.array([0, 0, 0, 0, 0, 1, 1]))[0]
    assert len(made) == 10
    assert set(made[7:, 0]) <= {1, "b"}


def test_a_small_class_uses_all_its_rows_and_one_row_is_copied_and_the_sampler_says_so():
    X, y = categories(60)
    X, y = np.vstack([X[y == 0], X[y == 1][:3]]), np.r_[np.zeros((y == 0).sum(), dtype=int), 1, 1, 1]
    sampler = SMOTEN(random_state=0)
    made, labels = sampler.fit_resample(X, y)
    assert sampler.notes_ == ("k_neighbors was lowered from 5 to 2: class 1 has no more rows to find.",)
    assert np.bincount(labels)[0] == np.bincount(labels)[1]
    sampler.fit_resample(X[:-2], y[:-2])
    assert sampler.notes_ == ("class 1 has 1 row, which was copied: there is no other to vote.",)
    made = sampler.fit_resample(X[:-2], y[:-2])[0]
    assert (made[len(X) - 2 :] == X[-3]).all()


def test_what_is_no_table_is_refused():
    with pytest.raises(ValueError, match="shape"):
        SMOTEN().fit_resample(np.array(["a", "b", "c"], dtype=object), [0, 0, 1])
    with pytest.raises(SamplingError, match="k_neighbors=0"):
        SMOTEN(k_neighbors=0).fit_resample(*fruit())


@pytest.mark.parametrize(("n_classes", "columns"), [(2, 8), (3, 5)])
def test_a_hundred_thousand_rows_are_no_matrix_of_pairs(n_classes, columns):
    """A class of 25 000 rows: all pairs would take 5 GB."""
    X, y = categories(100_000, n_classes, columns=columns, levels=6)
    made, labels = SMOTEN(random_state=0).fit_resample(X, y)
    counts = np.bincount(labels)
    assert (counts == counts.max()).all()
    assert len(made) == len(labels)
