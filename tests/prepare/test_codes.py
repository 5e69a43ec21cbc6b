"""Codes for learnt vectors against scikit-learn's OrdinalEncoder, and the promise that every code has training rows."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import OrdinalEncoder

from assay.core.errors import BundleError
from assay.prepare.codes import EmbeddingCode


def fit(values: list[str | None], rare_below: int = 2, max_levels: int = 100) -> EmbeddingCode:
    return EmbeddingCode.fit(pl.Series("c", values, dtype=pl.String), rare_below=rare_below, max_levels=max_levels)


def codes(fitted: EmbeddingCode, values: list[str | None]) -> list[float]:
    return fitted.transform(pl.Series("c", values, dtype=pl.String))[:, 0].tolist()


def test_without_rare_levels_and_gaps_the_codes_are_scikit_learns() -> None:
    values = np.random.default_rng(0).choice(["b", "a", "d", "c"], 60)
    fitted = fit(values.tolist())
    expected = OrdinalEncoder().fit_transform(values[:, None])[:, 0]
    np.testing.assert_array_equal(codes(fitted, values.tolist()), expected)
    assert fitted.parts[0] == ("code", 1, 4)


def test_with_rare_levels_the_codes_are_scikit_learns_too() -> None:
    values = np.array(list("aaaabbbcccdde"))
    theirs = OrdinalEncoder(min_frequency=3, handle_unknown="use_encoded_value", unknown_value=3).fit(values[:, None])
    fitted = fit(values.tolist(), rare_below=3)
    np.testing.assert_array_equal(codes(fitted, list("abcdez")), theirs.transform(np.array(list("abcdez"))[:, None])[:, 0])


def test_rare_unseen_and_missing_values_have_codes_where_training_rows_had_them() -> None:
    fitted = fit(["a", "a", "b", "b", "c", None, None])
    assert fitted.n_codes == 4
    assert codes(fitted, ["a", "b", "c", "unseen", None]) == [0, 1, 2, 2, 3]


def test_a_rare_gap_shares_the_code_of_rare_levels() -> None:
    fitted = fit(["a", "a", "b", "b", None])
    assert fitted.n_codes == 3
    assert codes(fitted, [None, "unseen"]) == [2, 2]


def test_what_no_training_row_stands_for_gets_the_most_frequent_code() -> None:
    assert codes(fit(["a", "a", "b", "b", "b"]), ["unseen", None]) == [1, 1]
    assert codes(fit(["a", "a", None, None, None]), ["unseen", None]) == [1, 1]


def test_levels_beyond_the_most_are_rare() -> None:
    fitted = fit(["a"] * 3 + ["b"] * 4 + ["c"] * 2, max_levels=2)
    assert codes(fitted, ["a", "b", "c"]) == [0, 1, 2]


@given(
    st.lists(st.sampled_from(["a", "b", "c", "d", "", None]), max_size=30),
    st.integers(1, 6),
    st.integers(1, 4),
    st.lists(st.sampled_from(["a", "e", None]), max_size=5),
)
def test_every_code_has_training_rows_and_no_row_has_another(
    train: list[str | None], rare_below: int, max_levels: int, later: list[str | None]
) -> None:
    fitted = fit(train, rare_below, max_levels)
    assert set(codes(fitted, train)) == set(range(fitted.n_codes if train else 0))
    assert set(codes(fitted, later)) <= set(range(fitted.n_codes))
    counts = np.bincount(np.array(codes(fitted, train), dtype=int), minlength=fitted.n_codes)
    assert counts[fitted.common] == counts.max()
    assert EmbeddingCode.from_state(fitted.state()) == fitted


@pytest.mark.parametrize(
    "damage",
    [
        {"levels": ["a", "a"]},
        {"levels": ["a", 1]},
        {"levels": "ab"},
        {"levels": []},
        {"has_rare": 1},
        {"has_missing": None},
        {"common": 2},
        {"common": -1},
        {"common": 0.0},
        {"common": True},
    ],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    state = fit(["a", "a", "b", "b"]).state()
    with pytest.raises(BundleError):
        EmbeddingCode.from_state(state | damage)
