"""A look as a whole, and its page: every kind of data, hostile names, wide tables, both languages."""

import json
import re
from datetime import datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.report.conftest import HOSTILE
from tests.report.test_report_page import Page

import assay
from assay.core.errors import ConfigError, DataError
from assay.report.language import words_in
from assay.report.look import SCATTER_ROWS, look_at
from assay.report.look_page import LookReport, render_look, write_look_page
from assay.report.look_view import look_view
from assay.report.page import environment


def mixed(rows=800, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    town = [None if one == 3 else f"town {one}" for one in rng.integers(0, 6, rows)]
    return pl.DataFrame(
        {
            "x": x,
            "twice": 2 * x + 0.1 * rng.normal(size=rows),
            "holes": [
                None if gone else 1.5 * value for gone, value in zip(rng.random(rows) < 0.2 + 0.3 * (x > 0), x, strict=True)
            ],
            "town": town,
            "day": [datetime(2020, 1, 1) + timedelta(days=int(one)) for one in rng.integers(0, 900, rows)],
            "said": [" ".join(["a word or two"] * (1 + i % 7)) + f" and {i}" for i in range(rows)],
            "key": [f"id-{i:05d}" for i in range(rows)],
            "empty": [None] * rows,
            "same": [1.0] * rows,
            "y": np.where(x + rng.normal(size=rows) > 0.8, "yes", "no"),
        }
    )


@cache
def looked(target="y"):
    return look_at(assay.read(mixed(), target=target))


@cache
def page(language="en", target="y"):
    return render_look(LookReport(title="mixed.csv", look=looked(target), language=language, provenance={"Seed": 0}))


@pytest.mark.parametrize(("language", "target"), [("en", "y"), ("ru", "x"), ("ru", "town"), ("en", None)])
def test_the_document_is_whole_loads_nothing_and_holds_no_script(language, target):
    text = page(language, target)
    found = Page(text)
    assert (found.unbalanced, found.stack) == ([], [])
    assert not {"script", "img", "iframe", "object", "form"} & {tag for tag, _ in found.tags}
    links = [value for _, attributes in found.tags for name, value in attributes.items() if name in ("href", "src", "action")]
    assert all(link.startswith("#") for link in links)
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links} | set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)
    assert "http" not in text.replace("http-equiv", "")


def test_every_column_has_its_line_and_its_card_and_what_stands_out_is_said():
    text = Page(page()).text
    for name in mixed().columns:
        assert text.count(name) >= 2
    said = text.replace("\u2068", "").replace("\u2069", "")
    assert "Not one cell filled: empty." in said
    assert "One value in every row: same." in said
    assert "x – twice (Pearson’s r 1.00)" in said.partition("Nearly the same as another column: ")[2]
    assert "The target is another where a cell is missing: holes." in said
    assert "also those that a study would lock" in said


def test_without_a_target_nothing_is_said_of_one():
    found = looked(None)
    assert (found.strengths, found.alongs, found.missing_effects, found.target) == ((), (), (), None)
    assert "target" not in Page(page("en", None)).text.split("How to read this")[0]


def test_equal_rows_and_seeds_give_equal_bytes_and_scatters_draw_some_rows_only():
    again = render_look(LookReport(title="mixed.csv", look=look_at(assay.read(mixed(), target="y")), provenance={"Seed": 0}))
    assert again == page()
    assert all(
        len(cloud.x) <= SCATTER_ROWS < cloud.rows for cloud in looked().clouds if "holes" not in (cloud.pair.a, cloud.pair.b)
    )


def test_hostile_names_and_cells_stay_text():
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    bad = HOSTILE.replace("\x00", "")
    frame = pl.DataFrame(
        {bad: x, bad + "2": x + 0.1 * rng.normal(size=60), "c": [bad, "b", None] * 20, "y" + bad: [bad, "n"] * 30}
    )
    text = render_look(LookReport(title=HOSTILE, look=look_at(assay.read(frame, target="y" + bad))))
    found = Page(text)
    assert (found.unbalanced, found.stack) == ([], [])
    assert not {"script", "img"} & {tag for tag, _ in found.tags}
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert found.text.count("<script>alert(2)</script>") > 5
    assert "{{ 7*7 }}" in found.text


