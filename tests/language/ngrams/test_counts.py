"""Counts and ids against plain Python."""

from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.language.ngrams.texts import CORPORA, RUSSIAN, counted, run_counts, runs

from assay.core.errors import ConfigError, DataError
from assay.core.ragged import Ragged
from assay.language.ngrams.counts import NgramCounts, count_ngrams
from assay.language.ngrams.words import Words
from assay.prepare.corpus import END, MARKS


def named(words: Words, counts: NgramCounts, n: int, values: np.ndarray) -> dict[tuple[str, ...], int]:
    """The runs of n words with their values, where these are not 0."""
    numbers, columns = np.arange(len(counts.levels[n - 1])), []
    for length in range(n, 0, -1):
        columns.append(counts.levels[length - 1].words[numbers])
        numbers = counts.levels[length - 1].parents[numbers]
    texts = zip(*([words.vocabulary[word] for word in column] for column in columns[::-1]), strict=True)
    return {run: int(value) for run, value in zip(texts, values, strict=True) if value}


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_counts_are_those_of_a_plain_counter(name: str, order: int) -> None:
    words, _, counts = counted(CORPORA[name], order)
    for n in range(1, order + 1):
        assert named(words, counts, n, counts.counts[n - 1]) == run_counts(CORPORA[name], n, order)


@pytest.mark.parametrize("name", CORPORA)
def test_continuations_are_the_different_words_before_a_run(name: str) -> None:
    words, _, counts = counted(CORPORA[name], 3)
    for n in (1, 2):
        before: Counter[tuple[str, ...]] = Counter(run[1:] for run in set(runs(CORPORA[name], n + 1, 3)))
        assert named(words, counts, n, counts.continuations(n)) == before


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), max_size=6), min_size=1, max_size=8), st.integers(1, 4))
def test_any_corpus_is_counted_as_a_plain_counter_does(texts: list[list[int]], order: int) -> None:
    said = [" ".join("абвг"[place] for place in text) for text in texts]
    words, _, counts = counted(said, order)
    for n in range(1, order + 1):
        assert named(words, counts, n, counts.counts[n - 1]) == run_counts(said, n, order)
        assert int(counts.counts[n - 1].sum()) == sum(len(text) + 1 for text in texts)


def test_ids_are_of_words_by_frequency_and_alphabet_and_each_text_ends() -> None:
    series = pl.Series(["b a b", None, "", "  c\tb\n", "я <unk> <s> </s> незнакомое"])
    words = Words.of(series[:4])
    assert words.vocabulary == (*MARKS, "b", "a", "c")
    ids = words.ids(series)
    assert [ids.row(place).tolist() for place in range(5)] == [[3, 4, 3, 2], [2], [2], [5, 3, 2], [0, 0, 0, 2, 0, 2]]


def test_rare_words_are_unknown() -> None:
    words = Words.of(pl.Series(RUSSIAN), 2)
    assert "кот" in words.words
    assert "лукоморья" not in words.words
    assert words.ids(pl.Series(["лукоморья кот"])).values[0] == 0


def test_texts_are_cut_alike_in_one_block_and_in_many(monkeypatch: pytest.MonkeyPatch) -> None:
    series = pl.Series(CORPORA["chain"])
    whole = Words.of(series)
    monkeypatch.setattr("assay.language.ngrams.words.AT_ONCE", 7)
    assert Words.of(series) == whole
    np.testing.assert_array_equal(whole.ids(series).values, Words(whole.words).ids(series).values)
    np.testing.assert_array_equal(whole.ids(series).offsets[[0, -1]], [0, sum(len(text.split()) + 1 for text in series)])


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "at least one row"),
        ([[3, 9, 2]], "from 0 to 8"),
        ([[-1, 2]], "from 0"),
        ([[1, 2]], "<s>"),
        ([[3]], "end in"),
        ([[]], "end in"),
    ],
)
def test_ids_that_no_vocabulary_writes_are_refused(rows: list[list[int]], why: str) -> None:
    with pytest.raises(DataError, match=why):
        count_ngrams(Ragged.of([np.array(row, dtype=np.int32) for row in rows], np.int32), 2, 9)


@pytest.mark.parametrize("order", [0, 11])
def test_an_order_that_is_none_is_refused(order: int) -> None:
    with pytest.raises(ConfigError, match="order"):
        count_ngrams(Ragged.of([np.array([END], dtype=np.int32)], np.int32), order, 3)
