"""The loops of word2vec and GloVe: compiled and plain alike, and both what the losses' gradients say."""

import numpy as np
import pytest
from scipy import sparse
from tests.language.vectors.planted import royal_sentences

from assay.core import loops
from assay.language.vectors import glove as glove_module
from assay.language.vectors import word2vec as word2vec_module
from assay.language.vectors.corpus import corpus_of
from assay.language.vectors.counts import word_by_word
from assay.language.vectors.glove import GloveSettings, glove_fit
from assay.language.vectors.plain_kernels import cbow, skip_gram, skip_gram_bags
from assay.language.vectors.subwords import SubwordSettings
from assay.language.vectors.word2vec import Word2VecSettings, sigmoid_table, word2vec

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("method", ["skip-gram", "cbow"])
@pytest.mark.parametrize("subwords", [None, SubwordSettings(rows=50)], ids=["words", "subwords"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_compiled_and_plain_loops_learn_the_same(
    method: str, subwords: SubwordSettings | None, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = corpus_of(royal_sentences(language, 60), min_count=1)
    settings = Word2VecSettings(method=method, width=7, window=3, epochs=2, rate=0.1, subwords=subwords, sample=0.01)
    compiled = word2vec(corpus, settings, seed=3)
    monkeypatch.setattr(word2vec_module, "loops", loops.plain_loops)
    plain = word2vec(corpus, settings, seed=3)
    assert np.abs(compiled.matrix).max() > 0.08
    np.testing.assert_allclose(plain.matrix, compiled.matrix, atol=2e-5)


def test_compiled_and_plain_glove_learn_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = word_by_word(corpus_of(royal_sentences("ru", 20), min_count=1), 3, by_distance=True)
    compiled = glove_fit(counts, GloveSettings(width=3, epochs=3), seed=0)
    monkeypatch.setattr(glove_module, "loops", loops.plain_loops)
    plain = glove_fit(counts, GloveSettings(width=3, epochs=3), seed=0)
    np.testing.assert_allclose(plain.vectors, compiled.vectors, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(plain.losses, compiled.losses, rtol=1e-9)


def start(rows: int, width: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return tuple(rng.normal(scale=0.7, size=(rows, width)).astype(np.float32) for _ in range(2))  # type: ignore[return-value]


def log_likelihood(hidden, targets):
    """log σ of the first target's product and log σ of the negatives' negated ones."""
    said = targets @ hidden
    return torch.nn.functional.logsigmoid(torch.cat([said[:1], -said[1:]])).sum()


def test_a_skip_gram_step_is_that_of_the_loss_by_torch() -> None:
    ids, rate = np.array([4, 1, 2], dtype=np.int32), 0.1
    spans = np.array([[0, 1], [0, 3], [2, 3]], dtype=np.int32)  # the middle position alone has neighbours
    negatives = np.array([[0, 0], [3, 1], [0, 0]], dtype=np.int32)  # 1 is the middle word itself and is passed over
    inputs, outputs = start(6)
    w, c = (torch.tensor(part, requires_grad=True) for part in (inputs, outputs))
    (log_likelihood(w[4], c[[1, 3]]) + log_likelihood(w[2], c[[1, 3]])).backward()
    expected = [(part + rate * part.grad).detach().numpy() for part in (w, c)]
    skip_gram(ids, spans, negatives, np.full(3, rate, dtype=np.float32), sigmoid_table(), inputs, outputs)
    np.testing.assert_allclose(inputs, expected[0], atol=2e-6)
    np.testing.assert_allclose(outputs, expected[1], atol=2e-6)


def test_a_cbow_step_is_that_of_the_loss_by_torch_times_the_context() -> None:
    """word2vec gives the gradient of the mean, undivided, to each word of the context."""
    ids, rate = np.array([4, 1, 2], dtype=np.int32), 0.1
    spans = np.array([[0, 1], [0, 3], [2, 3]], dtype=np.int32)
    negatives = np.array([[0, 0], [3, 5], [0, 0]], dtype=np.int32)
    inputs, outputs = start(6)
    w, c = (torch.tensor(part, requires_grad=True) for part in (inputs, outputs))
    log_likelihood(w[[4, 2]].mean(0), c[[1, 3, 5]]).backward()
    expected = [(w + 2 * rate * w.grad).detach().numpy(), (c + rate * c.grad).detach().numpy()]
    cbow(ids, spans, negatives, np.full(3, rate, dtype=np.float32), sigmoid_table(), inputs, outputs)
    np.testing.assert_allclose(inputs, expected[0], atol=2e-6)
    np.testing.assert_allclose(outputs, expected[1], atol=2e-6)


def test_a_subword_step_moves_all_rows_of_the_middle_word_by_the_gradient_of_their_mean() -> None:
    ids, rate = np.array([2, 1, 0], dtype=np.int32), 0.1
    spans = np.array([[0, 1], [0, 3], [2, 3]], dtype=np.int32)
    negatives = np.array([[4], [4], [4]], dtype=np.int32)
    bags = np.array([6, 7, 10, 11, 12, 13, 0, 1, 5, 6, 2, 3, 4])  # five words, one row each, but word 1 has rows 1, 5 and 6
    inputs, outputs = start(8)
    w, c = (torch.tensor(part, requires_grad=True) for part in (inputs, outputs))
    hidden = w[[1, 5, 6]].mean(0)
    (log_likelihood(hidden, c[[2, 4]]) + log_likelihood(hidden, c[[0, 4]])).backward()
    expected = [(w + 3 * rate * w.grad).detach().numpy(), (c + rate * c.grad).detach().numpy()]
    skip_gram_bags(ids, spans, negatives, np.full(3, rate, dtype=np.float32), sigmoid_table(), inputs, outputs, bags)
    np.testing.assert_allclose(inputs, expected[0], atol=2e-6)
    np.testing.assert_allclose(outputs, expected[1], atol=2e-6)


def test_gloves_first_loss_is_its_definition_and_learning_lowers_it() -> None:
    counts = sparse.csr_matrix(np.array([[0.0, 3.0, 20.0], [3.0, 0.0, 1.0], [20.0, 1.0, 0.0]]))
    settings = GloveSettings(width=4, epochs=200, most=10)
    found = glove_fit(counts, settings, seed=1)
    assert found.losses[-1] < 0.01 * found.losses[0]
    w, c = found.vectors[:3], found.vectors[3:]
    said = w[:, :-1] @ c[:, :-1].T + w[:, -1:] + c[:, -1]
    is_cell = counts.toarray() > 0
    np.testing.assert_allclose(said[is_cell], np.log(counts.toarray()[is_cell]), atol=0.2)