@pytest.mark.parametrize("rows", [1, 2, 3, 12])
def test_a_handful_of_rows_can_be_looked_at(rows):
    for target in (None, *(("y", "x") if rows == 12 else ())):
        found = look_at(assay.read(mixed(12).head(rows), target=target))
        json.dumps(found.to_json(), allow_nan=False)
        assert "</html>" in render_look(LookReport(title="few", look=found, language="ru"))


def test_a_target_of_500_classes_is_looked_at_and_says_what_was_taken_together():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 500, 6000)
    frame = pl.DataFrame(
        {"x": codes + rng.normal(size=6000), "c": [f"c{k % 9}" for k in codes], "y": [f"class {k}" for k in codes]}
    )
    found = look_at(assay.read(frame, target="y"))
    assert found.classes_left == 470
    assert all(one.is_shown() for one in found.strengths)
    assert len(found.alongs[0].classes) == 3
    assert "500 classes" in Page(render_look(LookReport(title="many", look=found))).text


def test_pictures_are_a_column_like_any_other():
    images = np.random.default_rng(0).integers(0, 255, (30, 8, 8), dtype=np.uint8)
    found = look_at(assay.read((images, np.arange(30) % 2)))
    assert "image" in {column.kind for column in found.columns}
    assert "</html>" in render_look(LookReport(title="pictures", look=found))


def test_a_wide_table_is_bounded_and_says_so():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(80, 1200))
    frame = pl.DataFrame({f"c{j}": x[:, j] for j in range(1200)} | {"y": x[:, 700] + 0.3 * rng.normal(size=80)})
    found = look_at(assay.read(frame, target="y"), most_shown=60)
    text = render_look(LookReport(title="wide", look=found))
    assert len(found.columns) == 1201
    assert len(found.strengths) == 1200
    assert (len(found.shown), found.left_out) == (60, 1141)
    assert {"c700", "y"} <= set(found.shown)
    assert "60 of 1201 columns are shown in full" in text
    assert "901 columns were not compared" in text
    assert len(text) < 1_500_000


def test_rows_that_the_source_sets_apart_are_not_looked_at():
    frame = mixed().with_columns(pl.Series("part", ["train"] * 600 + ["test"] * 200))
    found = look_at(assay.read(frame, target="y", split="part"))
    assert (found.rows, found.of) == (600, 800)
    assert "600 of 800 rows were looked at" in render_look(LookReport(title="t", look=found))


def test_a_table_without_columns_is_refused():
    with pytest.raises(DataError, match="every column is left out"):
        look_at(assay.read(pl.DataFrame({"a": [1.0, 2.0]}), drop=["a"]))


def test_json_holds_every_column_with_its_association():
    told = json.loads(json.dumps(looked().to_json(), allow_nan=False))
    by_name = {column["name"]: column for column in told["columns"]}
    assert by_name["x"]["association"]["measure"] == "Cramér's V"
    assert by_name["x"]["association"]["low"] < by_name["x"]["association"]["value"] < by_name["x"]["association"]["high"]
    assert by_name["day"]["summary"]["quantiles"]["0.0"].startswith("2020-01-0")
    assert len(by_name["town"]["along"]["parts"]) == 6
    assert told["missing"]["with_target"][0]["column"] == "holes"


def test_russian_writes_numbers_with_a_comma_and_keeps_years_together():
    w = words_in("ru")
    assert (w.number(12.50), w.number(2010), w.two(0.5), w.share(0.123)) == ("12,5", "2010", "0,50", "12,3 %")
    assert words_in("en").number(-0.25) == "−0.25"
    with pytest.raises(ConfigError, match="en or ru"):
        words_in("de")


def test_the_page_is_written_whole(tmp_path):
    write_look_page(LookReport(title="mixed.csv", look=looked(), provenance={"Seed": 0}), tmp_path / "look.html")
    assert (tmp_path / "look.html").read_text(encoding="utf-8") == page()


def test_the_section_of_a_report_is_rendered_from_the_same_view():
    view = {"look": look_view(looked(), opened=False)}
    text = environment().from_string('{% include "look_section.html" %}').render(**view)
    found = Page(text)
    assert (found.unbalanced, found.stack) == ([], [])
    assert all(name in found.text for name in mixed().columns)
    assert '<details class="card" open' not in text
    assert environment().from_string('{% include "look_section.html" %}').render(look=None).strip() == ""
