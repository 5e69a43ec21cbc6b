"""The slider carries the counts of every threshold: those of the rows, few enough, and none breaks out of the page."""

import base64
import dataclasses
import hashlib
import json
import re

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from assay.data.task import Task
from assay.measure.threshold import ThresholdRule
from assay.report import render
from assay.report.cutting import Rows
from assay.report.language import ENGLISH, Words
from assay.report.operating import where_to_cut
from assay.report.slider import MOST_CUTS, embedded_json, slider_of

COST = ThresholdRule("cost", cost_fn=5, cost_fp=1)


def rows(n, *, share=0.1, weights=False, seed=0):
    random = np.random.default_rng(seed)
    target = (random.random(n) < share).astype(np.int64)
    probability = 1 / (1 + np.exp(2 - target - random.normal(size=n)))
    return Rows(target, probability, random.integers(1, 4, n).astype(float) if weights else None, None)


def scripts(page):
    """Of each script element: what it says of itself, and what it holds."""
    return re.findall(r"<script([^>]*)>(.*?)</script>", page, flags=re.S)


@pytest.mark.parametrize("n", [60, 5000])
@pytest.mark.parametrize("weights", [False, True])
def test_the_four_cells_of_every_threshold_are_those_of_scikit_learn(n, weights):
    given = rows(n, weights=weights)
    slider = slider_of(given, 0.2, None, ENGLISH)
    assert slider.threshold[slider.chosen] == 0.2
    for place, threshold in list(enumerate(slider.threshold))[:: max(1, n // 500)]:
        called = given.probability >= threshold
        matrix = confusion_matrix(given.target, called, labels=[0, 1], sample_weight=given.weights)
        found = [getattr(slider, cell)[place] for cell in ("tn", "fp", "fn", "tp")]
        assert found == pytest.approx(matrix.ravel().tolist())


def test_the_thresholds_rise_from_calling_all_to_calling_none_and_each_calls_other_rows():
    slider = slider_of(rows(200), 0.2, None, ENGLISH)
    called = slider.tp + slider.fp
    assert (np.diff(slider.threshold) > 0).all()
    assert (np.diff(called) < 0).all()
    assert (called[0], called[-1]) == (200, 0)


def test_many_rows_make_no_more_thresholds_and_rare_positives_keep_theirs():
    given = rows(50_000, share=0.01)
    slider = slider_of(given, 0.5, (20.0, 1.0), ENGLISH)
    assert len(slider.threshold) <= MOST_CUTS
    assert len(slider.data) < 20_000
    assert np.diff(slider.tp).min() >= -0.02 * given.target.sum()  # no step loses more than one in fifty of the positives


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_rows_or_rows_of_one_class_have_a_slider_too(n):
    slider = slider_of(Rows(np.zeros(n, np.int64), np.full(n, 0.25), None, None), 0.5, None, ENGLISH)
    assert slider.threshold[slider.chosen] == 0.5
    assert slider.texts["recall"] == "—"
    assert slider.texts["share"] == "0 %"


def test_probabilities_of_0_and_1_keep_both_ends_apart():
    slider = slider_of(Rows(np.array([0, 1, 1]), np.array([0.0, 1.0, 1.0]), None, None), 0.5, None, ENGLISH)
    assert [(a, b) for a, b in zip(slider.fp, slider.tp, strict=True)] == [(1, 2), (0, 2), (0, 0)]


def test_what_stands_on_the_page_without_the_script_are_the_numbers_of_the_chosen_threshold(opened):
    content = dataclasses.replace(opened, threshold_rule=COST)
    slider = where_to_cut(content).slider
    parts = content.folds["boosting"]
    target = np.concatenate([part.truth["target"] for part in parts])
    called = np.concatenate([part.predictions["probability"] for part in parts]) >= 0.3
    tn, fp, fn, tp = confusion_matrix(target, called).ravel()
    page = render(content)
    shown = dict(re.findall(r'data-n="(\w+)">([^<]+)<', page))
    assert [int(shown[cell]) for cell in ("tn", "fp", "fn", "tp")] == [tn, fp, fn, tp]
    assert float(shown["precision"]) == pytest.approx(tp / (tp + fp), abs=5e-4)
    assert float(shown["recall"]) == pytest.approx(tp / (tp + fn), abs=5e-4)
    assert float(shown["f1"]) == pytest.approx(2 * tp / (2 * tp + fp + fn), abs=5e-4)
    assert float(shown["total"]) == 5 * fn + fp
    assert float(shown["thousand"]) == pytest.approx(1000 * (5 * fn + fp) / len(target), abs=0.1)
    assert float(shown["alike"]) == pytest.approx(1000 * min(5 * target.sum(), (1 - target).sum()) / len(target), abs=0.1)
    assert slider.given


def test_the_number_fields_keep_a_dot_where_the_page_writes_commas(opened):
    half = ThresholdRule("cost", cost_fn=2.5, cost_fp=1)
    page = render(dataclasses.replace(opened, threshold_rule=half, language="ru"))
    assert 'id="slider-fn" min="0" step="any" inputmode="decimal" value="2.5"' in page
    assert "пропуск стоит 2,5" in page


def test_the_policy_allows_the_one_script_by_its_hash_and_nothing_else(opened):
    page = render(dataclasses.replace(opened, threshold_rule=COST))
    (data, _), (bare, script) = scripts(page)
    assert data == ' type="application/json" id="slider-data"'
    assert bare == ""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert policy.count("script-src") == 1


def test_a_page_without_a_slider_allows_no_script_at_all(opened):
    page = render(opened)
    assert scripts(page) == []
    assert "script-src" not in page


def test_hostile_names_make_no_script_beside_the_one_of_the_page(build, simulated, hostile_text):
    task = Task("binary", hostile_text, ("no" + hostile_text, "yes" + hostile_text))
    page = render(build(simulated(task, {hostile_text: 0.8, "plain": 0.3}), test=True, threshold_rule=COST))
    assert len(scripts(page)) == 2
    assert page.count("<script") == 2
    assert "<img" not in page


def test_embedded_json_reads_back_and_holds_nothing_that_ends_its_element():
    given = {"</script><script>alert(1)</script>": ["<!--", "&amp;", "a\u2028b\u2029c", "é"]}
    text = embedded_json(given)
    assert not re.search("[<>&\u2028\u2029]", text)
    assert json.loads(text) == given
    with pytest.raises(ValueError, match="Out of range"):
        embedded_json([float("nan")])


def test_the_data_of_the_slider_are_numbers_and_phrases_of_ours(opened):
    data = json.loads(where_to_cut(dataclasses.replace(opened, threshold_rule=COST, language="ru")).slider.data)
    assert data["point"] == ","
    assert data["costs"] == [5, 1]
    assert data["threshold"][data["chosen"]] == 0.3
    assert {len(data[cell]) for cell in ("tp", "fn", "fp", "tn", "threshold")} == {len(data["tp"])}
    assert data["words"]["cut-slider-bad"] == Words("ru")("cut-slider-bad")
