"""Keywords by class: closed forms of the published method, and simulations whose truth is known."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from assay.core.errors import ConfigError, DataError
from assay.language.keywords import KeywordSettings, keywords

WORDS = np.array([f"w{number:02d}" for number in range(40)])
SHARES = np.arange(1, 41) / np.arange(1, 41).sum()
OTHER = SHARES * np.where(np.arange(40) % 10 == 3, 1.6, 1.0)
OTHER = OTHER / OTHER.sum()
TRUTH = np.log(SHARES / (1 - SHARES)) - np.log(OTHER / (1 - OTHER))


def corpus(seed: int, texts: int, bursts: float) -> tuple[list[str], list[str]]:
    """Texts of 30 words of two classes.  bursts: 0 for words drawn one by one, else each text has its own shares (Dirichlet)."""
    rng = np.random.default_rng(seed)
    made, labels = [], []
    for number in range(texts):
        shares = SHARES if number % 2 else OTHER
        if bursts:
            shares = rng.dirichlet(shares / bursts)
        made.append(" ".join(rng.choice(WORDS, 30, p=shares)))
        labels.append("a" if number % 2 else "b")
    return made, labels


def coverage(bursts: float, *, by_text: bool, draws: int) -> float:
    """The share of intervals of single words (no correction) that hold the truth."""
    held = []
    for seed in range(draws):
        texts, labels = corpus(seed, 120, bursts)
        found = keywords(texts, labels, KeywordSettings(by_text=by_text, prior_tokens=1.0))
        places = [int(term[1:]) for term in found.terms]
        held.append(np.abs(found.value[:, 0] - TRUTH[places]) <= 1.96 * found.error[:, 0])
    return float(np.concatenate(held).mean())


def test_values_and_variances_are_those_of_the_published_formulas() -> None:
    texts = ["free win now", "free free call", "see you at home now", "home you"]
    labels = ["spam", "spam", "ham", "ham"]
    found = keywords(texts, labels, KeywordSettings(min_texts=1, prior_tokens=5.0, by_text=False))
    counts = CountVectorizer(token_pattern=r"\w+").fit_transform(texts).toarray()
    spam, ham = counts[:2].sum(axis=0), counts[2:].sum(axis=0)
    prior = 5.0 * (spam + ham) / counts.sum()
    own, other = spam + prior, ham + prior
    rest, rest_other = spam.sum() + 5 - own, ham.sum() + 5 - other
    np.testing.assert_allclose(found.value[:, 1], np.log(own / rest) - np.log(other / rest_other))
    np.testing.assert_allclose(found.error[:, 1] ** 2, 1 / own + 1 / rest + 1 / other + 1 / rest_other)
    np.testing.assert_allclose(found.value[:, 0], -found.value[:, 1])


def test_the_variance_between_texts_is_the_sandwich_counted_text_by_text() -> None:
    texts, labels = corpus(0, 60, 0.05)
    found = keywords(texts, labels, KeywordSettings(min_texts=1, prior_tokens=2.0))
    counts = CountVectorizer(token_pattern=r"\w+", vocabulary=list(found.terms)).fit_transform(texts).toarray().astype(float)
    total = counts.sum(axis=0)
    variance = np.zeros(len(total))
    for own in (np.array(labels) == "a", np.array(labels) != "a"):
        part, length = counts[own], counts[own].sum(axis=1)
        share, mass = part.sum(axis=0) / length.sum(), length.sum() + 2.0
        smooth = part.sum(axis=0) + 2.0 * total / counts.sum()
        scores = ((part - share * length[:, None]) ** 2).sum(axis=0) * len(part) / (len(part) - 1)
        between = scores / (mass * (smooth / mass) * (1 - smooth / mass)) ** 2
        variance += np.maximum(between, 1 / smooth + 1 / (mass - smooth))
    np.testing.assert_allclose(found.error[:, 0] ** 2, variance)


def test_intervals_of_words_drawn_one_by_one_hold_the_truth_as_often_as_they_say() -> None:
    assert 0.94 <= coverage(0.0, by_text=True, draws=12) <= 0.985
    assert 0.92 <= coverage(0.0, by_text=False, draws=12) <= 0.975


def test_where_words_come_in_bursts_the_published_intervals_are_too_short_and_those_between_texts_are_not() -> None:
    assert coverage(0.1, by_text=False, draws=12) < 0.8
    assert coverage(0.1, by_text=True, draws=12) > 0.92


@pytest.mark.slow
def test_all_intervals_of_a_table_hold_together_as_often_as_they_say() -> None:
    together = []
    for seed in range(300):
        texts, labels = corpus(seed + 1000, 160, 0.05)
        found = keywords(texts, labels, KeywordSettings(prior_tokens=1.0))
        places = [int(term[1:]) for term in found.terms]
        together.append(bool((np.abs(found.value[:, 0] - TRUTH[places]) <= found.reach[0] * found.error[:, 0]).all()))
    assert np.mean(together) >= 0.92


def test_words_that_differ_are_found_and_of_those_that_do_not_hardly_any() -> None:
    """w13, w23 and w33 are 1.6 times as common in b; w03 is too rare to be told in so few texts."""
    planted, false = 0, 0
    for seed in range(5):
        texts, labels = corpus(seed, 900, 0.0)
        said = {one.term for one in keywords(texts, labels).of("b", 40)}
        planted += len(said & {"w13", "w23", "w33"})
        false += len(said - {"w03", "w13", "w23", "w33"})
    assert planted >= 14
    assert false <= 1


def test_of_several_classes_each_is_set_against_the_rest_and_russian_counts_like_english() -> None:
    texts = ["кот мяу спит", "пёс гав спит", "дом стоит спит"] * 30
    found = keywords(texts, ["кошки", "собаки", "дома"] * 30)
    assert {one.term for one in found.of("кошки")} == {"кот", "мяу"}
    assert found.compared == 7 * 3
    assert "спит" not in {one.term for name in found.classes for one in found.of(name)}
    assert found.of("дома", 1)[0].count == 30
    assert found.of("дома", 1)[0].elsewhere == 0


def test_the_surest_words_come_first_and_intervals_hold_their_value() -> None:
    texts, labels = corpus(3, 400, 0.0)
    words = keywords(texts, labels).of("b", 40, only_shown=False)
    ratio = [one.value / (one.high - one.low) for one in words]
    assert ratio == sorted(ratio, reverse=True)
    assert all(one.low < one.value < one.high for one in words)


def test_bad_input_is_told_in_a_sentence() -> None:
    with pytest.raises(DataError, match="all 2 texts are of one class"):
        keywords(["a b", "b c"], ["x", "x"])
    with pytest.raises(DataError, match="3 texts have 2 labels"):
        keywords(["a", "b", "c"], ["x", "y"])
    with pytest.raises(DataError, match="no word stands in 3 of the 2 texts"):
        keywords(["a b", "b c"], ["x", "y"])
    with pytest.raises(DataError, match="holds a word"):
        keywords(["🙂", ""], ["x", "y"])
    with pytest.raises(ConfigError, match="no class 'z'"):
        keywords(["a b", "b c"] * 3, ["x", "y"] * 3).of("z")
    with pytest.raises(ConfigError, match="min_texts=0"):
        KeywordSettings(min_texts=0)


def test_a_vocabulary_of_one_word_tells_nothing_apart() -> None:
    found = keywords(["one"] * 6, ["x", "y"] * 3)
    assert found.terms == ("one",)
    assert np.isfinite(found.value).all()
    assert found.of("x") == found.of("y") == ()
