import pytest

from assay.core.errors import ConfigError
from assay.measure.threshold import KINDS, ThresholdRule


@pytest.mark.parametrize(
    "text",
    [
        *("f1", "accuracy", "balanced_accuracy", "mcc", "fbeta:2", "fbeta:0.5", "cost:5,1", "cost:0.25,0", "recall:0.8"),
        *("recall:1", "precision:0.5", "capacity:500", "capacity:1", "capacity:5%", "capacity:0.1%", "fixed:0.3", "fixed:0"),
    ],
)
def test_a_rule_prints_the_text_it_was_read_from(text: str) -> None:
    assert str(ThresholdRule.parse(text)) == text
    assert ThresholdRule.parse(f"  {text.upper()} ") == ThresholdRule.parse(text)


@pytest.mark.parametrize("share", [0.05, 0.1, 1 / 3, 0.0123456789, 0.07, 0.29])
def test_a_share_survives_printing_to_the_last_digit(share: float) -> None:
    rule = ThresholdRule("capacity", value=share)
    assert ThresholdRule.parse(str(rule)) == rule


def test_a_share_may_be_written_either_way() -> None:
    assert ThresholdRule.parse("capacity:0.05") == ThresholdRule.parse("capacity:5%") == ThresholdRule("capacity", value=0.05)
    assert ThresholdRule.parse("recall:80%") == ThresholdRule("recall", value=0.8)
    assert ThresholdRule.parse("cost:5,1") == ThresholdRule("cost", cost_fn=5, cost_fp=1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("f2", "no threshold rule 'f2'"),
        ("recal:0.8", "did you mean 'recall'"),
        ("", "no threshold rule ''"),
        ("f1:2", "f1 takes no number"),
        ("fbeta", "fbeta takes one number"),
        ("fbeta:0", "needs a beta above 0, not 0"),
        ("fbeta:-1", "needs a beta above 0, not -1"),
        ("cost:5", "cost takes two numbers"),
        ("cost:5,-1", "costs must be numbers >= 0"),
        ("cost:0,0", "not both 0"),
        ("cost:5,x", "'x' is not a number"),
        ("recall:0", "floor above 0"),
        ("recall:1.2", "floor above 0 and up to 1, not 1.2"),
        ("precision:nan", "floor above 0 and up to 1"),
        ("capacity:0", "whole number of rows or a share"),
        ("capacity:2.5", "whole number of rows or a share"),
        ("capacity:-5", "whole number of rows or a share"),
        ("capacity:100%", "no limit"),
        ("capacity:inf", "whole number of rows"),
        ("fixed:1.5", "threshold from 0 to 1"),
    ],
)
def test_a_bad_text_is_refused_in_one_sentence_with_examples(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ThresholdRule.parse(text)
    message = str(caught.value)
    assert says in message
    assert message.startswith(f"threshold rule {text!r}: ")
    assert message.endswith("capacity:500, capacity:5%, fixed:0.3.")
    assert "\n" not in message


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "f2"},
        {"cost_fn": -1},
        {"cost_fn": 0, "cost_fp": 0},
        {"kind": "f1", "value": 2.0},
        {"kind": "recall"},
        {"kind": "capacity", "value": float("nan")},
    ],
)
def test_an_impossible_rule_is_refused(settings: dict) -> None:
    with pytest.raises(ConfigError):
        ThresholdRule(**settings)


def test_every_rule_can_be_put_in_words() -> None:
    words = {
        "capacity:5%": "at most 5 % of the rows are called positive",
        "capacity:500": "at most 500 rows are called positive",
        "capacity:1": "at most 1 row is called positive",
        "fixed:0.3": "the threshold is 0.3, as given",
        "recall:0.8": "the fewest rows are called positive that hold at least 80 % of the positives",
        "cost:5,1": "the cost per row is lowest, where a missed positive costs 5 and a false alarm 1",
        "fbeta:2": "F2 is highest (recall counts 2 times as much as precision)",
        "mcc": "Matthews correlation is highest",
    }
    for text, sentence in words.items():
        assert ThresholdRule.parse(text).describe() == sentence
    assert {ThresholdRule.parse(text).kind for text in words} <= set(KINDS)


def test_a_capacity_in_rows_becomes_a_share_of_the_rows_it_is_meant_for() -> None:
    rule = ThresholdRule("capacity", value=500)
    assert rule.for_rows(10_000) == ThresholdRule("capacity", value=0.05)
    assert ThresholdRule("f1").for_rows(3) == ThresholdRule("f1")
    with pytest.raises(ConfigError, match="a capacity of 500 is no limit on 500 rows"):
        rule.for_rows(500)
