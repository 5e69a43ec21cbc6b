"""Counts of neighbours and documents, PPMI and the SVD, against the reference, definitions and NumPy."""

import numpy as np
import pytest
from scipy import sparse

from assay.core.errors import ConfigError, DataError
from assay.language.vectors.corpus import corpus_of, sentences_of, words_of
from assay.language.vectors.counts import cosines, ppmi, svd_vectors, truncated_svd, word_by_document, word_by_word

TEXTS = {
    "en": ("I like to study machine learning", "Deep learning is group of machine learning methods"),
    "ru": ("Мама мыла раму, а мама пела", "Рама была новая, и мама была рада"),
}


def corpus(language: str):
    return corpus_of([words_of(text) for text in TEXTS[language]], min_count=1)


def test_the_counts_of_the_reference_with_a_window_of_two() -> None:
    of = corpus("en")
    table, at = word_by_word(of, 2).toarray(), of.words.index
    near = {word: table[at("learning"), at(word)] for word in ("study", "deep", "machine", "methods", "like", "i")}
    assert near == {"study": 1, "deep": 1, "machine": 2, "methods": 1, "like": 0, "i": 0}


def test_the_cosines_and_the_singular_values_of_the_reference() -> None:
    table = np.array([[5000.0, 500.0, 10000.0], [2000.0, 6000.0, 3500.0]])  # data and goal over economy, sport, machine learning
    found = cosines(table.T, table.T)
    assert round(found[2, 0], 5) == 0.99904
    assert round(found[2, 1], 5) == 0.40759
    u, s, v = truncated_svd(sparse.csr_matrix(table), 2, seed=0)
    np.testing.assert_allclose(u * s @ v.T, table, rtol=1e-10)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("window", [1, 3, 50])
@pytest.mark.parametrize("by_distance", [False, True])
def test_neighbours_are_those_that_a_double_loop_counts(language: str, window: int, by_distance: bool) -> None:
    of = corpus(language)
    expected = np.zeros((len(of.words), len(of.words)))
    for text in TEXTS[language]:
        places = [of.words.index(word) for word in words_of(text)]
        for i, a in enumerate(places):
            for j, b in enumerate(places):
                if i != j and abs(i - j) <= window:
                    expected[a, b] += 1 / abs(i - j) if by_distance else 1
    np.testing.assert_allclose(word_by_word(of, window, by_distance=by_distance).toarray(), expected, rtol=1e-12)


def test_words_by_documents_hold_every_token_once() -> None:
    of = corpus("ru")
    table = word_by_document(of).toarray()
    assert table[of.words.index("мама")].tolist() == [2, 1]
    assert table.sum() == len(of.ids)


def test_ppmi_is_its_definition_and_smoothing_lowers_what_rare_contexts_get() -> None:
    counts = np.random.default_rng(0).integers(0, 5, (6, 6)).astype(float)
    counts = counts + counts.T
    total = counts.sum()
    with np.errstate(divide="ignore"):
        pmi = np.log(counts * total / np.outer(counts.sum(1), counts.sum(0)))
    np.testing.assert_allclose(ppmi(sparse.csr_matrix(counts), smoothing=1.0).toarray(), np.maximum(pmi, 0), atol=1e-12)
    shifted = np.maximum(pmi - np.log(1.5), 0)
    np.testing.assert_allclose(ppmi(sparse.csr_matrix(counts), smoothing=1.0, shift=1.5).toarray(), shifted, atol=1e-12)
    rare = int(counts.sum(0).argmin())
    assert ppmi(sparse.csr_matrix(counts))[:, [rare]].sum() < ppmi(sparse.csr_matrix(counts), smoothing=1.0)[:, [rare]].sum()


@pytest.mark.parametrize("shape", [(30, 20), (450, 430)])
def test_the_truncated_svd_is_that_of_numpy(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    matrix = sparse.random(*shape, density=0.2, random_state=np.random.default_rng(2), format="csr")
    matrix = sparse.csr_matrix(matrix + 3 * rng.random((shape[0], 1)) @ rng.random((1, shape[1])))
    u, s, v = truncated_svd(matrix, 5, seed=0)
    full_u, full_s, full_v = np.linalg.svd(matrix.toarray(), full_matrices=False)
    np.testing.assert_allclose(s, full_s[:5], rtol=1e-8)
    np.testing.assert_allclose(np.abs(np.diag(full_u[:, :5].T @ u)), 1, atol=1e-6)
    np.testing.assert_allclose(u * s @ v.T, full_u[:, :5] * full_s[:5] @ full_v[:5], atol=1e-6)
    assert (np.take_along_axis(v, np.abs(v).argmax(axis=0)[None], axis=0) > 0).all()
    assert all(np.array_equal(a, b) for a, b in zip((u, s, v), truncated_svd(matrix, 5, seed=0), strict=True))


def test_directions_beyond_the_rank_are_zero() -> None:
    found = svd_vectors(sparse.csr_matrix(np.ones((4, 4))), 3, seed=0)
    assert found.shape == (4, 3)
    assert (found[:, 1:] == 0).all()
    assert (found[:, 0] != 0).all()


def test_rare_words_go_before_windows_are_laid() -> None:
    of = corpus_of([["кот", "редкий", "пес"], ["кот", "пес"]], min_count=2)
    assert of.words == ("кот", "пес")
    assert of.read == 5
    assert word_by_word(of, 1).toarray().tolist() == [[0, 2], [2, 0]]


@pytest.mark.parametrize("sentences", [[], [[]], [words_of("🙂🙂 🎉!!!")], [words_of("\x00\x00")], [words_of("я" * 1_000_000)]])
def test_a_corpus_without_words_is_refused_in_one_line(sentences: list[list[str]]) -> None:
    with pytest.raises(DataError, match="no word stands 1 times"):
        corpus_of(sentences, min_count=1)


def test_one_word_and_one_sentence_are_a_corpus() -> None:
    of = corpus_of([["одно"] * 4], min_count=1)
    assert word_by_word(of, 2).toarray().tolist() == [[10]]
    assert ppmi(word_by_word(of, 2)).nnz == 0
    assert svd_vectors(ppmi(word_by_word(of, 2)), 2, seed=0).tolist() == [[0, 0]]


def test_words_of_any_script_are_found_and_signs_are_not() -> None:
    assert words_of("שלום עולם — «Ёжик», it’s 5 o'clock\x00now 🙂") == ["שלום", "עולם", "ежик", "it's", "5", "o'clock", "now"]


def test_a_file_of_another_encoding_is_named(tmp_path) -> None:
    file = tmp_path / "т.txt"
    file.write_bytes("Война и мир".encode("cp1251"))
    with pytest.raises(DataError, match="is not UTF-8"):
        list(sentences_of(file))
    with pytest.raises(DataError, match="cannot be read"):
        list(sentences_of(tmp_path / "none.txt"))


def test_settings_that_cannot_be_are_refused() -> None:
    of = corpus("en")
    with pytest.raises(ConfigError, match="window=0"):
        word_by_word(of, 0)
    with pytest.raises(ConfigError, match="smoothing=0"):
        ppmi(word_by_word(of, 1), smoothing=0)
    with pytest.raises(ConfigError, match="width=0"):
        truncated_svd(word_by_word(of, 1), 0, seed=0)
