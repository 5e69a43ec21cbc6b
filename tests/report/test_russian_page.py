"""A report in Russian: no sentence is left in English but names, code, data and the titles of metrics; numbers have commas."""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

import pytest
from tests.report.conftest import BINARY, SKILL, Simulated, build
from tests.report.test_ablation import columns as ablated_columns
from tests.report.test_ablation import rows as ablated_rows
from tests.report.test_balance_page import looks
from tests.report.test_findings import every
from tests.report.test_gallery import pictures_of
from tests.report.test_helped import treated
from tests.report.test_look_page import looked
from tests.report.test_report_page import VOID
from tests.report.test_wrong_texts import texts_of

from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.report import render
from assay.report.ablation import render_ablation
from assay.report.content import ReportInput
from assay.report.page import CONTENTS, OPTIONAL

NAMES = {
    "loans.csv", "boosting", "logistic", "baseline", "smote", "class-weight", "random-oversample", "random-undersample", "none",
    "threshold-only", "denied", "income", "town", "age", "sum", "day", "Holm", "sha", "numpy", "assay", "ROC", "AUC", "PR",
    "RMSE", "MAE", "FPR", "TPR", "AP", "SHA", "Assay", "drop", "kind", "copies", "folds", "json", "calibration",
}  # fmt: skip
"""Names of data, recipes and options, and the field's abbreviations."""

SCHEMA = Schema((
    Column("income", "number", whole=True), Column("denied", "category", "target", ("no", "yes")),
    Column("day", "date", "time"), Column("note", "text", "ignored"),
))  # fmt: skip
PROVENANCE = {
    "command": "assay run loans.csv --target denied",
    "source": "data/loans.csv",
    "versions": {"assay": "0.1.2", "numpy": "2.1.0"},
    "seed": 0,
    "fingerprints": {"data": "0a1b", "plan": "2c3d"},
    "plan": {"folds": 5, "repeats": 1, "unit": "row", "development rows": 400, "locked": 100, "copies": "warn"},
    "threshold": "F1 is highest",
    "calibration": "what each candidate needs",
    "device of nets": "cpu",
    "times": {"fits": 20, "fitting, all processes together": "12.5 s", "largest process": "210 MiB"},
    "openings": [{"number": 1, "candidate": "boosting", "when": "2026-01-01T10:00:00+00:00", "state": "done"}],
}
BUDGET = {
    "seconds": 180.0,
    "at": 121.4,
    "end": "nothing more was worth its time",
    "rows": [
        {
            "name": "boosting",
            "began": 1.5,
            "seconds": 20.25,
            "folds": 3,
            "stopped": "its next fold would take 42 s, and 7 s are left",
        }
    ],
}


class Texts(HTMLParser):
    """(id of the section, text) of every node, title and label that a reader meets; names and code are left out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.section = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "section":
            self.section = given.get("id") or ""
        for name in ("aria-label", "title", "alt"):
            if given.get(name):
                self.found.append((self.section, str(given[name])))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing inside."""

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.open.pop()
        if tag == "section":
            self.section = ""

    def handle_data(self, data: str) -> None:
        if data.strip() and not {"style", "script", "bdi", "code", "abbr"} & set(self.open):
            self.found.append((self.section, " ".join(data.split())))


def english(text: str) -> bool:
    """Whether a text reads as English: three words or more that are no names, and hardly any Russian."""
    bare = re.sub(r"\b\w*\d\w*\b|«[^»]*»|'[^']*'|--[\w-]+|[\w.-]+\.\w+|⁨[^⁩]*⁩", " ", text)
    words = [word for word in re.findall(r"[A-Za-z][A-Za-z-]+", bare) if word not in NAMES]
    return len(words) >= 3 and len(words) > len(re.findall(r"[а-яё]{2,}", bare.lower()))


def left_in_english(page: str) -> Iterator[str]:
    return (f"{section}: {text}" for section, text in Texts(page).found if english(text))


@cache
def binary() -> ReportInput:
    content = treated()
    given = {
        "schema": SCHEMA,
        "provenance": PROVENANCE,
        "findings": [finding.to_json() for finding in every()],
        "looks": looks(),
        "look": looked(),
        "ablations": (ablated_columns(), ablated_rows()),
        "pictures": pictures_of(content),
        "texts": texts_of(content, "слово"),
        "summary": {**content.summary, "budget": BUDGET},
        "language": "ru",
    }
    return ReportInput(**{**vars(content), **given})


@cache
def page() -> str:
    return render(binary())


@cache
def of_task(task: str) -> ReportInput:
    question, names = BINARY, SKILL
    if task == "multiclass":
        question, names = Task(task, "species", ("red", "green", "blue")), {"boosting": 0.9, "logistic": 0.8}
    elif task == "regression":
        question, names = Task(task, "price", ()), {"boosting": 0.9, "linear": 0.7}
    shown = {"provenance": PROVENANCE, "language": "ru"}
    return build(Simulated(question, names), test=task != "regression", failures={"knn": "zu wenig"}, **shown)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_no_sentence_is_left_in_english(task: str) -> None:
    assert list(left_in_english(render(of_task(task)))) == []


def test_neither_is_one_where_everything_is_asked_that_a_report_can_show() -> None:
    assert {*CONTENTS, *(anchor for anchor, _ in OPTIONAL)} - {"cut"} <= {section for section, _ in Texts(page()).found}
    assert list(left_in_english(page())) == []


def test_the_same_page_in_english_is_full_of_them() -> None:
    """So that the test above can fail."""
    told = render(ReportInput(**{**vars(binary()), "language": "en"}))
    assert {line.partition(":")[0] for line in left_in_english(told)} >= {
        *CONTENTS,
        "helped",
        "rows",
        "ablation",
        "spent",
        "look",
    }
    assert not re.search("[а-яё]{3}", " ".join(text for section, text in Texts(told).found if section in ("helped", "run")))


def test_numbers_have_a_comma_in_tables_captions_and_on_axes() -> None:
    told = Texts(page()).found
    shown = [text for section, text in told if section in ("helped", "rows", "ablation", "spent", "pictures", "folds")]
    numbers = [text for text in shown if re.fullmatch(r"[+−]?\d+[.,]\d+(?: ?%)?", text)]
    assert len(numbers) > 100
    assert [text for text in numbers if "." in text] == []
    assert [text for text in shown if re.search(r"\d\.\d", text)] == []


def test_versions_names_of_files_and_commands_keep_their_points() -> None:
    for text in ("0.1.2", "data/loans.csv", "assay run loans.csv --target denied", "12,5 с", "210 МиБ"):
        assert text in page()


def test_the_page_of_an_ablation_speaks_russian_too() -> None:
    told = render_ablation([ablated_columns(), ablated_rows()], "denied", "loans.csv", "ru")
    assert '<html lang="ru">' in told
    assert [text for _, text in Texts(told).found if english(text)] == []
    assert "−0,0100" in told
