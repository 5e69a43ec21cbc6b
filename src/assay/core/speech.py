"""Phrases in the languages that Assay speaks: a table of them, each with its values by place.

Sentences are made where the facts are, in the study; it keeps and prints the English ones, and a page asks for its own language.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

Language = Literal["en", "ru"]

LANGUAGES: tuple[Language, ...] = ("en", "ru")

Pairs = tuple[tuple[str, str], ...]
"""Phrases, English and Russian."""

_PLACE = re.compile(r"\\\{(\d)\\\}")
_NUMBER = re.compile(r"[+\N{MINUS SIGN}-]?\d[\d\N{NARROW NO-BREAK SPACE} ]*\.\d+(?: ?%)?")


@dataclass(frozen=True)
class Speech:
    """phrases: by key, in the order of LANGUAGES; ``{0}`` is the first value."""

    phrases: Mapping[str, tuple[str, str]]
    language: Language = "en"

    def __call__(self, key: str, *values: object) -> str:
        return self.phrases[key][LANGUAGES.index(self.language)].format(*values)

    def decimal(self, text: str) -> str:
        """A number as the language writes it."""
        return text.replace(".", ",") if self.language == "ru" else text

    def ends(self, low: str, high: str) -> str:
        """The ends of an interval; a semicolon where commas are decimal."""
        return f"[{self.decimal(low)}; {self.decimal(high)}]" if self.language == "ru" else f"[{low}, {high}]"

    def listed(self, parts: Sequence[str], last: str) -> str:
        """ "a, b and c"; last: the word before the last one."""
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def recognised(text: str, pairs: Pairs) -> str:
    """The Russian of an English text that was made from one of these phrases, its values carried over; any other as it is.

    A value that is itself made from one of them is told in Russian too, a number gets its decimal comma.

    >>> recognised("2 of 12 rows.", (("{0} of {1} rows.", "строк: {0} из {1}."),))
    'строк: 2 из 12.'
    """
    bare = text.removesuffix(".")
    for pattern, places, said in _patterns(pairs):
        found = pattern.fullmatch(bare)
        if found is not None:
            values = dict(zip(places, found.groups(), strict=True))
            return said.format(*(_value(values[place], pairs) for place in sorted(values))) + text[len(bare) :]
    return text


def _value(text: str, pairs: Pairs) -> str:
    return text.replace(".", ",") if _NUMBER.fullmatch(text) else recognised(text, pairs)


@cache
def _patterns(pairs: Pairs) -> tuple[tuple[re.Pattern[str], tuple[int, ...], str], ...]:
    """(pattern of the English, the place of each of its groups, the Russian); those that say most come first."""
    found = []
    for english, russian in pairs:
        bare = re.escape(english.removesuffix("."))
        places = tuple(int(place) for place in _PLACE.findall(bare))
        found.append((re.compile(_PLACE.sub("(.*?)", bare), re.DOTALL), places, russian.removesuffix(".")))
    return tuple(sorted(found, key=lambda one: -len(one[0].pattern)))
