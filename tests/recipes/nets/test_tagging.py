"""Taggers: the most frequent tag of each word, and nets that read the text both ways."""

import copy
import json
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest
import torch

import assay
from assay.core.errors import AssayError, BundleError, ConfigError, DataError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.measure.metrics.tags import ENTITY_F1
from assay.measure.texts import text_predictions, text_truth, unpack
from assay.nets.architectures import ARCHITECTURES
from assay.nets.seeding import isolated
from assay.nets.text.tagger import NO_TAG, TagObjective
from assay.nets.training.examples import Examples
from assay.recipes.language.tagged import split
from assay.recipes.language.token_features import KINDS, TokenFeatures, features
from assay.recipes.learner import Budget, Context
from assay.recipes.nets import tagging
from assay.recipes.registry import FITTED_LEARNERS, RECIPES

ENTITIES = Task("tagging", "tags", special="entities")
NETS = ["tagger-window", "tagger-bilstm", "tagger-bilstm-crf"]
NAMES = ["most-frequent-tag", *NETS]


def sentences(n=150, seed=0):
    """A name follows a title; a place follows "in" or "в"; the same word may be either, so that words alone cannot tell."""
    random = np.random.default_rng(seed)
    titles, places = ["Mr", "Ms", "г-н", "г-жа"], ["in", "from", "в", "из"]
    shared = ["Paris", "Florence", "Sidney", "Владимир", "Юлия", "Орск"]
    filler = ["came", "and", "saw", "пришла", "и", "вчера", "saw", "nothing"]
    texts, tags = [], []
    for _ in range(n):
        tokens, said = [], []
        for _ in range(random.integers(1, 4)):
            kind = random.integers(3)
            if kind == 2:
                tokens.append(random.choice(filler))
                said.append("O")
                continue
            name = (
                random.choice(shared)
                if random.random() < 0.8
                else f"{random.choice(['Ka', 'Бо'])}{random.choice(['rov', 'ров', 'nsk'])}"
            )
            tokens += [random.choice(titles if kind == 0 else places), name]
            said += ["O", "B-PER" if kind == 0 else "B-LOC"]
            if kind == 0 and random.random() < 0.5:
                tokens.append(random.choice(["Иванов", "Smith"]))
                said.append("I-PER")
        texts.append(" ".join(tokens))
        tags.append(" ".join(said))
    return texts, tags


def rows_of(texts, tags):
    return Rows(pl.DataFrame({"text": texts}), np.array(tags, dtype=object), 0)


def small(name, epochs=6):
    recipe = RECIPES.get(name)
    if name == "most-frequent-tag":
        return recipe
    narrow = {**recipe.learner.settings, "width": 16, "affix_width": 4, "states": 16}
    training = replace(recipe.learner.training, epochs=epochs, patience=None, learning_rate=0.03, batch_size=16)
    return replace(recipe, learner=replace(recipe.learner, settings=narrow, training=training))


def learn(name, rows, *, validation=None, seed=0, epochs=6):
    learner = small(name, epochs).learner
    return learner.fit(rows, ENTITIES, validation=validation, seed=seed, budget=Budget(), context=Context())


def said(fitted, texts):
    output = fitted.predict(pl.DataFrame({"text": texts}, schema={"text": pl.String}))
    assert output.score.dtype == np.uint8
    return unpack(output.score, output.offsets)


def f1(fitted, texts, tags):
    units = np.arange(len(texts))
    truth, answers = text_truth(units, texts, tags), text_predictions(units, said(fitted, texts))
    return float(ENTITY_F1.value(ENTITY_F1.unit_statistics(truth, answers), np.ones(len(texts))))


@cache
def fitted(name):
    return learn(name, rows_of(*sentences()))


