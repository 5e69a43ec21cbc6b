"""What else may be a term: runs of characters, base forms, signs; other logarithms; hashing; what was saved before."""

import numpy as np
import polars as pl
import pytest
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer

from assay.core.errors import BundleError, ConfigError
from assay.data.schema import Column, Schema
from assay.prepare.columns import ColumnsStep, FittedColumns
from assay.prepare.hashed_terms import HashedTerms
from assay.prepare.named import preparation_named
from assay.prepare.terms import TermSettings, TermWeights
from assay.prepare.text.cleaning import SOCIAL
from assay.prepare.text.weights import inverse_frequency
from assay.prepare.texts import TextDirections, fit_terms

WORDS = [
    "the",
    "a",
    "Free",
    "prize!",
    "мир,",
    "труд",
    "Привет",
    "you're",
    "2nd",
    ":)",
    "ёлка",
    "не_да",
    "x",
    "👍",
    "книгами",
    "книга",
]
RNG = np.random.default_rng(8)
TEXTS = ["  ".join(RNG.choice(WORDS, RNG.integers(0, 12))) for _ in range(200)]
SERIES = pl.Series("t", TEXTS)
REFERENCE = ["I am happy I study machine learning", "I am happy", "I am sad I hate deep learning", "I hate learning"]
ODD = pl.Series("t", [None, "", "   ", "😀😀", "a\0b\0", "שלום עולם", "م" * 5, "Ð¿Ñ€Ð¸"])


def terms_of(texts: list[str], **settings) -> set[str]:
    return set(TermWeights.fit(pl.Series(texts), TermSettings(longest=1, min_texts=1, **settings)).terms)


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 4), (3, 5), (5, 9)])
def test_runs_of_characters_equal_scikit_learn(low: int, high: int) -> None:
    oracle = TfidfVectorizer(analyzer="char_wb", ngram_range=(low, high), min_df=2, sublinear_tf=True)
    expected = oracle.fit_transform(TEXTS)
    fitted = TermWeights.fit(SERIES, TermSettings(longest=0, characters=(low, high)))
    assert list(fitted.grams) == list(oracle.get_feature_names_out())
    np.testing.assert_allclose(fitted.transform(SERIES).toarray(), expected.toarray(), atol=1e-12)
    seen = fitted.transform(pl.Series(["неведомый prize", None]))
    np.testing.assert_allclose(seen.toarray()[0], oracle.transform(["неведомый prize"]).toarray()[0], atol=1e-12)
    assert seen[1].nnz == 0


def test_words_stand_before_characters_and_both_have_length_one() -> None:
    fitted = TermWeights.fit(SERIES, TermSettings(characters=(2, 3)))
    matrix = fitted.transform(SERIES)
    words = TermWeights.fit(SERIES, TermSettings())
    characters = TermWeights.fit(SERIES, TermSettings(longest=0, characters=(2, 3)))
    assert fitted.names == (*words.terms, *(f"‹{gram}›" for gram in characters.grams))
    np.testing.assert_array_equal(matrix[:, : len(words.terms)].toarray(), words.transform(SERIES).toarray())
    np.testing.assert_array_equal(matrix[:, len(words.terms) :].toarray(), characters.transform(SERIES).toarray())


def test_counts_of_characters_equal_scikit_learn() -> None:
    oracle = CountVectorizer(analyzer="char_wb", ngram_range=(2, 2))
    settings = TermSettings(longest=0, characters=(2, 2), weighting="counts", min_texts=1)
    counted = TermWeights.fit(SERIES, settings).transform(SERIES)
    np.testing.assert_array_equal(counted.toarray(), oracle.fit_transform(TEXTS).toarray())


def test_the_reference_has_these_inverse_frequencies() -> None:
    fitted = TermWeights.fit(pl.Series(REFERENCE), TermSettings(longest=1, min_texts=1, logarithm="10"))
    rounded = dict(zip(fitted.terms, fitted.weights.round(2).tolist(), strict=True))
    expected = {"i": 0.0, "am": 0.12, "happy": 0.3, "study": 0.6, "machine": 0.6, "learning": 0.12}
    assert rounded == expected | {"sad": 0.6, "hate": 0.3, "deep": 0.6}


