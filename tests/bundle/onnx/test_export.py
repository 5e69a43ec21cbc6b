"""Every recipe that has an ONNX export: onnxruntime, which knows nothing of Assay, answers as the model does.

``export_onnx`` itself compares a few hundred rows before it writes; here rows that no export has seen are asked, through
onnxruntime alone.
"""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import onnx
import onnxruntime
import polars as pl
import pytest
from tests.bundle.mutants import small

import assay
from assay.balance.registry import TREATMENTS
from assay.bundle import export_onnx
from assay.bundle.model import Model
from assay.bundle.onnx import learners
from assay.bundle.onnx.calibrators import EXPORTERS
from assay.bundle.onnx.cells import unseen
from assay.bundle.onnx.learners import RECIPES_WITH_EXPORT
from assay.bundle.onnx.probe import rows_of
from assay.core.errors import ConfigError, DefectError
from assay.data.dataset import Dataset
from assay.data.reference import spreads_of
from assay.measure.calibration import CALIBRATORS, FITTED_CALIBRATORS, PriorCorrection
from assay.recipes.ensembles.fitted import FittedBlend
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.frames import FittedFrame
from assay.recipes.learner import Budget, Context
from assay.recipes.named import recipe_named
from assay.recipes.registry import FITTED_LEARNERS, RECIPES

N = 200
TASKS = ("binary", "multiclass", "regression", "ordinal", "counts", "ranking")
CLASSES = ("probably not", "é <b>", "yes")
NETS = {"perceptron", "mlp", "mlp-quantile", "mlp-ensemble"}
SLOW = {"stack", "self-training", "self-training-forest", "easy-ensemble", "catboost"} | NETS


@cache
def data(task: str) -> Dataset:
    """Numbers with and without gaps, one of them of many sizes; words, rare ones and gaps; a name that is an output's."""
    draw = np.random.default_rng(11)
    signal = draw.normal(size=N)
    noisy = signal + 0.7 * draw.normal(size=N)
    word = draw.choice(["north", "south", "Ost"], N)
    target: dict[str, Any] = {
        "binary": np.array(CLASSES)[(noisy + (word == "Ost") > 0).astype(int) * 2],
        "multiclass": np.array(CLASSES)[np.digitize(noisy, [-0.5, 0.5])],
        "regression": 40 * noisy + 100,
        "counts": 1 + np.round(np.exp(noisy)),
        "ranking": np.digitize(noisy, [-0.5, 0.5]),
    }
    target["ordinal"] = target["multiclass"]
    columns: dict[str, Any] = {
        "a number": signal,
        "amount": np.round(np.exp(3 * draw.normal(size=N)), 2),
        "gaps": pl.Series(draw.integers(0, 6, N).astype(float)).set(pl.Series(draw.random(N) < 0.2), None),
        "label": pl.Series(word).set(pl.Series(draw.random(N) < 0.1), None),
        "rare": np.where(np.arange(N) % 50 == 0, "once", draw.choice(["1", "2", "10"], N)),
        "y": target[task],
    }
    asked: dict[str, Any] = {"ordinal": {"order": list(CLASSES)}, "counts": {"task": "counts"}}
    if task == "ranking":
        columns["query"], asked["ranking"] = np.arange(N) // 10, {"task": "ranking", "group": "query"}
    return assay.read(pl.DataFrame(columns), target="y", kinds={"rare": "category"}, **asked.get(task, {}))


@cache
def fitted(recipe: str, task: str, treatment: str = "none") -> Fitted:
    context = Context()
    named, chosen = small(recipe_named(recipe)), TREATMENTS.get(treatment)()
    rows = data(task)
    if named.unlabelled:
        missing = rows.frame.head(20).with_columns(pl.lit(None, dtype=rows.frame["y"].dtype).alias("y"))
        rows = assay.read(pl.concat([rows.frame, missing]), target="y", kinds={"rare": "category"}, unlabelled="keep")
    return fit(named, chosen, rows, groups=None, seed=0, budget=Budget(), context=context)


def model(recipe: str, task: str, treatment: str = "none") -> Model:
    return Model(fitted(recipe, task, treatment), 0.3 if task == "binary" else None)


def new_rows(task: str) -> pl.DataFrame:
    """Rows of the table, and rows as no table had them."""
    frame = data(task).features.head(60)
    odd = pl.DataFrame(
        {
            "a number": [None, 0.1, -50.0, 1e12],
            "amount": [0.0, None, -3.0, 1e30],
            "gaps": [None, None, 2.5, -1.0],
            "label": [None, "never seen", "south", ""],
            "rare": ["once", None, "3", "10"],
        },
        schema=frame.schema,
    ).with_columns(pl.col("label").replace("", None))
    return pl.concat([frame, odd])


