"""Texts as token numbers and back again: words, characters, or subwords by byte-pair encoding.

Unlike tokens that are only counted, these keep case, signs and the spaces between words, so that an answer made of them is a
text.  White space counts as one space; a word that follows it begins with ``▁``.
Source: Sennrich, Haddow & Birch (2016); the mark of spaces: Kudo & Richardson (2018).
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from typing import Literal, get_args

import numpy as np

from assay.core.errors import BundleError, ConfigError
from assay.core.names import did_you_mean
from assay.core.optional import require
from assay.core.state import State
from assay.prepare import checks

Unit = Literal["words", "subwords", "characters"]

SPACE = "▁"
UNKNOWN = 1
FIRST = 4
"""The numbers below it are padding, an unknown token, the beginning and the end of an answer (see nets.text.pairs)."""

LONGEST_WORD = 64
"""Longer runs of letters are cut: pairs are looked for again and again in a word."""

MOST_SIGNS = 2000
"""Characters that are known; of more than that, in Chinese say, the most frequent."""

MOST_PIECES = 1_000_000
"""That a saved model may bring."""

_PART = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\S+")


def marked_words(text: str) -> Iterator[str]:
    """Words and signs in order, ``▁`` before each that follows a space or begins the text.

    >>> list(marked_words("Открыть файл «%s»?"))
    ['▁Открыть', '▁файл', '▁«', '%', 's', '»', '?']
    """
    for word in _WORD.finditer(text.replace(SPACE, "_")):
        mark = SPACE
        for part in _PART.finditer(word[0]):
            whole = mark + part[0]
            yield from (whole[start : start + LONGEST_WORD] for start in range(0, len(whole), LONGEST_WORD))
            mark = ""


def joined(pieces: Iterable[str]) -> str:
    """The text again.

    >>> joined(["▁Открыть", "▁фа", "йл", "?"])
    'Открыть файл?'
    """
    return "".join(pieces).replace(SPACE, " ").strip()


@dataclass(frozen=True, kw_only=True)
class PieceSettings:
    """unit: what a piece is.  most: pieces that are known at most; of words the most frequent, of subwords as many as are merged.

    min_count: how often a word, or a pair that is merged, must stand in the training texts.
    """

    unit: Unit = "subwords"
    most: int = 4000
    min_count: int = 2

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise ConfigError(f"no unit {self.unit!r}{did_you_mean(self.unit, get_args(Unit))}")
        if not 1 <= self.most <= MOST_PIECES or self.min_count < 1:
            raise ConfigError(f"most={self.most} and min_count={self.min_count} must be at least 1.")


@dataclass(frozen=True)
class Pieces:
    """unit: what a piece is.  tokens: the pieces; the first has the number FIRST.

    merges: int64 (k, 2), places in ``tokens`` of what is merged, the first merge first; merge i makes the i-th of the last k
    tokens.  Only subwords have any.
    """

    unit: str
    tokens: tuple[str, ...]
    merges: np.ndarray

    @classmethod
    def fit(cls, texts: Sequence[str], settings: PieceSettings) -> "Pieces":
        """Learn the pieces of these texts. Raises MissingExtraError for subwords where their library is not installed."""
        counts = Counter(word for text in texts for word in marked_words(text))
        none = np.zeros((0, 2), dtype=np.int64)
        if settings.unit == "words":
            enough = {word: count for word, count in counts.items() if count >= settings.min_count}
            return cls("words", _most_frequent(enough or counts, settings.most), none)
        signs: Counter[str] = Counter()
        for word, count in counts.items():
            for sign in word:
                signs[sign] += count
        alphabet = tuple(sorted(_most_frequent(signs, min(settings.most, MOST_SIGNS))))
        if settings.unit == "characters":
            return cls("characters", alphabet, none)
        merged, merges = _learnt_merges(texts, alphabet, settings)
        return cls("subwords", (*alphabet, *merged), merges)

    def __len__(self) -> int:
        """How many numbers there are, those without a piece of their own among them."""
        return FIRST + len(self.tokens)

    def encode(self, text: str, most: int) -> np.ndarray:
        """int64 (tokens,): the numbers of the first ``most`` pieces; what is not known is UNKNOWN."""
        numbers = (number for word in marked_words(text) for number in self._of_word(word))
        return np.fromiter(islice(numbers, most), dtype=np.int64)

    def texts_of(self, numbers: Iterable[int]) -> list[str]:
        """The pieces themselves; "<unk>" and the like for numbers without one."""
        marks = ("", "<unk>", "<s>", "</s>")
        return [self.tokens[number - FIRST] if number >= FIRST else marks[number] for number in numbers]

    def decode(self, numbers: Iterable[int]) -> str:
        return joined(self.texts_of(numbers))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens, start=FIRST)}

    @cached_property
    def _ranks(self) -> dict[tuple[int, int], int]:
        """By pair of numbers, its place among the merges."""
        return {(left + FIRST, right + FIRST): rank for rank, (left, right) in enumerate(self.merges.tolist())}

    @cached_property
    def _words(self) -> dict[str, tuple[int, ...]]:
        """Words that were cut before; texts repeat them."""
        return {}

    def _of_word(self, word: str) -> tuple[int, ...]:
        if self.unit == "words":
            return (self._numbers.get(word, UNKNOWN),)
        found = self._words.get(word)
        if found is None:
            found = self._merged([self._numbers.get(sign, UNKNOWN) for sign in word])
            if len(self._words) < MOST_PIECES:
                self._words[word] = found
        return found

    def _merged(self, numbers: list[int]) -> tuple[int, ...]:
        """The word's signs with every merge made, in the order in which they were learnt."""
        first = len(self) - len(self.merges)
        while len(numbers) > 1:
            ranked = [(self._ranks.get(pair, MOST_PIECES), place) for place, pair in enumerate(pairwise(numbers))]
            rank, place = min(ranked)
            if rank == MOST_PIECES:
                break
            numbers[place : place + 2] = [first + rank]
        return tuple(numbers)

    def state(self) -> State:
        return {"unit": self.unit, "tokens": list(self.tokens), "merges": self.merges}

    @classmethod
    def from_state(cls, state: State) -> "Pieces":
        """The pieces back; raises BundleError unless every merge is of pieces before it, and makes the one that is there."""
        unit = checks.choice(state, "unit", get_args(Unit))
        tokens = checks.distinct_texts(state, "tokens", most=MOST_PIECES)
        merges = checks.integers(state, "merges", (None, 2), low=0, high=MOST_PIECES)
        first = len(tokens) - len(merges)
        if first < 0 or (len(merges) and unit != "subwords") or not all(tokens):
            raise BundleError("the saved pieces of texts do not fit together: save the model again.")
        for made, (left, right) in enumerate(merges.tolist(), start=first):
            if max(left, right) >= made or tokens[left] + tokens[right] != tokens[made]:
                raise BundleError(
                    f"the saved pieces of texts are merged to {tokens[made][:40]!r} from others: save the model again."
                )
        return cls(unit, tokens, merges.astype(np.int64))


