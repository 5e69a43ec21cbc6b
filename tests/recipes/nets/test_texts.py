"""The recipes of nets for texts: learning, saving, seeds, rows alone, pretrained vectors, a language model first."""

import copy
import re
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

import assay
from assay.core.errors import BundleError, ConfigError
from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.recipes.learner import Budget, Context
from assay.recipes.named import recipe_named
from assay.recipes.nets.elmo import MixedLearner
from assay.recipes.nets.fitted import FittedNet
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.text_shapes import TextShape
from assay.recipes.nets.texts import with_vectors
from assay.recipes.registry import FITTED_LEARNERS, RECIPES

NAMES = ["text-average", "text-cnn", "text-rnn", "text-gru", "text-lstm", "text-bilstm", "text-bilstm-deep"]
NAMES += ["text-bilstm-attention", "text-elmo"]
NARROW = {"text-average": {}, "text-convolution": {"filters": 16}, "text-recurrent": {"states": 16}, "text-layers-mixed": {}}
BINARY = Task("binary", "y", ("no", "yes"))
TERNARY = Task("multiclass", "y", ("a", "b", "c"))
SCHEMA = Schema((Column("text", "text"),))


def small(recipe, epochs=2):
    """The recipe with a narrow net and a training of a moment."""
    learner = recipe.learner
    if isinstance(learner, MixedLearner):
        language = replace(learner.language, epochs=1)
        return replace(recipe, learner=replace(learner, base=_narrow(learner.base, epochs), language=language))
    return replace(recipe, learner=_narrow(learner, epochs))


def _narrow(learner, epochs):
    assert isinstance(learner, NetLearner)
    shape = learner.shape
    assert isinstance(shape, TextShape)
    narrow = replace(shape, settings={**shape.settings, "width": 16, **NARROW[shape.architecture]})
    training = replace(learner.training, epochs=epochs, patience=None, batch_size=16, learning_rate=0.02)
    return replace(learner, shape=narrow, training=training)


def frame(n=120, seed=0):
    """Half of the texts say "not good" or "не рад", the others the same words the other way round."""
    random = np.random.default_rng(seed)
    target = random.integers(0, 2, n)
    filler = ["the", "a", "film", "was", "это", "фильм", "вчера", "и"]
    texts = []
    for answer in target:
        pair = [("not", "good"), ("не", "рад")][random.integers(2)]
        words = [
            *random.choice(filler, random.integers(0, 5)),
            *(pair if answer else pair[::-1]),
            *random.choice(filler, random.integers(0, 5)),
        ]
        texts.append(" ".join(words))
    return pl.DataFrame({"text": texts}), target


def rows_of(recipe, table, target, task=BINARY):
    step = recipe.step.fit(table, SCHEMA, target, 0)
    return step, Rows(step.transform(table), target, len(task.classes))


def learn(recipe, rows, task=BINARY, seed=0):
    return recipe.learner.fit(rows, task, validation=None, seed=seed, budget=Budget(), context=Context())


@cache
def fitted(name):
    recipe = small(RECIPES.get(name))
    table, target = frame()
    step, rows = rows_of(recipe, table, target)
    return step, learn(recipe, rows), rows


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_net_predicts_the_same_bytes_and_a_row_alone_as_in_company(name):
    _, net, rows = fitted(name)
    again = FITTED_LEARNERS.get("net").from_state(copy.deepcopy(net.state()))
    whole = net.predict(rows.features)
    assert again.predict(rows.features).probability.tobytes() == whole.probability.tobytes()
    for row in (0, 17, 119):
        alone = net.predict(rows.features[row : row + 1])
        np.testing.assert_allclose(alone.score, whole.score[row : row + 1], rtol=0, atol=1e-9)
    assert len(net.predict(rows.features[:0]).score) == 0


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_gives_one_state_and_another_seed_another(name):
    recipe = small(RECIPES.get(name), epochs=1)
    table, target = frame(40)
    _, rows = rows_of(recipe, table, target)
    before = rows.fingerprint
    states = [{key: value.tobytes() for key, value in learn(recipe, rows, seed=seed).weights.items()} for seed in (7, 7, 8)]
    assert states[0] == states[1] != states[2]
    assert rows.fingerprint == before


@pytest.mark.parametrize("name", NAMES)
def test_three_classes_weights_and_odd_texts_are_answered(name):
    recipe = small(RECIPES.get(name), epochs=1)
    table, target = frame(45)
    codes = np.arange(45) % 3
    step, rows = rows_of(recipe, table, codes, TERNARY)
    net = learn(recipe, replace(rows, weights=np.where(target == 1, 2.0, 0.5)), TERNARY)
    odd = pl.DataFrame({"text": ["", None, "🙂🙂", "\x00", "שלום עולם", "неслыханно", "the " * 3000]})
    said = net.predict(step.transform(odd)).probability
    assert said.shape == (7, 3)
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-9)


@pytest.mark.parametrize("name", ["text-cnn", "text-gru", "text-bilstm"])
def test_a_net_that_reads_in_order_learns_what_no_bag_of_words_can(name):
    recipe = small(RECIPES.get(name), epochs=8)
    table, target = frame(200)
    step, rows = rows_of(recipe, table, target)
    later, answers = frame(100, seed=1)
    said = learn(recipe, rows).predict(step.transform(later)).probability > 0.5
    assert (said == answers).mean() > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name != "text-average"])
