"""What every fitted net for tables must do, on every task its recipe declares; most are asked after a short training."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from tests.contracts.learning import (
    FRAME,
    SCHEMA,
    TARGETS,
    UNSEEN,
    VALUES,
    WEIGHTS,
    N,
    assert_equal,
    copied,
    encoded,
    learn,
    state_bytes,
)

from assay.core.errors import BundleError
from assay.data.task import TASKS
from assay.nets.generate.projection import AutoencoderStep
from assay.prepare.step import Matrix
from assay.recipes.learner import FittedLearner
from assay.recipes.nets.bayes import BayesLearner
from assay.recipes.nets.learner import NetLearner
from assay.recipes.recipe import Recipe
from assay.recipes.registry import FITTED_LEARNERS, RECIPES

NETS = [
    "perceptron",
    "mlp",
    "mlp-ordinal",
    "mlp-quantile",
    "entity-mlp",
    "mlp-plr",
    "mlp-ple",
    "resnet-mlp",
    "tabm",
    "ft-transformer",
    "mlp-ensemble",
    "mlp-mc-dropout",
    "mlp-laplace",
    "bayes-linear",
    "bayes-mlp",
    "autoencoder-logistic",
]
CASES = [(name, task) for name in NETS for task in TASKS if task in RECIPES.get(name).tasks]
BINARY = [name for name, task in CASES if task == "binary"]
SPREAD = [name for name, task in CASES if task == "regression"]

ONE_STEP_AN_EPOCH = {"perceptron", "mlp-ordinal", "mlp-quantile"}
"""Their batch is as large as these rows are many, so that they need more epochs than the others."""

pytestmark = pytest.mark.filterwarnings("ignore:Hamiltonian Monte Carlo")  # chains of 30 draws, which do not agree


def shortened(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe with a training of a moment."""
    learner: Any = recipe.learner
    if isinstance(learner, NetLearner):
        learner = replace(learner, training=replace(learner.training, epochs=epochs))
    elif isinstance(learner, BayesLearner):
        learner = replace(learner, draws=20, warm_up=20 + 5 * epochs, members=20, chains=2)
    elif hasattr(learner, "base"):
        learner = replace(learner, base=replace(learner.base, training=replace(learner.base.training, epochs=epochs)), members=3)
    step = replace(recipe.step, steps=10 * epochs) if isinstance(recipe.step, AutoencoderStep) else recipe.step
    return replace(recipe, learner=learner, step=step)


@cache
def fit(name: str, task: str) -> tuple[FittedLearner, Matrix]:
    recipe = shortened(RECIPES.get(name), 2)
    rows = encoded(recipe, task)
    return learn(recipe, rows, task), rows.features


@pytest.mark.parametrize(("name", "task"), CASES)
def test_the_output_has_the_form_of_its_task(name: str, task: str) -> None:
    fitted, features = fit(name, task)
    output = fitted.predict(features)
    shape = (N, 3) if task == "multiclass" else (N,)
    assert output.score.shape == shape
    assert output.score.dtype == np.float64
    assert np.isfinite(output.score).all()
    if task == "regression":
        assert output.probability is None
        assert output.spread.shape == (N,)
        assert (output.spread > 0).all()
        return
    assert output.spread is None
    assert output.probability.shape == shape
    assert ((output.probability >= 0) & (output.probability <= 1)).all()
    if task == "multiclass":
        np.testing.assert_allclose(output.probability.sum(axis=1), 1, atol=1e-9)
        np.testing.assert_array_equal(output.score.argmax(axis=1), output.probability.argmax(axis=1))
    else:
        assert (np.diff(output.probability[np.argsort(output.score, kind="stable")]) >= 0).all()


@pytest.mark.parametrize(("name", "task"), CASES)
def test_the_state_gives_back_the_same_predictions(name: str, task: str) -> None:
    fitted, features = fit(name, task)
    state = copied(fitted.state())
    back = FITTED_LEARNERS.get(state["kind"]).from_state(state)
    assert_equal(back.predict(features), fitted.predict(features), 0)
    assert state_bytes(back.state()) == state_bytes(fitted.state())


@pytest.mark.parametrize(("name", "task"), CASES)
def test_one_seed_gives_one_state_and_another_seed_another(name: str, task: str) -> None:
    recipe = shortened(RECIPES.get(name), 1)
    rows = encoded(recipe, task, WEIGHTS)
    before = rows.fingerprint
    first, second, other = (state_bytes(learn(recipe, rows, task, seed=seed).state()) for seed in (7, 7, 8))
    assert first == second
    assert (first != other) or name == "autoencoder-logistic"  # its learner draws nothing
    assert rows.fingerprint == before


