"""What is known of slips of the pen before any pair was seen: the prior of the error costs.

Shares of the letters of a misspelled word at which something goes wrong, and where: a vowel for a vowel, a consonant for
one that sounds alike, a letter of a double one left out or doubled, neighbouring keys, neighbours in the other order.
They hold for English and Russian; learned counts (``channel.py``) outweigh them as pairs come in.
"""

from itertools import pairwise

import numpy as np

VOWELS = ("aeiouy", "аеёиоуыэюя")
ALIKE = (
    *("bp", "dt", "gkcq", "vfw", "zsc", "mn", "lr", "jg", "xk", "xs", "ij", "uw", "yi", "hg"),
    *("бп", "дт", "гк", "вф", "зс", "жш", "шщ", "чщ", "цс", "мн", "лр", "гх", "гв", "йи", "ьъ", "тц", "чш"),
)
"""Letters whose sounds are taken for each other."""

KEYBOARDS = (("qwertyuiop", "asdfghjkl", "zxcvbnm"), ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"))
SOFT = "ьъ'-h"
"""Signs that are heard little or not, and so left out or put in."""


def generic_rates(letters: str) -> dict[str, np.ndarray]:
    """Probabilities by code (see ``letters.Letters``), n = len(letters) + 2 of them.

    delete (n, n): of leaving out letter x after letter w (the codes w, x).  insert (n, n): of writing y after w.
    replace (n, n): of writing y for x.  switch (n, n): of writing yx for xy.  Code 0 as w is the beginning of the word.
    """
    n = len(letters) + 2
    place = {letter: code for code, letter in enumerate(letters, start=1)}
    vowel = np.zeros(n, dtype=bool)
    script = np.zeros(n, dtype=np.int64)
    for which, vowels in enumerate(VOWELS, start=1):
        for letter in vowels:
            if letter in place:
                vowel[place[letter]] = True
        for row in KEYBOARDS[which - 1]:
            for letter in row:
                if letter in place:
                    script[place[letter]] = which
    same_script = (script[:, None] == script[None, :]) & (script[:, None] > 0)
    replace = np.full((n, n), 2e-5)
    replace[same_script] = 3e-4
    for first, second in _neighbouring_keys():
        _both(replace, place, first, second, 1e-3)
    replace[vowel[:, None] & vowel[None, :] & same_script] = 8e-3
    for group in ALIKE:
        for first in group:
            for second in group:
                if first != second:
                    _both(replace, place, first, second, 5e-3)
    np.fill_diagonal(replace, 0.0)
    delete = np.full((n, n), 6e-3)
    delete[:, vowel] = 1.5e-2
    insert = np.full((n, n), 2e-4)
    insert[:, script == 0] = 2e-5
    insert[:, vowel] = 1.2e-3
    for letter in SOFT:
        if letter in place:
            delete[:, place[letter]] = 3e-2
            insert[:, place[letter]] = 1.2e-3
    delete[np.arange(n), np.arange(n)] = 6e-2
    insert[np.arange(n), np.arange(n)] = 1.2e-2
    switch = np.full((n, n), 4e-3)
    switch[vowel[:, None] & vowel[None, :]] = 2e-2
    delete[0], insert[0] = delete[0] * 0.15, insert[0] * 0.15
    return {"delete": delete, "insert": insert, "replace": replace, "switch": switch}


def _both(table: np.ndarray, place: dict[str, int], first: str, second: str, value: float) -> None:
    if first in place and second in place:
        table[place[first], place[second]] = table[place[second], place[first]] = value


def _neighbouring_keys() -> list[tuple[str, str]]:
    """Keys beside each other, and those of the next row that touch them."""
    found: list[tuple[str, str]] = []
    for rows in KEYBOARDS:
        for row in rows:
            found.extend(pairwise(row))
        for upper, lower in pairwise(rows):
            found.extend(zip(upper, lower, strict=False))
            found.extend(zip(upper[1:], lower, strict=False))
    return found
