"""Reasons for an answer: they sum to what they explain, are asked for strictly, and cost a server that is not asked nothing."""

import subprocess
import sys
from typing import Any

import numpy as np
import polars as pl
import pytest
from starlette.testclient import TestClient
from tests.bundle.models import model as model_of_dates
from tests.bundle.models import records as records_with_dates
from tests.bundle.models import table as table_with_dates
from tests.bundle.test_quick import GAPS, LABEL, NUMBER, WORD, data, model, records
from tests.serve.test_surfaces import client_of, watched

from assay.bundle.model import Model
from assay.core import loops
from assay.data.reference import spreads_of
from assay.serve.reasons import Reasoner
from assay.serve.typical import ROWS, typical_rows


@pytest.fixture(autouse=True)
def plain_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows are not worth compiling for."""
    monkeypatch.setattr(loops, "has_compiler", lambda: False)


def reasons_of(client: TestClient, rows: list[dict[str, Any]], most: int, **more: Any) -> list[list[dict[str, Any]]]:
    answer = client.post("/predict", json={"rows": rows, "reasons": most, **more})
    assert answer.status_code == 200, answer.text
    return [one["reasons"] for one in answer.json()["predictions"]]


@pytest.mark.parametrize("recipe", ["logistic", "tree", "boosting", "gam"])
def test_the_effects_of_all_columns_sum_to_the_score_less_that_of_a_typical_row(recipe: str) -> None:
    one, rows = watched(recipe), records("binary", 8)
    found = reasons_of(client_of({"m": one}), rows, 4)
    sums = np.array([sum(reason["effect"] for reason in row) for row in found])
    typical = typical_rows(one.fitted.schema.features, one.reference)
    scores = one.predict(rows)["score"].to_numpy()
    if recipe == "tree":  # explained on the probability that it votes with
        scores = one.fitted.learner.predict(one.fitted.step.transform(one._features(rows))).score
    np.testing.assert_allclose(sums - sums[0], scores - scores[0], atol=1e-9)
    if recipe == "logistic":  # of a line the typical score is the mean of the scores
        np.testing.assert_allclose(sums, scores - one.predict(typical)["score"].mean(), atol=1e-9)


def test_reasons_are_the_largest_first_with_the_values_that_were_sent() -> None:
    rows = records("binary", 6)
    client = client_of({"m": watched()})
    two, all_of_them = reasons_of(client, rows, 2), reasons_of(client, rows, 50)
    for row, few, many in zip(rows, two, all_of_them, strict=True):
        assert few == many[:2]
        sizes = [abs(reason["effect"]) for reason in many]
        assert sizes == sorted(sizes, reverse=True)
        assert {reason["column"]: reason["value"] for reason in many}.items() <= row.items()


def test_the_rest_of_the_answer_is_as_it_is_without_reasons() -> None:
    rows = [{**row, WORD: "never seen"} for row in records("binary", 3)]
    answer = client_of({"m": watched()}).post("/predict", json={"rows": rows, "reasons": 1}).json()["predictions"]
    assert [{key: row[key] for key in row if key != "reasons"} for row in answer] == model("logistic", "binary").predict(
        rows
    ).to_dicts()


def test_of_several_classes_the_score_is_that_of_the_one_predicted() -> None:
    one, rows = watched("logistic", "multiclass"), records("multiclass", 12)
    found = reasons_of(client_of({"m": one}), rows, 4)
    said = one.predict(rows)["prediction"].to_list()
    learner, step = one.fitted.learner, one.fitted.step
    score = learner.predict(step.transform(one._features(rows))).score
    typical = learner.predict(step.transform(typical_rows(one.fitted.schema.features, one.reference))).score.mean(axis=0)
    for row, reasons in enumerate(found):
        code = one.fitted.task.classes.index(said[row])
        assert sum(reason["effect"] for reason in reasons) == pytest.approx(score[row, code] - typical[code])


def test_of_a_scorecard_they_are_the_points_that_its_bins_cost() -> None:
    one, rows = watched("scorecard"), records("binary", 10)
    found = reasons_of(client_of({"m": one}), rows, 4)
    points = {(row.column, row.bin): row.points for row in one.fitted.learner.points(one.fitted.step)}
    shares = {(row.column, row.bin): row.rows for row in one.fitted.learner.points(one.fitted.step)}
    for reasons in found:
        for reason in reasons:
            own = [key for key in points if key[0] == reason["column"]]
            average = sum(points[key] * shares[key] for key in own) / sum(shares[key] for key in own)
            assert reason["effect"] == pytest.approx(points[reason["column"], reason["bin"]] - average)
            assert reason["effect"] < 0


def test_dates_have_reasons_too() -> None:
    frame, one = table_with_dates("binary"), model_of_dates()
    typed = data_of(one, frame)
    known = Model(one.fitted, reference=spreads_of(typed, one.fitted.schema, np.arange(typed.height)))
    found = reasons_of(TestClient(make({"m": known})), records_with_dates(n_rows=3), 10)
    assert all(reason["effect"] for row in found for reason in row)
    assert {type(reason["value"]) for row in found for reason in row if reason["column"] == "day"} <= {str, type(None)}


def data_of(one: Model, frame: pl.DataFrame) -> pl.DataFrame:
    return one._features(frame)


def make(models: dict[str, Model]) -> Any:
    from assay.serve.app import make_app

    return make_app(models)


@pytest.mark.parametrize("bad", [0, -1, True, "3", 1.5, [3], {}])
def test_reasons_that_are_no_number_are_refused(bad: object) -> None:
    answer = client_of({"m": watched()}).post("/predict", json={"rows": records("binary", 1), "reasons": bad})
    assert answer.status_code == 422
    assert '"reasons" is how many' in answer.json()["detail"]


@pytest.mark.parametrize(
    ("one", "words"),
    [(watched("knn"), "is neither"), (model("logistic", "binary"), "was saved without")],
    ids=["a model without sums", "a model without its spread"],
)
def test_a_model_that_has_no_reasons_says_so_in_one_sentence(one: Model, words: str) -> None:
    answer = client_of({"m": one}).post("/predict", json={"rows": records("binary", 1), "reasons": 3})
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


def test_too_many_rows_for_reasons_are_refused() -> None:
    answer = client_of({"m": watched()}).post("/predict", json={"rows": records("binary", 1) * 1001, "reasons": 3})
    assert answer.status_code == 422
    assert "at most 1000 rows" in answer.json()["detail"]


def test_rows_that_do_not_fit_are_told_of_before_any_reasons() -> None:
    answer = client_of({"m": watched()}).post("/predict", json={"rows": [{NUMBER: "x"}], "reasons": 3})
    assert answer.status_code == 422
    assert "'gaps' is missing" in answer.json()["detail"]


def test_typical_rows_are_spread_as_the_training_rows() -> None:
    one = watched()
    typical = typical_rows(one.fitted.schema.features, one.reference)
    training = data("binary").features
    assert typical.equals(typical_rows(one.fitted.schema.features, one.reference))
    for spread in one.reference:
        shares = spread.tally(typical[spread.name]) / ROWS
        np.testing.assert_allclose(shares, spread.counts / spread.counts.sum(), atol=2 / ROWS)
    assert typical[NUMBER].mean() == pytest.approx(training[NUMBER].mean(), abs=0.05)
    assert typical[GAPS].mean() == pytest.approx(training[GAPS].mean(), abs=0.3)
    assert set(typical[LABEL]) == {"1", "2", "10"}
    # a column each: their order says nothing of one another
    assert abs(np.corrcoef(typical[NUMBER], typical[GAPS].fill_null(0))[0, 1]) < 0.2


def test_what_explains_is_not_loaded_until_somebody_asks() -> None:
    code = (
        "import sys; from assay.serve import app, server; from assay.serve.reasons import Reasoner; "
        "print([m for m in sys.modules if m.startswith(('assay.explain', 'numba', 'scipy.stats', 'sklearn'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reasoner_asks_nothing_of_a_model_when_it_is_made() -> None:
    assert vars(Reasoner(watched("knn"))).keys() == {"model"}
