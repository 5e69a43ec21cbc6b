"""A saved model that answers with sets and intervals: the same before and after, and nothing that no study wrote."""

import copy
import json
from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.bundle.models import CLASSES, model, table

import assay.bundle
from assay.archive import files, weights
from assay.archive.manifest import Manifest, check, listing
from assay.archive.state import encode
from assay.bundle.card import conformal_card, markdown, verify
from assay.bundle.model import Model, build, read_manifest
from assay.core.errors import AssayError, BundleError, ConfigError
from assay.core.files import canonical_json
from assay.measure.conformal.coverage import measure_coverage
from assay.measure.conformal.fitted import FittedConformal
from assay.measure.conformal.fitting import fit_split
from assay.measure.conformal.scores import Score
from assay.measure.payload import Truth

TASKS = ["binary", "multiclass", "regression"]


@cache
def sure(task: str, score: Score | None = None) -> Model:
    """A model with a conformal part from the rows of its table."""
    recipe = "knn" if task == "regression" else "logistic"
    plain, data = model(recipe, task), table(task)
    truth = Truth("value", np.arange(len(data)), {"target": data.target})
    fitted = fit_split(truth, plain.fitted.predict(data.features), score=score)
    return Model(plain.fitted, plain.threshold, plain.card, fitted)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", ["m", "m.assay"])
def test_a_saved_model_gives_the_same_sets_and_the_same_bytes_when_saved_again(tmp_path, task, name):
    before = sure(task)
    before.save(tmp_path / name)
    after = assay.bundle.load(tmp_path / name)
    for level in (None, 0.5, 0.9, 0.999):
        assert after.predict(table(task), level).equals(before.predict(table(task), level))
        assert after.notes(level) == before.notes(level)
    after.save(tmp_path / f"again-{name}")
    assert files.read(tmp_path / f"again-{name}") == files.read(tmp_path / name)
    assert any("sets or intervals at any level" in fact for fact in verify(tmp_path / name))


@pytest.mark.parametrize("task", TASKS)
def test_a_level_adds_columns_and_changes_none(task):
    plain, found = sure(task).predict(table(task)), sure(task).predict(table(task), 0.9)
    more = ["low", "high"] if task == "regression" else ["set", "set_size"]
    assert found.columns == [*plain.columns, *more]
    assert found.drop(more).equals(plain)


def test_a_set_lists_the_labels_whose_score_is_below_the_quantile_of_their_class():
    one = sure("multiclass")
    found = one.predict(table("multiclass"), 0.9)
    limits = [part.quantile(0.9) for part in one.conformal.calibration]
    for row in found.head(40).iter_rows(named=True):
        wanted = [
            name for name, limit in zip(CLASSES["multiclass"], limits, strict=True) if 1 - row[f"probability_{name}"] <= limit
        ]
        assert (row["set"], row["set_size"]) == (wanted, len(wanted))
    assert found.schema["set"] == pl.List(pl.String)


def test_a_set_may_be_empty_and_no_rows_give_no_sets():
    found = sure("binary").predict(table("binary"), 0.05)
    assert [] in found["set"].to_list()
    assert ((found["set"].list.len() == 0) == (found["set_size"] == 0)).all()
    for task in TASKS:
        none = sure(task).predict_features(table(task).features.head(0), 0.9)
        assert none.schema == sure(task).predict(table(task), 0.9).schema


def test_an_interval_lies_around_the_prediction_and_holds_nine_of_ten_known_values():
    found = sure("regression").predict(table("regression"), 0.9)
    assert np.allclose((found["low"] + found["high"]) / 2, found["prediction"])
    target = table("regression").target
    assert ((found["low"].to_numpy() <= target) & (target <= found["high"].to_numpy())).sum() == 109, "ceil(121 · 0.9) of 120"


def test_a_bound_that_no_row_gives_is_null_and_not_infinite():
    found = sure("regression").predict(table("regression"), 0.999)
    assert found["low"].null_count() == found["high"].null_count() == found.height
    assert "no interval has a bound at level 0.999" in sure("regression").notes(0.999)[0]


def test_a_row_alone_gets_the_set_it_gets_among_others():
    data = table("multiclass")
    together = sure("multiclass").predict(data, 0.9)["set"].to_list()
    assert [sure("multiclass").predict(data.take([row]), 0.9)["set"].to_list()[0] for row in range(10)] == together[:10]


