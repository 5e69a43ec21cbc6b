"""The slider in a real browser: keys and costs move the numbers, and they are those of the rows; without it the page stands."""

import base64
import dataclasses
import re

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score

from assay.data.task import Task
from assay.measure.threshold import ThresholdRule
from assay.report import write_report

pytestmark = pytest.mark.browser
COST = ThresholdRule("cost", cost_fn=5, cost_fp=1)
READ = "Object.fromEntries([...document.querySelectorAll('.live [data-n]')].map(cell => [cell.dataset.n, cell.textContent]))"


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    from tests.chromium import CHROMIUM, open_page

    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with open_page(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def chromium(tab):
    """One tab for all tests here, brought back to what a fresh one is: a browser takes longer to start than a page to test."""
    tab.send("Emulation.setEmulatedMedia", media="", features=[])
    tab.send("Emulation.setScriptExecutionDisabled", value=False)
    tab.send("Emulation.clearDeviceMetricsOverride")
    tab.goto("about:blank")
    tab.errors.clear()
    return tab


def number(text):
    """As the page writes it, in either language."""
    plain = text.replace("\N{NARROW NO-BREAK SPACE}", "").replace(" %", "").replace("<", "")
    return float(plain.replace(",", "."))


def rows_of(content, name="boosting"):
    parts = content.folds[name]
    target = np.concatenate([part.truth["target"] for part in parts])
    return target, np.concatenate([part.predictions["probability"] for part in parts])


def agrees(shown, target, called, costs):
    tn, fp, fn, tp = confusion_matrix(target, called, labels=[0, 1]).ravel()
    assert [number(shown[cell]) for cell in ("tn", "fp", "fn", "tp")] == [tn, fp, fn, tp]
    assert number(shown["precision"]) == pytest.approx(precision_score(target, called), abs=5.1e-4)
    assert number(shown["recall"]) == pytest.approx(recall_score(target, called), abs=5.1e-4)
    assert number(shown["f1"]) == pytest.approx(f1_score(target, called), abs=5.1e-4)
    assert number(shown["share"]) == pytest.approx(100 * called.mean(), abs=0.051)
    total = costs[0] * fn + costs[1] * fp
    assert number(shown["total"]) == pytest.approx(total, rel=1e-3)
    assert number(shown["thousand"]) == pytest.approx(1000 * total / len(target), rel=1e-3)
    alike = 1000 * min(costs[0] * target.mean(), costs[1] * (1 - target.mean()))
    assert number(shown["alike"]) == pytest.approx(alike, rel=1e-3)


def place(page):
    """The threshold where the slider stands, in full."""
    return page.ask(
        "JSON.parse(document.getElementById('slider-data').textContent)"
        ".threshold[Number(document.getElementById('slider-threshold').value)]"
    )


@pytest.mark.parametrize("language", ["en", "ru"])
def test_keys_and_costs_move_the_numbers_which_are_those_of_the_rows(opened, chromium, tmp_path, language):
    content = dataclasses.replace(opened, threshold_rule=COST, language=language)
    write_report(content, tmp_path / "page.html")
    target, probability = rows_of(content)
    page = chromium
    page.goto((tmp_path / "page.html").as_uri())

    first, still = page.ask(READ), page.ask(READ.replace(".live", "#slider-state"))
    assert first == still  # the script writes what the page had written
    assert place(page) == 0.3
    agrees(first, target, probability >= 0.3, (5, 1))

    page.ask("document.getElementById('slider-threshold').focus()")
    for key, times in (("ArrowRight", 4), ("ArrowLeft", 1), ("ArrowUp", 6)):
        for _ in range(times):
            page.key(key)
    assert place(page) > 0.3
    agrees(page.ask(READ), target, probability >= place(page), (5, 1))
    assert page.ask("document.getElementById('slider-threshold').getAttribute('aria-valuetext')") == page.text("#slider-now")

    page.type("#slider-fn", "12.5")
    page.type("#slider-fp", "3")
    agrees(page.ask(READ), target, probability >= place(page), (12.5, 3))
    page.click("#slider-to-lowest")
    cost = [12.5 * ((probability < at) & (target == 1)).sum() + 3 * ((probability >= at) & (target == 0)).sum() for at in
            [*probability, 2.0]]  # fmt: skip
    assert number(page.ask(READ)["total"]) == pytest.approx(min(cost), rel=1e-3)
    page.wait("document.getElementById('slider-live').textContent !== ''")
    assert page.text("#slider-now") in page.ask("document.getElementById('slider-live').textContent")

    page.type("#slider-fn", "-1")
    assert page.ask("document.getElementById('slider-fn').getAttribute('aria-invalid')") == "true"
    page.type("#slider-fn", "5")
    page.type("#slider-fp", "1")
    page.click("#slider-to-chosen")
    assert page.ask(READ) == first
    page.key("Home")
    assert page.ask("document.activeElement.id") == "slider-threshold"
    assert page.errors == []
    assert len(page.requests()) == 1  # the file itself


def test_in_print_the_chosen_threshold_is_shown_wherever_the_slider_stands(opened, chromium, tmp_path):
    write_report(dataclasses.replace(opened, threshold_rule=COST), tmp_path / "page.html")
    page = chromium
    page.goto((tmp_path / "page.html").as_uri())
    page.ask("document.getElementById('slider-threshold').focus()")
    page.key("Home")

    def seen(selector):
        return page.ask(f"getComputedStyle(document.querySelector('{selector}')).display") != "none"

    assert (seen(".state.live"), seen("#slider-state"), seen("#slider-controls")) == (True, False, True)
    page.send("Emulation.setEmulatedMedia", media="print")
    assert (seen(".state.live"), seen("#slider-state"), seen("#slider-controls")) == (False, True, False)
    assert "0.300" in page.text("#slider-state")
    pdf = base64.b64decode(page.send("Page.printToPDF")["data"])
    assert pdf.startswith(b"%PDF")
    assert page.errors == []


def test_without_scripts_the_page_shows_the_chosen_threshold_and_no_controls(opened, chromium, tmp_path):
    write_report(dataclasses.replace(opened, threshold_rule=COST), tmp_path / "page.html")
    page = chromium
    page.send("Emulation.setScriptExecutionDisabled", value=True)
    page.goto((tmp_path / "page.html").as_uri())
    assert page.ask("document.getElementById('slider-controls').hidden")
    assert page.ask("getComputedStyle(document.getElementById('slider-controls')).display") == "none"
    assert "0.300" in page.text("#slider-state")
    assert page.errors == []


def test_a_changed_script_is_refused_by_the_page(opened, chromium, tmp_path):
    write_report(dataclasses.replace(opened, threshold_rule=COST), tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    (tmp_path / "page.html").write_text(text.replace('"use strict";', '"use strict"; document.title = "changed";'))
    chromium.goto((tmp_path / "page.html").as_uri())
    assert chromium.ask("document.title") == "loans.csv · Assay report"
    assert len(chromium.errors) == 1
    assert "Content Security Policy" in chromium.errors[0]


def test_hostile_names_stay_text_where_the_script_runs_and_nothing_is_too_wide(
    build, simulated, chromium, tmp_path, hostile_text
):
    task = Task("binary", hostile_text, ("no" + hostile_text, "yes" + hostile_text))
    content = build(
        simulated(task, {hostile_text: 0.8, f"{hostile_text}+smote": 0.7, "plain": 0.3}),
        test=True,
        title=hostile_text,
        threshold_rule=COST,
        warnings=[hostile_text],
    )
    write_report(content, tmp_path / "page.html")
    page = chromium
    page.dark()
    page.size(400, 900)
    page.goto((tmp_path / "page.html").as_uri())
    assert page.ask("document.querySelectorAll('img, iframe, object').length") == 0
    assert page.ask("document.querySelectorAll('script').length") == 2
    assert page.ask("document.documentElement.scrollWidth") <= 400
    dark = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", page.ask("getComputedStyle(document.body).backgroundColor"))
    assert max(map(int, dark.groups())) < 60
    page.ask("document.getElementById('slider-threshold').focus()")
    page.key("ArrowRight")
    assert page.ask("document.querySelectorAll('img').length") == 0
    assert page.errors == []


def test_everything_that_can_be_used_has_a_name_and_a_mark_where_the_focus_is(opened, chromium, tmp_path):
    write_report(dataclasses.replace(opened, threshold_rule=COST), tmp_path / "page.html")
    page = chromium
    page.goto((tmp_path / "page.html").as_uri())
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]
    named = {
        (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if "role" in node and not node["ignored"]
    }
    roles = {role for role, _ in named}
    assert {"main", "navigation", "banner", "contentinfo", "slider", "spinbutton", "button", "table"} <= roles
    for role in ("slider", "spinbutton", "button", "link", "img", "image", "table", "region", "navigation"):
        assert not [name for found, name in named if found == role and not name.strip()], role
    page.ask("document.body.focus()")
    for _ in range(3):
        page.key("Tab")
    style = "getComputedStyle(document.activeElement)"
    assert page.ask("document.activeElement !== document.body")
    assert page.ask(f"{style}.outlineStyle") == "solid"
    assert page.ask(f"parseFloat({style}.outlineWidth)") >= 2
    assert page.errors == []
