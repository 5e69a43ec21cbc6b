"""Known words and how often each was seen: from a table, from texts, or from the optional library wordfreq.

All of them are kept in the folded form (small letters, ё as е).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from assay.core.errors import BundleError, ConfigError
from assay.core.optional import require
from assay.core.state import State
from assay.language.spelling.letters import MOST_LETTERS_OF_WORD, alphabet, folded
from assay.prepare import checks

MOST_WORDS = 5_000_000
IN_SMALL_LIST = 20_000
"""Words that even the small lists of wordfreq hold; they are read ten times as fast."""

LANGUAGES_OF_WORDFREQ = ("en", "ru")
LICENCE_OF_WORDFREQ = "word frequencies: wordfreq (Robyn Speer), data under CC BY-SA 4.0"

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
"""Letters, with single apostrophes and hyphens inside."""


@dataclass(frozen=True)
class WordList:
    """words: different and folded, the most frequent first (of two as frequent the first in the alphabet).

    counts: float64 (n,), > 0, how often each was seen (any unit).  source: where they came from, in words.
    """

    words: tuple[str, ...]
    counts: np.ndarray
    source: str = ""

    def __post_init__(self) -> None:
        if not self.words:
            raise ConfigError("a list of known words needs at least one word; give a longer text or another list.")

    def __len__(self) -> int:
        return len(self.words)

    @classmethod
    def of_counts(cls, counts: Mapping[str, float], source: str = "") -> Self:
        """Words that fold to the same form are one.  Longer ones than anyone looks up are left out, as is what has no count.

        Raises ConfigError where no word is left.
        """
        merged: dict[str, float] = {}
        for word, count in counts.items():
            form = folded(word)
            if 0 < count < np.inf and 0 < len(form) <= MOST_LETTERS_OF_WORD:
                merged[form] = merged.get(form, 0.0) + float(count)
        ordered = sorted(merged, key=lambda word: (-merged[word], word))
        return cls(tuple(ordered), np.array([merged[word] for word in ordered]), source)

    @classmethod
    def of_texts(cls, texts: Iterable[str], source: str = "texts") -> Self:
        """The words of running texts.

        >>> WordList.of_texts(["Ёлка, елка!", "A dog"]).words
        ('елка', 'a', 'dog')
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(WORD.findall(text.lower()))
        return cls.of_counts(counts, source)

    def mixed_with(self, other: "WordList", share: float) -> "WordList":
        """Both lists as one, in which all that ``other`` counted has this share; counts become shares."""
        counts = dict(zip(self.words, (self.counts * (1 - share) / self.counts.sum()).tolist(), strict=True))
        for word, count in zip(other.words, (other.counts * share / other.counts.sum()).tolist(), strict=True):
            counts[word] = counts.get(word, 0.0) + count
        return WordList.of_counts(counts, " + ".join(filter(None, (self.source, other.source))))

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The place of each word in ``words``."""
        return {word: place for place, word in enumerate(self.words)}

    @cached_property
    def log_shares(self) -> np.ndarray:
        """float64 (n,): the natural logarithm of each word's share of all that was seen."""
        return np.asarray(np.log(self.counts) - np.log(self.counts.sum()))

    def state(self) -> State:
        joined = "\n".join(self.words).encode()
        return {"words": np.frombuffer(joined, dtype=np.uint8), "counts": self.counts, "source": self.source}

    @classmethod
    def from_state(cls, state: State) -> Self:
        content = checks.integers(state, "words", (None,), low=0, high=255).astype(np.uint8).tobytes()
        try:
            words = tuple(content.decode().split("\n"))
        except UnicodeDecodeError as error:
            raise BundleError("the saved model's list of words is no text; save the model again.") from error
        counts = checks.floats(state, "counts", (len(words),))
        whole = len(words) <= MOST_WORDS and all(0 < len(word) <= MOST_LETTERS_OF_WORD for word in words)
        if not whole or len(set(words)) != len(words) or not (counts > 0).all() or not np.isfinite(counts.sum()):
            raise BundleError("the saved model's list of words names something twice, or not at all; save the model again.")
        return cls(words, counts, checks.text(state, "source"))


def list_of_lines(lines: Sequence[str], source: str) -> WordList | None:
    """A list of words with counts, one a line ("word,count", or with a tab or a space between), the first line perhaps a header.

    None where a line is none of these: then they are a text.

    >>> list_of_lines(["word,count", "тут,12", "там,7"], "a").words, list_of_lines(["Тут и там"], "b")
    (('тут', 'там'), None)
    """
    filled = [line for line in lines if line.strip()]
    counts = [_LINE.fullmatch(line) for line in filled]
    if filled and counts[0] is None:
        del counts[0]
    if not counts or None in counts:
        return None
    found: dict[str, float] = {}
    for match in filter(None, counts):
        found[match[1]] = found.get(match[1], 0.0) + float(match[2])
    return WordList.of_counts(found, source)


_LINE = re.compile(r"\s*(\S+?)[,;\t ]\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*")


def words_of_wordfreq(languages: Sequence[str], *, most: int = MOST_WORDS) -> WordList:
    """The words of languages in the library wordfreq (the extra "text"), in the letters of each language.

    languages: "en", "ru".  most: so many of each language, the most frequent.
    Raises MissingExtraError where the library is not installed, ConfigError for another language.
    Source: Speer (2022), wordfreq 3; the code is under Apache 2.0, the frequencies under CC BY-SA 4.0.
    """
    unknown = [language for language in languages if language not in LANGUAGES_OF_WORDFREQ]
    if unknown or not languages:
        raise ConfigError(f"frequencies of words are there for {', '.join(LANGUAGES_OF_WORDFREQ)}, not for {unknown}.")
    wordfreq = require("wordfreq", extra="text", purpose="a list of words with frequencies")
    counts: dict[str, float] = {}
    size = "small" if most <= IN_SMALL_LIST else "large"
    for language in languages:
        own = set(alphabet(language)) | set("'’-")
        shares = wordfreq.get_frequency_dict(language, wordlist=size)
        found = {word: share for word, share in shares.items() if own.issuperset(word) and WORD.fullmatch(word)}
        for word in sorted(found, key=lambda word: (-found[word], word))[:most]:
            counts[word] = counts.get(word, 0.0) + found[word]
    return WordList.of_counts(counts, f"{LICENCE_OF_WORDFREQ} ({', '.join(languages)})")