def test_a_model_without_a_conformal_part_says_so_and_an_impossible_level_is_named(tmp_path):
    model().save(tmp_path / "m.assay")
    without = assay.bundle.load(tmp_path / "m.assay")
    assert without.conformal is None
    with pytest.raises(ConfigError, match="saved without what sets take"):
        without.predict(table("binary"), 0.9)
    for level in (0, 1, 90, float("nan"), "0.9", True):
        with pytest.raises(ConfigError, match="between 0 and 1"):
            sure("binary").predict(table("binary"), level)


def test_a_conformal_part_must_fit_the_task_and_give_one_answer_to_one_row():
    with pytest.raises(ConfigError, match="does not fit a binary model of 2"):
        Model(model().fitted, None, {}, sure("multiclass").conformal)
    with pytest.raises(ConfigError, match="does not fit a regression model"):
        Model(model("knn", "regression").fitted, None, {}, sure("binary").conformal)
    with pytest.raises(ConfigError, match="a random number for each row"):
        sure("binary", Score("aps", randomised=True))


def test_the_card_shows_the_promise_and_how_it_was_kept(tmp_path):
    one, data = sure("multiclass"), table("multiclass")
    truth = Truth("multiclass", np.arange(len(data)), {"target": data.target})
    predictions = one.fitted.predict(data.features)
    measured = [measure_coverage(one.conformal, truth, predictions, level=level) for level in (0.9, 0.99)]
    card = {**one.card, "conformal": conformal_card(one.conformal, measured, CLASSES["multiclass"])}
    assert json.loads(canonical_json(card)) == card
    assert card["conformal"]["n"] == dict(zip(CLASSES["multiclass"], np.bincount(data.target).tolist(), strict=True))
    Model(one.fitted, None, card, one.conformal).save(tmp_path / "m")
    page = markdown(read_manifest(tmp_path / "m"))
    assert "## How sure one answer is" in page
    assert "with probability of at least its level, within each class" in page
    assert "| at level 0.9, c\\|d | 0.9" in page
    assert "takes at least 99 calibration rows" in page
    assert "mean size at level 0.9: 1." in page


@pytest.mark.parametrize(
    "conformal", [{"undefined": "rows in <groups> with weights"}, {}, {"coverage": [3, {}, {"per_class": 1}], "notes": 5}, 3]
)
def test_a_card_with_little_said_of_sets_is_still_a_page(tmp_path, conformal):
    Model(model().fitted, None, {"conformal": conformal}).save(tmp_path / "m")
    page = markdown(read_manifest(tmp_path / "m"))
    assert page.startswith("# logistic\n")
    assert "<" not in page


def _build(state: dict[str, object]) -> Model:
    value, arrays = encode(state)
    parts = {files.STATE: canonical_json(value).encode(), files.WEIGHTS: weights.pack(arrays)}
    told = {key: value[key] for key in ("recipe", "task", "schema")}
    manifest = Manifest(assay="0", libraries={}, threshold=None, card={}, files=listing(parts), **told)
    parts[files.MANIFEST] = manifest.to_bytes()
    return build(check(parts, "m"), parts, "m")


def test_a_conformal_state_with_one_entry_changed_is_refused_or_predicts():
    one, rows = sure("multiclass"), table("multiclass").features.head(6)
    whole = {**one.fitted.state(), "conformal": one.conformal.state()}
    assert _build(whole).predict_features(rows, 0.9).equals(one.predict_features(rows, 0.9))
    refused = 0
    places = [(key,) for key in whole["conformal"]] + [("calibration", 0, key) for key in ("scores", "weights", "tail", "n")]
    for wrong in (3, -1, 2**40, None, [], {}, "text", True, 0.5, np.zeros(2), np.ones((2, 2)), float("nan"), ["a"]):
        for place in [(), *places]:
            state = copy.deepcopy(whole)
            inner, last = (state, "conformal") if not place else (state["conformal"], place[-1])
            for key in place[:-1]:
                inner = inner[key]
            inner[last] = wrong
            try:
                assert _build(state).predict_features(rows, 0.9).height == 6
            except AssayError:
                refused += 1
    assert refused > 150


def test_a_randomised_part_or_one_of_another_task_is_refused_on_loading():
    state = sure("multiclass").fitted.state()
    for part in (
        {**sure("multiclass").conformal.state(), "kind": "aps", "randomised": True},
        sure("binary").conformal.state(),
        sure("regression").conformal.state(),
    ):
        FittedConformal.from_state(part)
        with pytest.raises(BundleError, match="conformal"):
            _build({**state, "conformal": part})
