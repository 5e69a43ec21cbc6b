"""Base forms of words: stems by Snowball's rules, lemmas by dictionaries (pymorphy3 for Russian, simplemma for English).

A word's letters say its language: Cyrillic is stemmed as Russian, Latin as English, and a word of any other script stays as it
is, for there is no stemmer here that knows it.  French in Latin letters is stemmed as English is: wrong, but everywhere alike.
Nothing is downloaded; the libraries are the extra ``text``.  Each distinct word is worked out once.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Literal

from assay.core.errors import ConfigError
from assay.core.optional import require

Language = Literal["en", "ru"]
REMEMBERED = 1 << 18
"""Words whose form is kept for the next text."""

_CYRILLIC, _LATIN = re.compile("[а-яёА-ЯЁ]"), re.compile("[a-zA-Z]")


def language_of_letters(word: str) -> Language | None:
    """By the first letter of either alphabet.

    >>> language_of_letters("мир"), language_of_letters("don't"), language_of_letters("42")
    ('ru', 'en', None)
    """
    cyrillic, latin = _CYRILLIC.search(word), _LATIN.search(word)
    if cyrillic and (latin is None or cyrillic.start() < latin.start()):
        return "ru"
    return "en" if latin else None


def stem(word: str, language: str | None = None) -> str:
    """The Snowball stem of a word in lower case; language: "en", "ru" or None, by its letters.

    Raises ConfigError for a language without a stemmer here.

    >>> [stem(word) for word in ("sons", "walking", "книгами", "λόγος")]
    ['son', 'walk', 'книг', 'λόγος']
    """
    spoken = _checked(word, language)
    return word if spoken is None else _stem(word, spoken)


def lemma(word: str, language: str | None = None) -> str:
    """The form a dictionary lists, in lower case; language: as in ``stem``.

    Without its sentence a word has the most frequent of its readings; an unknown word is guessed at (ru) or stays (en).

    >>> [lemma(word) for word in ("caring", "bought", "книгами", "шла")]
    ['care', 'buy', 'книга', 'идти']
    """
    spoken = _checked(word, language)
    return word if spoken is None else _lemma(word, spoken)


FORMS: dict[str, Callable[[str], str]] = {"stems": stem, "lemmas": lemma}


def forms_of(words: Iterable[str], how: str) -> list[str]:
    """The form of each word.  how: "plain", "stems" or "lemmas"."""
    if how == "plain":
        return list(words)
    form = FORMS[how]
    return [form(word) for word in words]


def _checked(word: str, language: str | None) -> Language | None:
    if language is None:
        return language_of_letters(word)
    if language == "en":
        return "en"
    if language == "ru":
        return "ru"
    raise ConfigError(f"there are base forms of words for en and ru, not for {language!r}; leave its words as they are.")


@lru_cache(maxsize=REMEMBERED)
def _stem(word: str, language: Language) -> str:
    return str(_stemmer(language).stemWord(word))


@cache
def _stemmer(language: Language):  # type: ignore[no-untyped-def]  # a class of a library without types
    library = require("snowballstemmer", extra="text", purpose="a stem of a word")
    return library.stemmer({"en": "english", "ru": "russian"}[language])


@lru_cache(maxsize=REMEMBERED)
def _lemma(word: str, language: Language) -> str:
    if language == "ru":
        return str(_morphology().parse(word)[0].normal_form)
    library = require("simplemma", extra="text", purpose="a lemma of an English word")
    return str(library.lemmatize(word, lang="en")).lower()


@cache
def _morphology():  # type: ignore[no-untyped-def]  # as above
    library = require("pymorphy3", extra="text", purpose="a lemma of a Russian word")
    return library.MorphAnalyzer(lang="ru")
