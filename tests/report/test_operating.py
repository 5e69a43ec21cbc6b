"""Where to cut: the facts behind the section are those of the rows, and what cannot be said has its reason."""

import dataclasses
import re

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from assay.data.task import Task
from assay.measure.parts import Design, Part
from assay.measure.payload import Predictions, Truth
from assay.measure.threshold import ThresholdRule
from assay.report import render
from assay.report.operating import where_to_cut
from assay.report.page import CONTENTS

F1, COST = ThresholdRule(), ThresholdRule("cost", cost_fn=5, cost_fp=1)
INTERVAL = {"value": 0.3, "low": 0.2, "high": 0.45, "level": 0.95, "method": "percentile bootstrap", "undefined": None}


def ruled(content, rule=F1, **changes):
    return dataclasses.replace(content, threshold_rule=rule, **changes)


def with_test(content, **entries):
    return dataclasses.replace(content, summary={**content.summary, "test": {**content.summary["test"], **entries}})


def rows_of_best(content):
    parts = content.folds["boosting"]
    target = np.concatenate([part.truth["target"] for part in parts])
    return target, np.concatenate([part.predictions["probability"] for part in parts])


def cut_section(text):
    return re.search(r'<section id="cut".*?</section>', text, flags=re.S)[0]


def test_precision_recall_and_share_called_are_those_of_scikit_learn(opened):
    found = where_to_cut(ruled(opened))
    target, probability = rows_of_best(opened)
    assert found.threshold == 0.3  # of the opened lock
    assert sum(line.is_chosen for line in found.points) == 1
    for line in found.points:
        if line.threshold is None:
            continue
        called = probability >= line.threshold
        assert line.point.flagged.value == pytest.approx(called.mean())
        assert line.point.precision.value == pytest.approx(precision_score(target, called))
        assert line.point.recall.value == pytest.approx(recall_score(target, called))
        assert line.point.recall.low < line.point.recall.value < line.point.recall.high


def test_the_line_fold_by_fold_cuts_each_fold_where_the_best_f1_of_the_others_lies(closed):
    found = where_to_cut(ruled(closed))
    parts = closed.folds["boosting"]
    hits = called = positives = 0
    for part in parts:
        others = [other for other in parts if other.fold != part.fold]
        target = np.concatenate([other.truth["target"] for other in others])
        probability = np.concatenate([other.predictions["probability"] for other in others])
        cut = next(fold.others.threshold for fold in found.spread.folds if fold.fold == part.fold)

        def f1(at, target=target, probability=probability):
            label = probability >= at
            return 2 * (label & (target == 1)).sum() / (label.sum() + target.sum())

        assert f1(cut) == pytest.approx(max(f1(at) for at in np.unique(probability)))
        label = part.predictions["probability"] >= cut
        hits += (label & (part.truth["target"] == 1)).sum()
        called, positives = called + label.sum(), positives + part.truth["target"].sum()
    honest = found.points[-1]
    assert honest.threshold is None
    assert honest.point.precision.value == pytest.approx(hits / called)
    assert honest.point.recall.value == pytest.approx(hits / positives)


def test_a_rule_with_costs_prices_every_line_and_draws_what_each_threshold_costs(closed):
    found = where_to_cut(ruled(closed, COST))
    target, probability = rows_of_best(closed)
    assert found.has_costs
    for line in found.points[:-1]:
        called = probability >= line.threshold
        cost = np.mean(5 * (~called & (target == 1)) + (called & (target == 0)))
        assert line.point.cost.value == pytest.approx(cost)
    assert found.figure.heading == "What each threshold costs"
    assert f"calling nobody costs {5 * target.mean():.3f} per row" in found.figure.caption
    assert found.rule == COST.describe()


def test_a_rule_without_costs_shows_the_net_benefit_beside_everybody_and_nobody(opened):
    found = where_to_cut(ruled(opened))
    target, probability = rows_of_best(opened)
    called = probability >= 0.3
    benefit = (called & (target == 1)).mean() - (called & (target == 0)).mean() * 0.3 / 0.7
    assert f"There it is {benefit:.3f} [" in found.figure.caption
    assert [entry.name for entry in found.figure.legend] == ["calling by the model", "calling everybody", "calling nobody"]
    assert not found.has_costs


