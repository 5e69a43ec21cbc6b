"""What is said of new rows: the phrases say in English what the engine says, and in Russian the same numbers."""

import re
from dataclasses import replace

import pytest

from assay.balance.quality.distances import ColumnDistance, PairDistance
from assay.balance.quality.report import Quality
from assay.balance.quality.words import statement, warnings_of
from assay.measure.interval import Interval
from assay.report.language import ENGLISH, Words
from assay.report.quality_words import KINDS, statement_in, warnings_in

RUSSIAN = Words("ru")


def interval(value: float, half: float = 0.02) -> Interval:
    return Interval(value, value - half, value + half, 0.95, "t", 100, "this model")


def column(name: str, **rest: float) -> ColumnDistance:
    return ColumnDistance(name, "number", **{"distance": 0.05, "chance": 0.06, "missing_real": 0.0, "missing_new": 0.0, **rest})


SOUND = Quality(
    code=1,
    label="yes",
    real=250,
    new=1250,
    used_real=250,
    used_new=1250,
    used_reference=1750,
    told_apart=interval(0.52),
    columns=(column("income"), column("town")),
    pairs=(PairDistance("income", "town", "rank correlation", 0.31, 0.3),),
    pair_mean=0.01,
    pair_chance=0.1,
    among_others=interval(0.04),
    among_others_real=interval(0.05),
    copies=0,
    copies_share=0.0,
    nearest_ratio=0.9,
    close=interval(0.05),
    close_real=interval(0.05),
)
OFF = {"distance": 0.47, "chance": 0.08, "missing_new": 0.34, "fractions": 0.62}
CASES = {
    "sound": {},
    "told": {"told_apart": interval(0.86)},
    "worse than chance": {"told_apart": interval(0.41)},
    "not measured": {"told_apart": replace(interval(0.5), value=None, undefined="12 rows of a side, and 30 are needed")},
    "among others": {"among_others": interval(0.44)},
    "copies": {"copies": 613, "copies_share": 0.49},
    "close": {"close": interval(0.71)},
    "one column": {"columns": (column("income", **OFF), column("town"))},
    "two columns": {"columns": (column("income", **OFF), column("town", **{**OFF, "distance": 0.21}))},
    "three columns": {"columns": tuple(column(name, **OFF) for name in ("income", "town", "age"))},
    "pair": {"pairs": (PairDistance("income", "town", "Cramér's V", 0.11, 0.83),)},
    "few": {"real": 17},
}


@pytest.mark.parametrize("case", CASES)
def test_both_languages_say_what_the_engine_says(case: str) -> None:
    quality = replace(SOUND, **CASES[case])
    quality = replace(quality, warnings=warnings_of(quality))
    english = [statement(quality), *(warning.sentence for warning in quality.warnings)]
    russian = [statement_in(quality, RUSSIAN), *warnings_in(quality, RUSSIAN)]
    assert [statement_in(quality, ENGLISH), *warnings_in(quality, ENGLISH)] == english
    for one, other in zip(english, russian, strict=True):
        assert _numbers(one) == _numbers(other)
        assert re.search("[а-яё]{4}", other)


def test_these_cases_give_every_warning_there_is() -> None:
    given = {warning.kind for rest in CASES.values() for warning in warnings_of(replace(SOUND, **rest))}
    assert given == set(KINDS)


def _numbers(text: str) -> list[str]:
    return sorted(re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d)", ".", text)))
