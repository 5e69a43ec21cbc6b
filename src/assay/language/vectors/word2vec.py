"""word2vec: CBOW and skip-gram with negative sampling, and their form with subwords.

Mikolov et al. (2013): frequent words are left out at random, a window's reach is drawn at each position, negatives by their
count to the power of 0.75, the step falls linearly over all epochs.  One thread learns (see ``kernels``); the draws of the next
block may be made beside it, from streams of their own, so the result does not depend on that.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from assay.core.errors import ConfigError
from assay.core.loops import loops
from assay.core.seeds import generator
from assay.language.vectors.corpus import Corpus
from assay.language.vectors.subwords import Subwords, SubwordSettings, bags_of, composed
from assay.language.vectors.vectors import WordVectors

BLOCK = 50_000
"""Tokens that are drawn for and learned at once."""
CELLS = 1024
MOST_WIDTH = 4096


@dataclass(frozen=True, kw_only=True)
class Word2VecSettings:
    """window: the furthest a context word may be.  negative: samples a position.  sample: the share of the text above which a
    word begins to be left out (0: none is).  exponent: of the counts, for the negatives.  rate, least_rate: the first and last
    step.  subwords: None, or which runs of letters have vectors too.
    """

    method: Literal["skip-gram", "cbow"] = "skip-gram"
    width: int = 100
    window: int = 5
    negative: int = 5
    sample: float = 1e-3
    exponent: float = 0.75
    rate: float = 0.025
    least_rate: float = 1e-4
    epochs: int = 5
    subwords: SubwordSettings | None = None

    def __post_init__(self) -> None:
        if self.method not in ("skip-gram", "cbow"):
            raise ConfigError(f"method={self.method!r} is neither skip-gram nor cbow.")
        if not 1 <= self.width <= MOST_WIDTH or not 1 <= self.window <= 1000 or not 1 <= self.negative <= 100 or self.epochs < 1:
            raise ConfigError(
                f"width={self.width} must be from 1 to {MOST_WIDTH}, window={self.window} from 1 to 1000, "
                f"negative={self.negative} from 1 to 100, and epochs={self.epochs} at least 1."
            )
        if not 0 < self.least_rate <= self.rate <= 1 or self.sample < 0:
            raise ConfigError(
                f"rate={self.rate} and least_rate={self.least_rate} must be 0 < least_rate ≤ rate ≤ 1, sample={self.sample} ≥ 0."
            )


@dataclass(frozen=True)
class Drawn:
    """What is learned in one call: see ``kernels``."""

    ids: np.ndarray
    spans: np.ndarray
    negatives: np.ndarray
    rates: np.ndarray


def word2vec(
    corpus: Corpus, settings: Word2VecSettings, *, seed: int, progress: Callable[[float], None] | None = None
) -> WordVectors:
    """Vectors of the words of a corpus.  progress: is called with the share that is done.

    Equal corpus, settings and seed give equal bytes on one machine.
    """
    n_words = len(corpus.words)
    bags = None if settings.subwords is None else bags_of(corpus.words, settings.subwords)
    rows = n_words + (0 if settings.subwords is None else settings.subwords.rows)
    start = generator(seed, "word2vec", "start")
    inputs = ((start.random((rows, settings.width), dtype=np.float32) - np.float32(0.5)) / np.float32(settings.width)).astype(
        np.float32
    )
    outputs = np.zeros((n_words, settings.width), dtype=np.float32)
    table = sigmoid_table()
    module: Any = loops("assay.language.vectors.kernels")
    learn = getattr(module, ("skip_gram" if settings.method == "skip-gram" else "cbow") + ("" if bags is None else "_bags"))
    total = max(settings.epochs * len(corpus.ids), 1)
    with ThreadPoolExecutor(1) as beside:
        jobs = draws(corpus, settings, seed)
        waiting = beside.submit(next, jobs, None)
        done = 0
        while (block := waiting.result()) is not None:
            waiting = beside.submit(next, jobs, None)
            size, drawn = block
            if len(drawn.ids):
                arrays = (drawn.ids, drawn.spans, drawn.negatives, drawn.rates, table, inputs, outputs)
                learn(*arrays) if bags is None else learn(*arrays, bags)
            done += size
            if progress is not None:
                progress(done / total)
    told = {**asdict(settings), "method": settings.method + ("" if bags is None else " with subwords"), "seed": seed}
    if settings.subwords is None or bags is None:
        return WordVectors(corpus.words, inputs, corpus.counts, None, told)
    matrix = composed(inputs, bags, n_words)
    return WordVectors(corpus.words, matrix, corpus.counts, Subwords(settings.subwords, inputs[n_words:].copy()), told)


def draws(corpus: Corpus, settings: Word2VecSettings, seed: int) -> Iterator[tuple[int, Drawn]]:
    """(tokens of the corpus that it covers, what is drawn for them), block after block, epoch after epoch."""
    keep, sampler = kept_shares(corpus.counts, settings.sample), Alias.of(corpus.counts**settings.exponent)
    firsts = _blocks(corpus.offsets)
    total = max(settings.epochs * len(corpus.ids), 1)
    for epoch in range(settings.epochs):
        for number, (first, last) in enumerate(firsts):
            rng = generator(seed, "word2vec", epoch, number)
            begin, end = int(corpus.offsets[first]), int(corpus.offsets[last])
            ids = corpus.ids[begin:end]
            is_kept = rng.random(len(ids)) < keep[ids]
            ends = np.concatenate([[0], np.cumsum(is_kept)])[corpus.offsets[first : last + 1] - begin]
            sizes = np.diff(ends)
            places = np.arange(int(ends[-1]))
            reach = rng.integers(1, settings.window, len(places), endpoint=True)
            low = np.maximum(places - reach, np.repeat(ends[:-1], sizes))
            high = np.minimum(places + reach + 1, np.repeat(ends[1:], sizes))
            gone = (epoch * len(corpus.ids) + begin + np.flatnonzero(is_kept)) / total
            rates = np.maximum(settings.rate - (settings.rate - settings.least_rate) * gone, settings.least_rate)
            yield (
                end - begin,
                Drawn(
                    ids[is_kept],
                    np.column_stack([low, high]).astype(np.int32),
                    sampler.draw(rng, (len(places), settings.negative)),
                    rates.astype(np.float32),
                ),
            )


def _blocks(offsets: np.ndarray) -> list[tuple[int, int]]:
    """Runs of whole sentences of about BLOCK tokens: (first, behind the last)."""
    marks = np.unique((offsets[:-1] // BLOCK), return_index=True)[1].tolist()
    return list(zip(marks, [*marks[1:], len(offsets) - 1], strict=True))


def kept_shares(counts: np.ndarray, sample: float) -> np.ndarray:
    """float64 (n,): the chance of a token of each word to be kept: (√(f/t) + 1) · t/f, f its share of the text, at most 1.

    >>> kept_shares(np.array([990, 10]), 0.01).round(3).tolist()
    [0.111, 1.0]
    """
    if sample == 0:
        return np.ones(len(counts))
    ratio = counts / counts.sum() / sample
    return np.asarray(np.minimum((np.sqrt(ratio) + 1) / ratio, 1.0))


def sigmoid_table() -> np.ndarray:
    """float32 (CELLS + 1,): σ at even steps from −8 to 8, as the kernels read it."""
    return (1 / (1 + np.exp(-np.linspace(-8, 8, CELLS + 1)))).astype(np.float32)


@dataclass(frozen=True)
class Alias:
    """Draws of places with given weights in constant time each (Walker 1977; Vose 1991)."""

    stay: np.ndarray
    other: np.ndarray

    @classmethod
    def of(cls, weights: np.ndarray) -> "Alias":
        share = (weights / weights.sum() * len(weights)).tolist()
        stay, other = np.ones(len(share)), np.arange(len(share), dtype=np.int32)
        small, large = [i for i, p in enumerate(share) if p < 1], [i for i, p in enumerate(share) if p >= 1]
        while small and large:
            low, high = small.pop(), large[-1]
            stay[low], other[low] = share[low], high
            share[high] -= 1 - share[low]
            if share[high] < 1:
                small.append(large.pop())
        return cls(stay, other)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """int32 of this shape."""
        at = rng.random(shape) * len(self.stay)
        place = at.astype(np.int32)
        return np.where(at - place < self.stay[place], place, self.other[place])
