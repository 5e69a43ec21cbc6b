"""Texts as words and as characters, in order, for English and Russian alike.

One pattern cuts a text from left to right: links, e-mail addresses, emoji, emoticons, numbers with points inside, abbreviations
(т.е., U.S., Mr.), words with their hyphens and apostrophes, and every other sign by itself.  Nothing but white space is lost.
"""

import re

import polars as pl

from assay.prepare.text.abbreviations import NEVER_LAST
from assay.prepare.text.signs import EMAIL, EMOJI, EMOTICON, INITIALS, JOINED_WORD, LINK, NUMBER, SIGN

_TITLES = rf"\b(?i:{'|'.join(re.escape(one) for one in sorted(NEVER_LAST))})\."
WORDS = "|".join((f"(?i:{LINK})", EMAIL, EMOJI, EMOTICON, NUMBER, INITIALS, _TITLES, JOINED_WORD, SIGN))
CHARACTERS = rf"(?s){EMOJI}|\P{{M}}\p{{M}}*|\p{{M}}"


def words_of(texts: pl.Series) -> pl.Series:
    """A list of words for each text; a missing text has none of them: null."""
    return texts.cast(pl.String).str.extract_all(WORDS)


def words(text: str) -> list[str]:
    """The words, numbers and signs of one text.

    >>> words("Mr. Brown's e-mail, т.е. письмо: 3.5 МБ :) 👍🏽")
    ['Mr.', "Brown's", 'e-mail', ',', 'т.е.', 'письмо', ':', '3.5', 'МБ', ':)', '👍🏽']
    """
    found: list[str] = words_of(pl.Series([text])).item().to_list()
    return found


def characters_of(texts: pl.Series) -> pl.Series:
    """A list of characters for each text, spaces among them; a letter keeps its accents, an emoji its parts."""
    return texts.cast(pl.String).str.extract_all(CHARACTERS)


def characters(text: str) -> list[str]:
    r"""The characters of one text, as a reader counts them.

    >>> characters("да 👍🏽"), len(characters("e\u0301"))
    (['д', 'а', ' ', '👍🏽'], 1)
    """
    found: list[str] = characters_of(pl.Series([text])).item().to_list()
    return found
