"""Who is better than whom: every verdict stands twice, once with either sign; what was not compared says so."""

import dataclasses
import re

from assay.report import render
from assay.report.language import Words
from assay.report.matrix import verdict_matrix
from assay.report.metric import describe

METRIC = describe("roc_auc")


def verdict(a, b, call, difference=0.02, family="against the leader", metric="roc_auc"):
    ends = {"difference": difference, "low": difference - 0.01, "high": difference + 0.01, "p_raw": 0.01, "p": 0.02}
    return {"a": a, "b": b, "metric": metric, "family": family, "call": call, **ends}


def summary(names, verdicts):
    rows = [{"name": name, "value": 0.9 - 0.01 * place} for place, name in enumerate(names)]
    return {"rows": rows, "verdicts": verdicts}


def cells(names, verdicts, w=None):
    found = verdict_matrix(summary(names, verdicts), METRIC, *([] if w is None else [w]))
    return {(line, column): cell for line, row in zip(found.names, found.lines, strict=True)
            for column, cell in zip(found.names, row, strict=True)}  # fmt: skip


def test_a_verdict_stands_twice_with_either_sign_and_tone():
    found = cells(["x", "y"], [verdict("y", "x", "b better", -0.02)])
    assert (found["x", "y"].text, found["x", "y"].mark, found["x", "y"].tone) == ("+0.020", "▲", "good")
    assert found["x", "y"].said == "+0.020 [+0.010, +0.030]: better, p 0.020"
    assert (found["y", "x"].text, found["y", "x"].mark, found["y", "x"].tone) == ("−0.020", "▼", "bad")
    assert found["y", "x"].said == "−0.020 [−0.030, −0.010]: worse, p 0.020"


def test_each_open_call_has_a_mark_of_its_own():
    calls = ("no difference shown", "the same within the margin", "too little data")
    found = cells(["x", "a", "b", "c"], [verdict(name, "x", call) for name, call in zip("abc", calls, strict=True)])
    assert [found[name, "x"].mark for name in "abc"] == ["○", "=", "?"]
    assert {found[name, "x"].tone for name in "abc"} == {"open"}
    assert [found[name, "x"].said.split(": ")[1].split(",")[0] for name in "abc"] == list(calls)


def test_a_pair_that_was_not_compared_is_empty_and_says_so():
    found = cells(["x", "a", "b"], [verdict("a", "x", "a better"), verdict("b", "x", "a better")])
    assert (found["a", "b"].text, found["a", "b"].mark, found["a", "b"].said) == ("", "", "not compared")
    assert (found["a", "a"].tone, found["a", "a"].said) == ("self", "itself")


def test_a_difference_that_is_unknown_keeps_its_call():
    nothing = {**verdict("a", "x", "too little data"), "difference": None, "low": None, "high": None, "p": None}
    assert cells(["x", "a"], [nothing])["a", "x"].said == "too little data"


def test_verdicts_on_another_metric_and_candidates_without_any_are_left_out():
    both = [verdict("a", "x", "a better"), verdict("b", "x", "a better", metric="f1")]
    found = verdict_matrix(summary(["x", "a", "b"], both), METRIC)
    assert (found.names, found.left_out) == (("x", "a"), ("b",))
    assert verdict_matrix(summary(["x", "b"], both[1:]), METRIC) is None


def test_of_two_families_the_one_against_the_leader_is_shown():
    both = [verdict("a", "x", "no difference shown", 0.01, "treatments of x"), verdict("a", "x", "a better", 0.01)]
    assert cells(["x", "a"], both)["a", "x"].mark == "▲"


def test_russian_writes_commas_and_its_own_words():
    found = cells(["x", "y"], [verdict("x", "y", "a better")], Words("ru"))
    assert found["x", "y"].said == "+0,020 [+0,010; +0,030]: лучше, p 0,020"
    assert found["x", "y"].short == "+,020"


def test_thirty_candidates_give_a_square_with_a_head_for_every_line_and_column(build, simulated, closed):
    skill = {f"recipe-{place:02d}": 0.5 + 0.01 * place for place in range(30)}
    page = render(build(simulated(closed.task, skill, rows=300), metrics=("roc_auc",)))
    table = re.search(r'<table class="who wide tight">.*?</table>', page, flags=re.S)[0]
    assert table.count('<th scope="col"') == 31
    assert table.count('<th scope="row"') == 30
    assert table.count("<td") == 900
    assert table.count(">not compared<") == 900 - 30 - 2 * 29
    assert len(page.encode()) < 600_000


def test_the_long_table_is_folded_and_a_short_one_open(closed):
    short = dataclasses.replace(closed, summary={**closed.summary, "verdicts": closed.summary["verdicts"][:2]})
    many = {**closed.summary, "verdicts": closed.summary["verdicts"] * 2}
    assert '<details class="all" open>' in render(short)
    assert '<details class="all">' in render(dataclasses.replace(closed, summary=many))
