"""The first screen: five answers in their order, money and mistakes as NumPy counts them, and what to worry about."""

import dataclasses
import re

import numpy as np
import pytest
from scipy import stats

from assay.data.task import Task
from assay.measure.parts import Design
from assay.measure.threshold import ThresholdRule
from assay.report import render
from assay.report.first import collect_warnings, worries
from assay.report.metric import describe
from assay.report.money import what_it_costs
from assay.report.operating import where_to_cut

COST = ThresholdRule("cost", cost_fn=8, cost_fp=1)
METRIC = describe("roc_auc")


def said(sentence):
    return "".join(piece.text for piece in sentence)


def told(costs):
    return {said(line.label): (line.value, line.ends) for line in costs.lines}


def number(text):
    return float(text.replace("\N{MINUS SIGN}", "-").replace("\N{NARROW NO-BREAK SPACE}", "").replace("+", ""))


def ends(text):
    return [number(end) for end in text.strip("[]").split(", ")]


def costs_of(content):
    return what_it_costs(content, where_to_cut(content))


def worried(content):
    return [(worry.level, said(worry.sentence)) for worry in worries(content, METRIC, collect_warnings(content))]


def test_the_five_answers_stand_in_their_order_above_the_contents(opened):
    page = render(dataclasses.replace(opened, threshold_rule=COST))
    labels = ("What was asked", "What won", "How sure that is", "What it costs", "What to worry about", "<nav")
    places = [page.index(label) for label in labels]
    assert places == sorted(places)


def test_money_per_thousand_rows_of_the_locked_test_is_what_numpy_counts(opened):
    costs = costs_of(dataclasses.replace(opened, threshold_rule=COST))
    truth, predictions = opened.test
    target, called = truth["target"], predictions["label"]
    own = 8 * ((target == 1) & (called == 0)) + ((target == 0) & (called == 1))
    alike = 8 * (target == 1) if 8 * target.sum() < (1 - target).sum() else 1 * (target == 0)
    lines = told(costs)
    assert number(lines["Cost of its mistakes"][0]) == pytest.approx(1000 * own.mean(), abs=0.1)
    saved = alike - own
    half = stats.t.ppf(0.975, len(saved) - 1) * saved.std(ddof=1) / np.sqrt(len(saved))
    assert number(lines["Saved"][0]) == pytest.approx(1000 * saved.mean(), abs=0.1)
    assert ends(lines["Saved"][1]) == pytest.approx([1000 * (saved.mean() - half), 1000 * (saved.mean() + half)], abs=0.1)
    assert number(lines["Missed"][0]) == pytest.approx(1000 * ((target == 1) & (called == 0)).mean(), abs=0.06)


def test_the_headline_says_saves_only_where_the_interval_lies_above_zero(build, simulated):
    task = Task("binary", "denied", ("no", "yes"))
    good, useless = (
        costs_of(build(simulated(task, {"one": skill}, rows=900), metrics=("roc_auc",), test=True, threshold_rule=COST))
        for skill in (0.95, 0.0)
    )
    assert said(good.headline).startswith("It saves ")
    assert not said(useless.headline).startswith("It saves ")


def test_a_shut_lock_judges_rows_at_thresholds_that_others_chose(closed):
    content = dataclasses.replace(closed, threshold_rule=ThresholdRule())
    cut = where_to_cut(content)
    missed = alarms = rows = 0
    for part in content.folds["boosting"]:
        at = next(fold.others.threshold for fold in cut.spread.folds if fold.fold == part.fold)
        target, called = part.truth["target"], part.predictions["probability"] >= at
        missed, alarms, rows = missed + (target & ~called).sum(), alarms + ((1 - target) & called).sum(), rows + len(target)
    lines = told(what_it_costs(content, cut))
    assert number(lines["Missed"][0]) == pytest.approx(1000 * missed / rows, abs=0.06)
    assert number(lines["False alarms"][0]) == pytest.approx(1000 * alarms / rows, abs=0.06)
    low, high = ends(lines["Missed"][1])
    wilson = stats.binomtest(int(missed), rows).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((1000 * wilson.low, 1000 * wilson.high), abs=0.06)


