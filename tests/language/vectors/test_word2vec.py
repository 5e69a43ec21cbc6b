"""What word2vec, its subword form, GloVe and the counts learn from texts whose structure is planted, and that seeds decide."""

import numpy as np
import pytest
from tests.language.vectors.planted import MARKS, ROYAL, royal_sentences

from assay.core.errors import ConfigError, DataError
from assay.language.vectors.analogies import analogy, combination
from assay.language.vectors.corpus import corpus_of
from assay.language.vectors.subwords import SubwordSettings, bags_of, composed, hash_of, runs_of
from assay.language.vectors.training import METHODS, Training, train_vectors
from assay.language.vectors.word2vec import Alias, Word2VecSettings, draws, kept_shares, word2vec

EPOCHS = {"glove": 15, "softmax": 3}


def trained(method: str, language: str, seed: int = 0, count: int = 3000):
    corpus = corpus_of(royal_sentences(language, count), min_count=1)
    epochs = EPOCHS.get(method, 10)
    return train_vectors(corpus, Training(method=method, width=16, window=4, epochs=epochs), seed=seed)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("method", METHODS)
def test_the_planted_analogy_is_found(method: str, language: str) -> None:
    vectors, words = trained(method, language), ROYAL[language]
    man, woman, king, queen = (words[key] for key in (("man", "plain"), ("woman", "plain"), ("man", "royal"), ("woman", "royal")))
    persons = set(words.values())
    answers = [word for word, _ in analogy(vectors, man, king, woman, count=25) if word in persons]
    assert answers == [queen]
    near = [word for word, _ in vectors.nearest(king, 8)]
    unlike = set(MARKS[language]["woman"]) | set(MARKS[language]["plain"])
    assert len(set(near) & unlike) < len(set(near) & (set(MARKS[language]["man"]) | set(MARKS[language]["royal"])))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_king_less_man_plus_woman_is_queen(language: str) -> None:
    words = ROYAL[language]
    vectors = trained("ppmi-svd", language)
    plus = [words["man", "royal"], words["woman", "plain"]]
    assert combination(vectors, plus, [words["man", "plain"]], count=1)[0][0] == words["woman", "royal"]


@pytest.mark.parametrize("method", METHODS)
def test_one_seed_gives_one_answer_to_the_byte_and_another_seed_another(method: str) -> None:
    first, again, other = (trained(method, "ru", seed, 300) for seed in (5, 5, 6))
    assert first.matrix.tobytes() == again.matrix.tobytes()
    if method not in ("ppmi-svd", "documents-svd"):  # there a seed only starts the iteration of a large table
        assert first.matrix.tobytes() != other.matrix.tobytes()


def test_what_is_drawn_is_within_sentences_and_its_shares_are_those_that_were_asked_for() -> None:
    corpus = corpus_of([["a"] * 30 + ["b"] * 10, ["c", "b"] * 20], min_count=1)
    settings = Word2VecSettings(window=3, negative=4, epochs=40, sample=0.2)
    keep = kept_shares(corpus.counts, 0.2)
    seen, kept, reach = 0, np.zeros(3), np.zeros(4)
    negatives: np.ndarray = np.zeros(3)
    for size, drawn in draws(corpus, settings, seed=0):
        seen += size
        kept += np.bincount(drawn.ids, minlength=3)
        negatives += np.bincount(drawn.negatives.ravel(), minlength=3)
        for place, (low, high) in enumerate(drawn.spans):
            assert low <= place < high
            assert place - low <= 3
            assert high - place - 1 <= 3
        reach += np.bincount(drawn.spans[:, 1] - np.arange(len(drawn.ids)) - 1, minlength=4)
        is_rising = np.diff(drawn.rates) <= 0
        assert is_rising.all()
    assert seen == 40 * 80
    np.testing.assert_allclose(kept / (40 * corpus.counts), keep, atol=0.05)
    share = corpus.counts**0.75 / (corpus.counts**0.75).sum()
    np.testing.assert_allclose(negatives / negatives.sum(), share, atol=0.02)
    assert reach[1] == pytest.approx(reach[2], rel=0.2)


def test_alias_draws_have_their_weights() -> None:
    weights = np.array([1.0, 0.0, 5.0, 0.5, 3.5])
    drawn = Alias.of(weights).draw(np.random.default_rng(0), (200_000,))
    np.testing.assert_allclose(np.bincount(drawn, minlength=5) / 200_000, weights / 10, atol=0.005)


@pytest.mark.parametrize("word", ["cat", "кот", "ёж", "a", "東京"])
def test_runs_and_their_hashes_are_those_of_gensims_fasttext(word: str) -> None:
    fasttext = pytest.importorskip("gensim.models.fasttext_inner")
    theirs = fasttext.compute_ngrams(word, 3, 6)
    assert sorted(runs_of(word, 3, 6)) == sorted(theirs)
    hashed = fasttext.ft_hash_bytes
    assert [hash_of(run) for run in runs_of(word, 3, 6)] == [hashed(run.encode()) for run in runs_of(word, 3, 6)]


def test_a_word_is_the_mean_of_its_rows() -> None:
    settings = SubwordSettings(3, 4, rows=20)
    bags = bags_of(("кот", "котик"), settings)
    table = np.random.default_rng(0).normal(size=(22, 3)).astype(np.float32)
    expected = [
        table[[place, *(2 + row for row in settings.rows_of(word))]].mean(0) for place, word in enumerate(("кот", "котик"))
    ]
    np.testing.assert_allclose(composed(table, bags, 2), expected, rtol=1e-5)


@pytest.mark.parametrize(("known", "unknown"), [("throne", "thrones"), ("дворец", "дворецкий")])
def test_an_unknown_word_is_near_the_known_one_that_shares_its_letters(known: str, unknown: str) -> None:
    language = "en" if known == "throne" else "ru"
    vectors = trained("fasttext", language)
    assert vectors.place(unknown) is None
    assert unknown not in vectors.words
    assert vectors.nearest(unknown, 1)[0][0] == known
    with pytest.raises(DataError, match="there is no word"):
        trained("skip-gram", language, count=300).nearest(unknown)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sentences", [[["одно", "одно", "одно"]], [["два", "слова"]]], ids=["one word", "one sentence"])
def test_the_smallest_corpora_are_learned_or_refused_in_one_line(method: str, sentences: list[list[str]]) -> None:
    corpus = corpus_of(sentences, min_count=1)
    vectors = train_vectors(corpus, Training(method=method, width=3, epochs=2), seed=0)
    assert vectors.matrix.shape == (len(corpus.words), 3)
    assert np.isfinite(vectors.matrix).all()


@pytest.mark.parametrize("method", ["glove", "softmax"])
def test_a_corpus_without_neighbours_is_refused(method: str) -> None:
    with pytest.raises((DataError, ConfigError), match="longer sentences"):
        train_vectors(corpus_of([["один"], ["два"]], min_count=1), Training(method=method, width=2), seed=0)


def test_word2vec_takes_a_corpus_without_neighbours() -> None:
    corpus = corpus_of([["один"], ["два"]], min_count=1)
    assert np.isfinite(word2vec(corpus, Word2VecSettings(width=4), seed=0).matrix).all()


@pytest.mark.parametrize(
    "wrong", [{"method": "glove"}, {"width": 0}, {"window": 0}, {"negative": 0}, {"rate": 0.0}, {"sample": -1.0}, {"epochs": 0}]
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Word2VecSettings(**wrong)  # type: ignore[arg-type]
