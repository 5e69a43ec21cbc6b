"""The page of an ablation: what stands on it, that it loads nothing, that hostile names stay text."""

import re
from pathlib import Path

import pytest
from tests.report.test_report_page import Page

from assay.measure.interval import Interval
from assay.report.ablation import render_ablation, write_ablation
from assay.report.ablation_parts import ablation_views
from assay.study.ablate.outlook import Outlook
from assay.study.ablate.result import Ablation, Found, FoundTable
from assay.study.ablate.words import sentences

HOSTILE = "<img src=x onerror=alert(1)>"


def interval(value: float, half: float) -> Interval:
    return Interval(value, value - half, value + half, 0.95, "by hand", 500, "this recipe")


def columns(name: str = "age") -> Ablation:
    lines = (
        Found(name, (name,), None, interval(0.79, 0.01), interval(0.012, 0.004), 0.001, 0.003, "worth it"),
        Found("town", ("town",), None, interval(0.80, 0.01), interval(0.0001, 0.0005), 0.9, 1.0, "the same within the margin"),
        Found("sum", ("sum",), None, interval(0.81, 0.01), interval(-0.01, 0.004), 0.002, 0.004, "better without"),
        Found("day", ("day",), None, None, None, None, None, "", "5 of 5 folds failed: too few rows."),
    )
    tables = (FoundTable("without", "Without a column", "less", lines),)
    return Ablation("boosting", "columns", "roc_auc", True, 0.95, 0.002, interval(0.802, 0.01), tables, (), 20)


def rows() -> Ablation:
    lines = tuple(
        Found(
            name,
            (),
            count,
            interval(value, 0.01),
            None if gain is None else interval(gain, 0.004),
            None if gain is None else 0.01,
            None if gain is None else 0.02,
            "" if gain is None else "worth it",
        )
        for name, count, value, gain in (("1/4", 1000.0, 0.78, None), ("1/2", 2000.0, 0.79, 0.01), ("all", 4000.0, 0.80, 0.01))
    )
    table = FoundTable("rows", "Training rows, doubled", "ladder", lines)
    outlook = Outlook(4000.0, 0.008, 0.002, 0.012, 0.95, 0.3, 0.5)
    return Ablation("boosting", "rows", "roc_auc", True, 0.95, None, interval(0.80, 0.01), (table,), ("A note.",), 10, outlook)


def test_the_russian_sentences_hold_the_numbers_of_the_english() -> None:
    for found in (columns(), rows()):
        english, russian = sentences(found), sentences(found, "ru")
        assert len(english) == len(russian) > 1
        for one, other in zip(english, russian, strict=True):
            assert sorted(re.findall(r"\d+(?:\.\d+)?", one)) == sorted(re.findall(r"\d+(?:\.\d+)?", other.replace(",", ".")))


def test_every_question_has_its_table_and_its_answer() -> None:
    page = Page(render_ablation([columns(), rows()], "denied", "loans.csv"))
    assert page.unbalanced == []
    assert page.stack == []
    for words in (
        "Can a column be dropped?",
        "Would more rows help?",
        "no, that costs, p 0.003",
        "yes, the same within the margin, p 1.000",
        "yes, it is better without, p 0.004",
        "5 of 5 folds failed: too few rows.",
        "Twice the training rows (4000 to 8000) would gain 0.0080 [0.0020, 0.0120] of roc_auc",
        "A note.",
        "The band is the margin of 0.002.",
    ):
        assert words in page.text
    assert len([one for one in page.all("svg") if one.get("role") == "img"]) >= 8


def test_what_was_left_out_stands_by_worth_and_a_ladder_from_first_to_last() -> None:
    left, ladder = ablation_views([columns(), rows()])
    assert [line.name for line in left["tables"][0].lines] == ["age", "town", "sum", "day"]
    assert [line.name for line in ladder["tables"][0].lines] == ["1/4", "1/2", "all"]
    assert left["tables"][0].lines[3].bar is None
    assert left["picture"] is None
    assert ladder["picture"] is not None


def test_bars_and_the_band_stand_on_one_scale() -> None:
    table = ablation_views([columns()])[0]["tables"][0]
    first = table.lines[0].bar
    assert first.low < first.at < first.high
    assert table.band[0] < table.zero < table.band[1]
    per_unit = (first.at - table.zero) / 0.012
    assert table.band[1] - table.zero == pytest.approx(0.002 * per_unit, abs=0.05)
    assert table.lines[2].bar.at - table.zero == pytest.approx(-0.01 * per_unit, abs=0.05)


def test_the_page_loads_nothing_hostile_names_stay_text_and_bytes_are_equal(tmp_path: Path) -> None:
    found = [columns(HOSTILE), rows()]
    text = render_ablation(found, HOSTILE, HOSTILE)
    page = Page(text)
    assert not {"script", "img", "iframe", "object", "link", "form"} & {tag for tag, _ in page.tags}
    assert HOSTILE in page.text
    assert "http://" not in text
    assert "https://" not in text
    write_ablation(found, HOSTILE, HOSTILE, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == text == render_ablation(found, HOSTILE, HOSTILE)
