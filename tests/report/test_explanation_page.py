"""The page of an explanation: what stands on it, that it loads nothing, that hostile names stay text."""

import re

import numpy as np
import polars as pl
import pytest
from tests.explain.explained_models import fitted, held_recipe, table
from tests.report.test_report_page import Page

from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.explain.explanation import ExplainSettings, explain
from assay.explain.held import one_model
from assay.report.explanation import render_explanation, write_explanation

HOSTILE = "<img src=x onerror=alert(1)>"


def page_of(task: str, recipe: str = "tree") -> str:
    held = held_recipe(recipe, table(task, 300))
    groups = held.features()["colour"] if task == "binary" else None
    found = explain(held, ExplainSettings(row=2, groups=groups, deals=2, top=3, columns=("a", "colour", "day")))
    return render_explanation(found, held.task, "rows.csv", seed=0)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_section_that_has_content_stands_on_the_page_and_is_in_the_contents(task: str) -> None:
    text = page_of(task)
    sections = re.findall(r'<section id="(\w+)"', text)
    assert sections == re.findall(r'<li><a href="#(\w+)"', text)
    assert {"importance", "shap", "curves", "interactions", "slices", "wrong", "row", "reading"} <= set(sections)
    assert ("fairness" in sections) == (task == "binary")
    assert text.count("<svg") > 20
    assert "nan" not in re.sub(r"<[^>]+>", "", text)


def test_the_page_loads_nothing_and_equal_explanations_give_equal_bytes() -> None:
    text = page_of("binary", "logistic")
    assert text == page_of("binary", "logistic")
    assert "://" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
    assert "<script" not in text
    assert "default-src 'none'" in text
    assert Page(text).stack == []


def test_names_from_the_data_stay_text(tmp_path) -> None:
    random = np.random.default_rng(0)
    n = 200
    signal = random.normal(size=n)
    level = np.where(random.random(n) < 0.5, HOSTILE, "plain")
    frame = pl.DataFrame({HOSTILE: signal, "kind": level, "y": np.where(signal + (level == "plain") > 0.5, HOSTILE, "no")})
    columns = (Column(HOSTILE, "number"), Column("kind", "category", levels=tuple(sorted({HOSTILE, "plain"}))))
    task = table("binary", 60).question.__class__("binary", "y", ("no", HOSTILE))
    data = Dataset(frame, Schema((*columns, Column("y", "category", "target"))), task)
    held = one_model(fitted("tree", data), data.features, data.target)
    found = explain(held, ExplainSettings(row=1, groups=data.frame["kind"], deals=2))
    write_explanation(found, task, HOSTILE, tmp_path / "page.html", seed=0)
    text = (tmp_path / "page.html").read_text()
    assert "<img" not in text
    assert "&lt;img" in text