def asked(path: Any, rows: pl.DataFrame) -> dict[str, np.ndarray]:
    """The outputs by name, of a session that was made from the file alone."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given: dict[str, np.ndarray] = {}
    for one in session.get_inputs():
        cells = rows[one.name.removeprefix("input ") if one.name not in rows.columns else one.name].to_list()
        if one.type == "tensor(double)":
            given[one.name] = np.array([np.nan if cell is None else cell for cell in cells])[:, None]
        else:
            assert one.type == "tensor(string)"
            given[one.name] = np.array(["" if cell is None else cell for cell in cells], dtype=object)[:, None]
    names = [one.name for one in session.get_outputs()]
    return dict(zip(names, session.run(names, given), strict=True))


def assert_same(found: dict[str, np.ndarray], one: Model, rows: pl.DataFrame) -> None:
    told = one.predict_features(rows)
    if one.fitted.task.name == "regression":
        values = told["prediction"].to_numpy()
        np.testing.assert_allclose(found["value"], values, rtol=1e-9, atol=1e-9 * np.abs(values).max())
        assert found["value"].dtype == np.float64
        return
    if one.fitted.task.name == "binary":
        wanted = np.stack([1 - told["probability"].to_numpy(), told["probability"].to_numpy()], axis=1)
    else:
        wanted = np.stack([told[f"probability_{name}"].to_numpy() for name in one.fitted.task.classes], axis=1)
    np.testing.assert_allclose(found["probability"], wanted, rtol=0, atol=1e-9)
    assert found["probability"].dtype == np.float64
    assert found["label"].tolist() == told["prediction"].to_list()


def cases() -> list[Any]:
    found = []
    for name in RECIPES_WITH_EXPORT:
        if RECIPES.get(name).is_installed:
            tasks = [task for task in TASKS if task in RECIPES.get(name).tasks]
            marks = [pytest.mark.slow] if name in SLOW else []
            found += [pytest.param(name, task, marks=marks) for task in tasks]
    return found


@pytest.mark.parametrize(("recipe", "task"), cases())
def test_onnxruntime_answers_as_the_model_does(recipe: str, task: str, tmp_path: Any) -> None:
    one, rows = model(recipe, task), new_rows(task)
    path = export_onnx(one, tmp_path / "m.onnx")
    onnx.checker.check_model(str(path), full_check=True)
    assert_same(asked(path, rows), one, rows)


@pytest.mark.parametrize(("recipe", "task"), [("mlp", "multiclass"), ("mlp-ensemble", "regression")])
def test_a_perceptron_answers_alike_too(recipe: str, task: str, tmp_path: Any) -> None:
    one, rows = model(recipe, task), new_rows(task)
    assert_same(asked(export_onnx(one, tmp_path / "m.onnx"), rows), one, rows)


@pytest.mark.parametrize(
    "preparation",
    [
        *("ordinal", "label", "target", "count", "woe", "levels", "plain", "robust", "quantile", "log", "bins"),
        "constant",
        "median",
    ],
)
def test_every_preparation_of_numbers_and_categories_is_exported(preparation: str, tmp_path: Any) -> None:
    one, rows = model(f"logistic:{preparation}", "binary"), new_rows("binary")
    assert_same(asked(export_onnx(one, tmp_path / "m.onnx"), rows), one, rows)


@pytest.mark.parametrize("recipe", ["logistic", "boosting"])
@pytest.mark.parametrize("treatment", ["class-weight", "smote"])
def test_the_correction_after_a_treatment_is_exported_with_the_model(recipe: str, treatment: str, tmp_path: Any) -> None:
    one, rows = model(recipe, "binary", treatment), new_rows("binary")
    assert one.fitted.calibrators
    assert_same(asked(export_onnx(one, tmp_path / "m.onnx"), rows), one, rows)


@pytest.mark.parametrize(
    ("calibrator", "task"), [(name, task) for name in CALIBRATORS.names() for task in CALIBRATORS.get(name).tasks]
)
def test_every_calibrator_is_exported(calibrator: str, task: str, tmp_path: Any) -> None:
    plain, rows = fitted("naive-bayes", task), new_rows(task)
    said = plain.predict(data(task).features)["probability"]
    mapped = CALIBRATORS.get(calibrator).fit(data(task).target, said)
    k = len(plain.task.classes)
    prior = PriorCorrection(np.arange(1.0, k + 1), np.append(np.ones(k - 1), 0.0))
    one = Model(replace(plain, calibrators=(mapped, prior)), 0.3 if task == "binary" else None)
    assert_same(asked(export_onnx(one, tmp_path / "m.onnx"), rows), one, rows)


def test_every_kind_of_calibrator_has_an_exporter_and_every_listed_recipe_exists() -> None:
    assert set(EXPORTERS) == set(FITTED_CALIBRATORS.names())
    assert set(learners.EXPORTERS) <= set(FITTED_LEARNERS.names())
    assert set(RECIPES_WITH_EXPORT) <= set(RECIPES.names())


def test_a_blend_is_exported_whole(tmp_path: Any) -> None:
    members, rows = (fitted("logistic", "multiclass"), fitted("tree", "multiclass")), new_rows("multiclass")
    schema = members[0].schema
    learner = FittedBlend("multiclass", 3, members, np.array([0.25, 0.75]))
    one = Model(Fitted("blend", members[0].task, schema, FittedFrame(tuple(schema.names())), learner))
    assert_same(asked(export_onnx(one, tmp_path / "m.onnx"), rows), one, rows)


def test_rows_on_a_threshold_of_a_tree_go_the_same_way(tmp_path: Any) -> None:
    """The trap of float32 inputs: a number at a threshold, and its neighbours among float64."""
    one = model("tree", "regression")
    trees = one.fitted.learner.trees  # type: ignore[attr-defined]
    place = one.fitted.step.names.index("amount")  # type: ignore[attr-defined]
    cuts = trees.threshold[(trees.left >= 0) & (trees.feature == place)]
    assert len(cuts) > 2
    cells = np.concatenate([cuts, np.nextafter(cuts, np.inf), np.nextafter(cuts, -np.inf), np.float32(cuts).astype(float)])
    rows = pl.concat([new_rows("regression").head(1)] * len(cells)).with_columns(pl.Series("amount", cells))
    found = asked(export_onnx(one, tmp_path / "m.onnx"), rows)
    assert found["value"].tolist() == one.predict_features(rows)["prediction"].to_list()


def test_a_row_alone_and_no_rows_get_their_answers(tmp_path: Any) -> None:
    one, rows = model("forest", "binary"), new_rows("binary")
    path = export_onnx(one, tmp_path / "m.onnx")
    together = asked(path, rows)["probability"]
    assert np.array_equal(asked(path, rows[7])["probability"], together[7:8])
    assert asked(path, rows.head(0))["label"].shape == (0,)


def test_rows_to_compare_hold_gaps_unseen_texts_and_each_edge_of_the_training_rows() -> None:
    frame = data("binary")
    spreads = spreads_of(frame.frame, fitted("logistic", "binary").schema, np.arange(N))
    rows = rows_of(Model(fitted("logistic", "binary"), reference=spreads), {"amount": [2.5]})
    assert rows["gaps"].null_count() > 5
    assert {None, unseen(("north",)), *frame.schema["label"].levels} <= set(rows["label"].to_list())
    assert {2.5, float(np.nextafter(2.5, 9))} & set(rows["amount"].to_list())
    assert any(edge in rows["a number"].to_list() for edge in spreads[0].edges)


@pytest.mark.parametrize(
    ("recipe", "task", "words"),
    [
        ("knn", "binary", "learner of the kind 'neighbours' has no ONNX export; these recipes have one: baseline"),
        ("logistic:hashing", "binary", "prepared by hashed-level, which has no ONNX export"),
        ("logistic:pca", "binary", "the preparation 'then' has no ONNX export"),
    ],
)
def test_what_has_no_export_is_named_and_nothing_is_written(recipe: str, task: str, words: str, tmp_path: Any) -> None:
    with pytest.raises(ConfigError, match=words):
        export_onnx(model(recipe, task), tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_date_that_the_model_reads_is_named(tmp_path: Any) -> None:
    from tests.bundle.models import model as dated

    with pytest.raises(ConfigError, match=r"column 'day' is of kind date.*--drop day"):
        export_onnx(dated("logistic", "binary"), tmp_path / "m.onnx")
    export_onnx(dated("baseline", "binary"), tmp_path / "m.onnx")


def test_an_export_that_answers_otherwise_is_not_written(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(graph: Any, learner: Any, rows: Any) -> str:
        return str(graph.sigmoid(graph.plus(graph.product(rows.matrix, learner.coefficients.T), 1e-6)))

    monkeypatch.setitem(learners.EXPORTERS, "linear", wrong)
    with pytest.raises(DefectError, match=r"does not answer as the model does \(row 1: probability"):
        export_onnx(model("logistic", "binary"), tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []
