"""Subword vocabularies learned from texts, kept as lists of our own, cut by the library tokenizers (the extra ``text``).

bpe        merges of frequent neighbours (Sennrich et al. 2016)
wordpiece  pieces of a word after the first marked by ##, the longest known piece first (Schuster & Nakajima 2012)
unigram    a probability for each piece, the likeliest cut wins (Kudo 2018)

White space of any length is one space.  bpe and unigram write it ``▁`` at the head of a word, so that decoding gives the text
back; wordpiece cuts at spaces and punctuation and forgets which of them it was.  No piece spans two words, or a word and a sign.

The library walks hash tables in an order that changes from run to run, which shows in two places.  WordPiece numbers letters
inside words as it meets them, and breaks ties by number: here they are numbered beforehand.  Unigram adds up in that order, and
gives letters that it pruned a score each in that order: here they share one, and all scores are rounded.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from string import punctuation
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
import polars as pl

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.optional import require
from assay.core.ragged import Ragged
from assay.core.state import State
from assay.prepare import checks

Method = Literal["bpe", "wordpiece", "unigram"]
METHODS: tuple[str, ...] = get_args(Method)
MARKS = ("<unk>", "<s>", "</s>")
"""The first ids; the pieces follow.  No text is ever cut into ``<s>`` or ``</s>``: whoever trains a model puts them."""

MOST_PIECES = 1_000_000
_SPACE, _INSIDE = "▁", "##"
LONGEST_WORD = 64
_WORDS_AND_SIGNS = rf"▁?\w{{1,{LONGEST_WORD}}}|▁?[^\w\s▁]|▁"
"""Longer runs of letters are cut: pairs are looked for again and again in a word."""

MOST_LETTERS = 2000
"""Characters that are known; of texts that hold more, Chinese ones say, the most frequent (not for wordpiece and unigram)."""

_PENALTY = 1e-4
"""By which the library sets the scores of pruned letters apart."""

_DECIMALS = 4


@dataclass(frozen=True, kw_only=True)
class SubwordSettings:
    """size: ids in all, the three marks counted; the letters of the texts are ids even if they are more (bpe: of them at most the
    2000 most frequent; wordpiece: at the head of words and inside).  min_count: how often a pair must stand in the texts (bpe,
    wordpiece).  lower: letter case is put aside.
    """

    method: Method = "bpe"
    size: int = 8000
    min_count: int = 2
    lower: bool = False

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError(f"no subwords of method {self.method!r}; there are {', '.join(METHODS)}.")
        if not len(MARKS) < self.size <= MOST_PIECES or self.min_count < 1:
            raise ConfigError(
                f"size={self.size} and min_count={self.min_count}: a size from {len(MARKS) + 1} to {MOST_PIECES}, "
                "and a count of at least 1 are needed."
            )


@dataclass(frozen=True, eq=False)
class Subwords:
    """pieces: by id, from ``len(MARKS)`` on.

    merges: int64 (n_merges, 2), numbers of pieces in the order they are joined (bpe).  scores: float64 (n_pieces,), natural
    logarithms of their probabilities (unigram).  Both are empty where the method has none.
    """

    KIND: ClassVar[str] = "subwords"

    method: Method
    pieces: tuple[str, ...]
    merges: np.ndarray
    scores: np.ndarray
    lower: bool

    @classmethod
    def train(cls, texts: Iterable[str | None], settings: SubwordSettings) -> Self:
        """The same texts in any order give the same pieces.  Raises DataError when there is nothing but white space."""
        rows = [text for text in texts if text and not text.isspace()]
        if not rows:
            raise DataError("there is no letter in the texts, so there are no pieces of words to learn.")
        library = _library()
        tokenizer = _empty(library, settings.method, settings.lower)
        tokenizer.train_from_iterator(rows, _trainer(library, settings, tokenizer.normalizer, rows))
        model = json.loads(tokenizer.to_str())["model"]
        if settings.method == "unigram":
            pieces, scores = _settled({piece: score for piece, score in model["vocab"] if piece not in MARKS})
            return cls(settings.method, pieces, np.zeros((0, 2), np.int64), scores, settings.lower)
        ordered = sorted(model["vocab"], key=model["vocab"].__getitem__)
        pieces = tuple(piece for piece in ordered if piece not in MARKS)
        number = {piece: place for place, piece in enumerate(pieces)}
        pairs = [(number[left], number[right]) for left, right in model.get("merges", [])]
        return cls(settings.method, pieces, np.array(pairs, dtype=np.int64).reshape(-1, 2), np.zeros(0), settings.lower)

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """Every piece by id, the marks among them."""
        return (*MARKS, *self.pieces)

    def encode(self, texts: Sequence[str | None] | pl.Series) -> Ragged:
        """int32 ids of each text; a missing text is an empty one."""
        found = self._tokenizer.encode_batch_fast([text or "" for text in texts], add_special_tokens=False)
        rows = [np.array(one.ids, dtype=np.int32) for one in found]
        ids = Ragged.of(rows, np.int32)
        shifted = np.where(ids.values > 0, ids.values + (len(MARKS) - 1), 0).astype(np.int32)
        return Ragged(shifted, ids.offsets)

    def tokens(self, text: str) -> list[str]:
        """The pieces of one text as they are written in the vocabulary."""
        return [self.vocabulary[number] for number in self.encode([text]).values.tolist()]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of these ids; ``<s>`` and ``</s>`` are left out, ``<unk>`` is written."""
        pieces = [self.vocabulary[number] for number in ids if self.vocabulary[number] not in MARKS[1:]]
        if self.method == "wordpiece":
            return "".join(piece[2:] if piece.startswith(_INSIDE) else f" {piece}" for piece in pieces)[1:]
        return "".join(pieces).replace(_SPACE, " ").removeprefix(" ")

    @cached_property
    def _tokenizer(self) -> Any:
        library = _library()
        words = {piece: number for number, piece in enumerate((MARKS[0], *self.pieces))}
        if self.method == "bpe":
            pairs = [(self.pieces[left], self.pieces[right]) for left, right in self.merges.tolist()]
            model = library.models.BPE(vocab=words, merges=pairs, unk_token=MARKS[0])
        elif self.method == "wordpiece":
            model = library.models.WordPiece(vocab=words, unk_token=MARKS[0], continuing_subword_prefix=_INSIDE)
        else:
            lowest = float(self.scores.min()) - 10.0
            model = library.models.Unigram([(MARKS[0], lowest), *zip(self.pieces, self.scores.tolist(), strict=True)], unk_id=0)
        return _dressed(library, library.Tokenizer(model), self.method, self.lower)

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "method": self.method,
            "pieces": list(self.pieces),
            "merges": self.merges,
            "scores": self.scores,
            "lower": self.lower,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        checks.choice(state, "kind", {cls.KIND})
        method: Any = checks.choice(state, "method", METHODS)
        pieces = checks.distinct_texts(state, "pieces", most=MOST_PIECES)
        if not all(pieces) or not pieces or set(pieces) & set(MARKS):
            raise BundleError("the saved pieces of words must each have a letter, and none may be a mark.")
        merges = checks.integers(state, "merges", (None, 2), low=0, high=len(pieces) - 1).astype(np.int64)
        if len(merges) and method != "bpe":
            raise BundleError(f"the saved pieces of words have merges, which {method} knows nothing of.")
        known = set(pieces)
        if not all(pieces[left] + pieces[right] in known for left, right in merges.tolist()):
            raise BundleError("a saved merge of two pieces makes one that the vocabulary does not hold.")
        scores = checks.floats(state, "scores", (len(pieces) if method == "unigram" else 0,))
        return cls(method, pieces, merges, scores, checks.flag(state, "lower"))


