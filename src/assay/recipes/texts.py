"""Recipes that read texts as bags of words and word pairs."""

from assay.prepare.columns import ColumnsStep
from assay.prepare.terms import TermSettings
from assay.recipes.bayes import MultinomialBayes
from assay.recipes.linear import Logistic
from assay.recipes.outputs import CLASSIFICATION
from assay.recipes.recipe import Recipe

_TEXT = frozenset({"text"})

TFIDF_LOGISTIC = Recipe(
    name="tfidf-logistic",
    title="Logistic regression on tf-idf of words and word pairs",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="linear", kinds=_TEXT),
    learner=Logistic(penalty_strength=0.1),
    simplicity=12,
    reads=_TEXT,
    needs=_TEXT,
)

TFIDF_NAIVE_BAYES = Recipe(
    name="tfidf-naive-bayes",
    title="Multinomial naive Bayes on counts of words and word pairs",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="linear", kinds=_TEXT, terms=TermSettings(weighting="counts")),
    learner=MultinomialBayes(),
    simplicity=12,
    reads=_TEXT,
    needs=_TEXT,
)
