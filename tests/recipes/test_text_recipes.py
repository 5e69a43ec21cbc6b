"""The recipes that read texts against scikit-learn on a small made-up mailbox in two languages, and what is exact in them."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from assay.balance.registry import TREATMENTS
from assay.core.errors import BundleError, ConfigError, DataError
from assay.data.dataset import Dataset
from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.prepare.class_frequencies import ClassFrequenciesStep, FittedClassFrequencies
from assay.prepare.step import fit_and_encode
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.nb_weights import BayesLogistic, log_ratios
from assay.recipes.outputs import softmax
from assay.recipes.registry import RECIPES
from assay.recipes.sparse_svm import SparseSvm
from assay.recipes.texts import CHAR_LOGISTIC, CHARACTERS, WORD_NAIVE_BAYES

NAMES = (
    *("tfidf-logistic", "tfidf-naive-bayes", "word-naive-bayes", "class-frequencies", "tfidf-svm", "nb-logistic"),
    *("char-logistic", "word-char-logistic", "hashed-logistic"),
)
CLASSES = {"binary": ("ham", "spam"), "multiclass": ("ham", "prize", "работа")}
WORDS = {
    "ham": ["see", "you", "home", "tonight", "дома", "вечером", "приду"],
    "spam": ["win", "free", "prize", "выигрыш", "приз", "now"],
    "prize": ["win", "free", "prize", "выигрыш", "приз", "now"],
    "работа": ["отчёт", "meeting", "срок", "project", "письмо"],
}
REST = {"validation": None, "seed": 0, "budget": Budget(), "context": Context()}


def mailbox(task: str = "binary", n: int = 240, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    classes = CLASSES[task]
    target = rng.integers(0, len(classes), n)
    every = sorted({word for own in WORDS.values() for word in own})
    texts = [" ".join(np.where(rng.random(7) < 0.4, rng.choice(WORDS[classes[k]], 7), rng.choice(every, 7))) for k in target]
    schema = Schema((Column("message", "text"), Column("label", "category", "target", classes)))
    frame = pl.DataFrame({"message": texts, "label": [classes[k] for k in target]})
    return Dataset(frame, schema, Task(task, "label", classes))


def fitted(name: str, data: Dataset) -> Fitted:
    none = TREATMENTS.get("none")()
    return fit(RECIPES.get(name), none, data, groups=None, seed=0, budget=Budget(), context=Context())


@pytest.mark.parametrize("task", CLASSES)
@pytest.mark.parametrize("name", NAMES)
def test_each_learns_the_mailbox_and_comes_back_from_its_state(name: str, task: str) -> None:
    data, new = mailbox(task), mailbox(task, 100, seed=1)
    model = fitted(name, data)
    said = model.predict(new.features)["probability"]
    labels = (said > 0.5).astype(int) if said.ndim == 1 else said.argmax(axis=1)
    assert (labels == new.target).mean() > np.bincount(new.target).max() / 100 + 0.15
    back = Fitted.from_state(model.state())
    np.testing.assert_array_equal(back.predict(new.features)["probability"], said)


@pytest.mark.parametrize("name", NAMES)
def test_odd_texts_get_finite_answers(name: str) -> None:
    odd = ["", None, "🙂🙂", "nul\x00byte", "שלום עולם", "приз " * 50_000, "Zürich ёлка Ёлка"]
    said = fitted(name, mailbox(n=60)).predict(pl.DataFrame({"message": pl.Series(odd, dtype=pl.String)}))["probability"]
    assert said.shape == (7,)
    assert np.isfinite(said).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_vocabulary_of_one_word_and_texts_without_any_end_in_an_answer_or_a_sentence(name: str) -> None:
    data = mailbox(n=20)
    one = replace(data, frame=data.frame.with_columns(pl.lit("слово").alias("message")))
    assert np.isfinite(fitted(name, one).predict(one.features)["probability"]).all()
    empty = replace(data, frame=data.frame.with_columns(pl.lit("").alias("message")))
    if name == "hashed-logistic":  # its columns are there before any text
        assert np.isfinite(fitted(name, empty).predict(empty.features)["probability"]).all()
        return
    with pytest.raises(DataError, match=r"message|word"):
        fitted(name, empty)


def test_word_naive_bayes_has_the_shares_of_the_worked_example() -> None:
    texts = ["I am happy I study machine learning", "I am happy", "I am sad I hate deep learning", "I hate learning"]
    target = np.array([1, 1, 0, 0])
    frame = pl.DataFrame({"message": texts})
    step = WORD_NAIVE_BAYES.step.fit(frame, Schema((Column("message", "text"),)), target, 0)
    learned = WORD_NAIVE_BAYES.learner.fit(Rows(step.transform(frame), target, 2), Task("binary", "y", ("-", "+")), **REST)
    shares = dict(zip(step.encoders[0].terms, np.exp(learned.log_shares).T.round(5).tolist(), strict=True))
    assert shares["happy"] == [0.05263, 0.15789]
    assert shares["learning"] == [0.15789, 0.10526]
    assert shares["i"] == [0.21053, 0.21053]
    assert learned.log_prior[1] - learned.log_prior[0] == 0.0
    assert (learned.predict(step.transform(frame)).score > 0).tolist() == [True, True, False, False]
    oracle = MultinomialNB(alpha=1.0).fit(CountVectorizer(token_pattern=r"\w+").fit_transform(texts), target)
    np.testing.assert_allclose(learned.log_shares, oracle.feature_log_prob_, atol=1e-12)


EXAMPLE = pl.DataFrame(
    {"t": ["I am happy I study machine learning", "I am happy", "I am sad I hate deep learning", "I hate learning"]}
)
EXAMPLE_SCHEMA = Schema((Column("t", "text"),))
EXAMPLE_TARGET = np.array([1, 1, 0, 0])


def test_the_sentence_features_of_the_worked_example_come_out() -> None:
    step = ClassFrequenciesStep().fit(EXAMPLE, EXAMPLE_SCHEMA, EXAMPLE_TARGET, 0)
    sums = step.transform(EXAMPLE)
    features = [[1, int(plus), int(minus)] for minus, plus in sums]
    assert features == [[1, 13, 9], [1, 7, 4], [1, 9, 13], [1, 4, 7]]
    again = FittedClassFrequencies.from_state(step.state())
    np.testing.assert_array_equal(again.transform(EXAMPLE), sums)


def test_a_training_text_is_encoded_by_the_counts_of_the_other_folds() -> None:
    """Words that stand in one text each say nothing of it, once its own target is left out."""
    n = 40
    frame = pl.DataFrame({"t": [f"only{row} слово{row}" for row in range(n)]})
    target = np.arange(n) % 2
    _, matrix = fit_and_encode(ClassFrequenciesStep(), frame, EXAMPLE_SCHEMA, target, 0)
    assert (matrix == 0).all()
    common = pl.DataFrame({"t": ["same"] * n})
    step, matrix = fit_and_encode(ClassFrequenciesStep(), common, EXAMPLE_SCHEMA, target, 0)
    np.testing.assert_allclose(matrix, step.transform(common))  # brought to the size of the whole
    units = np.arange(n) // 2
    copies = pl.DataFrame({"t": [f"twin{unit}" for unit in units.tolist()]})
    _, matrix = fit_and_encode(ClassFrequenciesStep(), copies, EXAMPLE_SCHEMA, target, 0, units)
    assert (matrix == 0).all()  # copies are held out together


@pytest.mark.parametrize(
    "damage",
    [
        {"table": np.ones((2, 2))},
        {"table": np.full((9, 2), np.nan)},
        {"table": np.ones((9, 1))},
        {"column": 3},
        {"encoder": {"kind": "terms"}},
    ],
)
def test_damaged_frequencies_are_refused(damage: dict) -> None:
    state = ClassFrequenciesStep().fit(EXAMPLE, EXAMPLE_SCHEMA, EXAMPLE_TARGET, 0).state()
    broken = {**state, "columns": [{**state["columns"][0], **damage}]}
    with pytest.raises(BundleError):
        FittedClassFrequencies.from_state(broken)
    with pytest.raises(BundleError):
        FittedClassFrequencies.from_state({**state, "columns": []})


def test_frequencies_by_class_refuse_what_they_cannot_count() -> None:
    with pytest.raises(ConfigError, match="need classes"):
        ClassFrequenciesStep().fit(EXAMPLE, EXAMPLE_SCHEMA, np.linspace(0, 1, 4), 0)
    with pytest.raises(ConfigError, match="no text column"):
        ClassFrequenciesStep().fit(EXAMPLE, Schema((Column("t", "category"),)), EXAMPLE_TARGET, 0)
    with pytest.raises(DataError, match="no text column 't'"):
        ClassFrequenciesStep().fit(EXAMPLE, EXAMPLE_SCHEMA, EXAMPLE_TARGET, 0).transform(pl.DataFrame({"x": ["a"]}))
    with pytest.raises(ConfigError, match="folds=1"):
        ClassFrequenciesStep(folds=1)


def encoded(task: str) -> tuple[Rows, Task]:
    data = mailbox(task)
    counts = CountVectorizer(token_pattern=r"\w+").fit_transform(data.frame["message"].to_list()).astype(float)
    return Rows(counts, data.target, len(data.question.classes)), data.question


@pytest.mark.parametrize("weights", [None, "some"])
def test_nb_logistic_is_scikit_learns_regression_on_columns_times_their_log_ratios(weights: str | None) -> None:
    rows, task = encoded("binary")
    given = np.random.default_rng(0).uniform(0.5, 2, len(rows)) if weights else None
    rows = replace(rows, weights=given)
    learned = BayesLogistic(penalty_strength=0.7).fit(rows, task, **REST)
    one = np.ones(len(rows)) if given is None else given
    sums = np.array([one[rows.target == k] @ rows.features[rows.target == k].toarray() for k in (0, 1)]) + 1.0
    ratio = np.log(sums[1] / sums[1].sum()) - np.log(sums[0] / sums[0].sum())
    scaled = sparse.csr_matrix(rows.features.multiply(ratio))
    oracle = LogisticRegression(C=1 / 0.7, tol=1e-10, max_iter=10_000).fit(scaled, rows.target, sample_weight=given)
    np.testing.assert_allclose(learned.coefficients[0], ratio * oracle.coef_[0], atol=2e-3)
    np.testing.assert_allclose(learned.predict(rows.features).probability, oracle.predict_proba(scaled)[:, 1], atol=1e-3)


def test_with_more_classes_no_slope_of_the_joint_loss_is_left() -> None:
    rows, task = encoded("multiclass")
    learned = BayesLogistic(penalty_strength=0.7).fit(rows, task, **REST)
    classes = np.eye(3)[rows.target]
    ratios = log_ratios(rows.features, classes, 1.0)
    errors = softmax(learned.predict(rows.features).score) - classes
    slopes = (errors.T @ rows.features.toarray()) * ratios + 0.7 * learned.coefficients / ratios
    assert np.abs(slopes).max() < 1e-3 * len(rows)
    assert np.abs(errors.sum(axis=0)).max() < 1e-3 * len(rows)


def test_log_ratios_of_two_classes_are_opposite() -> None:
    rows, _ = encoded("binary")
    ratios = log_ratios(rows.features, np.eye(2)[rows.target], 0.5)
    np.testing.assert_allclose(ratios[0], -ratios[1])


@pytest.mark.parametrize("task", CLASSES)
def test_the_svm_has_the_margins_of_scikit_learns_machine(task: str) -> None:
    rows, question = encoded(task)
    present = np.unique(rows.target)
    weights, intercepts = SparseSvm(cost=0.3).machines(rows, present)
    oracle = LinearSVC(C=0.3, dual=False, tol=1e-8).fit(rows.features, rows.target)
    np.testing.assert_allclose(weights, oracle.coef_, atol=1e-3)
    np.testing.assert_allclose(intercepts, oracle.intercept_, atol=1e-3)
    learned = SparseSvm(cost=0.3).fit(rows, question, **REST)
    margins = oracle.decision_function(rows.features)
    score = learned.predict(rows.features).score
    if task == "binary":
        assert np.corrcoef(margins, score)[0, 1] == pytest.approx(1.0, abs=1e-6)


def test_probabilities_of_the_svm_are_those_of_rows_set_apart() -> None:
    rows, question = encoded("binary")
    apart, rest = rows.take(np.arange(0, 240, 3)), rows.take(np.flatnonzero(np.arange(240) % 3))
    learned = SparseSvm().fit(rest, question, **{**REST, "validation": apart})
    said = learned.predict(apart.features).probability
    assert said.mean() == pytest.approx(apart.target.mean(), abs=0.02)  # Platt's intercept makes them so


@pytest.mark.parametrize("learner", [BayesLogistic(), SparseSvm()])
def test_a_class_without_rows_is_never_the_likeliest_and_one_class_alone_is_said(learner: BayesLogistic | SparseSvm) -> None:
    rows, task = encoded("multiclass")
    two = rows.take(np.flatnonzero(rows.target != 1))
    said = learner.fit(two, task, **REST).predict(rows.features).probability
    assert (said[:, 1] < 1e-6).all()
    one = rows.take(np.flatnonzero(rows.target == 2))
    assert (learner.fit(one, task, **REST).predict(rows.features).probability.argmax(axis=1) == 2).all()


def test_character_terms_are_those_of_scikit_learn() -> None:
    data = mailbox(n=80)
    texts = data.frame["message"].to_list()
    step = CHAR_LOGISTIC.step.fit(data.features, data.schema, data.target, 0)
    oracle = TfidfVectorizer(analyzer="char_wb", ngram_range=CHARACTERS, min_df=2, sublinear_tf=True)
    expected = oracle.fit_transform(texts)
    assert set(step.encoders[0].grams) == set(oracle.get_feature_names_out())
    order = [oracle.vocabulary_[gram] for gram in step.encoders[0].grams]
    np.testing.assert_allclose(step.transform(data.features).toarray(), expected[:, order].toarray(), atol=1e-12)


@pytest.mark.parametrize("setting", [{"penalty_strength": 0.0}, {"smoothing": 0.0}, {"most_iterations": 0}])
def test_impossible_settings_are_refused(setting: dict) -> None:
    with pytest.raises(ConfigError, match="must be above 0"):
        BayesLogistic(**setting)
