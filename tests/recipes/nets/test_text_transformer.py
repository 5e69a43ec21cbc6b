"""The Transformer that tells classes of texts apart: what it learns, what it saves, and what it makes of odd texts."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from tests.contracts.learning import assert_equal, copied, state_bytes

from assay.core.errors import BundleError, ConfigError, DataError
from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.nets.text.encoder import TextTransformer, TextTransformerSpec, trimmed
from assay.prepare.sequences import FittedTokenSequences
from assay.recipes.fitted import Fitted
from assay.recipes.learner import Budget, Context
from assay.recipes.nets.fitted import FittedNet
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.transformers import TEXT_TRANSFORMER, TEXT_TRANSFORMER_SUBWORDS
from assay.recipes.registry import FITTED_LEARNERS, RECIPES

BINARY = Task("binary", "y", ("dog before cat", "cat before dog"))
TERNARY = Task("multiclass", "y", ("a", "b", "c"))
SCHEMA = Schema((Column("text", "text"),))


def ordered(texts: int, language: str) -> tuple[pl.DataFrame, np.ndarray]:
    """Texts of the same words, whose class is which of two comes first: no bag of words tells them apart."""
    first, second, others = {
        "en": ("cat", "dog", ["the", "a", "saw", "ran", "and"]),
        "ru": ("кот", "пёс", ["и", "а", "он", "бежал", "там"]),
    }[language]
    random = np.random.default_rng(2)
    target, found = random.integers(0, 2, texts), list[str]()
    for label in target:
        words = random.choice(others, 4).tolist()
        early, late = (0, 4) if label else (4, 0)
        words.insert(early, first)
        words.insert(late, second)
        found.append(" ".join(words))
    return pl.DataFrame({"text": found}), target


def prepared(frame: pl.DataFrame, target: np.ndarray, classes: int) -> tuple[FittedTokenSequences, Rows]:
    step: Any = TEXT_TRANSFORMER.step.fit(frame, SCHEMA, target, 0)
    return step, Rows(step.transform(frame), target, classes, blocks=step.blocks)


def fit(rows: Rows, task: Task, *, epochs: int, seed: int = 0, **shape: Any) -> FittedNet:
    learner = TEXT_TRANSFORMER.learner
    assert isinstance(learner, NetLearner)
    training = replace(learner.training, epochs=epochs, patience=None)
    small: Any = replace(learner.shape, **{"width": 16, "hidden": 32, "heads": 2, **shape})  # type: ignore[type-var]
    return replace(learner, shape=small, training=training).fit(
        rows, task, validation=None, seed=seed, budget=Budget(), context=Context()
    )


@cache
def quick(task: Task) -> tuple[FittedNet, np.ndarray]:
    random = np.random.default_rng(0)
    ids = random.integers(0, 20, (40, 12)).astype(np.int32)
    ids[3] = 0
    rows = Rows(ids, np.arange(40) % len(task.classes), len(task.classes))
    return fit(rows, task, epochs=2), ids


EITHER = pytest.mark.parametrize("task", [BINARY, TERNARY], ids=["binary", "multiclass"])


@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_learns_an_order_of_words_that_no_bag_of_them_shows(language: str) -> None:
    frame, target = ordered(300, language)
    _, rows = prepared(frame, target, 2)
    net = fit(rows.take(np.arange(200)), BINARY, epochs=12, dropout=0.0)
    said = net.predict(rows.features[200:]).score > 0  # type: ignore[index]
    assert (said == target[200:]).mean() > 0.95


@pytest.mark.parametrize(("recipe", "least", "most"), [(TEXT_TRANSFORMER_SUBWORDS, 0.9, 1.0), (TEXT_TRANSFORMER, 0.0, 0.7)])
def test_words_it_never_saw_are_read_by_their_pieces(recipe: Any, least: float, most: float) -> None:
    random = np.random.default_rng(4)
    stems = ["".join(random.choice(list("бвгдзклмнрст"), 4)) for _ in range(300)]
    target = random.integers(0, 2, 300)
    texts = [stem + ("ость" if label else "ение") for stem, label in zip(stems, target, strict=True)]
    frame = pl.DataFrame({"text": texts})
    fitted: Any = replace(recipe.step, max_words=60).fit(frame[:200], SCHEMA, target[:200], 0)
    rows = Rows(fitted.transform(frame), target, 2)
    said = fit(rows.take(np.arange(200)), BINARY, epochs=16, dropout=0.0).predict(rows.features[200:]).score > 0  # type: ignore[index]
    assert least <= (said == target[200:]).mean() <= most


def test_without_positions_it_cannot_learn_an_order() -> None:
    frame, target = ordered(300, "en")
    _, rows = prepared(frame, target, 2)
    blind = fit(rows.take(np.arange(200)), BINARY, epochs=12, dropout=0.0, positions="none")
    said = blind.predict(rows.features[200:]).score > 0  # type: ignore[index]
    assert (said == target[200:]).mean() < 0.75


@EITHER
def test_one_text_alone_is_predicted_as_in_a_batch_and_padding_changes_nothing(task: Task) -> None:
    net, ids = quick(task)
    whole = net.predict(ids)
    for row in (0, 3, 7):
        alone = net.predict(ids[row : row + 1])
        np.testing.assert_allclose(alone.score[0], whole.score[row], rtol=0, atol=1e-9)
    longer = np.pad(ids, ((0, 0), (0, 5)))
    spec, model = net.net
    with torch.inference_mode():
        padded = model(torch.from_numpy(longer))
        np.testing.assert_allclose(padded, model(spec.tensor(ids)), rtol=0, atol=1e-12)


@EITHER
def test_what_is_saved_predicts_the_same(task: Task) -> None:
    net, ids = quick(task)
    again = FITTED_LEARNERS.get("net").from_state(copied(net.state()))
    assert_equal(again.predict(ids), net.predict(ids), 0)


def test_one_seed_gives_the_same_bytes_and_another_one_others() -> None:
    random = np.random.default_rng(0)
    rows = Rows(random.integers(0, 20, (40, 12)).astype(np.int32), np.arange(40) % 2, 2)
    one = state_bytes(fit(rows, BINARY, epochs=1).state())
    assert state_bytes(fit(rows, BINARY, epochs=1).state()) == one
    assert state_bytes(fit(rows, BINARY, epochs=1, seed=1).state()) != one


@pytest.mark.parametrize("change", [{"heads": 3}, {"layers": 0}, {"positions": "circular"}, {"tokens": 7}, {"dropout": 1.0}])
def test_a_saved_net_with_settings_that_none_can_have_is_refused(change: dict[str, Any]) -> None:
    state = copied(quick(BINARY)[0].state())
    with pytest.raises(BundleError):
        FittedNet.from_state({**state, "settings": {**state["settings"], **change}})


@pytest.mark.parametrize(
    "text",
    ["", None, "🙂🙂🙂", "שלום עולם", "nul \0 byte", "ж" * 1_000_000, "word " * 200_000],
    ids=["empty", "missing", "emoji", "right to left", "NUL", "1 MB in a word", "1 MB of words"],
)
def test_odd_texts_get_an_answer(text: str | None) -> None:
    frame, target = ordered(30, "ru")
    step, rows = prepared(frame, target, 2)
    net = fit(rows, BINARY, epochs=1)
    fitted = Fitted("text-transformer", BINARY, SCHEMA, step, net)
    said = fitted.predict(pl.DataFrame({"text": [text]}, schema={"text": pl.String}))
    assert 0 < said["probability"][0] < 1


def test_a_vocabulary_of_one_word_and_texts_that_are_all_empty_can_be_learnt_from() -> None:
    for texts in (["слово"] * 8, [""] * 8):
        frame = pl.DataFrame({"text": texts})
        _, rows = prepared(frame, np.arange(8) % 2, 2)
        assert np.isfinite(fit(rows, BINARY, epochs=1).predict(rows.features).score).all()  # type: ignore[arg-type]


def test_padding_is_cut_off_where_all_texts_have_ended() -> None:
    assert trimmed(torch.tensor([[3, 0, 0, 0], [3, 4, 0, 0]])).tolist() == [[3, 0], [3, 4]]
    assert trimmed(torch.zeros(2, 4, dtype=torch.int32)).tolist() == [[0], [0]]


def test_the_net_has_as_many_numbers_as_its_parts_ask_for() -> None:
    spec = TextTransformerSpec(30, 3, 12, width=8, heads=2, layers=2, hidden=16, positions="learned")
    model = spec.build()
    assert isinstance(model, TextTransformer)
    layer = 4 * (8 * 8 + 8) + 2 * 8 * 16 + 16 + 8 + 4 * 8
    assert sum(part.numel() for part in model.parameters()) == 30 * 8 + 12 * 8 + 2 * layer + 2 * 8 + 8 * 3 + 3


def test_ids_that_the_table_has_not_are_unknown_words_and_other_matrices_are_refused() -> None:
    spec = TextTransformerSpec(5, 1, 3, width=8, heads=2)
    assert spec.tensor(np.array([[0, 4, 5, 1], [-1, 2, 3, 1]])).tolist() == [[0, 4, 1], [1, 2, 3]]
    with pytest.raises(DataError, match="integer token numbers"):
        spec.tensor(np.zeros((2, 3)))
    with pytest.raises(ConfigError, match="must be at least 1"):
        TextTransformerSpec(0, 1, 3)


def test_the_recipe_stands_in_the_registry() -> None:
    assert RECIPES.get("text-transformer") is TEXT_TRANSFORMER