def test_rows_of_a_group_widen_the_interval_and_a_grouped_lock_says_that_its_is_too_narrow(closed, opened):
    rule = ThresholdRule("cost", cost_fn=8, cost_fp=1)
    truths = [part.truth for part in closed.folds["boosting"]]
    target = np.zeros(300, np.int64)
    for truth in truths:
        target[truth.units] = truth["target"]
    groups = np.zeros(300, np.int64)
    groups[np.argsort(target, kind="stable")] = np.arange(300) // 30  # rows of a group are alike
    grouped = Design(np.arange(300), groups, "group")
    alone, together = (
        ends(told(costs_of(dataclasses.replace(closed, threshold_rule=rule, design=design)))["Missed"][1])
        for design in (None, grouped)
    )
    assert together[0] < alone[0] < alone[1] < together[1]
    assert "too narrow" in costs_of(dataclasses.replace(opened, threshold_rule=rule, design=grouped)).note
    assert "too narrow" not in costs_of(dataclasses.replace(opened, threshold_rule=rule)).note


def test_classes_are_counted_wrong_per_thousand_with_the_commonest_mistake(build, simulated):
    content = build(simulated(Task("multiclass", "kind", ("a", "b", "c")), {"forest": 0.9}, rows=600), test=True)
    truth, predictions = content.test
    wrong = (truth["target"] != predictions["label"]).mean()
    costs = costs_of(content)
    assert said(costs.headline) == f"{round(1000 * wrong)} of 1000 rows are called wrongly."
    pairs = [(a, b) for a, b in zip(truth["target"], predictions["label"], strict=True) if a != b]
    most = max(set(pairs), key=pairs.count)
    assert f"Most often {'abc'[most[0]]} called {'abc'[most[1]]}" in told(costs)


def test_a_number_is_off_by_its_mean_absolute_error(build, simulated):
    content = build(simulated(Task("regression", "price"), {"linear": 0.9}), test=True)
    truth, predictions = content.test
    off = np.sort(np.abs(truth["target"] - predictions["value"]))
    lines = told(costs_of(content))
    assert number(lines["Mean absolute error"][0]) == pytest.approx(off.mean(), rel=1e-3)
    assert number(lines["Half of the rows within"][0]) == pytest.approx(off[len(off) // 2 - 1], rel=1e-3)
    assert (off <= number(lines["Nine in ten within"][0]) * 1.001).mean() >= 0.9


def test_without_a_result_nothing_is_counted_and_the_page_says_so(build, simulated):
    content = build(simulated(Task("binary", "y", ("no", "yes")), {}), metrics=("roc_auc",), failures={"knn": "too few rows"})
    assert costs_of(content) is None
    page = render(content)
    assert "Nothing was measured that could be counted as a mistake." in page
    assert "Candidates that failed: 1 (" in page


def test_the_worst_worry_comes_first_and_each_has_its_reason(opened):
    test = {**opened.summary["test"], "openings": 3}
    rows = [*opened.summary["rows"], {**opened.summary["rows"][0], "name": "knn", "failure": "too few", "value": None}]
    verdicts = [
        {**verdict, "call": "no difference shown" if "logistic" in (verdict["a"], verdict["b"]) else verdict["call"]}
        for verdict in opened.summary["verdicts"]
    ]
    summary = {**opened.summary, "test": test, "rows": rows, "verdicts": verdicts, "warnings": ["a leak"]}
    found = worried(dataclasses.replace(opened, summary=summary))
    assert found[0] == ("error", next(text for level, text in found if "opened 3 times" in text))
    levels = [level for level, _ in found]
    assert levels == sorted(levels, key=("error", "warning", "note").index)
    texts = " ".join(text for _, text in found)
    assert "a leak" in texts
    assert "Only 53 rows of yes were measured" in texts
    assert re.search(r"Simpler, and not shown to be worse: .*logistic", texts)
    assert "Candidates that failed: 1 (knn)" in texts


def test_intervals_that_do_not_meet_are_a_worry(opened):
    test = opened.summary["test"]
    metrics = {**test["metrics"], "roc_auc": {**test["metrics"]["roc_auc"], "value": 0.55, "low": 0.5, "high": 0.6}}
    content = dataclasses.replace(opened, summary={**opened.summary, "test": {**test, "metrics": metrics}})
    assert any("do not meet" in text for _, text in worried(content))
    assert not any("do not meet" in text for _, text in worried(opened))


def test_a_shut_lock_is_a_note_and_recipes_that_are_not_registered_are_not_called_simpler(closed):
    assert ("note", "The lock is shut") in [(level, text[:16]) for level, text in worried(closed)]
    rows = [{**row, "name": f"own-{row['name']}"} for row in closed.summary["rows"]]
    verdicts = [
        {**verdict, "a": f"own-{verdict['a']}", "b": f"own-{verdict['b']}", "call": "no difference shown"}
        for verdict in closed.summary["verdicts"]
    ]
    summary = {**closed.summary, "rows": rows, "verdicts": verdicts, "winner": f"own-{closed.summary['winner']}"}
    assert not any("Simpler" in text for _, text in worried(dataclasses.replace(closed, summary=summary)))
