"""The recipes: fitted on a corpus step's rows, they answer as what they are made of, come back whole, and refuse lies."""

import numpy as np
import polars as pl
import pytest
from tests.language.ngrams.texts import RUSSIAN, chain

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.ragged import Ragged
from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.language.next_token import NextToken
from assay.language.ngrams.counts import count_ngrams
from assay.language.ngrams.kneser_ney import kneser_ney
from assay.prepare.corpus import CorpusStep, FittedCorpus
from assay.recipes.language.ngrams import FittedNgrams
from assay.recipes.learner import Budget, Context, FittedLearner
from assay.recipes.named import recipe_named
from assay.recipes.registry import FITTED_LEARNERS, RECIPES

NAMES = ["ngram-add-k", "ngram-interpolated", "ngram-kneser-ney", "ngram-kneser-ney-small"]
TASK = Task("language-model", "text", ())
TEXTS = {"ru": RUSSIAN * 2, "chain": chain(200, 40, 0)}


def fit(name: str, texts: list[str]) -> tuple[FittedLearner, FittedCorpus, Ragged]:
    recipe = recipe_named(name)
    frame = pl.DataFrame({"text": texts})
    step = CorpusStep().fit(frame, Schema((Column("text", "text"),)), np.zeros(len(texts)), 0)
    ids = step.transform(frame)
    assert isinstance(ids, Ragged)
    rows = Rows(ids, np.zeros(len(texts)), 0, None, step.blocks)  # type: ignore[arg-type]
    assert not recipe.learner.wants_validation(TASK)
    learner = recipe.learner.fit(rows, TASK, validation=None, seed=0, budget=Budget(), context=Context())
    return learner, step, ids


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("texts", TEXTS)
def test_each_recipe_gives_a_log_probability_a_token_that_next_tokens_agree_with(name: str, texts: str) -> None:
    assert RECIPES.get(name).name == name
    learner, step, ids = fit(name, TEXTS[texts])
    assert isinstance(learner, NextToken)
    output = learner.predict(ids)  # type: ignore[arg-type]
    assert output.probability is None
    np.testing.assert_array_equal(output.offsets, ids.offsets)
    row = ids.row(3)
    said = [learner.next_log_probabilities(row[:end])[word] for end, word in enumerate(row)]
    np.testing.assert_allclose(said, output.score[ids.offsets[3] : ids.offsets[4]], atol=1e-12)
    total = np.exp(learner.next_log_probabilities(row[:2])).sum()
    assert (len(step.vocabulary), total) == (len(learner.next_log_probabilities(row[:2])), pytest.approx(1, abs=1e-9))
    again = FITTED_LEARNERS.get("ngrams").from_state(learner.state())
    np.testing.assert_array_equal(again.predict(ids).score, output.score)  # type: ignore[arg-type]


def test_the_usual_recipe_is_modified_kneser_ney_of_three_words() -> None:
    learner, step, ids = fit("ngram-kneser-ney", TEXTS["chain"])
    expected = kneser_ney(count_ngrams(ids, 3, len(step.vocabulary))).log_scores(ids)
    np.testing.assert_array_equal(learner.predict(ids).score, expected.values)  # type: ignore[arg-type]


@pytest.mark.parametrize("order", [1, 5])
def test_the_order_can_be_said_in_the_recipes_text(order: int) -> None:
    name = f"ngram-kneser-ney:order@{order}"
    learner, _, _ = fit(name, TEXTS["ru"])
    assert recipe_named(name).name == name
    assert isinstance(learner, FittedNgrams)
    assert learner.model.order == order


@pytest.mark.parametrize(
    "text", ["ngram-kneser-ney:order@9", "ngram-kneser-ney:order@x", "ngram-kneser-ney:order@2:order@3", "logistic:order@2"]
)
def test_an_order_that_cannot_be_is_one_sentence(text: str) -> None:
    with pytest.raises(ConfigError, match="order"):
        recipe_named(text)


def test_a_state_of_scores_that_are_no_probabilities_is_refused() -> None:
    state = fit("ngram-add-k", TEXTS["ru"])[0].state()
    for change in ({"is_probability": False}, {"convention": "textbook"}):
        with pytest.raises(BundleError, match="no probabilities"):
            FittedNgrams.from_state({**state, **change})


def test_ids_of_another_vocabulary_are_refused() -> None:
    learner, step, _ = fit("ngram-kneser-ney", TEXTS["ru"])
    with pytest.raises(DataError, match="does not fit together"):
        learner.predict(Ragged.of([np.array([len(step.vocabulary), 2], dtype=np.int32)], np.int32))  # type: ignore[arg-type]


def test_no_rows_have_no_tokens() -> None:
    learner, _, ids = fit("ngram-kneser-ney", TEXTS["ru"])
    assert len(learner.predict(ids[np.zeros(0, dtype=np.int64)]).score) == 0  # type: ignore[arg-type]
