"""The languages of pages: phrases by key, and numbers as each language writes them.

The phrases themselves stand in ``report/phrases``, one file a section. A phrase takes its values by place. Counts stand after a
colon in Russian, so that no noun need agree with a number. Names of methods are those of the field's textbooks.
"""

import re
from dataclasses import dataclass

from assay.core.errors import ConfigError
from assay.core.speech import LANGUAGES, Language
from assay.data.look.values import Unit, shown_value
from assay.report.numbers import MISSING, THIN, count, decimals_for, number, probability, share
from assay.report.phrases import PHRASES
from assay.report.phrases.look import GLOSSARY
from assay.report.reasons import reason_in

__all__ = ["ENGLISH", "LANGUAGES", "Language", "Words", "words_in"]

LONGEST_NAME = 60
HOURS_UP_TO = 10 * 86_400e6  # microseconds
_ISOLATE, _END = "\u2068", "\u2069"
_UNITS = {"s": "с", "min": "мин", "h": "ч", "MiB": "МиБ", "GiB": "ГиБ"}
_AMOUNT = re.compile(rf"(\d+)(?:\.(\d+))? ({'|'.join(_UNITS)})\b")


@dataclass(frozen=True)
class Words:
    """Phrases, and numbers as the language writes them."""

    language: Language = "en"
    isolated: bool = True  # names stand between marks that keep their direction from their neighbours; a terminal shows none

    def __call__(self, key: str, *values: object) -> str:
        return PHRASES[key][LANGUAGES.index(self.language)].format(*values)

    def knows(self, key: str) -> bool:
        return key in PHRASES

    def glossary(self) -> list[tuple[str, str]]:
        place = LANGUAGES.index(self.language)
        return [(term[place], text[place]) for term, text in GLOSSARY]

    def number(self, value: float | None, decimals: int | None = None) -> str:
        """Without zeros at its end unless decimals are asked for; four digits stand together, so that a year looks like "
        "one."""
        if value is None:
            return MISSING
        text = number(value, decimals_for([value]) if decimals is None else decimals)
        if decimals is None and "." in text and "e" not in text:
            text = text.rstrip("0").rstrip(".")
        return self.decimal(text.replace(THIN, "") if abs(value) < 9999.5 else text)

    def decimal(self, text: str) -> str:
        return text.replace(".", ",") if self.language == "ru" else text

    @property
    def point(self) -> str:
        """Between whole and decimals; what a ``Drawing`` is told."""
        return "," if self.language == "ru" else "."

    def fixed(self, value: float | None, decimals: int | None = None, *, sign: bool = False) -> str:
        """As ``numbers.number``: zeros at its end stay, so that numbers of a column stand below each other."""
        if value is not None and value != value:
            return self("not-a-number")
        return self.decimal(number(value, decimals, sign=sign))

    def range(self, low: float | None, high: float | None, decimals: int, *, sign: bool = False) -> str:
        """The two ends of an interval, or nothing where there is none."""
        if low is None or high is None:
            return ""
        return self.ends(self.fixed(low, decimals, sign=sign), self.fixed(high, decimals, sign=sign))

    def interval(self, value: float | None, low: float | None, high: float | None, decimals: int, *, sign: bool = False) -> str:
        """A value with its interval; without one the value alone."""
        return f"{self.fixed(value, decimals, sign=sign)} {self.range(low, high, decimals, sign=sign)}".rstrip()

    def units(self, text: str) -> str:
        """Numbers with units of time and memory, as English writes them; anything else in the text stays.

        >>> Words("ru").units("3.2 s"), Words("ru").units("2 h 1 min"), Words("ru").units("a.csv 1.2"), ENGLISH.units("3.2 s")
        ('3,2 с', '2 ч 1 мин', 'a.csv 1.2', '3.2 s')
        """
        return text if self.language == "en" else _AMOUNT.sub(_amount, text)

    def reason(self, text: str | None) -> str:
        """What the engine says of itself (why a number is undefined, how a threshold is chosen), which is English wherever it
        is kept; a sentence that is not known stays as it is."""
        return reason_in(text or "", self.language)

    def count(self, value: int) -> str:
        return count(value) if abs(value) > 9999 else str(value)

    def share(self, value: float) -> str:
        return self.decimal(share(value))

    def percent(self, value: float) -> str:
        """As ``share``, without the sign: of the ends of an interval."""
        return self.decimal(number(100 * value, 1))

    def probability(self, value: float | None) -> str:
        return self.decimal(probability(value))

    def two(self, value: float | None) -> str:
        return MISSING if value is None else self.decimal(number(value, 2))

    def ends(self, low: str, high: str) -> str:
        """An interval; a semicolon where commas are decimal."""
        return f"[{low}{self._apart}{high}]"

    @property
    def _apart(self) -> str:
        return "; " if self.language == "ru" else ", "

    def cell(self, value: float, unit: Unit | None, *, span: float = 0.0) -> str:
        """A value of a column in its unit.  span: of the values beside it; dates over weeks are told without the hour."""
        if unit != "date" or value != value or abs(value) == float("inf"):
            return self.number(value)
        text = str(shown_value(value, "date"))
        return text[:10] if span > HOURS_UP_TO else text.removesuffix("T00:00:00").replace("T", " ")

    def name(self, text: str) -> str:
        """A name within a sentence, cut where it is very long."""
        short = text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
        return f"{_ISOLATE}{short}{_END}" if self.isolated else short

    def list(self, names: list[str], most: int = 5) -> str:
        rest = len(names) - most
        shown = self._apart.join(names[:most])
        return shown + (f" {self('and-more', self.count(rest))}" if rest > 0 else "")


def _amount(found: re.Match[str]) -> str:
    whole, decimals, unit = found.groups()
    return f"{whole}{',' + decimals if decimals else ''} {_UNITS[unit]}"


def words_in(language: str) -> Words:
    """Raises ConfigError for a language that there is not."""
    if language not in LANGUAGES:
        raise ConfigError(f"language {language!r}: pages are written in {' or '.join(LANGUAGES)}.")
    return Words("ru" if language == "ru" else "en")


ENGLISH = Words()
