"""The section of wrong texts: what stands on it, in both languages, cut, escaped, and never a locked row."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.chromium import Page as Browser
from tests.report.conftest import HOSTILE

from assay.data.reader import read
from assay.data.task import Task
from assay.explain.confused import gallery, judged
from assay.report.content import ReportInput
from assay.report.language import Words
from assay.report.of_study import report_input
from assay.report.page import render
from assay.report.wrong_texts import MOST_SHOWN, Texts, texts_of_study, wrong_texts_view
from assay.study.study import Study


@pytest.fixture(scope="module")
def content() -> ReportInput:
    from tests.report.conftest import Simulated, build

    return build(Simulated(Task("multiclass", "kind", ("spam", "ham", "other")), {"boosting": 0.7, "logistic": 0.5}))


def texts_of(content: ReportInput, text: str = "some words") -> Texts:
    """Of the first row of the leaderboard."""
    name = next(iter(content.folds))
    rows = [one for part in content.folds[name] for one in judged(part, content.task)]
    found = gallery(rows, content.task, most_wrong=15, most_pairs=10, most_each=3)
    return Texts(name, found, {unit: f"{text} {unit}" for unit in found.units})


def test_a_report_without_texts_has_no_such_section(content: ReportInput) -> None:
    assert 'id="texts"' not in render(content)


@pytest.mark.parametrize(("language", "title"), [("en", "Texts it gets wrong"), ("ru", "Тексты, на которых модель ошибается")])
def test_every_wrong_text_stands_with_truth_answer_probability_and_row(content: ReportInput, language: str, title: str) -> None:
    shown = texts_of(content)
    page = render(replace(content, texts=shown, language=language))  # type: ignore[arg-type]
    assert title in page
    assert '<a href="#texts">' in page
    view = wrong_texts_view(shown, Words(language))  # type: ignore[arg-type]
    assert view is not None
    assert len(view.wrong) == 15
    assert len(view.pairs) == 6
    for one, line in zip(shown.found.wrong, view.wrong, strict=True):
        assert (line.text, line.truth, line.said, line.row) == (f"some words {one.unit}", one.truth, one.said, str(one.unit))
        assert line.chance == f"{one.chance:.3f}".replace(".", "," if language == "ru" else ".")
        assert line.text in page
    assert page.count("<td dir=") == 15 + sum(len(pair.entries) for pair in view.pairs)


def test_long_texts_are_cut_empty_ones_said_and_hostile_ones_stay_text(content: ReportInput) -> None:
    shown = texts_of(content)
    first, second, third = shown.found.units[:3]
    odd = {first: "слово " * 200_000, second: "", third: HOSTILE}
    page = render(replace(content, texts=replace(shown, texts={**shown.texts, **odd})))
    assert len(page) < 2_000_000
    view = wrong_texts_view(replace(shown, texts={**shown.texts, **odd}))
    assert view is not None
    lengths = [len(line.text) for line in view.wrong if line.text.startswith("слово")]
    assert lengths == [MOST_SHOWN - 1] or lengths == [MOST_SHOWN]
    assert any(line.text == "(empty)" for line in view.wrong)
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_study_of_texts_shows_rows_that_are_not_locked(tmp_path: Path) -> None:
    texts = [f"{'good' if row % 2 else 'bad'} film number {row}" for row in range(80)]
    labels = ["no" if row % 5 == 0 else ("yes" if row % 2 else "no") for row in range(80)]
    data = read(pl.DataFrame({"text": texts, "label": labels}), target="label", kinds={"text": "text"})
    result = Study(data, ["tfidf-logistic"], folds=3).run(tmp_path / "run", jobs=1)
    shown = texts_of_study(result)
    assert shown is not None
    assert shown.found.rows == len(result.plan.development)
    assert shown.found.wrongs > 0
    assert not set(shown.found.units) & set(result.plan.locked.tolist())
    assert {unit: texts[unit] for unit in shown.found.units} == dict(shown.texts)
    assert "film number" in render(report_input(result))


def test_a_table_that_mixes_kinds_has_no_such_section(tmp_path: Path) -> None:
    frame = pl.DataFrame({"text": [f"w{row % 7} x y z" for row in range(60)], "n": range(60), "label": [0, 1] * 30})
    data = read(frame, target="label", kinds={"text": "text"})
    assert texts_of_study(Study(data, ["baseline"], folds=3).run(tmp_path / "run", jobs=1)) is None


@pytest.mark.browser
def test_in_a_browser_the_section_fits_a_phone(content: ReportInput, tmp_path: Path, chromium: Browser) -> None:
    page = tmp_path / "page.html"
    page.write_text(render(replace(content, texts=texts_of(content, "wort" * 60))), encoding="utf-8")
    chromium.size(400, 900)
    chromium.goto(page.as_uri())
    assert chromium.ask("document.documentElement.scrollWidth <= window.innerWidth")
    assert chromium.errors == []