def test_the_interval_of_the_threshold_is_that_of_the_opened_lock_and_its_ends_are_in_the_table(opened):
    found = where_to_cut(ruled(with_test(opened, threshold_interval=INTERVAL)))
    assert "between 0.200 and 0.450 (95 %)" in " ".join(found.sentences)
    assert {0.2, 0.3, 0.45} <= {line.threshold for line in found.points}
    assert [line.threshold for line in found.points[:-1]] == sorted((p.threshold for p in found.points[:-1]), reverse=True)


def test_an_open_end_and_a_missing_interval_are_said_with_their_reason(opened):
    open_end = {**INTERVAL, "high": 1.0, "method": "percentile bootstrap, open above"}
    found = where_to_cut(ruled(with_test(opened, threshold_interval=open_end)))
    assert "no upper end" in " ".join(found.sentences)
    assert "no lower end" not in " ".join(found.sentences)
    nothing = {**INTERVAL, "low": None, "high": None, "undefined": "a class is missing"}
    found = where_to_cut(ruled(with_test(opened, threshold_interval=nothing)))
    assert "It has no interval: a class is missing." in found.sentences


def test_a_shut_lock_gives_the_threshold_of_all_folds_and_says_that_its_interval_comes_later(closed):
    found = where_to_cut(ruled(closed))
    assert found.threshold == found.spread.finished.threshold
    assert "when the lock is opened" in found.sentences[-1]


def test_the_spread_is_the_median_and_the_ends_over_the_folds(closed):
    found = where_to_cut(ruled(closed))
    own = [fold.own.threshold for fold in found.spread.folds]
    line = found.lines[1]
    assert (line.median, line.low, line.high, line.folds) == (
        f"{np.median(own):.3f}",
        f"{min(own):.3f}",
        f"{max(own):.3f}",
        "5",
    )


def test_in_time_only_earlier_folds_choose_and_the_first_has_none(closed):
    found = where_to_cut(ruled(closed, forward=True))
    assert found.lines[0].label == "Chosen on the earlier folds"
    assert found.lines[0].folds == "4 of 5"


def test_a_threshold_that_was_given_does_not_move(closed):
    found = where_to_cut(ruled(closed, ThresholdRule("fixed", value=0.4)))
    assert found.threshold == 0.4
    assert found.lines == ()
    assert "given and not chosen" in found.sentences[-1]


def test_rows_of_one_group_vary_together_and_widen_the_intervals(closed):
    units = np.sort(np.concatenate([part.truth.units for part in closed.folds["boosting"]]))
    target = closed.folds["boosting"]
    truth = np.empty(len(units), dtype=np.int64)
    for part in target:
        truth[np.searchsorted(units, part.truth.units)] = part.truth["target"]
    order = np.lexsort((units, truth))  # groups of rows with the same truth
    codes = np.empty(len(units), dtype=np.int64)
    codes[order] = np.arange(len(units)) // 15
    grouped = where_to_cut(ruled(closed, design=Design(units, codes, "group")))
    plain = where_to_cut(ruled(closed))
    assert grouped.points[-1].point.precision.n < plain.points[-1].point.precision.n
    assert "Rows of a group vary together." in grouped.caption
    for rule in (F1, COST):
        assert where_to_cut(ruled(closed, rule, design=Design(units, codes, "group"))).figure is not None


def test_a_row_of_weight_two_counts_as_two_rows(closed):
    def parts(twice):
        found = []
        for part in closed.folds["boosting"]:
            heavy = part.truth.units % 3 == 0
            arrays = {"target": part.truth["target"], "weight": np.where(heavy, 2.0, 1.0)}
            units, probability = part.truth.units, part.predictions["probability"]
            if twice:
                take = np.concatenate([np.arange(len(units)), np.flatnonzero(heavy)])
                units = np.concatenate([units, 10_000 + units[heavy]])
                arrays, probability = {"target": arrays["target"][take]}, probability[take]
            said = Predictions("binary", units, {"probability": probability, "score": probability})
            found.append(Part(part.repeat, part.fold, Truth("binary", units, arrays), said))
        return found

    weighted, doubled = (
        where_to_cut(ruled(closed, COST, folds={**closed.folds, "boosting": parts(twice)})) for twice in (False, True)
    )
    assert weighted.threshold == doubled.threshold
    for a, b in zip(weighted.points, doubled.points, strict=True):
        assert a.threshold == b.threshold
        for name in ("flagged", "precision", "recall", "cost"):
            assert getattr(a.point, name).value == pytest.approx(getattr(b.point, name).value)
    assert "weight" in weighted.caption


