"""SMOTENC: its categories, types and refusals; its law is compared in test_same_law."""

from collections import Counter

import imblearn.over_sampling
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from assay.balance import SMOTENC
from assay.balance.oversample.nominal_continuous import most_common, points
from assay.balance.samplers.tables import levels_of
from assay.balance.strategy import SamplingError

Y = np.array([0] * 10 + [1] * 20)


def objects():
    rng = np.random.RandomState(42)
    X = np.empty((30, 4), dtype=object)
    X[:, [1, 2]] = rng.randn(30, 2)
    X[:, 0] = rng.choice(["a", "b", "c"], size=30).astype(object)
    X[:, 3] = rng.randint(3, size=30)
    return X


@pytest.mark.parametrize("categories", [[0, 3], [True, False, False, True], np.array([0, -1])])
def test_objects_come_back_as_objects_with_known_levels(categories):
    X = objects()
    sampler = SMOTENC(categories, random_state=0)
    made, y = sampler.fit_resample(X, Y)
    assert made.dtype == object
    assert Counter(y.tolist()) == {0: 20, 1: 20}
    assert np.array_equal(made[:30], X)
    assert set(made[:, 0]) == {"a", "b", "c"}
    assert set(made[:, 3]) == {0, 1, 2}
    assert sampler.categorical_features_.tolist() == [0, 3]
    assert sampler.continuous_features_.tolist() == [1, 2]


def test_frames_of_pandas_keep_every_dtype():
    frame = pd.DataFrame(
        {"c": pd.Categorical(list("abbacaba" * 3)), "f": [0.3, 0.5, 0.1, 0.2] * 6, "b": [False, False, True] * 8, "n": range(24)}
    ).astype({"f": "float32", "n": "int16"})
    target = pd.Series([1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0] * 2, name="out")
    made, y = SMOTENC(["c", "b"], random_state=0).fit_resample(frame, target)
    assert made.dtypes.equals(frame.dtypes)
    assert made.iloc[:24].equals(frame)
    assert y.name == "out"
    assert len(made) == len(y) == 32
    assert made.index.is_unique


def test_frames_of_polars_keep_every_dtype_and_missing_levels():
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "s": pl.Series([None if r < 0.2 else "xyz"[int(3 * r)] for r in rng.random(60)]),
            "f": rng.normal(size=60).astype(np.float32),
            "e": pl.Series(rng.choice(["u", "v"], 60), dtype=pl.Enum(["u", "v", "never"])),
            "n": rng.integers(0, 9, 60).astype(np.int8),
        }
    )
    y = pl.Series("y", ["rare"] * 15 + ["common"] * 45)
    made, labels = SMOTENC("auto", random_state=0).fit_resample(frame, y)
    assert made.schema == frame.schema
    assert made[:60].equals(frame)
    assert labels.dtype == pl.String
    assert set(made["e"][60:]) == {"u", "v"}
    assert {"x", "y", "z"} >= set(made["s"][60:]) - {None}
    assert len(set(made["s"][60:])) > 1
    assert made["n"].is_between(0, 8).all()


def test_levels_are_told_apart_whatever_the_column_came_in():
    words = ["b", "a", None, "b", "c", None, "a"]
    columns = [
        pl.DataFrame({"w": words}),
        pl.DataFrame({"w": pl.Series(words, dtype=pl.Categorical)}),
        pd.DataFrame({"w": words}),
        pd.DataFrame({"w": pd.Categorical(words)}),
        np.array(words, dtype=object)[:, None],
        np.array([2.0, 1.0, np.nan, 2.0, 3.0, np.nan, 1.0])[:, None],
        pl.DataFrame({"w": [2, 1, None, 2, 3, None, 1]}),
    ]
    for table in columns:
        codes, examples = levels_of(table, 0)
        assert [codes.tolist().index(code) for code in codes] == [0, 1, 2, 0, 4, 2, 1]
        assert codes[examples].tolist() == list(range(len(examples))) == [0, 1, 2, 3]


def test_a_missing_number_is_no_obstacle_and_stays_among_its_children():
    X = np.column_stack([np.r_[np.nan, np.arange(29.0)], np.random.default_rng(0).normal(size=30), np.tile([0, 1, 2], 10)])
    made = SMOTENC([2], random_state=0, sampling_strategy={0: 2000}).fit_resample(X, Y)[0][30:]
    assert 0 < np.isnan(made[:, 0]).mean() < 0.5
    assert not np.isnan(made[:, 1:]).any()


