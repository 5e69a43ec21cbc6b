"""The page "Look before you balance": what stands on it, what its pictures show, that hostile names stay text."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.report.test_report_page import Page, cells
from tests.study.conftest import make_table

import assay
from assay.cli.looking_at_treatments import look_and_say
from assay.core.errors import ConfigError
from assay.report.balance_page import BalanceReport, render_balance, write_balance_page
from assay.report.looks import bounded_words, set_in_type, value_ends
from assay.report.pictures.canvas import Drawing
from assay.report.pictures.rows import limits_of, rows_picture
from assay.study.looking import Axis, Bounded, Cloud, look_at
from assay.study.study import Study

HOSTILE = "<img src=x onerror=alert(1)>\"'&"


@cache
def looks():
    data = assay.read(make_table(), target="denied", drop=["branch"])
    return look_at(data, ["smote", "random-oversample", "random-undersample", "class-weight"], columns=["income", "town"], seed=0)


@cache
def page():
    return render_balance(BalanceReport(title="loans.csv", target="denied", looks=looks(), provenance={"Seed": 0}))


def test_the_document_is_whole_loads_nothing_and_holds_no_script():
    text = page()
    found = Page(text)
    assert (found.unbalanced, found.stack) == ([], [])
    assert not {"script", "img", "iframe", "object", "form"} & {tag for tag, _ in found.tags}
    links = [value for _, attributes in found.tags for name, value in attributes.items() if name in ("href", "src", "action")]
    assert all(link.startswith("#") for link in links)
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    aims = [link[1:] for link in links] + re.findall(r"url\(#([^)]+)\)", text)
    assert set(aims) <= set(ids)
    assert "http" not in text.replace("http-equiv", "")


def test_each_treatment_has_its_section_its_two_pictures_and_its_numbers():
    text = page()
    found = Page(text)
    assert [heading in found.text for heading in ("smote", "random-oversample", "random-undersample")] == [True] * 3
    drawn = [picture for picture in found.all("svg") if picture.get("role") == "img"]
    assert len(drawn) == 6, "before and after, for the three that move rows"
    quality = looks().looks[0].qualities[0]
    (line,) = cells(text, "smote")
    assert line[0] == "yes"
    assert line[1] == str(quality.new)
    assert line[2].split()[0] == f"{quality.told_apart.value:.2f}"
    assert "It weighs the rows and makes none." in found.text
    for warning in quality.warnings:
        assert set_in_type(warning.sentence).replace("'", "&#39;") in text
    assert "Upwards in every picture: the column town (1 Perm, 2 Tver, 3 Омск" in found.text


def test_both_pictures_of_a_treatment_have_the_same_axes_and_every_row():
    pair = re.findall(r'<svg[^>]*aria-labelledby="rows-1-(?:before|after)-title.*?</svg>', page(), flags=re.S)
    labels = [re.findall(r"<text[^>]*>([^<]+)</text>", picture) for picture in pair]
    assert labels[0] == labels[1]
    before, after = looks().before, looks().looks[0].after
    dots = [len(re.findall(r"<use [^>]*x=", picture.split('id="rows-1-', 1)[1])) for picture in pair]
    assert dots[1] - dots[0] == len(after) - len(before) == int(after.is_new.sum())


def test_new_rows_differ_in_shape_and_colour_and_a_missing_value_is_not_drawn():
    cloud = Cloud(np.array([0.0, 1.0, 2.0, np.nan]), np.zeros(4), np.array([0, 1, 1, 1]), np.array([False, False, True, True]))
    limits = limits_of([cloud])
    assert limits == ((-0.08, 2.08), (-0.5, 0.5))
    axes = (Axis("one"), Axis("two"))
    svg = str(rows_picture(Drawing("key", "title", "said"), cloud, axes, limits, [0, 1]))
    groups = re.findall(r'<g[^>]*style="([^"]*)"><use ([^>]*)/>', svg)
    assert len({re.search(r"var\(--s\d\)", style)[0] for style, _ in groups}) == 3
    assert len({re.search(r'href="([^"]+)"', use)[1] for _, use in groups}) == 3
    assert svg == str(rows_picture(Drawing("key", "title", "said"), cloud, axes, limits, [0, 1]))


def test_hostile_names_stay_text(tmp_path):
    table = make_table(120).rename({"income": HOSTILE})
    table = table.with_columns(denied=pl.col("denied").replace({"yes": HOSTILE}))
    found = look_at(assay.read(table, target="denied", drop=["branch"]), ["smote"], columns=[HOSTILE, "town"], seed=0)
    path = tmp_path / "page.html"
    write_balance_page(BalanceReport(title=HOSTILE, target=HOSTILE, looks=found), path)
    text = path.read_text(encoding="utf-8")
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert Page(text).unbalanced == []


def test_a_number_that_could_not_be_measured_stands_with_its_reason():
    told = looks().looks[0].qualities[0].told_apart
    assert value_ends(replace(told, value=None, low=None, high=None, undefined="12 rows of a side")) == ("—", "12 rows of a side")


def test_the_command_prints_a_line_a_treatment_and_writes_the_page(capsys, tmp_path):
    data = assay.read(make_table(), target="denied", drop=["branch"])
    study, out = Study(data, seed=0), tmp_path / "look.html"
    found = look_and_say(study, ("smote", "none"), None, 0, out)
    said = capsys.readouterr().out
    quality = found["treatments"][0]["qualities"][0]
    line = next(line for line in said.splitlines() if line.strip().startswith("smote "))
    assert f"{quality['told_apart']['value']:.2f} [" in line
    assert str(quality["new"]) in line
    assert "none: It leaves the rows as they are." in said
    assert said.splitlines()[-1].startswith("Page: ")
    assert found["rows"] + found["locked"] == len(data)
    assert found["locked"] == len(study.plan.locked) > 0
    assert Page(out.read_text(encoding="utf-8")).unbalanced == []


def test_with_json_nothing_is_printed_and_a_page_that_cannot_be_is_said_first(capsys, tmp_path):
    study = Study(assay.read(make_table(), target="denied", drop=["branch"]), seed=0)
    found = look_and_say(study, ("random-oversample",), None, 0, None, as_json=True)
    assert capsys.readouterr().out == ""
    assert found["page"] is None
    with pytest.raises(ConfigError, match=r"name it page\.html"):
        look_and_say(study, ("smote",), None, 0, Path("page.txt"))
    with pytest.raises(ConfigError, match="a folder that exists"):
        look_and_say(study, ("smote",), None, 0, tmp_path / "absent" / "page.html")


def test_a_treatment_that_trained_on_a_sample_says_so_wherever_it_is_shown():
    first = looks().looks[0]
    sampled = replace(first, bounded=Bounded((130, 20), 240, 80, 400), counts=(130, 130))
    shown = replace(looks(), looks=(sampled,), left_out=("ctgan@0.25", HOSTILE))
    text = render_balance(BalanceReport(title="loans.csv", target="denied", looks=shown))
    found = Page(text)
    assert "Made from a sample of 150 of the 240 rows, with 80 of 400 training steps" in found.text
    assert "The new ones were made from a sample of 150 rows." in found.text
    assert "Rows of each class in the sample: no: 130, yes: 20 → 130." in " ".join(found.text.split())
    assert "short training" in found.text
    assert "Not looked at, because they would be too many here: ctgan@0.25, " in " ".join(found.text.split())
    assert HOSTILE not in text
    whole = bounded_words(replace(first, bounded=Bounded((200, 40), 240, 80, 400)))
    assert whole.startswith("Made from all 240 rows, with 80 of 400 training steps")
    assert bounded_words(first) == ""
    assert "a sample of" not in page()
    assert "short training" not in page()


def test_dots_stand_at_their_places_to_a_tenth_and_name_their_marker_by_a_short_id():
    cloud = looks().before
    drawing = Drawing("rows-1-before", "t", "d")
    picture = str(rows_picture(drawing, cloud, looks().axes, limits_of([cloud]), [0, 1]))
    dots = re.findall(r'<use href="#(rows-1-b\d)" x="(\d+\.\d)" y="(\d+\.\d)"/>', picture)
    assert len(dots) == len(cloud)
    x = np.concatenate([cloud.x[cloud.code == 0], cloud.x[cloud.code == 1]])
    assert abs(np.corrcoef(x, [float(dot[1]) for dot in dots])[0, 1]) > 0.99999
    for marker in {dot[0] for dot in dots}:
        assert picture.count(f'id="{marker}"') == 1
