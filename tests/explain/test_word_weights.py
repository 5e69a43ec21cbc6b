"""The table of λ and log prior of a fitted naive Bayes: the worked example, and linear models beside it."""

import numpy as np
import polars as pl
import pytest
from tests.recipes.test_text_recipes import fitted, mailbox

from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.explain.word_weights import word_weights

TEXTS = ["I am happy I study machine learning", "I am happy", "I am sad I hate deep learning", "I hate learning"]


def example() -> Dataset:
    schema = Schema((Column("t", "text"), Column("y", "category", "target", ("-", "+"))))
    return Dataset(pl.DataFrame({"t": TEXTS, "y": ["+", "+", "-", "-"]}), schema, Task("binary", "y", ("-", "+")))


def test_lambda_and_log_prior_of_the_worked_example() -> None:
    found = word_weights(fitted("word-naive-bayes", example()))
    assert found is not None
    assert found.what == "λ"
    assert found.bases.tolist() == [0.0]
    table = dict(zip(found.terms, found.weights[:, 0].tolist(), strict=True))
    for word, plus, minus in (("happy", 3, 1), ("hate", 1, 3), ("i", 4, 4), ("learning", 2, 3), ("am", 3, 2)):
        assert table[word] == pytest.approx(np.log(plus / minus))
    assert found.shares is not None
    assert found.shares.sum(axis=0) == pytest.approx([1.0, 1.0])
    score = np.array([sum(table[word] for word in text.lower().split()) for text in TEXTS])
    assert (score > 0).tolist() == [True, True, False, False]
    told = list(found.lines())
    assert told[0] == "λ of 9 terms:"
    assert told[1] == "  +: log prior +0.0000"
    assert "happy +1.099" in told[2]
    assert "hate -1.099" in told[3]


def test_linear_models_have_weights_and_hashed_ones_none() -> None:
    model = fitted("tfidf-logistic", mailbox("multiclass", 90))
    found = word_weights(model)
    assert found is not None
    assert found.classes == model.task.classes
    coefficients = model.learner.coefficients
    np.testing.assert_allclose(found.weights[:, 0], coefficients[0] - coefficients[1:].mean(axis=0))
    assert len(found.to_json()["terms"]) == len(found.terms)
    assert word_weights(fitted("hashed-logistic", mailbox(n=60))) is None