def test_logarithms_are_told_apart_by_their_formulas() -> None:
    holding = np.array([1, 5, 10])
    np.testing.assert_allclose(inverse_frequency(holding, 10, "natural"), np.log([10, 2, 1]))
    np.testing.assert_allclose(inverse_frequency(holding, 10, "10"), np.log10([10, 2, 1]))
    oracle = TfidfVectorizer(smooth_idf=True).fit(REFERENCE)
    fitted = TermWeights.fit(pl.Series(REFERENCE), TermSettings(longest=1, min_texts=1))
    own = dict(zip(fitted.terms, fitted.weights, strict=True))
    np.testing.assert_allclose([own[term] for term in oracle.get_feature_names_out()], oracle.idf_)


@pytest.mark.parametrize("frequency", ["count", "once"])
def test_other_frequencies_equal_scikit_learn(frequency: str) -> None:
    oracle = TfidfVectorizer(token_pattern=r"\w+", binary=frequency == "once")
    expected = oracle.fit_transform(TEXTS)
    settings = TermSettings(longest=1, min_texts=1, frequency=frequency)  # type: ignore[arg-type]
    np.testing.assert_allclose(
        np.sort(TermWeights.fit(SERIES, settings).transform(SERIES).toarray()), np.sort(expected.toarray()), atol=1e-12
    )


def test_a_word_of_every_text_weighs_nothing_by_the_plain_logarithm() -> None:
    matrix = fit_terms(pl.Series(["да", "да"]), TermSettings(min_texts=1, logarithm="natural")).transform(pl.Series(["да"]))
    assert matrix.toarray().tolist() == [[0.0]]


def test_words_are_brought_to_one_form() -> None:
    texts = ["Книгами walking", "КНИГА walks", "книге caring"]
    assert terms_of(texts, words="lemmas") == {"книга", "walk", "care"}
    assert terms_of(texts, words="stems") == {"книг", "walk", "care"}
    assert len(terms_of(texts)) == 6


def test_runs_are_of_the_words_that_stay() -> None:
    fitted = TermWeights.fit(pl.Series(["The cat is ON the mat", "Кот её на ковре"]), TermSettings(min_texts=1, stop="drop"))
    assert set(fitted.terms) == {"cat", "mat", "cat mat", "кот", "ковре", "кот ковре"}


def test_signs_become_terms_where_asked() -> None:
    text = ["Да! :) ok?? 👍🏽, 5£ :D"]
    assert terms_of(text) == {"да", "ok", "5", "d"}
    assert terms_of(text, signs="emoticons") == {"да", "ok", "5", ":)", "👍🏽", ":d"}
    assert terms_of(text, signs="all") == {"да", "ok", "5", ":)", "👍🏽", ":d", "!", "??", ",", "£"}


def test_texts_are_cleaned_first() -> None:
    assert terms_of(["<b>Ёж</b> https://a.ru 😀"], cleaning=SOCIAL) == {"еж", "_link_", "_grinning_face_"}


@pytest.mark.parametrize("settings", [{}, {"characters": (3, 5)}, {"longest": 0, "characters": (2, 2)}])
def test_hashed_terms_equal_scikit_learn(settings: dict) -> None:
    width = 64
    words = HashingVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), n_features=width, alternate_sign=False, norm=None)
    counts = words.transform(TEXTS) * (settings.get("longest", 2) > 0)
    if "characters" in settings:
        runs = HashingVectorizer(
            analyzer="char_wb", ngram_range=settings["characters"], n_features=width, alternate_sign=False, norm=None
        )
        counts = counts + runs.transform(TEXTS)
    plain = HashedTerms.fit(SERIES, TermSettings(hashed=width, weighting="counts", **settings))
    np.testing.assert_array_equal(plain.transform(SERIES).toarray(), counts.toarray())
    expected = TfidfTransformer(sublinear_tf=True).fit(counts).transform(counts)
    weighed = HashedTerms.fit(SERIES, TermSettings(hashed=width, **settings))
    np.testing.assert_allclose(weighed.transform(SERIES).toarray(), expected.toarray(), atol=1e-12)


@pytest.mark.parametrize(
    "settings",
    [
        {"signs": "all", "characters": (1, 4)},
        {"hashed": 99, "characters": (1, 4)},
        {"words": "lemmas", "stop": "drop", "cleaning": SOCIAL},
    ],
)
def test_odd_texts_are_rows_like_others(settings: dict) -> None:
    fitted = fit_terms(ODD, TermSettings(min_texts=1, **settings))
    matrix = fitted.transform(ODD)
    assert matrix.shape == (len(ODD), fitted.width)
    assert np.isfinite(matrix.data).all()
    assert matrix[0].nnz == matrix[1].nnz == matrix[2].nnz == 0
    nothing = fit_terms(ODD[:3], TermSettings(**settings))
    assert nothing.transform(ODD).shape == (len(ODD), nothing.width)


