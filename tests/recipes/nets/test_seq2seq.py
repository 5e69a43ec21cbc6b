"""Recipes of encoder-decoders through their learner: they learn, repeat themselves, are saved, and take odd texts."""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from assay.core.errors import BundleError, ConfigError, DataError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.language.pieces import PieceSettings
from assay.measure.texts import unpack
from assay.recipes.learner import Budget, Context
from assay.recipes.nets.rewriter import FittedRewriter
from assay.recipes.nets.seq2seq import RewritingLearner
from assay.recipes.registry import FITTED_LEARNERS, RECIPES

NAMES = ("seq2seq-lstm", "seq2seq-attention", "seq2seq-transformer")
SMALL = {
    "seq2seq-lstm": {"width": 16, "hidden": 32},
    "seq2seq-attention": {"width": 16, "hidden": 24},
    "seq2seq-transformer": {
        "width": 32,
        "heads": 4,
        "hidden": 64,
        "encoders": 1,
        "decoders": 1,
        "dropout": 0.1,
        "norm_first": True,
    },
}
every_net = pytest.mark.parametrize("name", NAMES)
ODD = ["", "  ", "три " * 400, "☃☃☃", "שלום עולם", "a\0b", "два ☃ пять"]
TASK = Task("rewriting", "wanted", special="translation")

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
RUSSIAN = ["ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"]


def numbers(n: int, seed: int = 0, longest: int = 3) -> list[tuple[str, str]]:
    """Digits in Russian words, and the same in English ones, the other way round."""
    random = np.random.default_rng(seed)
    digits = [random.integers(0, 10, random.integers(1, longest + 1)) for _ in range(n)]
    return [(" ".join(RUSSIAN[d] for d in row), " ".join(ENGLISH[d] for d in row[::-1])) for row in digits]


def rows(pairs: list[tuple[str, str]]) -> Rows:
    frame = pl.DataFrame({"text": [given for given, _ in pairs]}, schema={"text": pl.String})
    return Rows(frame, np.array([wanted for _, wanted in pairs], dtype=object), 0)


def learner(name: str, *, epochs: int, **settings: object) -> RewritingLearner:
    found = RECIPES.get(name).learner
    assert isinstance(found, RewritingLearner)
    training = replace(found.training, epochs=epochs, learning_rate=0.01, batch_size=16)
    return replace(
        found, training=training, settings=SMALL[name], pieces=PieceSettings(unit="words"), epochs_alone=epochs, **settings
    )


def fit(
    made: RewritingLearner, pairs: list[tuple[str, str]], held: list[tuple[str, str]] | None = None, seed: int = 0
) -> FittedRewriter:
    validation = None if held is None else rows(held)
    return made.fit(rows(pairs), TASK, validation=validation, seed=seed, budget=Budget(), context=Context())


def answers(model: FittedRewriter, texts: list[str]) -> list[str]:
    output = model.predict(pl.DataFrame({"text": texts}, schema={"text": pl.String}))
    assert output.offsets is not None
    return unpack(output.score, output.offsets)


@cache
def little(name: str) -> FittedRewriter:
    return fit(learner(name, epochs=2), numbers(60))


@every_net
def test_odd_texts_have_sane_answers_and_a_saved_model_repeats_them(name: str) -> None:
    model = little(name)
    said = answers(model, ODD)
    assert len(said) == len(ODD)
    assert all(set(text.split()) <= set(ENGLISH) | set(RUSSIAN) for text in said)
    assert max(len(text.split()) for text in said) <= model.longest
    again = FITTED_LEARNERS.get("net-rewriter").from_state(model.state())
    assert answers(again, ODD) == said
    assert [answers(model, [text])[0] for text in ODD] == said  # whatever stands beside them
    assert answers(model, []) == []


@every_net
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    again, other = fit(learner(name, epochs=2), numbers(60)), fit(learner(name, epochs=1), numbers(60), seed=1)
    weights = little(name).weights
    assert all(np.array_equal(weights[key], again.weights[key]) for key in weights)
    assert any(not np.array_equal(weights[key], other.weights[key]) for key in weights)


@every_net
def test_one_training_pair_and_empty_answers_are_enough(name: str) -> None:
    assert isinstance(answers(fit(learner(name, epochs=1), [("один", "one")]), ["один"])[0], str)
    assert answers(fit(learner(name, epochs=1), [("", ""), ("", "")]), ["", "один"]) == ["", ""]


def test_patience_stops_on_the_held_out_pairs() -> None:
    made = learner("seq2seq-transformer", epochs=3)
    done: list[int] = []
    context = Context(progress=lambda epoch, _: done.append(epoch))
    made = replace(made, training=replace(made.training, patience=1, learning_rate=1.0, clip_norm=None))
    made.fit(rows(numbers(60)), TASK, validation=rows(numbers(20, seed=1)), seed=0, budget=Budget(), context=context)
    assert done
    assert made.wants_validation(TASK)


def test_an_alignment_is_of_the_answer_and_a_net_without_one_says_so() -> None:
    for name in NAMES[1:]:
        found = little(name).alignment("два пять")
        assert found.source == ("▁два", "▁пять", "</s>")
        assert found.answer[-1] == "</s>"
        assert found.weights.sum(axis=1) == pytest.approx(np.ones(len(found.answer)))
        words = [word.removeprefix("▁") for word in found.answer[:-1]]
        assert " ".join(words) == answers(little(name), ["два пять"])[0]
    with pytest.raises(DataError, match="no alignment"):
        little("seq2seq-lstm").alignment("два")


def test_broken_states_are_refused() -> None:
    state = little("seq2seq-attention").state()
    fewer = dict(state["pieces"], tokens=state["pieces"]["tokens"][:-1])
    for broken in (
        {"architecture": "mlp"},
        {"architecture": "seq2seq-lstm"},
        {"settings": {**state["settings"], "tokens": 10**7}},
        {"settings": {**state["settings"], "hidden": -1}},
        {"weights": {}},
        {"weights": {**state["weights"], "out.bias": state["weights"]["out.bias"][1:]}},
        {"weights": {**state["weights"], "out.bias": np.full_like(state["weights"]["out.bias"], np.nan)}},
        {"pieces": fewer},
        {"pieces": None},
        {"width": 0},
        {"width": 10**9},
        {"longest": 10**9},
        {"penalty": -1.0},
    ):
        with pytest.raises(BundleError):
            FittedRewriter.from_state({**state, **broken})


def test_settings_that_cannot_be_are_one_clear_line() -> None:
    with pytest.raises(ConfigError, match="smoothing"):
        fit(learner("seq2seq-attention", epochs=1, smoothing=1.5), numbers(3))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "epochs", "least"), [(NAMES[0], 40, 0.75), (NAMES[1], 20, 0.95), (NAMES[2], 40, 0.95)])
def test_numbers_are_translated_and_turned_round(name: str, epochs: int, least: float) -> None:
    """1110 different texts there are; 600 are learnt from, others asked for."""
    known, asked = numbers(900), numbers(300, seed=1)
    asked = [pair for pair in asked if pair not in set(known)]
    model = fit(learner(name, epochs=epochs), known)
    assert len(asked) > 50
    said = answers(model, [given for given, _ in asked])
    assert np.mean([own == wanted for own, (_, wanted) in zip(said, asked, strict=True)]) >= least
    if name == "seq2seq-attention":  # each word is made from the one it stands for: the last from the first
        shares = model.alignment("один два три").weights
        assert shares[:3, :3].argmax(axis=1).tolist() == [2, 1, 0]