@pytest.mark.parametrize("name", NAMES)
def test_every_token_of_any_text_gets_one_tag(name):
    texts = ["Mr Paris came", "", None, "в  Орск", "🙂 שלום \x00", "слово " * 500, " "]
    answers = said(fitted(name), texts)
    assert [len(split(answer)) for answer in answers] == [len(split(text or "")) for text in texts]
    assert set(" ".join(answers).split()) <= {"O", "B-PER", "I-PER", "B-LOC"}
    assert said(fitted(name), []) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_tagger_says_the_same_and_a_text_alone_as_in_company(name):
    model = fitted(name)
    state = model.state()
    again = FITTED_LEARNERS.get(state["kind"]).from_state(copy.deepcopy(state))
    texts = sentences(40, seed=3)[0]
    together = said(model, texts)
    assert said(again, texts) == together
    assert [said(model, [text])[0] for text in texts] == together
    json.dumps({key: value for key, value in state.items() if key not in ("weights", "codes")}, allow_nan=False)


@pytest.mark.parametrize("name", NETS)
def test_one_seed_gives_one_tagger_and_another_seed_another(name):
    rows = rows_of(*sentences(30))
    states = [
        {key: value.tobytes() for key, value in learn(name, rows, seed=seed, epochs=1).weights.items()} for seed in (5, 5, 6)
    ]
    assert states[0] == states[1] != states[2]


def test_nets_learn_from_neighbours_what_words_alone_cannot_tell():
    texts, tags = sentences(150, seed=9)
    values = {name: f1(fitted(name), texts, tags) for name in NAMES}
    assert values["most-frequent-tag"] < 0.8
    assert min(values[name] for name in NETS) > 0.95


def test_the_most_frequent_tag_is_counted_and_new_words_are_like_rare_ones():
    rows = rows_of(["a b a", "a c", "мир d"], ["X Y X", "Z Z", "Z Y"])
    model = learn("most-frequent-tag", rows)
    assert dict(zip(model.words, model.codes.tolist(), strict=True)) == {"a": 0, "b": 1, "c": 2, "d": 1, "мир": 2}
    assert said(model, ["a мир never"]) == ["X Z Y"]  # once: Y twice, Z twice; the first in the alphabet
    assert said(learn("most-frequent-tag", rows_of(["a a b b b"], ["X X Y Y Y"])), ["c"]) == ["Y"]


def test_long_texts_are_learnt_from_in_pieces_and_tagged_whole(monkeypatch):
    monkeypatch.setattr(tagging, "LONGEST", 7)
    texts, tags = sentences(150)
    joined = (
        [" ".join(texts[at : at + 50]) for at in range(0, 150, 50)],
        [" ".join(tags[at : at + 50]) for at in range(0, 150, 50)],
    )
    model = learn("tagger-window", rows_of(*joined), epochs=20)
    assert f1(model, *joined) > 0.9


def test_validation_rows_stop_early_and_may_hold_tags_of_their_own():
    learner = small("tagger-bilstm-crf", 4).learner
    learner = replace(learner, training=replace(learner.training, patience=2))
    texts, tags = sentences(40)
    held = rows_of(["Mr Paris", "в Орск"], ["O B-NEW", "O B-LOC"])
    model = learner.fit(rows_of(texts, tags), ENTITIES, validation=held, seed=0, budget=Budget(), context=Context())
    assert "B-NEW" not in model.tags
    assert learner.wants_validation(ENTITIES)


@pytest.mark.parametrize("name", ["most-frequent-tag", "tagger-bilstm"])
def test_rows_whose_tags_and_tokens_do_not_go_together_are_told_in_one_line(name):
    for texts, tags, told in (
        (["a b", "в Орск"], ["O O", "O"], "1 of 2 texts .* 2 tokens and 1 tags .*'в Орск'"),
        (["", ""], ["", ""], "none of the 2 texts has a token"),
    ):
        with pytest.raises(DataError, match=told) as caught:
            learn(name, rows_of(texts, tags))
        assert "\n" not in str(caught.value)
    two = Rows(pl.DataFrame({"text": ["a"], "more": ["b"]}), np.array(["O"], dtype=object), 0)
    with pytest.raises(ConfigError, match="one column"):
        learn(name, two)


def test_what_is_seen_of_a_token_are_the_word_its_ends_and_its_look():
    assert features("Москвой") == ("москвой", "ой", "вой", "квой", "мос", "Xx")
    known = TokenFeatures.fit([["сын", "сын", "дом"]])
    assert known.sizes == (3, 3, 3, 3, 3, 3)
    codes = known.codes([["сын", "син", "д"], []])
    assert codes[0].tolist() == [[2] * 6, [1, 1, 1, 1, 1, 2], [1, 1, 1, 1, 1, 2]]
    assert not codes[1].any()


