"""A text as sentences, by rules that English and Russian share.

A sentence ends at . ! ? … (and the quotes and brackets that close there) before white space and something that is no small
letter, and at an empty line.  It does not end after an initial (А. С. Пушкин), after an abbreviation that a name or a number
follows (Mr., ул., см.), or after one of single letters (т. е., т.е., e.g.) unless a capital follows the last.
An emoticon ends no sentence.  Every sign is looked at once: time grows with the length of the text alone.
"""

import re

import polars as pl

from assay.prepare.text.abbreviations import NEVER_LAST

_END = re.compile(r"[.!?…]+[\"'»”’)\]]*|\n\s*\n")
_BEFORE = re.compile(r"[^\s(«\"“„\[]*\Z")
_LOOK_BACK = 24
"""Characters before a point within which an abbreviation must begin."""

_OPENS = "\"'«“„([—–-¿¡"


def sentences(text: str) -> list[str]:
    """The sentences in order, without the white space around them.

    >>> sentences("Mr. Fox came at 5 p.m. and left. Why? А. С. Пушкин, т.е. поэт, жил на ул. Мойка. Да!")
    ['Mr. Fox came at 5 p.m. and left.', 'Why?', 'А. С. Пушкин, т.е. поэт, жил на ул. Мойка.', 'Да!']
    """
    found, start = [], 0
    for end in _END.finditer(text):
        if _is_end(text, end):
            found.append(text[start : end.end()].strip())
            start = end.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def sentences_of(texts: pl.Series) -> pl.Series:
    """A list of sentences for each text; null for a missing one."""
    rows = [None if text is None else sentences(text) for text in texts.cast(pl.String).to_list()]
    return pl.Series(texts.name, rows, dtype=pl.List(pl.String))


def _is_end(text: str, end: re.Match[str]) -> bool:
    if end.group().isspace() or end.end() == len(text):
        return True
    if not text[end.end()].isspace():
        return False
    follows = _follows(text, end.end())
    if follows.islower():
        return False
    if end.group() != ".":
        return True
    word = _BEFORE.search(text[max(0, end.start() - _LOOK_BACK) : end.start()])
    before = word.group().lower() if word else ""
    is_initial = len(before) == 1 and before.isalpha() and text[end.start() - 1].isupper()
    return not (is_initial or before in NEVER_LAST)


def _follows(text: str, place: int) -> str:
    """The first sign after white space, quotes and brackets, within reach; "" at the end."""
    after = text[place : place + _LOOK_BACK].lstrip().lstrip(_OPENS).lstrip()
    return after[:1]