def test_every_net_that_reads_in_order_learns_it(name):
    recipe = small(RECIPES.get(name), epochs=15)
    table, target = frame(400)
    step, rows = rows_of(recipe, table, target)
    later, answers = frame(200, seed=1)
    said = learn(recipe, rows).predict(step.transform(later)).probability > 0.5
    assert (said == answers).mean() > 0.9


def test_the_average_learns_words():
    recipe = small(RECIPES.get("text-average"), epochs=10)
    table = pl.DataFrame({"text": ["рад фильм", "плохой фильм", "good film", "bad film"] * 20})
    target = np.array([1, 0, 1, 0] * 20)
    _, rows = rows_of(recipe, table, target)
    assert ((learn(recipe, rows).predict(rows.features).probability > 0.5) == target).all()


def test_vectors_learnt_elsewhere_are_known_where_no_training_row_has_their_words():
    words = ("Хорошо", "good", "плохо", "bad", "two words", "хорошо")
    vectors = np.array([[3.0, 0.0], [2.9, 0.1], [-3.0, 0.0], [-2.9, 0.1], [9.0, 9.0], [8.0, 8.0]])
    recipe = with_vectors(small(RECIPES.get("text-average"), epochs=60), words, vectors)
    assert recipe.step.known == ("хорошо", "good", "плохо", "bad")
    table = pl.DataFrame({"text": ["good", "bad"] * 20})
    step, rows = rows_of(recipe, table, np.array([1, 0] * 20))
    net = learn(recipe, rows)
    said = net.predict(step.transform(pl.DataFrame({"text": ["хорошо", "плохо"]}))).probability
    assert said[0] > 0.7 > 0.3 > said[1]
    assert net.weights["vectors.weight"].shape == (6, 2)


@pytest.mark.parametrize(
    ("name", "words", "vectors", "told"),
    [
        ("embedding-bag", ("a",), np.ones((1, 2)), "no word vectors"),
        ("text-elmo", ("a",), np.ones((1, 2)), "no word vectors"),
        ("text-lstm", ("a", "b"), np.ones((1, 2)), "2 words and vectors"),
        ("text-lstm", ("a",), np.full((1, 2), np.nan), "finite"),
        ("text-lstm", ("two words",), np.ones((1, 2)), "none of the 1 words"),
    ],
)
def test_vectors_that_fit_nothing_are_refused(name, words, vectors, told):
    with pytest.raises(ConfigError, match=told):
        with_vectors(RECIPES.get(name), words, vectors)


def test_the_language_is_learnt_from_rows_without_a_label_too():
    recipe = small(RECIPES.get("text-elmo-unlabelled"), epochs=1)
    table, target = frame(40)
    _, rows = rows_of(recipe, table, target)
    more = replace(rows, unlabelled=rows.features[::-1].copy())
    assert learn(recipe, rows).state()["weights"].keys() == learn(recipe, more).state()["weights"].keys()
    one, other = (learn(recipe, each).weights["language.vectors.weight"] for each in (rows, more))
    assert not np.array_equal(one, other)


def test_a_state_whose_weights_are_of_another_net_is_refused():
    _, net, _ = fitted("text-bilstm")
    state = net.state()
    for settings in (
        {"states": 17},
        {"cell": "rnn"},
        {"cell": "lstn"},
        {"pooling": "attention"},
        {"words": 10**9},
        {"layers": 10**8},
    ):
        with pytest.raises(BundleError):
            FittedNet.from_state({**state, "settings": {**state["settings"], **settings}})


def test_a_study_with_bad_texts_ends_with_a_leaderboard(tmp_path):
    table, target = frame(60)
    rows = table.with_columns(answer=pl.Series(np.where(target == 1, "yes", "no")))
    odd = pl.DataFrame({"text": ["", "🙂", "a" * 200_000, "\x00\x00"], "answer": ["yes", "no", "yes", "no"]})
    data = assay.read(pl.concat([rows, odd]), target="answer", kinds={"text": "text"})
    result = assay.Study(data, ["text-average"], folds=2).run(tmp_path / "run", jobs=1)
    assert result.leaderboard()["name"].to_list() == ["text-average"]
    assert 0 < result.leaderboard()["value"][0] < 1


def test_a_recipe_is_named_with_its_file_of_vectors_and_holds_to_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "few.txt"
    path.write_text("3 2\nхорошо 1 0\ngood 0.9 0.1\nплохо -1 0\n", encoding="utf-8")
    recipe = recipe_named("text-vectors:few.txt")
    assert re.fullmatch("text-vectors:text-bilstm=few.txt#[0-9a-f]{8}", recipe.name)
    assert recipe_named(recipe.name).name == recipe_named("text-vectors:text-bilstm=few.txt").name == recipe.name
    assert recipe.step.known == ("хорошо", "good", "плохо")
    assert recipe_named("text-vectors:text-cnn=few.txt").learner.shape.architecture == "text-convolution"
    path.write_text("3 2\nхорошо 1 0\ngood 0.9 0.2\nплохо -1 0\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="not those this recipe was named with"):
        recipe_named(recipe.name)
    for name, told in (("text-vectors:none.txt", "no file of vectors"), ("text-vectors:mlp=few.txt", "no word vectors")):
        with pytest.raises(ConfigError, match=told):
            recipe_named(name)