def test_rows_of_one_class_have_a_fallback_with_its_reason_and_an_undefined_recall(closed):
    parts = [
        dataclasses.replace(part, truth=Truth("binary", part.truth.units, {"target": np.zeros(len(part.truth), np.int64)}))
        for part in closed.folds["boosting"]
    ]
    content = ruled(closed, folds={**closed.folds, "boosting": parts})
    found = where_to_cut(content)
    assert found.threshold == 0.5
    assert "one class" in found.sentences[0]
    assert {line.point.recall.undefined for line in found.points} == {"no row is positive"}
    assert found.lines[0].undefined
    assert "no row is positive" in cut_section(render(content))


def test_a_candidate_without_probabilities_has_the_reason_in_their_place(closed):
    parts = [
        dataclasses.replace(part, predictions=Predictions("binary", part.truth.units, {"score": part.predictions["score"]}))
        for part in closed.folds["boosting"]
    ]
    section = cut_section(render(ruled(closed, folds={**closed.folds, "boosting": parts})))
    assert "no out-of-fold probabilities" in section
    assert "<table" not in section


def test_the_section_stands_after_the_pictures_and_in_the_contents(opened):
    text = render(ruled(opened))
    places = [text.index(f'id="{anchor}"') for anchor in ("pictures", "cut", "folds")]
    assert places == sorted(places)
    assert '<a href="#cut">Where to cut</a>' in text
    assert "so that F1 is highest" in cut_section(text)
    assert 'id="cut-title"' in cut_section(text)


def test_other_tasks_and_a_study_without_a_rule_have_no_such_section(build, simulated, closed):
    regression = ruled(build(simulated(Task("regression", "price"), {"boosting": 0.9, "linear": 0.7})))
    classes = ruled(build(simulated(Task("multiclass", "kind", ("a", "b", "c")), {"forest": 0.95, "knn": 0.8}, rows=300)))
    texts = [render(content) for content in (regression, classes, closed)]
    for text in texts:
        assert 'id="cut"' not in text
        assert text.count('<li><a href="#') >= len(CONTENTS)
        assert "#cut" not in text
    for content, text in zip((regression, classes), texts, strict=False):
        assert "Are the probabilities true?" not in text
        assert text == render(dataclasses.replace(content, threshold_rule=None))


def test_a_study_in_which_all_failed_has_no_threshold(build, simulated):
    content = build(simulated(Task("binary", "y", ("no", "yes")), {}), metrics=("roc_auc",), failures={"knn": "too few rows"})
    assert where_to_cut(ruled(content)) is None
    assert "Where to cut" not in render(ruled(content))


def test_equal_input_gives_equal_bytes_with_either_picture(opened):
    for rule in (F1, COST):
        assert render(ruled(opened, rule)) == render(ruled(opened, rule))


def test_hostile_names_are_text_in_the_section_and_its_picture(build, simulated, hostile_text):
    task = Task("binary", hostile_text, ("no", "yes" + hostile_text))
    content = build(simulated(task, {hostile_text: 0.8, "plain": 0.3}), test=True)
    note = with_test(content, threshold_note=hostile_text)
    for rule in (F1, COST):
        section = cut_section(render(ruled(note, rule)))
        assert "<img" not in section
        assert "<script" not in section
        assert section.count("&lt;img src=x onerror=alert(1)&gt;") >= 3  # lead, note, caption
        described = re.search(r'<desc id="cut-desc">(.*?)</desc>', section, flags=re.S)[1]
        assert "&lt;img src=x" in described
