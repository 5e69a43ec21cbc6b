"""Categories against scikit-learn's encoders."""

import numpy as np
import polars as pl
import pytest
from sklearn.preprocessing import OneHotEncoder

from assay.core.errors import BundleError
from assay.prepare.categories import LevelCode, OneHot


def one_hot(series: pl.Series, **settings: int) -> OneHot:
    return OneHot.fit(series, **{"rare_below": 1, "max_levels": 100, "sparse_above": 100} | settings)


@pytest.fixture
def series() -> pl.Series:
    rng = np.random.default_rng(1)
    return pl.Series("c", rng.choice(["a", "b", "c", "d", "e"], 300, p=[0.5, 0.3, 0.15, 0.03, 0.02]))


def test_one_column_a_level_equals_scikit_learn(series: pl.Series) -> None:
    expected = OneHotEncoder(sparse_output=False).fit_transform(series.to_numpy().reshape(-1, 1))
    np.testing.assert_array_equal(one_hot(series).transform(series), expected)


def test_rare_levels_share_the_column_that_scikit_learn_calls_infrequent(series: pl.Series) -> None:
    oracle = OneHotEncoder(sparse_output=False, min_frequency=20, handle_unknown="infrequent_if_exist")
    oracle.fit(series.to_numpy().reshape(-1, 1))
    asked = pl.Series("c", ["a", "d", "e", "never seen"])
    fitted = one_hot(series, rare_below=20)
    np.testing.assert_array_equal(fitted.transform(asked), oracle.transform(asked.to_numpy().reshape(-1, 1)))


def test_an_unseen_level_is_all_zeros_where_no_level_is_rare() -> None:
    assert one_hot(pl.Series("c", ["a", "b"])).transform(pl.Series("c", ["z", "b"])).tolist() == [[0, 0], [0, 1]]


def test_missing_is_a_level_of_its_own_if_training_rows_had_it() -> None:
    fitted = one_hot(pl.Series("c", ["a", None, "b"]))
    assert fitted.transform(pl.Series("c", [None, "a"], dtype=pl.String)).tolist() == [[0, 0, 1], [1, 0, 0]]
    without = one_hot(pl.Series("c", ["a", "b"]))
    assert without.transform(pl.Series("c", [None], dtype=pl.String)).tolist() == [[0, 0]]


def test_a_column_that_is_all_missing_has_one_column() -> None:
    series = pl.Series("c", [None, None], dtype=pl.String)
    assert one_hot(series).transform(series).tolist() == [[1], [1]]


def test_sparse_and_dense_say_the_same(series: pl.Series) -> None:
    thin = one_hot(series, sparse_above=2, rare_below=20)
    np.testing.assert_array_equal(thin.transform(series).toarray(), one_hot(series, rare_below=20).transform(series))


def test_only_the_most_frequent_levels_get_columns(series: pl.Series) -> None:
    assert one_hot(series, max_levels=2).levels == ("a", "b")


def test_codes_follow_the_numbers_when_all_levels_are_numbers() -> None:
    fitted = LevelCode.fit(pl.Series("c", ["10", "9", "100", "9"]), max_levels=10)
    assert fitted.levels == ("9", "10", "100")


def test_codes_follow_the_names_otherwise_and_unseen_and_missing_are_nan() -> None:
    fitted = LevelCode.fit(pl.Series("c", ["b", "a", "10"]), max_levels=10)
    np.testing.assert_array_equal(fitted.transform(pl.Series("c", ["10", "b", "z", None])), [[0], [2], [np.nan], [np.nan]])


@pytest.mark.parametrize(
    "damage", [{"levels": ["a", "a"]}, {"levels": [1]}, {"levels": "ab"}, {"has_rare": 1}, {"is_sparse": None}]
)
def test_a_damaged_state_is_refused(series: pl.Series, damage: dict) -> None:
    with pytest.raises(BundleError):
        OneHot.from_state(one_hot(series).state() | damage)
