"""The section "What helped": what it shows is what the study found."""

import re
from html import unescape

import numpy as np
import pytest
from tests.study.helped_cases import binormal, posterior, scores_of

from assay.report.content import ReportInput
from assay.report.helped import what_helped
from assay.report.looks import set_in_type
from assay.report.page import render
from assay.study.helped_measures import measures_of
from assay.study.helped_phrases import PHRASES
from assay.study.helped_words import sentences
from assay.study.summary import summarize


def treated(n: int = 1500, *, better: bool = False) -> ReportInput:
    """One treatment that only shifts the prior, or (better) also sees more."""
    target, evidence = binormal(n, 0.1, 1.2)
    own = evidence + np.random.default_rng(1).normal(size=n) * 0.05 + (2 * target - 1 if better else 0)
    scores = scores_of(
        target,
        {
            "logistic": (posterior(evidence, 0.1),) * 2,
            "logistic+smote": (posterior(own, 0.1), posterior(own, 0.5)),
        },
    )
    return ReportInput(
        title="loans.csv",
        task=scores.data.question,
        metric="roc_auc",
        summary=summarize(scores),
        folds=scores.parts,
        threshold_rule=scores.threshold_rule,
        design=scores.design,
    )


@pytest.fixture(scope="module")
def content() -> ReportInput:
    return treated()


def test_the_page_says_every_sentence_of_the_summary_and_names_the_section(content: ReportInput) -> None:
    page = unescape(render(content))
    assert '<a href="#helped">What helped</a>' in page
    assert page.count('id="helped"') == 1
    for sentence in content.summary["treatments"]["sentences"]:
        assert set_in_type(sentence) in page


def test_sentences_of_several_recipes_stand_under_their_recipe(content: ReportInput) -> None:
    told = content.summary["treatments"]
    rows = [{**row, "recipe": recipe} for recipe in ("mlp", "mlp: plr") for row in told["rows"]]
    found = what_helped({**content.summary, "treatments": {**told, "rows": rows}})
    assert found is not None
    assert [recipe for recipe, _ in found.said] == ["mlp", "mlp: plr"]
    assert all(said == tuple(map(set_in_type, told["sentences"])) for _, said in found.said)


def test_the_russian_sentences_hold_the_numbers_and_names_of_the_english(content: ReportInput) -> None:
    for summary in (content.summary, treated(better=True).summary):
        told = summary["treatments"]
        english, russian = sentences(told), sentences(told, "ru")
        assert len(english) == len(russian) >= 4
        for one, other in zip(english, russian, strict=True):
            assert _numbers(other.replace(",", ".")) == _numbers(one)
            assert other.count("smote") == one.count("smote")


def _numbers(sentence: str) -> list[str]:
    return sorted(re.findall(r"\d+(?:\.\d+)?", sentence.replace("F1", "")))


def test_a_study_without_treatments_has_no_such_section(closed: ReportInput) -> None:
    assert what_helped(closed.summary) is None
    assert 'id="helped"' not in render(closed)


def test_tables_show_the_values_and_differences_of_the_summary(content: ReportInput) -> None:
    found = what_helped(content.summary)
    assert found is not None
    first = found.tables[0]
    assert [head.rstrip(" ↑") for head in first.heads] == ["ROC AUC", "Average precision", "F1 at 0.5", "F1, tuned"]
    treatment, cells = first.rows[2][1], first.rows[2][2]
    entry = content.summary["treatments"]["rows"][2]["measures"]
    assert treatment == "smote"
    assert cells[0].value == f"{entry['roc_auc']['value']:.3f}"
    assert cells[2].change.startswith(f"+{entry['f1_at_half']['against']['none']['difference']:.3f}")
    assert (
        cells[3].change.replace("−", "-").startswith(f"{entry['f1_tuned']['against']['threshold-only']['difference']:+.3f}"[:4])
    )


def test_a_word_stands_beside_a_difference_only_where_the_verdict_says_so(content: ReportInput) -> None:
    for summary in (content.summary, treated(better=True).summary):
        found, rows = what_helped(summary), summary["treatments"]["rows"]
        assert found is not None
        cell = found.tables[0].rows[2][2][0]
        call = rows[2]["measures"]["roc_auc"]["against"]["none"]["call"]
        assert (cell.call, cell.tone) == {"a better": ("better", "good"), "b better": ("worse", "bad")}.get(call, ("", ""))
    assert call == "a better"


def test_every_measure_that_decides_has_its_name_in_the_sentences() -> None:
    for task in ("binary", "multiclass"):
        for measure in measures_of(task):
            if measure.decides:
                assert PHRASES[measure.key][0] == measure.title


def test_alarms_are_told_at_the_true_prior(content: ReportInput) -> None:
    found = what_helped(content.summary)
    assert found is not None
    assert found.alarms is not None
    measures = content.summary["treatments"]["rows"][2]["measures"]
    before = found.alarms.rows[2][2][0]
    assert before.value.startswith(f"{measures['alarms_before']['value']:.0f} [")
    assert (before.call, before.tone) == ("more", "bad")
    assert before.ends.startswith(f"{100 * measures['false_share_before']['value']:.1f} % false")
    assert found.prevalence == f"{100 * content.summary['treatments']['prevalence']:.1f} %"
    assert found.alarms.rows[0][2][2].value == "", "the untreated model at its tuned threshold is threshold-only"
    assert found.alarms.rows[1][2][2].value


def test_a_treatment_with_a_hostile_name_stays_text(content: ReportInput, hostile_text: str) -> None:
    rows = [dict(row) for row in content.summary["treatments"]["rows"]]
    rows[2]["treatment"] = hostile_text
    changed = {**content.summary, "treatments": {**content.summary["treatments"], "rows": rows}}
    page = render(ReportInput(**{**vars(content), "summary": changed}))
    assert "<script>alert" not in page
    assert "onerror=alert" not in page.replace("&lt;img src=x onerror=alert", "")