def _library() -> Any:
    return require("tokenizers", extra="text", purpose="cutting words into pieces")


def _empty(library: Any, method: Method, lower: bool) -> Any:
    models = {"bpe": library.models.BPE, "wordpiece": library.models.WordPiece}
    model = models[method](unk_token=MARKS[0]) if method in models else library.models.Unigram()
    return _dressed(library, library.Tokenizer(model), method, lower)


def _dressed(library: Any, tokenizer: Any, method: Method, lower: bool) -> Any:
    """With what is done to a text before it is cut."""
    normal, cuts = library.normalizers, library.pre_tokenizers
    steps = [normal.Replace(library.Regex(r"\s+"), " "), normal.Strip()]
    if method == "wordpiece":
        tokenizer.pre_tokenizer = cuts.BertPreTokenizer()
    else:
        steps.insert(0, normal.Replace(_SPACE, "_"))
        spaces = cuts.Metaspace(replacement=_SPACE, prepend_scheme="always")
        tokenizer.pre_tokenizer = cuts.Sequence([spaces, cuts.Split(library.Regex(_WORDS_AND_SIGNS), "isolated")])
    tokenizer.normalizer = normal.Sequence([*steps, normal.Lowercase()] if lower else steps)
    return tokenizer


def _letters(rows: Sequence[str], normalizer: Any) -> list[str]:
    """The most frequent characters, of two as frequent the first by its code."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(normalizer.normalize_str(row).replace(" ", _SPACE))
    counts[_SPACE] += len(rows)
    return sorted(sorted(counts, key=lambda letter: (-counts[letter], letter))[:MOST_LETTERS])


def _settled(scores: dict[str, float]) -> tuple[tuple[str, ...], np.ndarray]:
    """The pieces from the likeliest on, and their scores: the same for every order in which the library went."""
    letters = sum(len(piece) == 1 for piece in scores)
    lowest = min(scores.values())
    pruned = lowest + _PENALTY * (letters + 1)
    even = {piece: lowest if len(piece) == 1 and score < pruned else score for piece, score in scores.items()}
    ordered = sorted((-round(score, _DECIMALS), piece) for piece, score in even.items())
    return tuple(piece for _, piece in ordered), -np.array([score for score, _ in ordered], dtype=np.float64)


def _inner_letters(rows: Sequence[str], normalizer: Any) -> list[str]:
    """Every letter that may stand inside a word, as a piece."""
    letters = {letter for row in rows for letter in set(normalizer.normalize_str(row))}
    inside = [one for one in letters if not one.isspace() and one not in punctuation and unicodedata.category(one)[0] != "P"]
    return [_INSIDE + letter for letter in sorted(inside)]


def _trainer(library: Any, settings: SubwordSettings, normalizer: Any, rows: Sequence[str]) -> Any:
    trainers, size, marks = library.trainers, settings.size - len(MARKS) + 1, [MARKS[0]]
    if settings.method == "unigram":
        return trainers.UnigramTrainer(vocab_size=size, unk_token=MARKS[0], special_tokens=marks, show_progress=False)
    least = settings.min_count
    if settings.method == "bpe":
        letters = _letters(rows, normalizer)
        return trainers.BpeTrainer(
            vocab_size=size,
            min_frequency=least,
            special_tokens=marks,
            initial_alphabet=letters,
            limit_alphabet=len(letters),
            show_progress=False,
        )
    return trainers.WordPieceTrainer(
        vocab_size=size,
        min_frequency=least,
        special_tokens=[*marks, *_inner_letters(rows, normalizer)],
        continuing_subword_prefix=_INSIDE,
        show_progress=False,
    )
