"""What is compiled where numba is installed answers as its twin in NumPy does where it is not."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.contracts.learning import encoded, learn

import assay
from assay.balance.neighbours import nearest
from assay.balance.oversample.nominal import nearest_by_value_difference
from assay.core import loops as choosing
from assay.explain.shapley import tree_shap
from assay.explain.tree_arrays import forest_of
from assay.measure import resample
from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import sums_by_code, weighted_sums
from assay.measure.metrics.ranking import AveragePrecision, ranked, weighted_auc
from assay.measure.parts import Design
from assay.recipes.outputs import dense
from assay.recipes.registry import RECIPES

SOURCE = Path(assay.__file__).parent
TWINS = sorted(str(path.relative_to(SOURCE)) for path in SOURCE.rglob("plain_*.py"))


def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows runs as on a machine that has no compiler."""
    for module in (choosing, resample):
        monkeypatch.setattr(module, "has_compiler", lambda: False)


def test_there_are_twins() -> None:
    assert len(TWINS) >= 4


@pytest.mark.parametrize("path", TWINS)
def test_a_twin_takes_the_arguments_of_what_is_compiled(path: str) -> None:
    plain = importlib.import_module("assay." + path.removesuffix(".py").replace("/", "."))
    compiled = importlib.import_module(plain.__name__.replace("plain_", ""))
    shared = [name for name in vars(plain) if not name.startswith("_") and hasattr(getattr(compiled, name, None), "py_func")]
    assert shared
    for name in (name for name in shared if name != "running"):
        theirs = inspect.signature(getattr(compiled, name).py_func).parameters
        assert len(inspect.signature(getattr(plain, name)).parameters) == len(theirs), name


def test_draws_are_the_same_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    strata = np.repeat([0, 1, 2], [5, 90, 305])
    designs = [Design(np.arange(400)), Design(np.arange(400), strata=strata), Design(np.arange(1))]
    compiled = [resample.replicate_weights(design, range(40), seed=3) for design in designs]
    without_numba(monkeypatch)
    for design, expected in zip(designs, compiled, strict=True):
        np.testing.assert_array_equal(resample.replicate_weights(design, range(40), seed=3), expected)


@pytest.mark.parametrize("kind", ["counts", "weights"])
def test_sums_and_rankings_are_the_same(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    n = 300
    weights = rng.integers(0, 4, (6, n)).astype(np.uint8) if kind == "counts" else rng.random((6, n))
    weights[-1] = 0
    values, codes = rng.normal(size=(2, n)), rng.integers(0, 5, n).astype(np.uint32)
    arrays = ranked(rng.random(n) < 0.3, rng.integers(0, 40, n) / 40)

    def everything() -> list[np.ndarray]:
        precision = AveragePrecision().value(Statistics(n, arrays), weights)
        return [weighted_sums(weights, values), sums_by_code(weights, codes, 5), weighted_auc(arrays, weights), precision]

    compiled = everything()
    without_numba(monkeypatch)
    for own, expected in zip(everything(), compiled, strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-12)


@pytest.mark.parametrize("exact", [True, False])
def test_neighbours_are_the_same(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    points = np.round(rng.normal(size=(3000, 4)) + 6 * rng.integers(0, 40, (3000, 1)), 1)  # with copies and equal distances
    compiled = nearest(points, 5, exact=exact, threads=2)
    other = nearest(points[:50], 3, queries=points[50:90])
    nominal = nearest_by_value_difference(points[:80].reshape(80, 2, 2), 4)
    without_numba(monkeypatch)
    again = nearest(points, 5, exact=exact, threads=2)
    np.testing.assert_array_equal(again.rows, compiled.rows)
    np.testing.assert_allclose(again.distances, compiled.distances)
    assert again.recall == compiled.recall
    np.testing.assert_array_equal(nearest(points[:50], 3, queries=points[50:90]).rows, other.rows)
    np.testing.assert_array_equal(nearest_by_value_difference(points[:80].reshape(80, 2, 2), 4), nominal)


@pytest.mark.parametrize("name", ["boosting", "forest"])
def test_shapley_values_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = RECIPES.get(name)
    rows = encoded(recipe, "binary")
    forest, values = forest_of(learn(recipe, rows, "binary")), dense(rows.features)
    players = np.arange(values.shape[1]) // 2
    compiled = tree_shap(forest, values[:20], values, players, int(players.max()) + 1)
    without_numba(monkeypatch)
    for own, expected in zip(tree_shap(forest, values[:20], values, players, int(players.max()) + 1), compiled, strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-10, atol=1e-12)


def test_a_study_runs_where_numba_is_not_installed(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['numba'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'numba' else find(name, *rest)\n"
        "from assay.cli.main import run; sys.argv[1:] = ['demo', 'loanapp', '--out', sys.argv[1]]; run()"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "run")], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
