"""The recipes of nets: what they learn, what they save, and what they refuse."""

import copy
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from scipy import special
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from assay.core.errors import BundleError, ConfigError, DataError
from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.recipes.learner import Budget, Context
from assay.recipes.nets.fitted import FittedNet
from assay.recipes.nets.pictures import LENET
from assay.recipes.nets.tables import MLP
from assay.recipes.nets.texts import EMBEDDING_BAG
from assay.recipes.registry import FITTED_LEARNERS, RECIPES

BINARY = Task("binary", "y", ("no", "yes"))
TERNARY = Task("multiclass", "y", ("a", "b", "c"))
NUMBER = Task("regression", "y")
RNG = np.random.default_rng(0)

SPAM = ["win a free prize now", "claim your free cash", "urgent prize call now", "free entry win cash", "call now to claim"]
HAM = ["see you at home", "are we still on for lunch", "i am at work", "what time is lunch", "ok see you later at work"]


def fit(recipe, rows, task, *, validation=None, seed=0, context=None, **training):
    learner = recipe.learner
    learner = replace(learner, training=replace(learner.training, **training))
    return learner.fit(rows, task, validation=validation, seed=seed, budget=Budget(), context=context or Context())


def table(task, n=80, weights=None):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n, 4))
    if task is NUMBER:
        return Rows(x, 1000 + 50 * x[:, 0], 0, weights)
    return Rows(x, rng.integers(0, len(task.classes), n), len(task.classes), weights)


def pictures(n=30, channels=1):
    rng = np.random.default_rng(4)
    target = rng.integers(0, 2, n)
    pixels = rng.integers(0, 60, (n, channels, 32, 32), dtype=np.uint8)
    pixels[target == 1, :, 8:24, 8:24] += 150
    return Rows(pixels, target, 2)


def small(kind):
    """A quickly fitted net of each recipe and task, with rows to predict."""
    if kind == "lenet":
        rows = pictures(channels=3)
        return fit(LENET, rows, BINARY, epochs=2), rows.features
    if kind == "embedding-bag":
        terms = RNG.integers(0, 30, (40, 12)).astype(np.int32)
        rows = Rows(terms, RNG.integers(0, 3, 40), 3)
        return fit(EMBEDDING_BAG, rows, TERNARY, epochs=2), terms
    task = {"mlp-binary": BINARY, "mlp-multiclass": TERNARY, "mlp-regression": NUMBER}[kind]
    rows = table(task)
    return fit(MLP, rows, task, epochs=2), rows.features


KINDS = ["mlp-binary", "mlp-multiclass", "mlp-regression", "lenet", "embedding-bag"]


