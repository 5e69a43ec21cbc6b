"""Counts by class and the tables of naive Bayes: the worked example of the course, and scikit-learn."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from assay.core.errors import ConfigError, DataError
from assay.language.counts import class_counts

POSITIVE = ["I am happy I study machine learning", "I am happy"]
NEGATIVE = ["I am sad I hate deep learning", "I hate learning"]
TEXTS, LABELS = POSITIVE + NEGATIVE, ["+", "+", "-", "-"]

TABLE = {
    "i": (3, 3, 0.21053, 0.21053, 4, 0.00),
    "am": (2, 1, 0.15789, 0.10526, 3, 0.12),
    "happy": (2, 0, 0.15789, 0.05263, 2, 0.30),
    "study": (1, 0, 0.10526, 0.05263, 1, 0.60),
    "machine": (1, 0, 0.10526, 0.05263, 1, 0.60),
    "learning": (1, 2, 0.10526, 0.15789, 3, 0.12),
    "sad": (0, 1, 0.05263, 0.10526, 1, 0.60),
    "hate": (0, 2, 0.05263, 0.15789, 2, 0.30),
    "deep": (0, 1, 0.05263, 0.10526, 1, 0.60),
}
"""Word: + count, − count, + and − share with Laplace smoothing, texts that hold it, IDF (base 10)."""


@pytest.mark.parametrize("word", TABLE)
def test_the_worked_table_comes_out_digit_by_digit(word: str) -> None:
    found = class_counts(TEXTS, LABELS)
    at = found.terms.index(word)
    plus, minus = found.place("+"), found.place("-")
    shares, idf = found.shares(), found.idf()
    told = (
        int(found.counts[at, plus]),
        int(found.counts[at, minus]),
        round(float(shares[at, plus]), 5),
        round(float(shares[at, minus]), 5),
        int(found.documents[at].sum()),
        round(float(idf[at]), 2),
    )
    assert told == TABLE[word]


def test_the_corpus_has_nine_words_and_ten_a_class_and_an_even_prior() -> None:
    found = class_counts(TEXTS, LABELS)
    assert set(found.terms) == TABLE.keys()
    assert found.counts.sum(axis=0).tolist() == [10, 10]
    assert found.log_prior("+") == 0.0


def test_a_smoothed_share_times_idf_is_the_tf_idf_of_the_course() -> None:
    found = class_counts(TEXTS, LABELS)
    weights = (found.shares() * found.idf()[:, None])[found.terms.index("machine")]
    assert [round(float(weights[found.place(name)]), 2) for name in ("+", "-")] == [0.06, 0.03]


def test_lambda_is_the_difference_of_log_shares_and_its_sum_decides_as_scikit_learn_does() -> None:
    found = class_counts(TEXTS, LABELS)
    vectorizer = CountVectorizer(token_pattern=r"\w+")
    counts = vectorizer.fit_transform(TEXTS)
    oracle = MultinomialNB(alpha=1.0).fit(counts, LABELS)
    assert tuple(vectorizer.get_feature_names_out()) == found.terms
    difference = oracle.feature_log_prob_[0] - oracle.feature_log_prob_[1]  # "+" comes before "-"
    np.testing.assert_allclose(found.log_ratio("+"), difference, atol=1e-12)
    score = counts @ found.log_ratio("+") + found.log_prior("+")
    np.testing.assert_allclose(score, np.diff(oracle.predict_joint_log_proba(counts)[:, ::-1], axis=1)[:, 0], atol=1e-12)
    assert (score > 0).tolist() == [True, True, False, False]


def test_the_table_of_a_class_has_the_largest_lambda_first() -> None:
    table = class_counts(TEXTS, LABELS).table("+")
    assert table["term"][0] == "happy"
    assert table["lambda"].is_sorted(descending=True)
    assert table.filter(table["term"] == "hate").row(0)[1:3] == (0, 2)


def test_more_than_two_classes_are_each_set_against_the_rest_and_russian_counts_like_english() -> None:
    texts = ["кот спит", "кот ест", "пёс спит", "дом стоит"]
    found = class_counts(texts, ["кошки", "кошки", "собаки", "дома"])
    assert found.classes == ("дома", "кошки", "собаки")
    at = found.terms.index("кот")
    expected = np.log((2 + 1) / (4 + 6)) - np.log((0 + 1) / (4 + 6))
    assert found.log_ratio("кошки")[at] == pytest.approx(expected)
    assert found.log_prior("кошки") == pytest.approx(0.0)


def test_bad_input_is_told_in_a_sentence_and_odd_texts_are_counted() -> None:
    with pytest.raises(DataError, match="2 texts have 1 labels"):
        class_counts(["a", "b"], ["x"])
    with pytest.raises(DataError, match="none of the 2 texts holds a word"):
        class_counts(["", "🙂"], ["x", "y"])
    with pytest.raises(ConfigError, match="no class 'z'"):
        class_counts(["a", "b"], ["x", "y"]).log_ratio("z")
    odd = ["nul\x00byte", None, "שלום עולם", "слово " * 100_000]
    found = class_counts(odd, ["a", "a", "b", "b"])
    assert found.terms == ("byte", "nul", "слово", "עולם", "שלום")
    assert found.counts[2].tolist() == [0, 100_000]
    assert class_counts(["one", "one"], ["a", "b"]).log_ratio("a").tolist() == [0.0]
