"""What is said of a model of texts: exact where it is a sum over terms, by leaving words out where it is not."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.recipes.test_text_recipes import fitted, mailbox

from assay.balance.registry import TREATMENTS
from assay.core.errors import ConfigError, DefectError
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.explain.held import HeldOut, one_model
from assay.explain.linear_texts import check_sum, linear_form
from assay.explain.text_explanation import EXACT, LEFT_OUT, TextExplanation, TextSettings
from assay.explain.text_pieces import chunks, grouped, shared_out
from assay.explain.text_terms import columns_in, names_of_terms
from assay.explain.texts import explain_texts, is_of_texts
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES

SUMS = (
    *("tfidf-logistic", "tfidf-naive-bayes", "word-naive-bayes", "class-frequencies", "tfidf-svm", "nb-logistic"),
    *("char-logistic", "word-char-logistic", "hashed-logistic"),
)
CASES = [(name, "binary") for name in SUMS] + [("word-char-logistic", "multiclass"), ("word-naive-bayes", "multiclass")]


@cache
def model(name: str, task: str = "binary") -> Fitted:
    return fitted(name, mailbox(task, 120))


def held(name: str, task: str = "binary", texts: tuple[str | None, ...] = ()) -> HeldOut:
    new = mailbox(task, 30, seed=1)
    frame, target = new.features, new.target
    if texts:
        frame, target = pl.DataFrame({"message": pl.Series(texts, dtype=pl.String)}), None
    return one_model(model(name, task), frame, target)


@cache
def found(name: str, task: str = "binary") -> TextExplanation:
    return explain_texts(held(name, task), TextSettings(texts=6, row=3))


@pytest.mark.parametrize(("name", "task"), CASES)
def test_base_and_words_sum_to_the_log_odds_that_the_model_gives(name: str, task: str) -> None:
    for look in found(name, task).looks:
        assert look.method == EXACT
        words = sum(one.value for cell in look.cells for one in cell.pieces if one.value is not None)
        assert look.base + words + look.elsewhere == pytest.approx(look.score, abs=1e-9)
        assert look.elsewhere == pytest.approx(0.0, abs=1e-9)  # every term of these texts stands in words that are shown
        row = held(name, task).parts[0].features[[look.row.unit]]
        chance = model(name, task).learner.predict(model(name, task).step.transform(row)).probability
        if task == "binary":
            own = chance[0] if look.row.said == "spam" else 1 - chance[0]
            assert look.score == pytest.approx(np.log(own / (1 - own)), abs=1e-6)
            continue
        classes = model(name, task).task.classes
        said, against = (classes.index(one) for one in (look.row.said, look.against))
        assert look.score == pytest.approx(np.log(chance[0, said] / chance[0, against]), abs=1e-6)


def test_a_word_of_naive_bayes_adds_its_lambda_each_time_that_it_stands_there() -> None:
    fitted_model = model("word-naive-bayes")
    terms = fitted_model.step.encoders[0].terms
    ratio = dict(zip(terms, np.diff(fitted_model.learner.log_shares, axis=0)[0], strict=True))
    text = "Free приз, home free — unseen"
    [look] = explain_texts(held("word-naive-bayes", texts=(text,)), TextSettings(texts=1)).looks
    sign = 1 if look.row.said == "spam" else -1
    told = [(one.text, one.value) for one in look.cells[0].pieces if one.value is not None]
    words = [("Free", "free"), ("приз,", "приз"), ("home", "home"), ("free —", "free"), ("unseen", None)]
    assert [text for text, _ in told] == [text for text, _ in words]
    for (_, value), (_, word) in zip(told, words, strict=True):
        assert value == pytest.approx(0.0 if word is None else sign * ratio[word])
    assert "".join(one.text for one in look.cells[0].pieces) == text
    assert next(one for one in look.terms if one.term == "free").count == 2
    assert look.base == pytest.approx(sign * float(np.diff(fitted_model.learner.log_prior)[0]))


def test_the_words_of_a_class_are_the_lambdas_and_the_base_is_the_log_prior() -> None:
    fitted_model = model("word-naive-bayes")
    ratio = np.diff(fitted_model.learner.log_shares, axis=0)[0]
    ham, spam = found("word-naive-bayes").weights
    assert spam.base == pytest.approx(-ham.base)
    best = fitted_model.step.encoders[0].terms[int(ratio.argmax())]
    assert spam.words[0] == (best, pytest.approx(float(ratio.max())))
    assert all(weight > 0 for _, weight in (*ham.words, *spam.words))


def test_a_pair_of_words_is_shared_by_both_and_characters_belong_to_their_word() -> None:
    text = "free приз home"
    for name in ("tfidf-logistic", "char-logistic"):
        fitted_model = model(name)
        encoder, weights = fitted_model.step.encoders[0], fitted_model.learner.coefficients[0]
        row = encoder.transform(pl.Series("message", [text]))
        [look] = explain_texts(held(name, texts=(text,)), TextSettings(texts=1)).looks
        sign = 1 if look.row.said == "spam" else -1
        values = dict(zip(names_of_terms(encoder, row.indices), sign * row.data * weights[row.indices], strict=True))
        first = next(one.value for one in look.cells[0].pieces)
        if name == "tfidf-logistic":
            expected = values.get("free", 0.0) + values.get("free приз", 0.0) / 2
        else:
            own, every = columns_in(encoder, ["free", text])
            places = sorted(own)  # some runs, such as "e ", stand in "home" too
            names = names_of_terms(encoder, np.array(places))
            expected = sum(values[term] * own[at] / every[at] for term, at in zip(names, places, strict=True))
        assert first == pytest.approx(expected)


def test_any_other_model_is_asked_without_each_word() -> None:
    name = "svm"
    fitted_model = fit_svm()
    assert linear_form(fitted_model) is None
    text = "free приз home"
    frame = pl.DataFrame({"message": [text]})
    [look] = explain_texts(one_model(fitted_model, frame, None), TextSettings(texts=1)).looks
    assert look.method == LEFT_OUT, name
    whole, without = (fitted_model.predict(pl.DataFrame({"message": [one]}))["probability"][0] for one in (text, " приз home"))
    if look.row.said == "ham":
        whole, without = 1 - whole, 1 - without
    fall = np.log(whole / (1 - whole)) - np.log(without / (1 - without))
    assert next(one.value for one in look.cells[0].pieces) == pytest.approx(fall, abs=1e-9)


@cache
def fit_svm() -> Fitted:
    data = mailbox(n=60)
    none = TREATMENTS.get("none")()
    return fit(RECIPES.get("svm"), none, data, groups=None, seed=0, budget=Budget(), context=Context())


def test_the_most_wrong_come_first_and_classes_are_counted() -> None:
    explained = found("tfidf-logistic")
    assert explained.gallery is not None
    assert explained.looks[0].why == "asked"
    assert explained.looks[0].row.unit == 3
    data = mailbox("binary", 30, seed=1)
    said = model("tfidf-logistic").predict(data.features)["probability"] >= 0.5
    assert explained.gallery.wrongs == int((said != data.target).sum())
    for code, one in enumerate(explained.classes):
        own = data.target == code
        assert (one.rows, one.right) == (int(own.sum()), int((said[own] == code).sum()))
    assert explained.right is not None
    assert explained.right.value == pytest.approx((said == data.target).mean())
    assert set(explained.gallery_texts) == set(explained.gallery.units)


def test_rows_without_a_known_answer_are_explained_and_that_is_told() -> None:
    explained = explain_texts(held("tfidf-logistic", texts=("free приз", "home")), TextSettings(texts=2))
    assert explained.gallery is None
    assert explained.right is None
    assert explained.left_out[0][0] == "the most wrong and the confused texts"
    assert len(explained.looks) == 2


@pytest.mark.parametrize("name", ["tfidf-logistic", "char-logistic", "hashed-logistic", "class-frequencies"])
def test_odd_texts_are_explained(name: str) -> None:
    odd = ("", None, "🙂 🙂", "nul\x00byte приз", "שלום עולם free", "приз " * 3000, "one")
    explained = explain_texts(held(name, texts=odd), TextSettings(texts=len(odd)))
    by_row = {look.row.unit: look for look in explained.looks}
    assert by_row[0].cells[0].pieces == by_row[1].cells[0].pieces == ()
    assert by_row[5].cells[0].cut > 0
    shown = sum(one.value or 0.0 for one in by_row[5].cells[0].pieces)
    assert by_row[5].base + shown + by_row[5].elsewhere == pytest.approx(by_row[5].score)


def test_a_row_that_there_is_not_and_a_sum_that_does_not_add_up_are_told() -> None:
    with pytest.raises(ConfigError, match="row 99 is none of these texts"):
        explain_texts(held("tfidf-logistic"), TextSettings(row=99))
    with pytest.raises(ConfigError, match="at least 1"):
        TextSettings(texts=0)
    with pytest.raises(DefectError, match="sum to 1"):
        check_sum(1.0, 2.0)


def test_two_text_columns_are_each_shown_and_tables_are_none_of_texts() -> None:
    data = mailbox(n=80)
    schema = Schema((Column("subject", "text"), *data.schema.columns))
    both = Dataset(data.frame.with_columns(pl.col("message").str.slice(0, 8).alias("subject")), schema, data.task)
    fitted_model = fitted("tfidf-logistic", both)
    explained = explain_texts(one_model(fitted_model, both.features[:5], both.target[:5]), TextSettings(texts=2))
    for look in explained.looks:
        assert [cell.column for cell in look.cells] == ["subject", "message"]
        total = sum(one.value or 0.0 for cell in look.cells for one in cell.pieces)
        assert look.base + total + look.elsewhere == pytest.approx(look.score)
    number = Dataset(
        pl.DataFrame({"x": np.arange(20.0), "y": ["a", "b"] * 10}),
        Schema((Column("x", "number"), Column("y", "category", "target", ("a", "b")))),
        Task("binary", "y", ("a", "b")),
    )
    assert is_of_texts(fitted_model)
    assert not is_of_texts(fitted("logistic", number))


def test_pieces_end_to_end_are_the_text_and_neighbours_are_brought_together() -> None:
    text = "  Ёлка – это… дерево ! \n да"
    spans = chunks(text, 100)
    assert [text[start:end] for start, end in spans] == ["Ёлка –", "это…", "дерево !", "да"]
    assert len(chunks(text, 2)) == 2
    assert [text[start:end] for start, end in grouped(spans, 2)] == ["Ёлка – это…", "дерево ! \n да"]


def test_a_term_is_shared_among_the_pieces_that_it_was_read_from_and_never_given_twice() -> None:
    encoder = model("tfidf-logistic").step.encoders[0]
    text = "free приз free приз"
    spans = chunks(text, 9)
    counts = columns_in(encoder, [text])[0]
    values = dict.fromkeys(counts, 1.0)
    carried = shared_out(text, spans, lambda some: columns_in(encoder, some), 2, values, counts)
    assert carried.sum() == pytest.approx(len(values))
