"""The text recipes against scikit-learn pipelines on a small made-up mailbox."""

import numpy as np
import polars as pl
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.recipes.learner import Budget, Context
from assay.recipes.recipe import Recipe
from assay.recipes.texts import TFIDF_LOGISTIC, TFIDF_NAIVE_BAYES

TASK = Task("binary", "label", ("ham", "spam"))
SCHEMA = Schema((Column("message", "text"), Column("n", "number"), Column("label", "category", "target", ("ham", "spam"))))


def mailbox(n: int = 400) -> Dataset:
    rng = np.random.default_rng(0)
    is_spam = rng.random(n) < 0.3
    plain = ["see", "you", "at", "home", "tonight", "ok", "дома", "вечером"]
    loud = ["win", "a", "free", "prize", "call", "now", "выигрыш", "приз"]
    texts = [" ".join(np.where(rng.random(8) < (0.5 if s else 0.1), rng.choice(loud, 8), rng.choice(plain, 8))) for s in is_spam]
    frame = pl.DataFrame({"message": texts, "n": np.zeros(n), "label": np.where(is_spam, "spam", "ham")})
    return Dataset(frame, SCHEMA, TASK)


@pytest.mark.parametrize(
    ("recipe", "oracle"),
    [
        (
            TFIDF_LOGISTIC,
            make_pipeline(
                TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), min_df=2, sublinear_tf=True),
                LogisticRegression(C=10, tol=1e-10, max_iter=5000),
            ),
        ),
        (
            TFIDF_NAIVE_BAYES,
            make_pipeline(CountVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), min_df=2), MultinomialNB(alpha=0.3)),
        ),
    ],
)
def test_probabilities_equal_a_scikit_learn_pipeline(recipe: Recipe, oracle: object) -> None:
    data = mailbox()
    step = recipe.step.fit(data.features, data.schema, data.target, seed=0)
    rows = Rows(step.transform(data.features), data.target, 2)
    fitted = recipe.learner.fit(rows, TASK, validation=None, seed=0, budget=Budget(), context=Context())
    texts = data.frame["message"].to_list()
    expected = oracle.fit(texts, data.target).predict_proba(texts)[:, 1]
    tolerance = 1e-3 if recipe is TFIDF_LOGISTIC else 1e-9  # L-BFGS stops at a slope of 1e-6
    np.testing.assert_allclose(fitted.predict(rows.features).probability, expected, atol=tolerance)


@pytest.mark.parametrize("recipe", [TFIDF_LOGISTIC, TFIDF_NAIVE_BAYES])
def test_a_table_without_a_text_is_refused_with_advice(recipe: Recipe) -> None:
    data = mailbox()
    numbers = Dataset(data.frame.drop("message"), Schema(SCHEMA.columns[1:]), TASK)
    with pytest.raises(ConfigError, match="needs a column of kind text"):
        recipe.check(numbers)
