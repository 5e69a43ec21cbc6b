"""Every object that a person gets hold of shows itself in a notebook, and nothing in it becomes an element."""

import importlib
import inspect
import pkgutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import assay
from assay.core.shown import MOST_ROWS, Shown, fields_of, show, table
from assay.data.near_copies import near_copies
from assay.measure import difference, measure
from assay.measure.interval import Interval

HOSTILE = "<img src=x onerror=alert(1)>"
NOT_FOR_PEOPLE = {"assay.cli", "assay.serve", "assay.nets"}
INSIDE = {"Identity", "Cell", "Component"}
"""Have a form in JSON for a file of ours, and are never handed out."""


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def elements(html: str) -> Elements:
    found = Elements()
    found.feed(html)
    assert found.open == []
    assert set(found.tags) <= {"div", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    return found


def with_json() -> list[type]:
    found = {}
    for module in pkgutil.walk_packages(assay.__path__, "assay."):
        if not module.name.startswith((*NOT_FOR_PEOPLE, "assay.__main__")):
            for one in vars(importlib.import_module(module.name)).values():
                if inspect.isclass(one) and one.__module__ == module.name and "to_json" in vars(one):
                    found[f"{one.__module__}.{one.__name__}"] = one
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize("one", with_json(), ids=lambda one: one.__name__)
def test_what_has_a_form_in_json_has_one_in_a_notebook(one: type) -> None:
    assert issubclass(one, Shown) or "_repr_html_" in vars(one) or one.__name__ in INSIDE


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    random = np.random.default_rng(0)
    x = random.normal(size=120)
    return pl.DataFrame(
        {HOSTILE: x, "b": random.choice([HOSTILE, "u"], 120), "y": np.where(x + random.normal(size=120) > 0, HOSTILE, "no")}
    )


def test_a_study_from_its_data_to_its_model_shows_itself_and_names_stay_text(frame: pl.DataFrame, tmp_path: Path) -> None:
    data = assay.read(frame, target="y")
    study = assay.Study(data, ["baseline", "logistic"], folds=2)
    result = study.run(tmp_path / "run", jobs=1)
    before = result._repr_html_()
    model = result.finish()
    shown = [
        data,
        data.schema,
        study,
        result,
        model,
        result.verdicts[0],
        result.interval("logistic"),
        result.plan,
        near_copies(data),
    ]
    for one in shown:
        elements(one._repr_html_())
    assert HOSTILE in elements(data._repr_html_()).text
    assert "not been opened" in before
    assert "opening 1" in result._repr_html_()
    value = result.interval("logistic").value
    assert f"{value:.4g}" in elements(before).text


def test_arrays_measured_directly_show_their_intervals() -> None:
    truth, score = np.tile([0, 1], 30), np.linspace(0, 1, 60)
    found = measure(truth, score=score)
    assert dict(found) == {name: found[name] for name in found}
    assert all(name in elements(found._repr_html_()).text for name in found)
    elements(difference(truth, score, score[::-1], metric="roc_auc")._repr_html_())


def test_an_undefined_number_says_why_and_never_nan() -> None:
    undefined = Interval(None, None, None, 0.95, "none", 3, "this model", "all 3 rows are of one class")
    text = elements(show("x", {"auc": undefined.to_json(), "nothing": None})).text
    assert "undefined: all 3 rows are of one class" in text


def test_long_tables_are_cut_and_say_so() -> None:
    shown = elements(table(("n",), ([row] for row in range(MOST_ROWS + 7))))
    assert shown.tags.count("tr") == MOST_ROWS + 1
    assert "and 7 more" in shown.text


def test_large_fields_are_told_by_their_size() -> None:
    found = fields_of(near_copies(assay.read(pl.DataFrame({"a": [1.0, 1.0, 5.0]}))))
    assert found["groups"] == "int64 (3,)"
