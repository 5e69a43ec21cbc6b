"""Language models that are nets: what they learn, what they say of tokens, what they save and refuse."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.contracts.learning import copied, state_bytes

from assay.core.errors import BundleError, DataError
from assay.core.ragged import Ragged
from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.language.next_token import NextToken
from assay.prepare.corpus import BEGIN, CorpusStep
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context
from assay.recipes.nets.language_net import FittedLanguageNet, LanguageNetLearner
from assay.recipes.registry import FITTED_LEARNERS, RECIPES

NAMES = ["lstm-lm", "gpt-small"]
EVERY = pytest.mark.parametrize("name", NAMES)
TASK = Task("language-model", "")
SMALL: dict[str, dict[str, Any]] = {
    "lstm-lm": {"width": 16, "layers": 1, "window": 8, "context": 4, "dropout": 0.0, "word_dropout": 0.0},
    "gpt-small": {"width": 16, "heads": 2, "layers": 1, "hidden": 32, "window": 8, "context": 4, "dropout": 0.0},
}
CHAINS = {"a": "b", "b": "c", "c": "а", "а": "б", "б": "a"}
"""Each word is followed by one other; of both alphabets."""


def chained(texts: int = 60) -> pl.Series:
    random = np.random.default_rng(0)
    found = []
    for _ in range(texts):
        word, words = str(random.choice(sorted(CHAINS))), list[str]()
        for _ in range(int(random.integers(3, 12))):
            words.append(word)
            word = CHAINS[word]
        found.append(" ".join(words))
    return pl.Series("text", found)


def rows_of(texts: pl.Series) -> Rows:
    frame = texts.to_frame("text")
    step = CorpusStep(min_count=1).fit(frame, Schema((Column("text", "text"),)), np.zeros(len(texts)), 0)
    matrix: Any = step.transform(frame)
    return Rows(matrix, np.zeros(len(texts)), 0, blocks=step.blocks)


def fit(name: str, rows: Rows, *, seed: int = 0, epochs: int = 2, learning_rate: float = 2e-3) -> FittedLanguageNet:
    found = RECIPES.get(name).learner
    assert isinstance(found, LanguageNetLearner)
    training = replace(found.training, epochs=epochs, learning_rate=learning_rate, batch_size=64, precision="full")
    learner = replace(found, settings=SMALL[name], training=training, held=0.2)
    return learner.fit(rows, TASK, validation=None, seed=seed, budget=Budget(), context=Context())


@cache
def fitted(name: str) -> tuple[FittedLanguageNet, Matrix]:
    rows = rows_of(chained())
    return fit(name, rows), rows.features  # type: ignore[return-value]


@EVERY
def test_it_learns_which_word_follows_which(name: str) -> None:
    rows = rows_of(chained())
    net = fit(name, rows, epochs=20, learning_rate=0.02)
    ids: Any = rows.features
    inside = np.ones(len(ids.values), dtype=bool)
    inside[ids.offsets[:-1]] = False  # any word may begin a text
    inside[ids.offsets[1:] - 1] = False  # and any may end it
    assert np.exp(net.predict(ids).score[inside].mean()) > 0.6  # a ninth of the words ends a text


@EVERY
def test_every_token_gets_a_log_probability_whatever_the_other_rows_are(name: str) -> None:
    net, matrix = fitted(name)
    texts: Any = matrix
    output = net.predict(texts)
    assert output.score.dtype == np.float64
    assert output.probability is None
    assert output.offsets is not None
    np.testing.assert_array_equal(output.offsets, texts.offsets)
    assert (output.score < 0).all()
    some = np.array([7, 3, 3])
    alone = net.predict(texts[some])
    expected = np.concatenate([output.score[texts.offsets[row] : texts.offsets[row + 1]] for row in some])
    np.testing.assert_allclose(alone.score, expected, rtol=0, atol=1e-9)


@EVERY
def test_the_next_token_is_foretold_as_its_row_is_judged_and_probabilities_sum_to_one(name: str) -> None:
    net, matrix = fitted(name)
    texts: Any = matrix
    assert isinstance(net, NextToken)
    longest = int(np.argmax(texts.lengths))
    row, score = texts.row(longest), net.predict(texts).score[texts.offsets[longest] :]
    for place in range(len(row)):
        said = net.next_log_probabilities(row[:place])
        assert said.shape == (net.vocabulary,)
        assert np.exp(said).sum() == pytest.approx(1, abs=1e-12)
        assert said[row[place]] == pytest.approx(score[place], abs=1e-9)
        assert said[BEGIN] == -np.inf


@EVERY
def test_the_vocabulary_is_that_of_the_step_whatever_rows_are_set_apart(name: str) -> None:
    rows = rows_of(chained())
    net, _ = fitted(name)
    assert net.vocabulary == rows.blocks[0].levels == 3 + len(CHAINS)
    assert not RECIPES.get(name).learner.wants_validation(TASK)


@EVERY
def test_one_seed_gives_the_same_bytes_and_another_one_others(name: str) -> None:
    rows = rows_of(chained(20))
    one = state_bytes(fit(name, rows).state())
    assert state_bytes(fit(name, rows).state()) == one
    assert state_bytes(fit(name, rows, seed=1).state()) != one


@EVERY
def test_what_is_saved_says_the_same(name: str) -> None:
    net, matrix = fitted(name)
    state = copied(net.state())
    again = FITTED_LEARNERS.get(state["kind"]).from_state(state)
    np.testing.assert_array_equal(again.predict(matrix).score, net.predict(matrix).score)
    assert state_bytes(again.state()) == state_bytes(net.state())


@EVERY
def test_a_broken_state_is_refused(name: str) -> None:
    state = copied(fitted(name)[0].state())
    weights, settings = state["weights"], state["settings"]
    first = next(iter(weights))
    broken: list[dict[str, Any]] = [
        {**state, "architecture": "mlp"},
        {**state, "settings": {**settings, "tokens": settings["tokens"] + 1}},
        {**state, "settings": {**settings, "window": 0}},
        {**state, "settings": {**settings, "context": -1}},
        {**state, "settings": {**settings, "width": 10**9}},
        {**state, "settings": []},
        {**state, "weights": {**weights, first: weights[first] * np.nan}},
        {**state, "weights": {key: value for key, value in weights.items() if key != first}},
        {key: value for key, value in state.items() if key != "weights"},
    ]
    for one in broken:
        with pytest.raises(BundleError):
            FittedLanguageNet.from_state(one)


@EVERY
@pytest.mark.parametrize(
    "texts",
    [
        ["one sentence, alone."],
        ["слово слово", "слово"],
        ["", "", "🙂 🙂"],
        ["שלום עולם", "שלום"],
        ["nul \0 byte \0", "nul"],
    ],
    ids=["one sentence", "one word", "empty and emoji", "right to left", "NUL"],
)
def test_a_corpus_of_next_to_nothing_makes_a_model_all_the_same(name: str, texts: list[str]) -> None:
    rows = rows_of(pl.Series(texts))
    net = fit(name, rows)
    output = net.predict(rows.features)  # type: ignore[arg-type]
    assert np.isfinite(output.score).all()
    assert np.exp(net.next_log_probabilities(np.zeros(0, dtype=np.int32))).sum() == pytest.approx(1, abs=1e-12)


@EVERY
def test_a_text_much_longer_than_what_is_read_at_once_is_judged_to_its_end(name: str) -> None:
    net, _ = fitted(name)
    long = Ragged.of([np.append(np.tile(np.arange(3, 8), 4000), 2)], np.int32)
    score = net.predict(long).score  # type: ignore[arg-type]
    assert len(score) == 20_001
    assert np.isfinite(score).all()
    np.testing.assert_allclose(score[40:80], score[80:120], rtol=0, atol=1e-9)  # after 8 + 4 tokens no earlier one counts


@EVERY
def test_ids_of_another_vocabulary_are_refused(name: str) -> None:
    net, _ = fitted(name)
    with pytest.raises(DataError, match="rows of token ids"):
        net.predict(Ragged.of([np.array([99, 2])], np.int32))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="rows of token ids"):
        net.next_log_probabilities(np.array([99]))
