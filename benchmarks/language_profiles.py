"""The letter pairs of ``assay.prepare.text.language_profiles``, counted anew: prints the two tables.

    python benchmarks/language_profiles.py --data FOLDER

English: english_public_domain.txt by running words, and the words of simplemma's English list, in equal parts; Russian:
war_and_peace_ru.txt and simplemma's Russian list.  The others of a script: the words of simplemma's lists, in equal parts.
Each entry is the log-odds of a letter after a letter, in steps of a quarter, from "a" (-6.25) over "z" (0) to "Y" (6.25).
"""

import argparse
import re
import string
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
from simplemma.strategies.dictionaries.dictionary_factory import _load_dictionary_from_disk

STEP, SIGNS = 0.25, string.ascii_lowercase + string.ascii_uppercase[:-1]
LATIN = " abcdefghijklmnopqrstuvwxyz"
CYRILLIC = " абвгдежзийклмнопрстуфхцчшщъыьэюя"
OTHER_LATIN = ("de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sv", "da", "nb", "fi", "ro", "tr", "hu", "id", "ca", "hbs", "la")
OTHER_CYRILLIC = ("uk", "bg", "mk")
MOST_LISTED = 60_000


def counts(words: Iterable[str], letters: str) -> np.ndarray:
    """float64 (n letters, n letters) that sums to 1."""
    code = {letter: place for place, letter in enumerate(letters)}
    table = np.zeros((len(letters), len(letters)))
    for word, times in Counter(words).items():
        padded = [code.get(letter, -1) for letter in f" {word} "]
        for a, b in pairwise(padded):
            if a >= 0 and b >= 0:
                table[a, b] += times
    return table / table.sum()


def listed(language: str) -> list[str]:
    words = sorted({word.decode().lower().replace("ё", "е") for word in _load_dictionary_from_disk(language)})
    words = [word for word in words if word.isalpha()]
    return words[:: max(1, len(words) // MOST_LISTED)]


def running(path: Path) -> list[str]:
    return re.findall(r"[^\W\d_]+", path.read_text(encoding="utf-8").lower().replace("ё", "е"))


def table(own: np.ndarray, others: np.ndarray) -> str:
    odds = []
    for rows in (own, others):
        smooth = rows + 2e-5
        odds.append(np.log(smooth / smooth.sum(axis=1, keepdims=True)))
    steps = np.clip(np.rint((odds[0] - odds[1]) / STEP), -25, 25).astype(int) + 25
    return "\n".join("".join(SIGNS[step] for step in row) for row in steps)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    for letters, language, corpus, others in (
        (LATIN, "en", "english_public_domain.txt", OTHER_LATIN),
        (CYRILLIC, "ru", "war_and_peace_ru.txt", OTHER_CYRILLIC),
    ):
        own = counts(running(data / corpus), letters) + counts(listed(language), letters)
        rest = np.mean([counts(listed(other), letters) for other in others], axis=0)
        print(f"{language}:\n{table(own / 2, rest)}\n")


if __name__ == "__main__":
    main()
