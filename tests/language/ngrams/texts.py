"""Small corpora for the tests of n-grams, in both languages, and plain counting."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import polars as pl

from assay.core.ragged import Ragged
from assay.language.ngrams.counts import NgramCounts, count_ngrams
from assay.language.ngrams.words import Words

FIRST = ["i like machine learning", "deep learning is like machine learning"]
SECOND = ["i like a cat", "this dog is like a cat"]
RUSSIAN = [
    "у лукоморья дуб зелёный",
    "златая цепь на дубе том",
    "и днём и ночью кот учёный",
    "всё ходит по цепи кругом",
    "идёт направо песнь заводит",
    "налево сказку говорит",
    "там чудеса там леший бродит",
    "русалка на ветвях сидит",
    "там на неведомых дорожках",
    "следы невиданных зверей",
    "избушка там на курьих ножках",
    "стоит без окон без дверей",
    "и там я был и мёд я пил",
    "у моря видел дуб зелёный",
    "под ним сидел и кот учёный",
    "свои мне сказки говорил",
]


def chain(texts: int, words: int, seed: int) -> list[str]:
    """Texts whose words depend on the one before, some words far more frequent than others."""
    random = np.random.default_rng(seed)
    found = []
    for length in random.poisson(9, texts) + 1:
        place, said = 0, []
        for _ in range(length):
            place = int((place * 7 + random.zipf(1.5)) % words)
            said.append(f"w{place}")
        found.append(" ".join(said))
    return found


CORPORA = {"first": FIRST, "second": SECOND, "russian": RUSSIAN, "chain": chain(300, 40, 0)}


def corpus(texts: list[str], min_count: int = 1) -> tuple[Words, Ragged]:
    series = pl.Series(texts, dtype=pl.String)
    words = Words.of(series, min_count)
    return words, words.ids(series)


def counted(texts: list[str], order: int, min_count: int = 1) -> tuple[Words, Ragged, NgramCounts]:
    words, ids = corpus(texts, min_count)
    return words, ids, count_ngrams(ids, order, words.size)


def padded(texts: list[str], order: int, known: set[str] | None = None) -> list[list[str]]:
    """The tokens of each text behind order - 1 <s>, in plain Python."""
    rows = [[word if known is None or word in known else "<unk>" for word in text.split()] for text in texts]
    return [["<s>"] * (order - 1) + row + ["</s>"] for row in rows]


def runs(texts: list[str], n: int, order: int) -> Iterator[tuple[str, ...]]:
    """Every run of n words whose last one is predicted."""
    for row in padded(texts, order):
        for end in range(order - 1, len(row)):
            yield tuple(row[end - n + 1 : end + 1])


def run_counts(texts: list[str], n: int, order: int) -> Counter[tuple[str, ...]]:
    return Counter(runs(texts, n, order))
