"""Logistic regression in batches finds what the exact method finds, from a matrix and from parts alike."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from assay.data import batches
from assay.data.batches import Batches
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes import sgd
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear
from assay.recipes.sgd import SgdLogistic

TWO, FOUR = Task("binary", "y", ("no", "yes")), Task("multiclass", "y", ("a", "b", "c", "d"))


def drawn(task: Task, n: int, seed: int) -> Rows:
    """8 numbers and 30 levels, some of them rare, under a logistic model."""
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, 31) ** 1.3
    matrix = np.hstack([rng.normal(size=(n, 8)), np.eye(30)[rng.choice(30, n, p=shares / shares.sum())]])
    weights = np.random.default_rng(7).normal(size=(38, 1 if task.name == "binary" else 4)) * 0.6
    logits = matrix @ weights
    if task.name == "binary":
        return Rows(matrix, (rng.random(n) < 1 / (1 + np.exp(2 - logits[:, 0]))).astype(np.int64), 2)
    return Rows(matrix, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1), 4)


def fitted(rows: Rows, task: Task, **settings: object) -> FittedLinear:
    learner = SgdLogistic(**settings)  # type: ignore[arg-type]
    return learner.fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())


@pytest.mark.parametrize("task", [TWO, FOUR], ids=lambda task: task.name)
def test_it_comes_as_near_to_the_penalised_loss_as_scikit_learn(task: Task) -> None:
    rows = drawn(task, 3000, 0)
    rows = replace(rows, weights=np.random.default_rng(1).uniform(0.5, 2, len(rows)))
    exact = LogisticRegression(C=0.5, tol=1e-6, solver="newton-cholesky").fit(
        rows.features, rows.target, sample_weight=rows.weights
    )
    ours = fitted(rows, task, penalty_strength=2.0, visits=300_000)

    def loss(probability: np.ndarray, coefficients: np.ndarray) -> float:
        told = log_loss(rows.target, probability, sample_weight=rows.weights, normalize=False)
        return float((told + (coefficients**2).sum()) / len(rows))  # 2/2 of the squares

    least = loss(exact.predict_proba(rows.features), exact.coef_)
    said = ours.predict(rows.features).probability  # type: ignore[arg-type]
    assert said is not None
    assert least - 1e-6 <= loss(said, ours.coefficients) < least + 1e-3


def test_parts_sparse_rows_and_a_matrix_teach_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sgd, "ENCODED_TOGETHER", 1000)
    rows = drawn(TWO, 3300, 0)
    whole = np.asarray(rows.features)
    frame = pl.DataFrame({f"x{i}": whole[:, i] for i in range(38)})
    parts = Batches(frame, lambda some: some.to_numpy(), 38)
    assert parts.shape == whole.shape
    ways = [fitted(replace(rows, features=one), TWO, visits=20_000) for one in (whole, parts, sparse.csr_matrix(whole))]  # type: ignore[arg-type]
    assert np.array_equal(ways[0].coefficients, ways[1].coefficients)
    assert np.allclose(ways[0].coefficients, ways[2].coefficients, atol=1e-9)


def test_a_table_sorted_by_its_target_teaches_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sgd, "ENCODED_TOGETHER", 8192)
    rows, new = drawn(TWO, 40_000, 0), drawn(TWO, 20_000, 1)
    order = np.argsort(rows.target, kind="stable")
    losses = []
    for one in (rows, rows.take(order)):
        said = fitted(one, TWO, visits=40_000).predict(new.features).probability  # type: ignore[arg-type]
        losses.append(log_loss(new.target, said))
    assert abs(losses[1] - losses[0]) < 0.003 < log_loss(new.target, np.full(len(new), new.target.mean())) - losses[0]


def test_every_row_is_drawn_once_a_pass() -> None:
    monkeypatched = batches.ENCODED_TOGETHER
    rows = Rows(np.arange(2 * monkeypatched + 700)[:, None], np.zeros(2 * monkeypatched + 700, dtype=np.int64), 2)
    seen = [(matrix[:, 0], places) for matrix, places in sgd._parts(rows, np.random.default_rng(0))]
    assert all(np.array_equal(values, places) for values, places in seen)
    assert [len(places) for _, places in seen] == [monkeypatched, monkeypatched, 700]
    assert np.array_equal(np.sort(np.concatenate([places for _, places in seen])), np.arange(len(rows)))
    assert (np.diff(seen[0][1]) < 0).mean() > 0.4


def test_a_class_without_rows_is_possible_and_never_said() -> None:
    rows = drawn(FOUR, 2000, 0)
    rows = replace(rows, target=np.where(rows.target == 2, 1, rows.target))
    said = fitted(rows, FOUR, visits=20_000).predict(rows.features).probability  # type: ignore[arg-type]
    assert said is not None
    assert said[:, 2].max() < 1e-6
    only = fitted(replace(rows, target=np.zeros_like(rows.target)), FOUR)
    assert (only.predict(rows.features).score.argmax(axis=1) == 0).all()  # type: ignore[arg-type]
