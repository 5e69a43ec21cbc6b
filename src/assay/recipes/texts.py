"""Recipes that read texts as bags of words, runs of words and runs of characters."""

from assay.prepare.class_frequencies import ClassFrequenciesStep
from assay.prepare.columns import ColumnsStep
from assay.prepare.terms import TermSettings
from assay.recipes.bayes import MultinomialBayes
from assay.recipes.linear import Logistic
from assay.recipes.nb_weights import BayesLogistic
from assay.recipes.outputs import CLASSIFICATION
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real
from assay.recipes.sparse_svm import SparseSvm
from assay.recipes.used_columns import UsedColumnsLogistic

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

WORD_NAIVE_BAYES = Recipe(
    name="word-naive-bayes",
    title="Multinomial naive Bayes on counts of words, Laplace smoothing",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="linear", kinds=_TEXT, terms=TermSettings(longest=1, weighting="counts", min_texts=1)),
    learner=MultinomialBayes(smoothing=1.0),
    simplicity=11,
    reads=_TEXT,
    needs=_TEXT,
    space={"smoothing": Real(1e-2, 10.0, log=True)},
)

CLASS_FREQUENCIES = Recipe(
    name="class-frequencies",
    title="Logistic regression on how often the words of a text stand in each class",
    tasks=CLASSIFICATION,
    step=ClassFrequenciesStep(),
    learner=Logistic(),
    simplicity=11,
    reads=_TEXT,
    needs=_TEXT,
)

TFIDF_SVM = Recipe(
    name="tfidf-svm",
    title="Linear support vector machine on tf-idf of words and word pairs",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="linear", kinds=_TEXT),
    learner=SparseSvm(),
    simplicity=13,
    reads=_TEXT,
    needs=_TEXT,
    space={"cost": Real(1e-2, 10.0, log=True)},
)

NB_LOGISTIC = Recipe(
    name="nb-logistic",
    title="Logistic regression on tf-idf of words and word pairs, weighed by naive Bayes",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="linear", kinds=_TEXT),
    learner=BayesLogistic(),
    simplicity=13,
    reads=_TEXT,
    needs=_TEXT,
    space={"penalty_strength": Real(1e-2, 100.0, log=True)},
)

CHARACTERS = (2, 5)

CHAR_LOGISTIC = Recipe(
    name="char-logistic",
    title="Logistic regression on tf-idf of runs of 2 to 5 characters",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="linear", kinds=_TEXT, terms=TermSettings(longest=0, characters=CHARACTERS, max_terms=200_000)),
    learner=Logistic(penalty_strength=0.1),
    simplicity=13,
    reads=_TEXT,
    needs=_TEXT,
)

WORD_CHAR_LOGISTIC = Recipe(
    name="word-char-logistic",
    title="Logistic regression on tf-idf of words, word pairs, signs and runs of 2 to 5 characters",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="linear", kinds=_TEXT, terms=TermSettings(characters=CHARACTERS, max_terms=200_000, signs="all")),
    learner=Logistic(penalty_strength=0.1),
    simplicity=14,
    reads=_TEXT,
    needs=_TEXT,
)

HASHED_LOGISTIC = Recipe(
    name="hashed-logistic",
    title="Logistic regression on words and word pairs thrown into 2¹⁸ columns, for very many texts",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="linear", kinds=_TEXT, terms=TermSettings(hashed=1 << 18)),
    learner=UsedColumnsLogistic(inner=Logistic(penalty_strength=0.03)),
    simplicity=13,
    reads=_TEXT,
    needs=_TEXT,
)