def test_numbers_are_scaled_unless_told_otherwise():
    """In metres the first column would decide alone."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=30), rng.normal(size=30), rng.integers(0, 2, 30)])
    metres = X * np.array([1000.0, 1.0, 1.0])
    kept = SMOTENC([2], random_state=0).fit_resample(X, Y)[0]
    np.testing.assert_allclose(SMOTENC([2], random_state=0).fit_resample(metres, Y)[0] / [1000, 1, 1], kept)
    raw = SMOTENC([2], random_state=0, scale=False).fit_resample(metres, Y)[0]
    assert not np.allclose(raw / [1000, 1, 1], kept)


def test_a_mismatch_costs_what_it_costs_in_imbalanced_learn():
    rng = np.random.default_rng(0)
    numbers, codes = rng.normal(size=(20, 3)), rng.integers(0, 4, (20, 1))
    oracle = imblearn.over_sampling.SMOTENC([3], random_state=0)
    oracle.fit_resample(
        np.column_stack([np.vstack([numbers, numbers, numbers]), np.tile(codes, (3, 1))]), np.repeat([1, 0], [20, 40])
    )
    found = points(list(numbers.T), list(codes.T), np.ones(3), np.zeros(3))
    apart = np.sqrt(((found[:, None] - found[None]) ** 2)[:, :, 3:].sum(axis=2))
    assert np.unique(apart.round(5)).tolist() == pytest.approx([0, oracle.median_std_[1]], abs=1e-5)


def test_the_most_common_level_of_the_mates_is_taken_and_ties_are_drawn_evenly():
    codes, mates = np.array([0, 1, 1, 2]), np.array([[1, 2, 3], [0, 3, 0], [0, 1, 3], [1, 2, 0]])
    base = np.repeat(np.arange(4), 9000)
    found = most_common(codes, mates, base, np.random.default_rng(0)).reshape(4, 9000)
    assert set(found[0]) == {1}
    assert set(found[1]) == {0}
    assert np.bincount(found[2], minlength=3) / 9000 == pytest.approx(np.full(3, 1 / 3), abs=0.02)
    assert set(found[3]) == {1}


def test_categories_are_those_of_the_class_where_no_number_varies():
    data = np.array(
        [[1, 2, 1, "A"], [2, 1, 2, "A"], [2, 1, 2, "A"], [1, 2, 3, "B"], [1, 2, 4, "C"], [1, 2, 5, "C"]] + [[1, 2, 4, "C"]] * 3,
        dtype=object,
    )
    labels = np.repeat(["one", "two", "three"], [4, 2, 3]).astype(object)
    made = SMOTENC([3], k_neighbors=1, random_state=0).fit_resample(data, labels)[0]
    assert made[-3:, -1].tolist() == ["C", "C", "C"]


def test_a_small_class_lowers_k_and_a_single_row_is_copied():
    X = objects()
    sampler = SMOTENC([0, 3], random_state=0)
    sampler.fit_resample(X, np.array([0] * 3 + [1] * 27))
    assert sampler.notes_ == ("k_neighbors was lowered from 5 to 2: class 0 has no more rows to find.",)
    made = sampler.fit_resample(X, np.array([0] + [1] * 29))[0]
    assert all(row.tolist() == X[0].tolist() for row in made[30:])


@pytest.mark.parametrize(
    ("X", "categories", "sentence"),
    [
        (objects(), [0, 10], "names 10, which is no column"),
        (objects(), [], "names none; use SMOTE"),
        (objects(), [0, 1, 2, 3], "all columns are categories; use SMOTEN"),
        (objects(), [True], "a mask of 1 columns, and the table has 4"),
        (objects(), "auto", "reads the types of a frame"),
        (objects(), [3], "column 0 holds what is no number"),
        (sparse.csr_matrix(np.eye(30)), [0], "takes no sparse matrix"),
        (
            pd.DataFrame({"a": range(30), "b": list("xy" * 15)}),
            ["c"],
            "names 'c', which is no column of the table; its columns are a, b",
        ),
        (np.column_stack([np.r_[np.inf, np.arange(29.0)], np.tile([0, 1], 15)]), [1], "infinite"),
    ],
)
def test_bad_tables_and_settings_are_one_sentence(X, categories, sentence):
    with pytest.raises(SamplingError, match=sentence):
        SMOTENC(categories).fit_resample(X, Y)


def test_the_same_seed_gives_the_same_rows():
    X = objects()
    first, second, other = (SMOTENC([0, 3], random_state=seed).fit_resample(X, Y)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