@pytest.mark.parametrize(("name", "task"), CASES)
def test_a_row_alone_is_predicted_as_in_company_and_no_rows_as_none(name: str, task: str) -> None:
    fitted, features = fit(name, task)
    whole = fitted.predict(features)
    for row in range(0, N, 25):
        alone = fitted.predict(features[row : row + 1])
        np.testing.assert_allclose(alone.score, whole.score[row : row + 1], rtol=0, atol=1e-9)
        if task == "regression":
            np.testing.assert_allclose(alone.spread, whole.spread[row : row + 1], rtol=0, atol=1e-9)
    assert len(fitted.predict(features[:0]).score) == 0


@pytest.mark.parametrize(("name", "task"), CASES)
def test_unseen_missing_and_infinite_values_get_finite_predictions(name: str, task: str) -> None:
    fitted, _ = fit(name, task)
    matrix = shortened(RECIPES.get(name), 2).step.fit(FRAME, SCHEMA, TARGETS[task], 0).transform(UNSEEN)
    output = fitted.predict(matrix)
    assert np.isfinite(output.score).all()
    assert output.probability is None or np.isfinite(output.probability).all()


@pytest.mark.parametrize("name", BINARY)
def test_weights_on_a_class_raise_its_probability(name: str) -> None:
    recipe = shortened(RECIPES.get(name), 6)
    noisy = np.where(np.arange(N) % 5 == 1, 1 - TARGETS["binary"], TARGETS["binary"])
    plain = replace(encoded(recipe, "binary"), target=noisy)
    heavy = replace(plain, weights=np.where(noisy == 1, 5.0, 1.0))
    before, after = (learn(recipe, rows, "binary").predict(plain.features).probability for rows in (plain, heavy))
    assert after.mean() > before.mean() + 0.02


@pytest.mark.parametrize(("name", "task"), CASES)
def test_it_learns_more_than_the_baseline(name: str, task: str) -> None:
    recipe = shortened(RECIPES.get(name), 40 if name in ONE_STEP_AN_EPOCH else 12)
    rows = encoded(recipe, task)
    output = learn(recipe, rows, task).predict(rows.features)
    if task == "regression":
        assert ((output.score - VALUES) ** 2).mean() < 0.8 * VALUES.var()
    else:
        said = output.probability > 0.5 if task == "binary" else output.probability.argmax(axis=1)
        assert (said == TARGETS[task]).mean() > np.bincount(TARGETS[task]).max() / N + 0.1


@pytest.mark.parametrize(("name", "task"), CASES)
def test_a_state_with_any_one_entry_damaged_is_refused(name: str, task: str) -> None:
    fitted, _ = fit(name, task)
    state = fitted.state()
    reader = FITTED_LEARNERS.get(state["kind"])
    for place in places(state):
        value = at(state, place)
        wrongs: list[object] = [{"not": "this"}, "x"] if value is not None else []
        if isinstance(value, np.ndarray):
            wrongs += [value.tolist(), value[..., None], np.array(["x"])]
            if value.dtype.kind == "f" and value.size:
                wrongs.append(np.full_like(value, np.nan))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            wrongs += [float("nan"), 10**400]
        for wrong in wrongs:
            with pytest.raises(BundleError):
                reader.from_state(damaged(state, place, wrong))
        with pytest.raises(BundleError):
            reader.from_state(damaged(state, place, MISSING))


MISSING = object()


def places(state: Any) -> list[tuple[Any, ...]]:
    """Paths to what can be damaged: every entry, in nested parts too; of the weights and the equal nets only the first."""
    found: list[tuple[Any, ...]] = []
    for key, value in list(state.items()):
        if key != "kind":
            found.append((key,))
        inner = value[0] if key == "nets" else value
        if isinstance(inner, dict):
            deeper = places(inner)
            path = (key, 0) if key == "nets" else (key,)
            found += [(*path, *place) for place in (deeper[:1] if key == "weights" else deeper)]
    return found


def at(state: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        state = state[key]
    return state


def damaged(state: Any, place: tuple[Any, ...], value: object) -> Any:
    key, rest = place[0], place[1:]
    new = list(state) if isinstance(state, list) else dict(state)
    if rest:
        new[key] = damaged(state[key], rest, value)
    elif value is MISSING:
        del new[key]
    else:
        new[key] = value
    return new


def test_the_nets_reach_every_fitted_learner_of_nets() -> None:
    kinds = {fit(name, "binary")[0].state()["kind"] for name in BINARY}
    assert kinds - {"linear"} == {"net", "net-ensemble", "net-dropout", "net-laplace", "bayes"}
    assert kinds < set(FITTED_LEARNERS.names())
