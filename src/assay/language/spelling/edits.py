"""Words one or two edits away: a letter deleted, two neighbours switched, a letter replaced, a letter inserted.

Source: Norvig (2007), How to write a spelling corrector; Damerau (1964).
"""

from collections.abc import Callable, Collection, Iterator, Mapping

from assay.language.spelling.letters import alphabet


def deletes(word: str) -> list[str]:
    """The word without one of its letters, by place.

    >>> deletes("кот")
    ['от', 'кт', 'ко']
    """
    return [word[:place] + word[place + 1 :] for place in range(len(word))]


def switches(word: str) -> list[str]:
    """The word with two neighbouring letters in the other order, where they differ.

    >>> switches("кот")
    ['окт', 'кто']
    """
    pairs = range(len(word) - 1)
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in pairs if word[at] != word[at + 1]]


def replaces(word: str, letters: str) -> list[str]:
    """The word with one letter changed into another one of ``letters``."""
    return [word[:at] + new + word[at + 1 :] for at, old in enumerate(word) for new in letters if new != old]


def inserts(word: str, letters: str) -> list[str]:
    """The word with one of ``letters`` more, at every place; the same word can stand in it twice."""
    return [word[:at] + new + word[at:] for at in range(len(word) + 1) for new in letters]


def one_edit(word: str, language: str = "en") -> set[str]:
    """The different words one edit away, the word itself not among them.

    >>> len(one_edit("at")), len(one_edit("кот", "ru"))
    (129, 230)
    """
    letters = alphabet(language)
    found = {*deletes(word), *switches(word), *replaces(word, letters), *inserts(word, letters)}
    return found - {word}


def two_edits(word: str, language: str = "en") -> Iterator[str]:
    """Words two edits away, some more than once (the word itself and nearer ones among them)."""
    return (far for near in one_edit(word, language) for far in one_edit(near, language))


def candidates(word: str, known: Collection[str], language: str = "en") -> set[str]:
    """What the word may have been meant to be: itself where it is known, else the known words one edit away, else those two
    away, else itself.

    known: a set or a mapping by word.

    >>> sorted(candidates("taem", {"tame", "team", "time"}))
    ['tame', 'team']
    """
    nearer: tuple[Callable[[], set[str]], ...] = (
        lambda: {word} if word in known else set(),
        lambda: {near for near in one_edit(word, language) if near in known},
        lambda: {far for far in two_edits(word, language) if far in known},
    )
    return next((found for find in nearer if (found := find())), {word})


def most_probable(word: str, counts: Mapping[str, float], language: str = "en") -> str:
    """The candidate with the largest count; of equal ones the first in the alphabet.

    >>> most_probable("taem", {"tame": 3, "team": 8})
    'team'
    """
    return min(candidates(word, counts, language), key=lambda one: (-counts.get(one, 0), one))
