"""word2vec as it is first explained: a net of two layers and a softmax over the whole vocabulary.

For small vocabularies: each step costs as many products as there are words.  x W₁ is the hidden layer (of the mean of the
context for CBOW, of the middle word for skip-gram), softmax(x W₁ W₂) the answer; W₁, W₂ᵀ or W₁ + W₂ᵀ is the embedding.
"""

from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from assay.core.errors import ConfigError
from assay.core.seeds import generator
from assay.language.vectors.corpus import Corpus
from assay.language.vectors.vectors import WordVectors

MOST_WORDS = 20_000
Embedding = Literal["first", "second", "sum"]


@dataclass(frozen=True, kw_only=True)
class SoftmaxSettings:
    """epochs: passes over all positions in batches, in an order drawn anew.  rate: the step of plain gradient descent.

    embedding: "first" is W₁, "second" W₂ᵀ, "sum" W₁ + W₂ᵀ.
    """

    method: Literal["skip-gram", "cbow"] = "cbow"
    width: int = 50
    window: int = 2
    epochs: int = 50
    batch: int = 128
    rate: float = 0.5
    embedding: Embedding = "first"

    def __post_init__(self) -> None:
        if self.method not in ("skip-gram", "cbow") or self.embedding not in ("first", "second", "sum"):
            raise ConfigError(f"method={self.method!r} is skip-gram or cbow, embedding={self.embedding!r} first, second or sum.")
        if min(self.width, self.window, self.epochs, self.batch) < 1 or not self.rate > 0:
            raise ConfigError("width, window, epochs, batch and rate must be above 0.")


@dataclass(frozen=True)
class SoftmaxNet:
    """first: float64 (n_words, width), W₁.  second: float64 (width, n_words), W₂.  losses: of each epoch, per answer."""

    first: np.ndarray
    second: np.ndarray
    losses: tuple[float, ...] = ()

    def embedding(self, which: Embedding) -> np.ndarray:
        """float64 (n_words, width)."""
        return np.asarray({"first": self.first, "second": self.second.T, "sum": self.first + self.second.T}[which])


def examples(corpus: Corpus, settings: SoftmaxSettings) -> tuple[sparse.csr_matrix, np.ndarray]:
    """(x csr (n, n_words) with rows that sum to 1, the words to be foretold int32 (n,))."""
    owners, ids = corpus.owners, corpus.ids
    middles: list[np.ndarray] = []
    near: list[np.ndarray] = []
    places = np.arange(len(ids))
    for apart in range(1, min(settings.window, len(ids) - 1) + 1):
        is_same = owners[apart:] == owners[:-apart]
        left, right = places[:-apart][is_same], places[apart:][is_same]
        middles += [left, right]
        near += [right, left]
    if not middles or not sum(len(part) for part in middles):
        raise ConfigError("no word of the corpus has a neighbour; give longer sentences.")
    middle, context = np.concatenate(middles), np.concatenate(near)
    n_words = len(corpus.words)
    if settings.method == "skip-gram":
        order = np.lexsort((context, middle))
        middle, context = middle[order], context[order]
        x = sparse.csr_matrix((np.ones(len(middle)), (np.arange(len(middle)), ids[middle])), shape=(len(middle), n_words))
        return x, ids[context]
    counts = sparse.csr_matrix((np.ones(len(middle)), (middle, ids[context])), shape=(len(ids), n_words))
    sizes = np.asarray(counts.sum(axis=1)).ravel()
    kept = np.flatnonzero(sizes)
    return sparse.csr_matrix(sparse.diags(1 / sizes[kept]) @ counts[kept]), ids[kept]


def loss_and_gradients(net: SoftmaxNet, x: sparse.csr_matrix, answers: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """(mean −log P(answer), d/dW₁, d/dW₂) of a batch."""
    hidden = np.asarray(x @ net.first)
    scores = hidden @ net.second
    scores -= scores.max(axis=1, keepdims=True)
    log_share = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    rows = np.arange(len(answers))
    loss = -float(log_share[rows, answers].mean())
    error = np.exp(log_share)
    error[rows, answers] -= 1
    error /= len(answers)
    return loss, np.asarray(x.T @ (error @ net.second.T)), hidden.T @ error


def softmax_net(corpus: Corpus, settings: SoftmaxSettings, *, seed: int) -> SoftmaxNet:
    """The net, learned by gradient descent.  Raises ConfigError for more than MOST_WORDS words."""
    n = len(corpus.words)
    if n > MOST_WORDS:
        raise ConfigError(f"{n} words are too many for a softmax over all of them (at most {MOST_WORDS}); use negative sampling.")
    x, answers = examples(corpus, settings)
    rng = generator(seed, "softmax")
    first = rng.normal(scale=settings.width**-0.5, size=(n, settings.width))
    second = rng.normal(scale=settings.width**-0.5, size=(settings.width, n))
    net, losses = SoftmaxNet(first, second), []
    for _ in range(settings.epochs):
        order, total = rng.permutation(len(answers)), 0.0
        for start in range(0, len(order), settings.batch):
            rows = order[start : start + settings.batch]
            loss, of_first, of_second = loss_and_gradients(net, x[rows], answers[rows])
            first -= settings.rate * of_first
            second -= settings.rate * of_second
            total += loss * len(rows)
        losses.append(total / len(order))
    return SoftmaxNet(first, second, tuple(losses))


def softmax_vectors(corpus: Corpus, settings: SoftmaxSettings, *, seed: int) -> WordVectors:
    """The embedding that the settings name."""
    net = softmax_net(corpus, settings, seed=seed)
    told = {**asdict(settings), "method": f"{settings.method} with softmax", "seed": seed}
    return WordVectors(corpus.words, net.embedding(settings.embedding).astype(np.float32), corpus.counts, None, told)