@pytest.mark.parametrize("chain", [False, True])
def test_the_loss_is_a_mean_over_tokens_and_ignores_padding(chain):
    spec = ARCHITECTURES.get("tagger")(
        kinds=(9, 5), outputs=3, chain=chain, width=4, affix_width=2, states=3, dropout=0.0, left_out=0.0
    )
    with isolated(0):
        model = spec.build().double().eval()
    codes = torch.randint(1, 5, (2, 4, 2), generator=torch.Generator().manual_seed(0))
    codes[1, 2:] = 0
    target = torch.tensor([[0, 2, 1, 1], [2, 0, NO_TAG, NO_TAG]])
    objective = TagObjective(chain)
    whole = objective(model, Examples((codes,), target), torch.Generator()).item()
    each = [
        objective(model, Examples((codes[row : row + 1, :length],), target[row : row + 1, :length]), torch.Generator()).item()
        for row, length in ((0, 4), (1, 2))
    ]
    assert whole == pytest.approx((4 * each[0] + 2 * each[1]) / 6, abs=1e-12)
    if not chain:
        scores = model(codes)[0].log_softmax(2)
        assert each[1] == pytest.approx(-(scores[1, 0, 2] + scores[1, 1, 0]).item() / 2, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_state_is_refused(name):
    state = fitted(name).state()
    reader = FITTED_LEARNERS.get(state["kind"])
    wrongs = {"tags": [[], ["a b"], ["a", "a"], "O", ["\0"], ["O"]]}
    if name == "most-frequent-tag":
        wrongs |= {"words": [["a", "a"], ["a"], 3], "codes": [np.array([99]), [1]], "usual": [99, -1, True]}
    else:
        few = {kind: ["a"] for kind in KINDS}
        wrongs |= {
            "features": [{}, few, {"word": ["a"]}],
            "settings": [{}, {**state["settings"], "chain": 1}],
            "weights": [{}, 3],
        }
    for key, values in wrongs.items():
        without = {one: value for one, value in state.items() if one != key}
        for wrong in [*({**state, key: value} for value in values), without]:
            with pytest.raises(BundleError):
                reader.from_state(wrong)


@pytest.mark.parametrize(
    "wrong", [{"kinds": ()}, {"kinds": (1,)}, {"body": "gru"}, {"states": 0}, {"around": -1}, {"dropout": 1.0}, {"outputs": 0}]
)
def test_an_impossible_setting_is_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        ARCHITECTURES.get("tagger")(**{"kinds": (5, 5), "outputs": 3, **wrong})


def test_a_study_of_entities_from_a_conll_file(tmp_path):
    texts, tags = sentences(120)
    path = tmp_path / "names.conll"
    path.write_text(
        "".join(
            "".join(f"{token}\t{tag}\n" for token, tag in zip(text.split(), said.split(), strict=True)) + "\n"
            for text, said in zip(texts, tags, strict=True)
        )
    )
    data = assay.read(path, task="entities")
    result = assay.Study(data, ["most-frequent-tag", "tagger-window"], folds=2).run(tmp_path / "run", jobs=1)
    board = result.leaderboard()
    assert board["name"].to_list() == ["tagger-window", "most-frequent-tag"]
    assert ((board["low"] <= board["value"]) & (board["value"] <= board["high"])).all()
    model = result.finish()
    model.save(tmp_path / "model.assay")
    answer = assay.load(tmp_path / "model.assay").predict([{"text": "Ms Paris came from Орск"}])
    assert len(answer["prediction"][0].split()) == 5


def test_a_row_with_a_tag_too_few_stops_a_study_with_one_line(tmp_path):
    table = pl.DataFrame({"text": ["a b"] * 40, "tags": ["O O"] * 39 + ["O"]})
    data = assay.read(table, target="tags", task="tagging", kinds={"text": "text"})
    result = assay.Study(data, ["most-frequent-tag"], folds=2).run(tmp_path / "run", jobs=1)
    with pytest.raises(AssayError, match="tag") as caught:
        result.finish()
    assert "\n" not in str(caught.value)
