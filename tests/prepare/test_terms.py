"""Terms against scikit-learn's vectorizers."""

import numpy as np
import polars as pl
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from assay.core.errors import BundleError
from assay.prepare.terms import TermSettings, TermWeights
from assay.prepare.texts import DIRECTIONS, TextDirections

WORDS = ["the", "a", "free", "prize", "call", "now", "мир", "труд", "май", "Привет", "you're", "2nd", "ok", "ёлка", "не_да", "x"]
RNG = np.random.default_rng(3)
TEXTS = [" ".join(RNG.choice(WORDS, RNG.integers(0, 12))) for _ in range(300)]
SERIES = pl.Series("t", TEXTS)


@pytest.mark.parametrize(("longest", "least"), [(1, 1), (2, 2), (3, 5)])
def test_tf_idf_equals_scikit_learn(longest: int, least: int) -> None:
    oracle = TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, longest), min_df=least, sublinear_tf=True)
    expected = oracle.fit_transform(TEXTS)
    fitted = TermWeights.fit(SERIES, TermSettings(longest=longest, min_texts=least))
    order = [fitted.terms.index(term) for term in oracle.get_feature_names_out()]
    assert len(fitted.terms) == len(order)
    np.testing.assert_allclose(fitted.transform(SERIES)[:, order].toarray(), expected.toarray(), atol=1e-12)


def test_counts_equal_scikit_learn() -> None:
    oracle = CountVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), min_df=2)
    expected = oracle.fit_transform(TEXTS)
    fitted = TermWeights.fit(SERIES, TermSettings(weighting="counts"))
    order = [fitted.terms.index(term) for term in oracle.get_feature_names_out()]
    np.testing.assert_array_equal(fitted.transform(SERIES)[:, order].toarray(), expected.toarray())


def test_russian_and_english_words_are_lowered_alike() -> None:
    fitted = TermWeights.fit(pl.Series("t", ["Привет, МИР!", "Hello МИР"]), TermSettings(longest=1, min_texts=1))
    assert set(fitted.terms) == {"привет", "мир", "hello"}


def test_few_texts_and_many_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    step = TermWeights.fit(SERIES, TermSettings(longest=2, min_texts=1, characters=(2, 3)))
    asked = pl.Series("text", ["the cat никогда", None, "", *TEXTS])
    few = step.transform(asked)
    monkeypatch.setattr("assay.prepare.terms.FEW_TERMS", 0)
    many = step.transform(asked)
    assert few.nnz > 0
    assert (few != many).nnz == 0


def test_a_missing_text_an_empty_one_and_one_of_unseen_words_are_rows_of_zeros() -> None:
    fitted = TermWeights.fit(SERIES, TermSettings())
    assert fitted.transform(pl.Series("t", [None, "", "quux", "!!!"])).nnz == 0


def test_texts_without_any_word_have_no_columns() -> None:
    empty = pl.Series("t", ["", None, "?!"])
    assert TermWeights.fit(empty, TermSettings()).transform(empty).shape == (3, 0)


def test_terms_that_are_all_rare_are_kept() -> None:
    assert TermWeights.fit(pl.Series("t", ["a", "b"]), TermSettings()).terms == ("a", "b")


def test_the_most_frequent_terms_are_kept() -> None:
    fitted = TermWeights.fit(pl.Series("t", ["a b", "a c", "a b"]), TermSettings(longest=1, min_texts=1, max_terms=2))
    assert fitted.terms == ("a", "b")


def test_directions_keep_the_products_of_texts_as_well_as_the_best_plane_can() -> None:
    fitted = TextDirections.fit(SERIES, TermSettings(), seed=0)
    weights = fitted.terms.transform(SERIES).toarray()
    exact = np.linalg.svd(weights, compute_uv=False)
    kept = (fitted.transform(SERIES) ** 2).sum()
    assert fitted.directions.shape[1] == DIRECTIONS
    assert kept == pytest.approx((exact[:DIRECTIONS] ** 2).sum(), rel=0.02)


def test_directions_of_very_few_terms_are_the_terms() -> None:
    few = pl.Series("t", ["a", "b b", "a"])
    fitted = TextDirections.fit(few, TermSettings(longest=1, min_texts=1), seed=0)
    np.testing.assert_array_equal(fitted.transform(few), [[1, 0], [0, 1], [1, 0]])


@pytest.mark.parametrize(
    "damage",
    [{"terms": ["a"]}, {"terms": None}, {"weights": np.array([1.0])}, {"longest": 0}, {"longest": 2.0}, {"is_counts": "no"}],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    with pytest.raises(BundleError):
        TermWeights.from_state(TermWeights.fit(SERIES, TermSettings()).state() | damage)


def test_damaged_directions_are_refused() -> None:
    state = TextDirections.fit(SERIES, TermSettings(), seed=0).state()
    for directions in (state["directions"][1:], state["directions"] * np.nan, state["directions"].astype(np.int64)):
        with pytest.raises(BundleError):
            TextDirections.from_state(state | {"directions": directions})
