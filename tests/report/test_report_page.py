"""The page as a document: what stands on it, that nothing leaves it, that hostile names stay text."""

import dataclasses
import html
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from assay.core.errors import UnknownNameError
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.measure.threshold import ThresholdRule
from assay.report import render, write_report
from assay.report.page import CONTENTS

VOID = {"meta", "br", "hr", "img", "input", "link", "line", "circle", "rect", "path", "use", "wbr"}


class Page(HTMLParser):
    """Tags, attributes and the text of a page; ``stack`` is empty at the end when every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.stack, self.texts, self.unbalanced = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.stack or self.stack.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def plain(text):
    """Text without entities, numbers as Python writes them."""
    return html.unescape(text).replace("\N{MINUS SIGN}", "-").replace("\N{NARROW NO-BREAK SPACE}", "")


def same_number(text, value):
    decimals = len(text.partition(".")[2])
    return abs(float(text) - value) <= 0.5000001 * 10**-decimals


def cells(page_text, row):
    """The text of every cell of the table lines whose head is ``row``."""
    found, page_text = [], page_text.replace("<wbr>", "")
    for line in re.findall(r"<tr[^>]*>(.*?)</tr>", page_text, flags=re.S):
        head = re.search(r'<th scope="row">(.*?)</th>', line, flags=re.S)
        if head and re.sub(r"<[^>]+>", " ", head[1]).split()[0] == row:
            found.append(
                [
                    plain(" ".join(re.sub(r"<[^>]+>", " ", cell).split()))
                    for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, flags=re.S)
                ]
            )
    return found


@pytest.fixture(scope="module")
def page_text(opened):
    """A page with everything that the opened study has, the slider too."""
    return render(dataclasses.replace(opened, threshold_rule=ThresholdRule("cost", cost_fn=5, cost_fp=1)))


def test_every_tag_of_the_page_is_closed_in_order(page_text):
    page = Page(page_text)
    assert page.unbalanced == []
    assert page.stack == []


def test_the_page_loads_nothing_and_holds_no_script_but_that_of_its_slider(opened, page_text):
    bare = render(opened)
    page = Page(bare)
    links = [
        value for _, attributes in page.tags for name, value in attributes.items() if name in ("href", "src", "action", "data")
    ]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not {"script", "img", "iframe", "object", "link", "form"} & {tag for tag, _ in page.tags}
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    for text in (bare, page_text):
        assert not re.search("@import|https?://", text)
    assert [attributes.get("type") for attributes in Page(page_text).all("script")] == ["application/json", None]
    assert not {"img", "iframe", "object", "link", "form"} & {tag for tag, _ in Page(page_text).tags}


def test_there_is_one_first_heading_and_no_level_is_skipped(page_text):
    levels = [int(tag[1]) for tag, _ in Page(page_text).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_table_has_a_caption_and_every_head_a_scope(page_text):
    page = Page(page_text)
    assert len(page.all("table")) == len(page.all("caption")) >= 6
    assert {head.get("scope") for head in page.all("th")} == {"col", "row"}


def test_the_page_has_its_landmarks_and_says_its_language(opened, page_text):
    tags = {tag for tag, _ in Page(page_text).tags}
    assert {"main", "nav", "header", "footer"} <= tags
    assert Page(page_text).all("html") == [{"lang": "en"}]
    assert Page(render(dataclasses.replace(opened, language="ru"))).all("html") == [{"lang": "ru"}]
    fields = [attributes["id"] for attributes in Page(page_text).all("input")]
    assert {label["for"] for label in Page(page_text).all("label")} == set(fields)


def test_every_picture_says_what_it_shows(page_text):
    page = Page(page_text)
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    for picture in page.all("svg"):
        if picture.get("aria-hidden") == "true":
            continue
        assert picture["role"] == "img"
        assert picture.get("aria-label") or set(picture["aria-labelledby"].split()) <= ids


def test_every_id_is_unique_and_every_inner_link_arrives(page_text):
    text = page_text
    page = Page(text)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    aims = [a["href"][1:] for _, a in page.tags if "href" in a] + re.findall(r"url\(#([^)]+)\)", text)
    assert set(aims) <= set(ids)
    assert set(CONTENTS) <= set(ids)


def test_colours_come_from_the_page_and_not_from_the_drawing(page_text):
    pictures = "".join(re.findall(r"<svg.*?</svg>", page_text, flags=re.S))
    assert not re.search(r"#[0-9a-fA-F]{6}\b", pictures)
    assert "var(--s1)" in pictures


def test_the_values_of_the_leaderboard_are_those_of_the_summary(closed):
    text = render(closed)
    for row in closed.summary["rows"]:
        board = cells(text, row["name"])[0]
        if row["failure"]:
            assert row["failure"] in " ".join(board).replace("&#39;", "'")
            continue
        assert same_number(board[2], row["value"])
        low, high = re.fullmatch(r"\[(\S+), (\S+)\]", board[3]).groups()
        assert same_number(low, row["low"])
        assert same_number(high, row["high"])


def test_every_metric_of_every_row_stands_on_the_page(closed):
    text = render(closed)
    for row in closed.summary["rows"]:
        if row["failure"]:
            continue
        shown = cells(text, row["name"])[1]
        assert len(shown) == len(row["metrics"])
        for cell, entry in zip(shown, row["metrics"].values(), strict=True):
            value, low, high = re.fullmatch(r"(\S+) \[(\S+), (\S+)\]", cell).groups()
            assert all(same_number(a, entry[b]) for a, b in ((value, "value"), (low, "low"), (high, "high")))


def test_the_verdicts_are_those_of_the_summary(closed):
    text = render(closed).replace("<wbr>", "")
    table = re.search(r'<table class="verdicts">(.*?)</table>', text, flags=re.S)[1]
    lines = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", table, flags=re.S)
    assert len(lines) == len(closed.summary["verdicts"])
    for line, verdict in zip(lines, closed.summary["verdicts"], strict=True):
        found = [plain(" ".join(re.sub(r"<[^>]+>", " ", part).split())) for part in re.split(r"</t[hd]>", line)]
        assert found[:2] == [verdict["a"], verdict["b"]]
        assert same_number(found[3].split()[0], verdict["difference"])
        assert found[5] == ("< 0.001" if verdict["p"] < 0.001 else f"{verdict['p']:.3f}")
        better = {"a better": verdict["a"] + " is better", "b better": verdict["b"] + " is better"}
        assert found[7] == better.get(verdict["call"], verdict["call"])


def test_the_headline_is_the_locked_test_once_it_is_open(opened, closed):
    for content, entry in (
        (opened, opened.summary["test"]["metrics"]["roc_auc"]),
        (closed, closed.summary["rows"][0]["metrics"]["roc_auc"]),
    ):
        shown = re.search(r'<p class="value">([^<]+)</p>', render(content))[1]
        assert same_number(plain(shown), entry["value"])


def test_a_shut_lock_is_said_to_be_shut(closed):
    page = Page(render(closed))
    assert "have not been opened" in page.text
    assert "shut: never opened" in page.text


def test_the_tested_row_is_the_chosen_one_even_where_another_leads(opened):
    test = {**opened.summary["test"], "name": "logistic"}
    content = dataclasses.replace(opened, summary={**opened.summary, "test": test})
    page = Page(render(content))
    assert "logistic won." in page.text
    assert "boosting has the better ROC AUC, but the simpler candidate was preferred." in page.text


def test_a_rival_that_could_not_be_compared_is_not_called_as_defensible(opened):
    verdicts = [{**verdict, "call": "too little data"} for verdict in opened.summary["verdicts"]]
    page = Page(render(dataclasses.replace(opened, summary={**opened.summary, "verdicts": verdicts})))
    assert "Too little data to compare it with: " in page.text
    assert "as defensible a choice" not in page.text


def test_equal_input_gives_equal_bytes(opened, tmp_path):
    write_report(opened, tmp_path / "a.html")
    write_report(opened, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_eight_rows_of_forty_thousand_stay_below_two_megabytes(build, simulated):
    skill = {f"recipe-{place}": 0.5 + 0.05 * place for place in range(8)}
    content = build(simulated(Task("binary", "y", ("no", "yes")), skill, rows=40_000), metrics=("roc_auc",), test=True)
    assert len(render(content).encode()) < 2_000_000


def hostile_content(build, simulated, text):
    task = Task("binary", text, ("no" + text, "yes" + text))
    finding = {"code": text, "level": "warning", "columns": [text], "message": text + "1", "evidence": text, "advice": text}
    return build(
        simulated(task, {text: 0.8, f"{text}+smote": 0.7, f"b{text}": 0.6}),
        test=True,
        failures={f"x{text}": text},
        title=text,
        findings=[finding],
        warnings=[text],
        schema=Schema((Column(text, "category", "target", ("a" + text, "b")),)),
        provenance={"command": text, "versions": {text: text}, text: [text]},
    )


def test_hostile_names_are_text_everywhere(build, simulated, hostile_text):
    text = render(hostile_content(build, simulated, hostile_text))
    page = Page(text)
    assert page.unbalanced == []
    assert page.stack == []
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "<img" not in text
    assert "<script" not in text
    assert "\x00" not in text
    assert "{{ 7*7 }} $x^2$ &amp;amp;" in text
    assert page.text.count("<img src=x onerror=alert(1)>") > 20


def test_a_hostile_name_is_named_in_the_description_of_a_picture(build, simulated, hostile_text):
    text = render(hostile_content(build, simulated, hostile_text))
    described = re.search(r'<desc id="roc-desc">(.*?)</desc>', text, flags=re.S)[1]
    assert "&lt;img src=x onerror=alert(1)&gt;" in described
    assert "<" not in described


def test_a_lone_surrogate_and_a_control_character_do_not_break_the_file(build, simulated, tmp_path):
    content = build(simulated(Task("binary", "a\ud800b\x1b", ("no", "yes")), {"one": 0.8}))
    write_report(content, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "a?b\N{REPLACEMENT CHARACTER}" in text


def test_one_row_alone_is_said_to_have_no_rival(build, simulated):
    page = Page(render(build(simulated(Task("binary", "y", ("no", "yes")), {"logistic": 0.8}))))
    assert "It is the only candidate with a result" in page.text
    assert "No two candidates could be compared." in page.text
    assert "No treatment of class imbalance was tried." in page.text


def test_a_study_in_which_all_failed_still_gives_a_page_with_the_reasons(build, simulated):
    failures = {"knn": "too few rows", "tree": "out of memory", "tree+smote": "one class only"}
    page = Page(render(build(simulated(Task("binary", "y", ("no", "yes")), {}), metrics=("roc_auc",), failures=failures)))
    assert "No candidate gave a result." in page.text
    assert "3 of 3 failed" in page.text
    for reason in failures.values():
        assert reason in page.text
    assert page.unbalanced == []


def test_regression_shows_predictions_and_residuals_and_no_classes(build, simulated):
    page = Page(render(build(simulated(Task("regression", "price"), {"boosting": 0.9, "linear": 0.7}), test=True)))
    assert "Predicted and actual" in page.text
    assert "Residuals" in page.text
    assert "Confusion matrix" not in page.text
    assert "classes are" not in page.text
    assert page.unbalanced == []


@pytest.mark.parametrize("size", [3, 10, 30])
def test_many_classes_give_a_matrix_of_all_of_them(build, simulated, size):
    names = tuple(f"class {place}" for place in range(size))
    text = render(build(simulated(Task("multiclass", "kind", names), {"forest": 0.95, "knn": 0.8}, rows=600), test=True))
    page = Page(text)
    assert page.unbalanced == []
    matrix = re.search(r'<div class="matrix.*?</table>', text, flags=re.S)[0]
    assert len(re.findall(r'<td class="(?:right|wrong)', matrix)) == size**2
    assert len(re.findall(r'<td class="right', matrix)) == size
    assert len(text.encode()) < 1_000_000


def test_an_undefined_metric_is_shown_with_its_reason(closed):
    rows = [dict(row) for row in closed.summary["rows"]]
    nothing = {"value": None, "low": None, "high": None, "undefined": "only one class among the rows"}
    rows[0]["metrics"] = {**rows[0]["metrics"], "f1": {**rows[0]["metrics"]["f1"], **nothing}}
    page = Page(render(dataclasses.replace(closed, summary={**closed.summary, "rows": rows})))
    assert "only one class among the rows" in page.text


def test_the_worst_warning_comes_first_and_each_stands_once(closed):
    findings = [
        {"code": "a", "level": "note", "columns": [], "message": "a mild note", "evidence": "", "advice": ""},
        {"code": "b", "level": "warning", "columns": ["x"], "message": "a warning", "evidence": "seen", "advice": "drop it"},
    ]
    summary = {**closed.summary, "warnings": [findings[1]]}
    page = Page(render(dataclasses.replace(closed, findings=findings, summary=summary)))
    assert "1 warning and 1 note" in page.text
    assert page.text.index("a warning") < page.text.index("a mild note")
    assert page.text.count("a warning") == 2  # the first screen and the section


def test_an_unknown_metric_is_refused_by_name(closed):
    with pytest.raises(UnknownNameError, match="roc_auk"):
        render(dataclasses.replace(closed, metric="roc_auk"))


def test_a_name_with_a_plus_may_break_there_and_reads_on_as_one(page_text):
    text = page_text
    assert "boosting+<wbr>smote" in text
    assert "boosting+smote" in Page(text).text


def test_many_metrics_are_spread_over_tables_that_fit(build, simulated):
    metrics = ("roc_auc", "average_precision", "log_loss", "brier", "accuracy", "f1", "recall", "precision", "mcc")
    content = build(simulated(Task("binary", "y", ("no", "yes")), {"forest": 0.8, "tree": 0.6}), metrics=metrics)
    text = render(content)
    assert text.count('<table class="metrics">') == 2
    assert sum(len(line) for line in cells(text, "forest")[1:3]) == len(metrics)


def test_a_difference_beyond_the_scale_is_an_arrow_and_not_a_dot_at_the_edge(closed):
    verdicts = [dict(verdict, difference=0.01, low=-0.01, high=0.03) for verdict in closed.summary["verdicts"]]
    verdicts[-1].update(difference=-0.4, low=-0.5, high=-0.3)
    text = render(dataclasses.replace(closed, summary={**closed.summary, "verdicts": verdicts}))
    lines = re.search(r'<table class="verdicts">(.*?)</table>', text, flags=re.S)[1].split("</tr>")[1:-1]
    assert ["◂" in line for line in lines] == [False] * (len(verdicts) - 1) + [True]
    assert ['class="dot"' in line for line in lines] == [True] * (len(verdicts) - 1) + [False]