SLOW = pytest.mark.slow


@pytest.mark.parametrize("piece", ["абв", *(pytest.param(piece, marks=SLOW) for piece in ("а ", "😀", "a\0"))])
def test_a_megabyte_in_one_cell_is_counted(piece: str) -> None:
    text = pl.Series([piece * (1_000_000 // len(piece.encode())), "да"])
    settings = TermSettings(min_texts=1, characters=(2, 4), signs="all", words="stems", weighting="counts")
    assert TermWeights.fit(text, settings).transform(text).sum() > 100_000


def test_a_model_saved_before_there_was_a_choice_is_read() -> None:
    fitted = TermWeights.fit(SERIES, TermSettings())
    old = {"kind": "terms", "terms": list(fitted.terms), "weights": fitted.weights, "longest": 2, "is_counts": False}
    assert set(fitted.state()) == set(old)
    np.testing.assert_array_equal(TermWeights.from_state(old).transform(SERIES).toarray(), fitted.transform(SERIES).toarray())


@pytest.mark.parametrize("settings", [{"hashed": 40}, {"characters": (1, 2), "cleaning": SOCIAL, "words": "stems"}])
def test_directions_of_every_kind_of_terms_are_kept(settings: dict) -> None:
    fitted = TextDirections.fit(SERIES, TermSettings(**settings), seed=0)
    back = TextDirections.from_state(fitted.state())
    np.testing.assert_array_equal(back.transform(SERIES), fitted.transform(SERIES))


@pytest.mark.parametrize(
    "settings",
    [
        {"longest": 0},
        {"longest": 11},
        {"characters": (0, 2)},
        {"characters": (3, 2)},
        {"characters": (3, 11)},
        {"words": "roots"},
        {"stop": "yes"},
        {"signs": "some"},
        {"logarithm": "2"},
        {"frequency": "rate"},
        {"weighting": "bm25"},
        {"hashed": 0},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict) -> None:
    with pytest.raises(ConfigError):
        TermSettings(**settings)


@pytest.mark.parametrize(
    "damage",
    [
        {"cut": {}},
        {"cut": None},
        {"grams": ["aa"]},
        {"grams": None},
        {"frequency": "rate"},
        {"weights": np.ones(1)},
    ],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    state = TermWeights.fit(SERIES, TermSettings(characters=(2, 3))).state()
    with pytest.raises(BundleError):
        TermWeights.from_state(state | damage)


def test_a_damaged_cut_is_refused() -> None:
    state = HashedTerms.fit(SERIES, TermSettings(hashed=9, characters=(2, 3), cleaning=SOCIAL)).state()
    for name, value in (
        ("longest", 11),
        ("words", "roots"),
        ("characters", {"low": 3, "high": 2}),
        ("cleaning", {"links": "keep"}),
    ):
        with pytest.raises(BundleError):
            HashedTerms.from_state(state | {"cut": state["cut"] | {name: value}})
    for damage in ({"width": 8}, {"width": 0}, {"weights": state["weights"] * np.nan}):
        with pytest.raises(BundleError):
            HashedTerms.from_state(state | damage)


NAMES = ["stems", "lemmas", "stop-words", "emoticons", "signs", "char-n-grams", "clean-texts", "hashed-terms"]


MODES = ["linear", "dense", "trees"]
CASES = [(name, mode) for name in NAMES for mode in MODES if name != "hashed-terms" or mode == "linear"]
"""Directions of so many columns take seconds; those of fewer are tested above."""


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_preparations_by_name_change_how_texts_are_read(name: str, mode: str) -> None:
    rows = pl.DataFrame({"t": [f"{text} https://a.ru" for text in TEXTS[:60]]})
    schema, target = Schema((Column("t", "text"),)), np.zeros(60)
    plain = ColumnsStep(mode=mode)  # type: ignore[arg-type]
    fitted = preparation_named(name)(plain).fit(rows, schema, target, 0)
    matrix = fitted.transform(rows)
    before = plain.fit(rows, schema, target, 0).transform(rows)
    assert matrix.shape != before.shape or abs(matrix - before).max() > 1e-6
    again = FittedColumns.from_state(fitted.state()).transform(rows)
    assert abs(again - matrix).max() == 0