def _most_frequent(counts: dict[str, int] | Counter[str], most: int) -> tuple[str, ...]:
    """Of two as frequent, the first in the alphabet."""
    return tuple(sorted(counts, key=lambda piece: (-counts[piece], piece))[:most])


def _learnt_merges(texts: Sequence[str], alphabet: tuple[str, ...], settings: PieceSettings) -> tuple[list[str], np.ndarray]:
    """What the merges make, and the places of what each merges."""
    library = require("tokenizers", extra="text", purpose="learning subwords")
    words = (" ".join(marked_words(text)) for text in texts)
    tokenizer = library.Tokenizer(library.models.BPE())
    tokenizer.pre_tokenizer = library.pre_tokenizers.WhitespaceSplit()
    trainer = library.trainers.BpeTrainer(
        vocab_size=max(settings.most, len(alphabet)),
        min_frequency=settings.min_count,
        limit_alphabet=len(alphabet),
        initial_alphabet=list(alphabet),
        show_progress=False,
    )
    tokenizer.train_from_iterator(words, trainer)
    learnt = json.loads(tokenizer.to_str())["model"]["merges"]
    places = {piece: place for place, piece in enumerate(alphabet)}
    made, merges = list[str](), list[tuple[int, int]]()
    for left, right in (pair.split(" ") if isinstance(pair, str) else pair for pair in learnt):
        if left in places and right in places and left + right not in places:
            merges.append((places[left], places[right]))
            places[left + right] = len(places)
            made.append(left + right)
    return made, np.array(merges, dtype=np.int64).reshape(-1, 2)
