"""What a fit is said to take is what it takes, and a fit that would take too much has fewer rows and says so."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assay.core.errors import DataError
from assay.data import read
from assay.data.dataset import Dataset
from assay.recipes import memory
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.memory import bounded_rows, learns_in_batches, need_of
from assay.recipes.named import recipe_named
from assay.recipes.treatments import treatment_named

NONE = treatment_named("none")

WITHIN = 2.5
"""How far, as a factor either way, an estimate may lie from what a fit took."""

FIT = """
import sys
import numpy as np, polars as pl
from assay.data import read
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.memory import need_of
from assay.recipes.named import recipe_named
from assay.recipes.treatments import treatment_named

def kib(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))

def took(n):
    rng = np.random.default_rng(0)
    table = {f"x{i}": rng.normal(size=n) for i in range(10)}
    table |= {f"c{k}": pl.Series([f"level {i}" for i in range(k)])[rng.integers(0, k, n)] for k in (3, 12, 40)}
    table["y"] = np.where(rng.random(n) < 1 / (1 + np.exp(2 - table["x0"])), "yes", "no")
    data, recipe, none = read(pl.DataFrame(table), target="y"), recipe_named(sys.argv[1]), treatment_named("none")
    open("/proc/self/clear_refs", "w").write("5")
    before = kib("VmRSS")
    fit(recipe, none, data, groups=None, seed=0, budget=Budget(), context=Context())
    return (kib("VmHWM") - before) * 1024, need_of(recipe, none, data).a_row * n

took(2000)
small, large = took(20_000), took(120_000)
print(large[0] - small[0], large[1] - small[1])
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system does not measure a peak anew")
@pytest.mark.parametrize("name", ["logistic", "knn"])
def test_a_fit_takes_about_the_memory_that_it_is_said_to_take(name: str) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", FIT, name], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    took, said = map(float, done.stdout.split())
    assert took / WITHIN < said < took * WITHIN


def table(n: int = 20_000, *, regression: bool = False) -> Dataset:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 3))
    y = x[:, 0] + rng.normal(size=n) if regression else np.where(rng.random(n) < 0.1, "yes", "no")
    return read(pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y}), target="y")


def test_rows_that_would_not_fit_are_left_out_and_priors_stay() -> None:
    data, recipe = table(), recipe_named("logistic")
    room = int(need_of(recipe, NONE, data).of(5000) / memory.SHARE)
    rows, told = bounded_rows(recipe, NONE, data, room, seed=1)
    assert rows is not None
    assert 4900 <= len(rows) <= 5000
    assert (np.diff(rows) > 0).all()
    assert data.target[rows].mean() == pytest.approx(data.target.mean(), abs=1e-3)
    assert told is not None
    assert f"learned from {len(rows):,} of 20,000 training rows" in told
    again, _ = bounded_rows(recipe, NONE, data, room, seed=1)
    other, _ = bounded_rows(recipe, NONE, data, room, seed=2)
    assert np.array_equal(rows, again)  # type: ignore[arg-type]
    assert not np.array_equal(rows, other)  # type: ignore[arg-type]
    assert bounded_rows(recipe, NONE, data, 5 * room, seed=1) == (None, None)


def test_a_fit_that_has_fewer_rows_is_the_fit_of_those_and_notes_it() -> None:
    data, recipe = table(regression=True), recipe_named("ridge")
    room = int(need_of(recipe, NONE, data).of(4000) / memory.SHARE)
    rows, told = bounded_rows(recipe, NONE, data, room, seed=3)

    def fitted(some: Dataset, context: Context):  # type: ignore[no-untyped-def]
        return fit(recipe, NONE, some, groups=None, seed=3, budget=Budget(), context=context)

    bounded = fitted(data, Context(memory=room))
    assert bounded.notes[0] == told
    assert rows is not None
    alone = fitted(data.take(rows), Context())
    assert np.array_equal(bounded.predict(data.frame)["value"], alone.predict(data.frame)["value"])


def test_where_not_even_a_sample_fits_it_is_one_sentence() -> None:
    with pytest.raises(DataError, match=r"recipe 'forest' would take about .* for 1000 rows, .* give more --memory"):
        bounded_rows(recipe_named("forest"), NONE, table(), 2**20, seed=0)


@pytest.mark.parametrize("name", ["sgd-logistic", "boosting"])
def test_what_learns_in_batches_gives_the_same_from_a_matrix(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data, recipe = table(3000), recipe_named(name)
    assert learns_in_batches(recipe, NONE)
    assert not learns_in_batches(recipe_named(f"{name}:target"), NONE)
    if name == "boosting":
        recipe = recipe_named("boosting")
        recipe = replace(recipe, learner=replace(recipe.learner, rounds=10))  # type: ignore[type-var]

    def said(share: float) -> np.ndarray:
        monkeypatch.setattr("assay.recipes.fitting.BATCHED_SHARE", share)
        context = Context(memory=2**34)
        return fit(recipe, NONE, data, groups=None, seed=0, budget=Budget(), context=context).predict(data.frame)["probability"]

    assert np.array_equal(said(0.0), said(1.0))


def test_predicting_in_parts_says_what_predicting_at_once_says(monkeypatch: pytest.MonkeyPatch) -> None:
    data = table(3000)
    model = fit(recipe_named("boosting"), NONE, data, groups=None, seed=0, budget=Budget(), context=Context())
    rows = np.arange(5, 2900, 3)
    whole = model.predict(data.frame[rows], units=rows)
    monkeypatch.setattr("assay.recipes.fitted.PREDICTED_TOGETHER", 100)
    for parts in (model.predict(data.frame[rows], units=rows), model.predict_rows(data.frame, rows)):
        assert np.array_equal(parts.units, rows)
        assert all(np.array_equal(parts[name], whole[name]) for name in whole.arrays)
