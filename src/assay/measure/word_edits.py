"""Which words of a text a correction changes: the edits between two texts, word by word.

Only words count (letters and digits, with single apostrophes and hyphens inside): capitals, ё for е, punctuation and spaces are
no edits.  An edit says which words of the source it replaces and by which: one by one, one by two (a split) or two by one (a
join).  Words stand opposite each other as the cheapest alignment of their letters has it, so that "незнаю" becomes "не знаю"
as one edit.  Source: the form of edits follows Dahlmeier & Ng (2012), MaxMatch.
"""

import re
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
SPANS = ((1, 1), (1, 2), (2, 1), (1, 0), (0, 1), (1, 3), (3, 1))
"""How many words of the source an edit replaces, and by how many; of alignments as cheap the earlier form is taken."""

LONGEST_WORDS = 200
"""Letters of words whose distance is measured; longer ones are unlike or equal."""

MOST_CELLS = 1_000_000
"""Of an alignment; texts that would need more have nothing in common, and are one edit."""


@dataclass(frozen=True, slots=True)
class WordEdit:
    """The words ``start`` to ``end`` (not included) of the source become ``words``."""

    start: int
    end: int
    words: tuple[str, ...]


def compared_words(text: str) -> list[str]:
    """The words of a text as they are compared.

    >>> compared_words("Ёлка — по-моему, «the» Don’t 2,5!")
    ['елка', 'по-моему', 'the', "don't", '2', '5']
    """
    return WORD.findall(text.lower().replace("ё", "е").replace("’", "'"))


def word_edits(source: list[str], target: list[str]) -> tuple[WordEdit, ...]:
    """What turns the one list of words into the other, from left to right; equal words are no edits.

    >>> word_edits(["я", "незнаю", "чо"], ["я", "не", "знаю", "что"])
    (WordEdit(start=1, end=2, words=('не', 'знаю')), WordEdit(start=2, end=3, words=('что',)))
    """
    first, end, end_target = 0, len(source), len(target)
    while first < min(end, end_target) and source[first] == target[first]:
        first += 1
    while first < min(end, end_target) and source[end - 1] == target[end_target - 1]:
        end, end_target = end - 1, end_target - 1
    spans = _cheapest(source[first:end], target[first:end_target])
    return tuple(
        WordEdit(first + start, first + stop, tuple(target[first + start_target : first + stop_target]))
        for start, stop, start_target, stop_target in spans
        if source[first + start : first + stop] != target[first + start_target : first + stop_target]
    )


def _cheapest(source: list[str], target: list[str]) -> list[tuple[int, int, int, int]]:
    """(start, end, start of the target, its end) of each step of one cheapest alignment.

    Cells far off the diagonal are not visited: texts that differ by so much share no places.
    """
    n, m = len(source), len(target)
    band = 4 + abs(n - m)
    if n * band > MOST_CELLS:
        return [(0, n, 0, m)]
    known: dict[tuple[str, str], int] = {}
    costs: dict[tuple[int, int], float] = {(0, 0): 0.0}
    steps: dict[tuple[int, int], tuple[int, int]] = {}
    for i in range(n + 1):
        for j in range(max(i - band, 0), min(i + band, m) + 1):
            for wide, long in SPANS:
                before = costs.get((i - wide, j - long))
                if before is None:
                    continue
                cost = before + _letters_changed(source[i - wide : i], target[j - long : j], known)
                if cost < costs.get((i, j), float("inf")):
                    costs[i, j], steps[i, j] = cost, (wide, long)
    found, i, j = [], n, m
    while i or j:
        wide, long = steps[i, j]
        found.append((i - wide, i, j - long, j))
        i, j = i - wide, j - long
    return found[::-1]


def _letters_changed(source: list[str], target: list[str], known: dict[tuple[str, str], int]) -> int:
    """Levenshtein's distance of the words with the spaces between them; a word without a counterpart costs all its letters."""
    if source == target:
        return 0
    if not source or not target:
        return sum(len(word) + 1 for word in source or target)
    pair = " ".join(source), " ".join(target)
    if max(map(len, pair)) > LONGEST_WORDS:
        return max(map(len, pair))
    if pair not in known:
        known[pair] = levenshtein(*pair)
    return known[pair]


def levenshtein(a: str, b: str) -> int:
    """Insertions, deletions and replacements.

    >>> levenshtein("intention", "execution")
    5
    """
    above = list(range(len(b) + 1))
    for row, letter in enumerate(a, start=1):
        line = [row]
        for column, other in enumerate(b, start=1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != other)))
        above = line
    return above[-1]
