"""A text as words that may be corrected and all that stays: punctuation, numbers, links, mentions, hashtags.

Words are cut by their places, so that what is put back between them is the text itself, to the letter.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assay.language.spelling.letters import folded

_PIECE = re.compile(
    r"(?P<fixed>(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]+|[@#]\w+|\w*[\d_]\w*)"
    r"|(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)"
)
_END_OF_SENTENCE = re.compile(r"[.!?…\n]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A word of a text, or a number, a link and the like.

    start, end: its place in the text.  form: folded.  fixed: never corrected.  first: the first one of a sentence.
    beside: only spaces part it from the piece before.
    """

    start: int
    end: int
    form: str
    fixed: bool
    first: bool
    beside: bool


def cut(text: str) -> list[Piece]:
    """The words of a text and its other pieces, in order.

    >>> [(piece.form, piece.fixed, piece.first) for piece in cut("Ёж 2х: смотри www.a.ru! Да")]
    [('еж', False, True), ('2х', True, False), ('смотри', False, False), ('www.a.ru!', True, False), ('да', False, False)]
    """
    pieces: list[Piece] = []
    before = 0
    for match in _PIECE.finditer(text):
        between = text[before : match.start()]
        first = not pieces or _END_OF_SENTENCE.search(between) is not None
        beside = bool(pieces) and not between.strip(" ") and bool(between)
        piece = Piece(match.start(), match.end(), folded(match[0]), match.lastgroup == "fixed", first, beside)
        pieces.append(piece)
        before = match.end()
    return pieces


def is_name(text: str, piece: Piece) -> bool:
    """Whether a piece looks like a name or an abbreviation: a capital inside a sentence, or nothing but capitals."""
    word = text[piece.start : piece.end]
    return (word[:1].isupper() and not piece.first) or (len(word) > 1 and word.isupper())


def cased(word: str, like: str) -> str:
    """The word with the capitals of another one: all of them, the first, or none.

    >>> cased("привет", "Превет"), cased("hello", "HELO"), cased("не знаю", "Незнаю")
    ('Привет', 'HELLO', 'Не знаю')
    """
    if len(like) > 1 and like.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word


def put_back(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """The text with other words at some places (start, end, new), from left to right."""
    parts, at = [], 0
    for start, end, new in changes:
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])
