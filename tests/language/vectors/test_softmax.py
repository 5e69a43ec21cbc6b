"""The full-softmax form against torch, and its three embeddings."""

import numpy as np
import pytest

from assay.core.errors import ConfigError
from assay.language.vectors.corpus import corpus_of, words_of
from assay.language.vectors.softmax import SoftmaxNet, SoftmaxSettings, examples, loss_and_gradients, softmax_net, softmax_vectors

TEXTS = {"en": "i am happy because i am learning", "ru": "я рад потому что я учусь и я рад"}


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("method", ["skip-gram", "cbow"])
def test_loss_and_gradients_are_torchs(method: str, language: str) -> None:
    torch = pytest.importorskip("torch")
    corpus = corpus_of([words_of(TEXTS[language])], min_count=1)
    x, answers = examples(corpus, SoftmaxSettings(method=method))
    rng = np.random.default_rng(0)
    net = SoftmaxNet(rng.normal(size=(len(corpus.words), 3)), rng.normal(size=(3, len(corpus.words))))
    first, second = (torch.tensor(part, requires_grad=True) for part in (net.first, net.second))
    expected = torch.nn.functional.cross_entropy(torch.tensor(x.toarray()) @ first @ second, torch.tensor(answers).long())
    expected.backward()
    loss, of_first, of_second = loss_and_gradients(net, x, answers)
    assert loss == pytest.approx(expected.item(), abs=1e-12)
    np.testing.assert_allclose(of_first, first.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(of_second, second.grad.numpy(), atol=1e-12)


def test_cbow_reads_the_mean_of_the_window_and_skip_gram_each_pair() -> None:
    corpus = corpus_of([words_of(TEXTS["en"])], min_count=1)
    x, answers = examples(corpus, SoftmaxSettings(method="cbow", window=2))
    at = corpus.words.index
    assert corpus.words[answers[2]] == "happy"
    assert x[2].toarray().ravel()[[at("i"), at("am"), at("because")]].tolist() == [0.5, 0.25, 0.25]
    pairs, answered = examples(corpus, SoftmaxSettings(method="skip-gram", window=2))
    assert pairs.shape[0] == len(answered) == 2 * (6 + 5)


def test_the_embedding_is_the_first_the_second_or_the_sum() -> None:
    corpus = corpus_of([words_of(TEXTS["ru"])], min_count=1)
    net = softmax_net(corpus, SoftmaxSettings(width=4, epochs=60), seed=0)
    assert net.losses[-1] < 0.5 * net.losses[0]
    np.testing.assert_array_equal(net.embedding("sum"), net.first + net.second.T)
    np.testing.assert_array_equal(net.embedding("second"), net.second.T)
    found = softmax_vectors(corpus, SoftmaxSettings(width=4, epochs=60, embedding="sum"), seed=0)
    np.testing.assert_allclose(found.matrix, net.embedding("sum"), rtol=1e-6)


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError):
        SoftmaxSettings(embedding="third")  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        SoftmaxSettings(rate=0)
