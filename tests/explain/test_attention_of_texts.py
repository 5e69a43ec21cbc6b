"""What a Transformer looks at in one text."""

import numpy as np
import polars as pl
import pytest

from assay.core.errors import ConfigError
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.explain.attention import attention_of, has_attention
from assay.explain.held import one_model
from assay.explain.text_explanation import TextSettings
from assay.explain.texts import explain_texts
from assay.nets.architectures import spec_to_json, weights_of
from assay.nets.seeding import isolated
from assay.nets.text.encoder import TextTransformerSpec
from assay.prepare.sequences import FittedTokenSequences
from assay.prepare.text.subwords.trained import Subwords, SubwordSettings
from assay.recipes.baseline import FittedConstant
from assay.recipes.fitted import Fitted
from assay.recipes.nets.fitted import FittedNet
from assay.report.text_explanation import render_text_explanation

TASK = Task("binary", "y", ("no", "yes"))
SCHEMA = Schema((Column("text", "text"),))


def model(length: int = 6, *, uniform: bool = False) -> Fitted:
    """A net that has learnt nothing; ``uniform``: its queries are 0, so that it looks at every token alike."""
    spec = TextTransformerSpec(5, 1, length, width=8, heads=2, layers=3, hidden=8)
    with isolated(0):
        net = spec.build()
    weights = weights_of(net)
    if uniform:
        weights = {name: value * 0 if ".query." in name else value for name, value in weights.items()}
    step = FittedTokenSequences(("text",), ("кот", "cat", "!"), length)
    return Fitted("text-transformer", TASK, SCHEMA, step, FittedNet("binary", "text-transformer", spec_to_json(spec), weights))


def text(*texts: str | None) -> pl.DataFrame:
    return pl.DataFrame({"text": texts}, schema={"text": pl.String})


def test_every_token_of_the_text_shares_its_look_out_among_all() -> None:
    found = attention_of(model(), text("Кот, cat unseen!"))
    assert found.tokens == ("кот", ",", "cat", "unseen", "!")
    assert found.known == (True, False, True, False, True)
    assert found.weights.shape == (3, 2, 5, 5)
    np.testing.assert_allclose(found.weights.sum(axis=3), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.of(), found.weights.mean(axis=(0, 1)), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(found.of(2, 1), found.weights[2, 1])
    np.testing.assert_allclose(found.of(1), found.weights[1].mean(axis=0), rtol=0, atol=1e-15)
    assert found.received.sum() == pytest.approx(1)
    assert found.to_json()["tokens"][3] == {"token": "unseen", "known": False, "received": pytest.approx(found.received[3])}


def test_pieces_of_words_are_shown_where_the_net_reads_them() -> None:
    pieces = Subwords.train(["cat cats кот коты"] * 5, SubwordSettings(method="wordpiece", size=60))
    step = FittedTokenSequences(("text",), pieces.pieces, 6, "wordpiece", pieces)
    spec = TextTransformerSpec(len(pieces.pieces) + 2, 1, 6, width=8, heads=2, layers=1, hidden=8)
    net = FittedNet("binary", "text-transformer", spec_to_json(spec), weights_of(spec.build()))
    found = attention_of(Fitted("text-transformer-subwords", TASK, SCHEMA, step, net), text("коты tas ψ"))
    assert found.tokens == ("коты", "t", "##a", "##s", "<unk>")
    assert found.known == (True, True, True, True, False)


def test_a_net_that_asks_nothing_looks_at_all_tokens_alike() -> None:
    found = attention_of(model(uniform=True), text("cat cat кот !"))
    np.testing.assert_allclose(found.weights, 0.25, rtol=0, atol=1e-12)


def test_tokens_beyond_those_that_are_read_are_counted() -> None:
    found = attention_of(model(length=3), text("cat кот cat кот cat"))
    assert found.tokens == ("cat", "кот", "cat")
    assert found.left_out == 2


def test_where_there_is_nothing_to_look_at_it_says_so() -> None:
    with pytest.raises(ConfigError, match="the text has no token"):
        attention_of(model(), text(None))
    with pytest.raises(ConfigError, match="one text at a time, and there are 2"):
        attention_of(model(), text("cat", "cat"))
    constant = Fitted("baseline", TASK, SCHEMA, model().step, FittedConstant("binary", np.array([0.5, 0.5])))
    assert has_attention(model())
    assert not has_attention(constant)
    with pytest.raises(ConfigError, match="'baseline' has no attention to show"):
        attention_of(constant, text("cat"))
    with pytest.raises(ConfigError, match="there is no head 2; the net has 2"):
        attention_of(model(), text("cat")).of(head=2)


def test_the_explanation_of_a_transformer_shows_what_it_looks_at_beside_the_words() -> None:
    frame = text("cat кот !", "cat cat", None, "<b>кот</b>")
    found = explain_texts(one_model(model(), frame, None), TextSettings(texts=4))
    looks = {look.row.unit: look for look in found.looks}
    assert looks[2].attention is None, "a text without a token has nothing to be looked at"
    np.testing.assert_array_equal(looks[0].attention.weights, attention_of(model(), frame[[0]]).weights)
    page = render_text_explanation(found, TASK, "texts", seed=0)
    assert page.count("<summary>Attention</summary>") == 3
    assert "<b>кот" not in page
