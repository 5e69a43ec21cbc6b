"""Every phrase has both languages and one set of values; what the engine says is recognised and told in Russian."""

import re
import string
from collections.abc import Mapping

import pytest

from assay.measure.conformal.fitted import FittedConformal
from assay.measure.conformal.scores import Score
from assay.measure.registry import METRICS
from assay.measure.threshold import ThresholdRule
from assay.report.language import Words
from assay.report.phrases import PHRASES
from assay.report.phrases.look import GLOSSARY
from assay.report.phrases.reasons import PHRASES as REASONS
from assay.study.ablate.phrases import PHRASES as ABLATE
from assay.study.helped_phrases import PHRASES as HELPED

RUSSIAN = Words("ru")
NOT_WORDS = {"id", "p", "first-and", "board-effect-hurts-end", "lock-once", "lock-times", "evidence-auc"}
"""Abbreviations, and phrases of which Russian says nothing but the value."""


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("table", [PHRASES, ABLATE, HELPED], ids=["report", "ablate", "helped"])
def test_every_phrase_has_both_languages_with_the_same_places(table: Mapping[str, tuple[str, str]]) -> None:
    for key, (english, russian) in table.items():
        assert places(english) == places(russian), key
        if key not in NOT_WORDS and re.search("[a-z]{3}", english):
            assert re.search("[а-яё]", russian), key
    assert all(re.search("[а-яё]", part) for _, text in GLOSSARY for part in text[1:])


def test_every_metric_of_a_report_has_a_title_in_russian() -> None:
    unsupervised = {"silhouette", "adjusted_rand"}  # no report of a study shows them
    assert {f"metric-{name}" for name in METRICS.names() if name not in unsupervised} <= PHRASES.keys()


@pytest.mark.parametrize("key", REASONS)
def test_every_reason_is_recognised_with_its_values(key: str) -> None:
    english, russian = REASONS[key]
    values = [f"{place + 1}7.5" for place in range(len(places(english)))]
    said = RUSSIAN.reason(english.format(*values))
    assert said == russian.format(*(value.replace(".", ",") for value in values))


def test_names_within_a_reason_stay_as_they_are_and_an_unknown_reason_too() -> None:
    assert RUSSIAN.reason("class 3 has no row") == "нет ни одной строки класса 3"
    assert RUSSIAN.reason("nobody said {0} this") == "nobody said {0} this"
    assert Words("en").reason("class 3 has no row") == "class 3 has no row"


@pytest.mark.parametrize(
    "rule", ["f1", "fbeta:2", "cost:5,1", "recall:0.8", "precision:0.9", "capacity:5%", "capacity:40", "fixed:0.3"]
)
def test_every_rule_of_a_threshold_is_told_in_russian(rule: str) -> None:
    said = RUSSIAN.reason(ThresholdRule.parse(rule).describe())
    assert not re.search("[a-z]{3}", said)
    assert re.search("[а-яё]{3}", said)


@pytest.mark.parametrize("source", ["cross", "split"])
@pytest.mark.parametrize("unit", ["row", "group", "time"])
@pytest.mark.parametrize("per_class", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_the_promise_of_conformal_sets_is_told_in_russian(source: str, unit: str, per_class: bool, weighted: bool) -> None:
    for kind, n_classes in (("lac", 2), ("absolute", 0)):
        promise = FittedConformal(Score(kind), source, unit, weighted, n_classes, per_class and n_classes > 0, ())
        said = RUSSIAN.reason(promise.guarantee)
        assert not re.search("[a-z]{3}", said), said
