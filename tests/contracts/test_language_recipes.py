"""What every recipe of a language task must do: tokens and texts out, the same again, saved and read, no text that breaks it."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.bundle.mutants import small
from tests.contracts.learning import state_bytes
from tests.rows_for_recipes import ASKED, RECIPES, is_language, table, task_of

import assay
from assay.archive.state import decode, encode
from assay.language.next_token import NextToken
from assay.measure.tokens import text_log_probabilities
from assay.prepare.corpus import BEGIN, END
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.treatments import treatment_named

NAMES = [name for name in RECIPES.names() if is_language(name)]
MODELS = [name for name in NAMES if task_of(name) == "language-model"]
TAGGERS = [name for name in NAMES if task_of(name) in ("tagging", "entities")]
STRANGE = ["", "   ", "🙂🙂 🙂", "unseen слова", "\N{HEBREW LETTER SHIN}\N{HEBREW LETTER LAMED} שלום", "nul\0byte", "the " * 300]


def fitted(name: str, seed: int = 0) -> Fitted:
    data = assay.read(table(name), target="paid", **ASKED[task_of(name)])
    none = treatment_named("none")
    return fit(small(RECIPES.get(name)), none, data, groups=None, seed=seed, budget=Budget(), context=Context())


@cache
def once(name: str) -> Fitted:
    return fitted(name)


def column_of(name: str) -> str:
    return "paid" if name in MODELS else "letter"


def frame_of(name: str, texts: list[str]) -> pl.DataFrame:
    return pl.DataFrame({column_of(name): texts})


def test_there_are_recipes_of_every_language_task() -> None:
    answered = {task for name in NAMES for task in RECIPES.get(name).tasks}
    assert answered >= {"language-model", "rewriting", "spelling", "tagging"}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    assert state_bytes(once(name).state()) == state_bytes(fitted(name).state())


@pytest.mark.parametrize("name", NAMES)
def test_what_was_saved_answers_as_before(name: str) -> None:
    value, arrays = encode(once(name).state())
    back = Fitted.from_state(decode(value, arrays, "state"))
    rows = frame_of(name, [*table(name)[column_of(name)].head(6), *STRANGE])
    before, after = once(name).predict(rows), back.predict(rows)
    assert before.to_bytes() == after.to_bytes()
    assert len(before.offsets) == rows.height + 1


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_answered_alike_alone_and_among_others(name: str) -> None:
    texts = [*table(name)[column_of(name)].head(8), *STRANGE]
    whole = once(name).predict(frame_of(name, texts))
    for row in (0, 3, len(texts) - 1):
        alone = once(name).predict(frame_of(name, texts[row : row + 1]))
        (key,) = whole.arrays
        part = whole[key][whole.offsets[row] : whole.offsets[row + 1]]
        assert np.allclose(alone[key], part, atol=1e-5 if key == "log_probability" else 0)


@pytest.mark.parametrize("name", MODELS)
def test_probabilities_of_the_next_token_sum_to_one_and_are_those_of_the_predictions(name: str) -> None:
    model = once(name)
    text = table(name)["paid"][0]
    said = model.predict(frame_of(name, [text]))["log_probability"]
    ids = model.step.ids(pl.Series([text])).values
    assert ids[-1] == END
    assert isinstance(model.learner, NextToken)
    for place in range(len(ids)):
        following = model.learner.next_log_probabilities(ids[:place])
        shares = np.exp(np.delete(following, BEGIN))
        assert shares.sum() == pytest.approx(1, abs=1e-5)
        assert following[ids[place]] == pytest.approx(said[place], abs=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_every_language_model_predicts_the_same_tokens(name: str) -> None:
    texts = [*table(name)["paid"].head(5), *STRANGE]
    mine, first = (text_log_probabilities(once(one).predict(frame_of(one, texts))).tokens for one in (name, "unigram"))
    assert mine.tolist() == first.tolist()
    assert once(name).step.vocabulary == once("unigram").step.vocabulary


@pytest.mark.parametrize("name", TAGGERS)
def test_a_tagger_gives_every_token_one_tag_that_it_has_learnt(name: str) -> None:
    from assay.measure.texts import texts_of

    texts = [*table(name)["letter"].head(8), *STRANGE]
    for text, tags in zip(texts, texts_of(once(name).predict(frame_of(name, texts))), strict=True):
        assert len(tags.split()) == len(text.split())
        assert set(tags.split()) <= {"B-TOWN", "O"}