@pytest.mark.parametrize("kind", KINDS)
def test_one_row_alone_is_predicted_as_in_a_batch(kind):
    net, features = small(kind)
    together = net.predict(features)
    for place in (0, 7, len(features) - 1):
        alone = net.predict(features[place : place + 1])
        np.testing.assert_allclose(alone.score[0], together.score[place], rtol=0, atol=1e-9)
        if together.probability is not None:
            np.testing.assert_allclose(alone.probability[0], together.probability[place], rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_net_predicts_the_same_bytes(kind):
    net, features = small(kind)
    again = FITTED_LEARNERS.get(net.state()["kind"]).from_state(copy.deepcopy(net.state()))
    assert again.predict(features).score.tobytes() == net.predict(features).score.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_weights(kind):
    torch.rand(3)
    first, second = small_state(kind), small_state(kind)
    assert first == second


def small_state(kind):
    global RNG
    RNG = np.random.default_rng(0)
    return {name: value.tobytes() for name, value in small(kind)[0].weights.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_no_rows_are_predicted_as_no_rows(kind):
    net, features = small(kind)
    assert len(net.predict(features[:0]).score) == 0


def test_the_probability_is_the_sigmoid_of_the_score_or_its_softmax():
    net, features = small("mlp-binary")
    output = net.predict(features)
    np.testing.assert_allclose(output.probability, special.expit(output.score))
    net, features = small("mlp-multiclass")
    output = net.predict(features)
    assert output.score.shape == (80, 3)
    np.testing.assert_allclose(output.probability.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_array_equal(output.probability.argmax(axis=1), output.score.argmax(axis=1))


def test_global_random_state_and_threads_survive_fit_and_predict():
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    net, features = small("mlp-binary")
    net.predict(features)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_lenet_reads_the_digits_of_scikit_learn():
    digits = load_digits()
    pixels = np.kron((digits.images * 15.9).astype(np.uint8), np.ones((1, 4, 4), dtype=np.uint8))[:, None]
    train, test = train_test_split(np.arange(len(pixels)), test_size=0.2, stratify=digits.target, random_state=0)
    rows = Rows(pixels[train], digits.target[train], 10)
    net = fit(LENET, rows, Task("multiclass", "digit", tuple("0123456789")), epochs=12)
    assert (net.predict(pixels[test]).score.argmax(axis=1) == digits.target[test]).mean() >= 0.97


def test_the_perceptron_ranks_tumours():
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    train, test = train_test_split(np.arange(len(y)), test_size=0.3, stratify=y, random_state=0)
    train, held = train_test_split(train, test_size=0.15, stratify=y[train], random_state=0)
    net = fit(MLP, Rows(x[train], y[train], 2), BINARY, validation=Rows(x[held], y[held], 2))
    assert roc_auc_score(y[test], net.predict(x[test]).score) > 0.985


def test_a_regression_is_as_good_as_ridge_in_the_units_of_the_target():
    x, y = load_diabetes(return_X_y=True)
    x = x / x.std(axis=0)
    train, test = train_test_split(np.arange(len(y)), test_size=0.3, random_state=0)
    train, held = train_test_split(train, test_size=0.15, random_state=0)
    net = fit(MLP, Rows(x[train], y[train], 0), NUMBER, validation=Rows(x[held], y[held], 0))
    ours = np.sqrt(np.mean((net.predict(x[test]).score - y[test]) ** 2))
    ridge = np.sqrt(np.mean((Ridge().fit(x[train], y[train]).predict(x[test]) - y[test]) ** 2))
    assert ours < 1.1 * ridge


def test_a_constant_target_is_learnt_as_it_is():
    rows = Rows(RNG.normal(size=(40, 3)), np.full(40, 7.5), 0)
    np.testing.assert_allclose(fit(MLP, rows, NUMBER, epochs=2).predict(rows.features).score, 7.5, atol=1.0)


def test_the_embedding_bag_tells_spam_from_the_rest():
    texts, target = (SPAM + HAM) * 6, np.array(([1] * 5 + [0] * 5) * 6)
    schema = Schema((Column("text", "text"),))
    step = EMBEDDING_BAG.step.fit(pl.DataFrame({"text": texts}), schema, target, seed=0)
    rows = Rows(step.transform(pl.DataFrame({"text": texts})), target, 2)
    net = fit(EMBEDDING_BAG, rows, BINARY, validation=rows)
    unseen = pl.DataFrame({"text": ["free cash prize now", "see you at lunch"]})
    probability = net.predict(step.transform(unseen)).probability
    assert probability[0] > 0.9
    assert probability[1] < 0.1


def test_rows_of_weight_zero_do_not_matter_to_a_recipe():
    clean = table(NUMBER)
    junk = Rows(np.vstack([clean.features, np.full((20, 4), 50.0)]), np.append(clean.target, np.full(20, -1e9)), 0)
    junk = replace(junk, weights=np.append(np.ones(80), np.zeros(20)))
    first, second = fit(MLP, clean, NUMBER, epochs=3), fit(MLP, junk, NUMBER, epochs=3)
    assert first.predict(clean.features).score.tobytes() == second.predict(clean.features).score.tobytes()


def test_heavier_positives_raise_the_probabilities():
    rows = table(BINARY, n=300)
    heavy = replace(rows, weights=np.where(rows.target == 1, 10.0, 1.0))
    plain, raised = (fit(MLP, each, BINARY, epochs=10).predict(rows.features).probability for each in (rows, heavy))
    assert plain.mean() == pytest.approx(rows.target.mean(), abs=0.1)
    assert raised.mean() == pytest.approx(heavy.prior[1], abs=0.1)


@pytest.mark.parametrize("validation", [lambda _: None, lambda rows: rows.take(np.arange(0))], ids=["none", "empty"])
def test_without_validation_rows_a_fixed_number_of_epochs_is_trained(validation):
    seen = []
    rows = table(BINARY)
    context = Context(progress=lambda done, total: seen.append((done, total)))
    fit(MLP, rows, BINARY, validation=validation(rows), context=context)
    alone = MLP.learner.epochs_alone
    assert seen == [(done, alone) for done in range(1, alone + 1)]


def test_a_budget_of_no_seconds_still_gives_a_model():
    rows = table(BINARY)
    net = MLP.learner.fit(rows, BINARY, validation=rows, seed=0, budget=Budget(seconds=0.0), context=Context())
    assert np.isfinite(net.predict(rows.features).score).all()


def other_shape(state):
    state["weights"]["layers.0.bias"] = state["weights"]["layers.0.bias"][:-1]


def other_name(state):
    state["weights"]["layers.99.bias"] = state["weights"].pop("layers.0.bias")


def not_a_number(state):
    state["weights"]["layers.0.bias"][0] = np.nan


def text_weights(state):
    state["weights"]["layers.0.bias"] = np.array(["a"] * len(state["weights"]["layers.0.bias"]))


def list_weights(state):
    state["weights"]["layers.0.bias"] = state["weights"]["layers.0.bias"].tolist()


DAMAGE = {
    "other shape": other_shape,
    "other name": other_name,
    "nan": not_a_number,
    "text": text_weights,
    "list": list_weights,
    "one weight fewer": lambda state: state["weights"].pop("layers.0.bias"),
    "foreign architecture": lambda state: state.update(architecture="os:system"),
    "another architecture": lambda state: state.update(architecture="picture"),
    "foreign task": lambda state: state.update(task="detection"),
    "another task": lambda state: state.update(task="multiclass"),
    "no settings": lambda state: state.pop("settings"),
    "settings of no dict": lambda state: state.update(settings=[1]),
    "one setting more": lambda state: state["settings"].update(device="cuda"),
    "one setting fewer": lambda state: state["settings"].pop("hidden"),
    "huge": lambda state: state["settings"].update(hidden=[10**9, 10**9]),
    "deep": lambda state: state["settings"].update(hidden=[1] * 10_000),
    "negative width": lambda state: state["settings"].update(hidden=[-4, 64]),
    "text width": lambda state: state["settings"].update(inputs="4"),
    "true width": lambda state: state["settings"].update(inputs=True),
    "beyond int64": lambda state: state["settings"].update(inputs=10**30),
    "foreign activation": lambda state: state["settings"].update(activation="__class__"),
    "infinite center": lambda state: state.update(center=float("inf")),
    "text scale": lambda state: state.update(scale="1"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_state_is_refused(damage):
    net, _ = small("mlp-binary")
    state = copy.deepcopy(net.state())
    DAMAGE[damage](state)
    with pytest.raises(BundleError):
        FittedNet.from_state(state)


def test_a_matrix_of_another_width_is_refused():
    net, features = small("mlp-binary")
    with pytest.raises(DataError, match="4 columns"):
        net.predict(features[:, :3])


def test_the_recipes_are_registered_and_can_be_listed_without_torch():
    assert (RECIPES.get("mlp"), RECIPES.get("lenet"), RECIPES.get("embedding-bag")) == (MLP, LENET, EMBEDDING_BAG)
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from assay.recipes.registry import RECIPES\n"
        "print([RECIPES.get(name).extra for name in ('mlp', 'lenet', 'embedding-bag')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['nets', 'nets', 'nets']"


def test_a_missing_torch_names_the_extra_to_install():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import numpy as np\n"
        "from assay.core.errors import MissingExtraError\n"
        "from assay.data.rows import Rows\n"
        "from assay.data.task import Task\n"
        "from assay.recipes.learner import Budget, Context\n"
        "from assay.recipes.nets.tables import MLP\n"
        "rows = Rows(np.zeros((4, 2)), np.array([0, 1, 0, 1]), 2)\n"
        "task = Task('binary', 'y', ('a', 'b'))\n"
        "try:\n"
        "    MLP.learner.fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())\n"
        "except MissingExtraError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'assay[nets]'" in done.stdout


@pytest.mark.parametrize("name", ["mlp", "tabm", "mlp-ensemble", "mlp-mc-dropout", "mlp-laplace", "mlp-quantile", "bayes-linear"])
def test_the_spread_of_a_number_is_its_noise_where_the_net_is_right(name):
    random = np.random.default_rng(6)
    x = random.normal(size=(900, 3))
    value = 100 + 20 * x[:, 0] + 10 * random.normal(size=900)
    recipe = RECIPES.get(name)
    frame = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2]})
    step = recipe.step.fit(frame, Schema(tuple(Column(column, "number") for column in "abc")), value, 0)
    rows = Rows(step.transform(frame), value, 0, None, step.blocks)
    train, held, test = rows.take(np.arange(400)), rows.take(np.arange(400, 500)), rows.take(np.arange(500, 900))
    fitted = recipe.learner.fit(train, NUMBER, validation=held, seed=0, budget=Budget(), context=Context())
    output = fitted.predict(test.features)
    assert np.sqrt(np.mean(output.spread**2)) == pytest.approx(10, rel=0.2)
    inside = np.abs(test.target - output.score) <= 1.645 * output.spread
    assert 0.84 < inside.mean() < 0.97


def test_the_noise_is_the_error_on_rows_that_were_not_learnt():
    rows = table(NUMBER, n=60)
    held = Rows(rows.features[:20], rows.target[:20] + np.resize([40.0, -40.0], 20), 0)
    net = fit(MLP, rows, NUMBER, validation=held, epochs=2)
    error = np.mean((held.target - net.predict(held.features).score) ** 2)
    np.testing.assert_allclose(net.predict(rows.features).spread, np.sqrt(error))


def test_a_net_that_makes_no_error_still_says_that_it_may():
    net = fit(MLP, Rows(np.zeros((20, 2)), np.full(20, 3.0), 0), NUMBER, epochs=2)
    assert (net.predict(np.zeros((2, 2))).spread > 0).all()


def test_an_ensemble_of_nets_of_two_forms_is_refused():
    first, second = (fit(MLP, table(task), task, epochs=1).state() for task in (BINARY, TERNARY))
    with pytest.raises(BundleError, match="2 nets of 2 forms"):
        FITTED_LEARNERS.get("net-ensemble").from_state({"kind": "net-ensemble", "nets": [first, second]})


def test_the_members_of_an_ensemble_are_asked_together_and_differ():
    rows = table(BINARY)
    ensemble = replace(RECIPES.get("mlp-ensemble").learner, members=3)
    seen = []
    context = Context(progress=lambda done, total: seen.append(done / total))
    fitted = ensemble.fit(rows, BINARY, validation=None, seed=0, budget=Budget(), context=context)
    alone = [net.predict(rows.features).probability for net in fitted.nets]
    np.testing.assert_allclose(fitted.predict(rows.features).probability, np.mean(alone, axis=0), atol=1e-12)
    assert not np.allclose(alone[0], alone[1])
    assert seen == sorted(seen)
    assert seen[-1] <= 1


def test_hamiltonian_monte_carlo_refuses_tables_that_it_cannot_walk_through():
    rows = Rows(np.zeros((40_000, 100)), np.arange(40_000) % 2, 2)
    with pytest.raises(ConfigError, match="choose mlp-laplace"):
        RECIPES.get("bayes-linear").learner.fit(rows, BINARY, validation=None, seed=0, budget=Budget(), context=Context())


class Rates:
    """A watch that keeps the learning rate of each epoch."""

    def __init__(self):
        self.seen = []

    def attached(self, model):
        return nullcontext()

    def wants(self, step):
        return False

    def gradients(self, step, model):
        raise AssertionError("nothing was wanted")

    def epoch(self, record):
        self.seen.append(record.rate)


@pytest.mark.parametrize(
    ("rows", "expected"), [(2000, 0.01), (128, 0.005), (64, 0.01 * (8 / 64) ** 0.5), (32, 0.01 * (4 / 32) ** 0.5)]
)
def test_the_rate_falls_with_the_root_of_what_a_batch_was_cut_by_for_more_steps(rows, expected):
    watch = Rates()
    recipe = replace(MLP, learner=replace(MLP.learner, steps=8))
    fit(
        recipe,
        table(BINARY, n=rows),
        BINARY,
        context=Context(watch=watch),
        epochs=1,
        batch_size=64,
        learning_rate=0.01,
        schedule="constant",
    )
    assert watch.seen == pytest.approx([expected])
