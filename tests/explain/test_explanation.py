"""Everything together, on one set of rows."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.explain.explained_models import fitted, held_recipe, table

from assay.core.errors import ConfigError
from assay.explain.explanation import ExplainSettings, explain
from assay.explain.held import HeldOut, held_rows
from assay.measure.parts import Design


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_each_task_gets_what_applies_to_it_and_a_reason_for_the_rest(task: str) -> None:
    held = held_recipe("tree", table(task, 300))
    groups = held.features()["colour"].rename("colour")
    found = explain(held, ExplainSettings(row=3, groups=groups, deals=2, top=2))
    assert found.importances.ranking[0] in ("a", "c")
    assert len(found.curves) == 2
    assert len(found.wrong) == 10
    assert (found.fairness is not None) == (task == "binary")
    assert [what for what, _ in found.left_out] == ([] if task == "binary" else ["fairness"])
    assert (found.row.counterfactual is not None) == (task != "regression")
    shap = found.row.shap
    np.testing.assert_allclose(np.sum(list(shap.values()), axis=0) + found.row.base, found.row.score)
    json.dumps(found.to_json(), allow_nan=False)


def test_rows_without_a_target_get_all_that_needs_none() -> None:
    held = held_recipe("logistic", table("binary", 300))
    blind = replace(held, parts=(replace(held.parts[0], target=None),))
    found = explain(blind, ExplainSettings(top=2))
    assert (found.importances, found.slices, found.wrong) == (None, None, ())
    assert found.shap is not None
    assert len(found.curves) == 2
    assert found.left_out == (("importance, faults and fairness", "the rows do not say 'y'"),)


def test_a_learner_without_exact_values_is_explained_by_the_rest() -> None:
    found = explain(held_recipe("knn", table("binary", 200, gaps=False)), ExplainSettings(deals=1, top=1))
    assert found.shap is None
    assert found.left_out[0][0] == "SHAP values"
    assert found.importances is not None


def test_each_row_is_explained_by_the_model_that_has_not_seen_it() -> None:
    data = table("binary", 240)
    rows = np.arange(240)
    parts = []
    for fold in range(2):
        test, train = rows[rows % 2 == fold], rows[rows % 2 != fold]
        parts.append(held_rows(fitted("tree", data, train), data, test, train, fold=fold))
    held = HeldOut(tuple(parts), Design(rows), "this recipe", "two folds")
    for row in (4, 7):
        found = explain(held, ExplainSettings(row=row, deals=1, top=1, columns=("a",)))
        wanted = parts[row % 2].fitted.predict(data.features[row : row + 1])["probability"][0]
        assert found.row.said["yes"] == wanted
        assert found.row.values == data.features.row(row, named=True)
        assert found.columns == ("a",)
    with pytest.raises(ConfigError, match="row 999 is none of these rows"):
        explain(held, ExplainSettings(row=999))


def test_settings_that_cannot_be_are_refused_before_any_work() -> None:
    held = held_recipe("tree", table("binary", 120))
    with pytest.raises(ConfigError, match="no column 'colr'; did you mean 'colour'"):
        explain(held, ExplainSettings(columns=("colr",)))
    with pytest.raises(ConfigError, match="'rmse' is not for a binary"):
        explain(held, ExplainSettings(metric="rmse"))


def test_few_rows_are_drawn_evenly_and_equal_seeds_explain_alike() -> None:
    held = held_recipe("tree", table("binary", 400))
    drawn = held.at_most(50, 0)
    assert drawn.n_rows == 50
    assert drawn.design.units.tolist() == drawn.parts[0].units.tolist()
    assert drawn.features().equals(held.features()[drawn.parts[0].units])
    one, same = (explain(held, ExplainSettings(deals=1, top=2, row=1, seed=4)).to_json() for _ in range(2))
    assert one == same
    assert isinstance(held.features(), pl.DataFrame)
