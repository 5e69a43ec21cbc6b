"""For each word of a text what it may have been meant to be, and what speaks for each.

A choice is one word (or two neighbours, where they may be one) with its options; the first option is to leave it as it is.
What speaks for an option is a row of numbers (``FEATURES``); a weight for each turns them into a score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.language.spelling.channel import Channel
from assay.language.spelling.context import BEGIN, END, FIRST_WORD, UNKNOWN, Lifts
from assay.language.spelling.letters import MOST_LETTERS_OF_WORD
from assay.language.spelling.memory import Remembered
from assay.language.spelling.near import NearWords
from assay.language.spelling.pieces import Piece, cut, is_name
from assay.language.spelling.words import WordList

FEATURES = (
    "log_share",  # of the words, summed
    "channel",  # log-probability of what was typed, given the words
    "context",  # lift of the words between their neighbours
    "unknown",  # left as it is, and no known word
    "unknown_letters",  # how many letters such a word has
    "changed_unknown",  # changed, and what was typed is no known word
    "changed_known",
    "split",
    "join",
    "hyphen",  # a join with a hyphen, or without one that was typed
    "name",  # changed, and it looks like a name
    "short",  # changed, and of at most three letters
    "remembered",  # log of 1 + how often pairs said so
    "remembered_right",  # left as it is: log of 1 + how often pairs said so
)
PLACE = {name: place for place, name in enumerate(FEATURES)}
MOST_OPTIONS = 6
ONE_LETTER_WORDS = frozenset("aiаявиксоуэжб")
MARGIN = 12.0
"""An option whose score is further below the best of its word is none."""

MARGIN_OF_KNOWN = 9.0
"""Likewise of a typed word that is a known one, below its own log share."""

SQUEEZED_COST = 2.0
"""What it costs the channel that letters were drawn out ("sooo")."""


@dataclass(frozen=True)
class Knowledge:
    """What the options are made of."""

    words: WordList
    channel: Channel
    lifts: Lifts
    memory: Remembered
    near: NearWords


@dataclass(frozen=True)
class Choices:
    """Of many texts.  text, start, end: int64 (n_choices,), which pieces of which text.  offsets: int64 (n_choices + 1,), the
    options of each choice.  answers: (n_options,), words with spaces between.  features: float64 (n_options, n_features)."""

    text: np.ndarray
    start: np.ndarray
    end: np.ndarray
    offsets: np.ndarray
    answers: list[str]
    features: np.ndarray

    @property
    def owners(self) -> np.ndarray:
        """int64 (n_options,): the choice of each option."""
        return np.repeat(np.arange(len(self.text)), np.diff(self.offsets))


@dataclass(frozen=True, slots=True)
class _Option:
    answer: str
    log_share: float
    channel: float = 0.0
    kind: str = "same"  # "edit", "split", "join"


def choices_of(texts: Sequence[str], knowledge: Knowledge) -> tuple[list[list[Piece]], Choices]:
    """The pieces of each text, and the choices at them; choices with a single option are left out."""
    pieces = [cut(text) for text in texts]
    looked_up = sorted(
        {piece.form for row in pieces for piece in row if not piece.fixed and len(piece.form) <= MOST_LETTERS_OF_WORD}
    )
    options = _options_of_words(looked_up, knowledge)
    builder = _Builder(knowledge)
    for number, (text, row) in enumerate(zip(texts, pieces, strict=True)):
        for place, piece in enumerate(row):
            if piece.fixed:
                continue
            builder.add(number, place, place + 1, row, text, options.get(piece.form, []))
            if place + 1 < len(row) and row[place + 1].beside and not row[place + 1].fixed:
                builder.add(number, place, place + 2, row, text, _joins(piece.form, row[place + 1].form, knowledge))
    return pieces, builder.done()


def _options_of_words(typed: list[str], knowledge: Knowledge) -> dict[str, list[_Option]]:
    """Other words for each typed one, the likeliest first, whatever stands around it."""
    words = knowledge.words
    found: dict[str, dict[str, _Option]] = {word: {} for word in typed}
    squeezed = [(word, short) for word in typed for short in _squeezed(word)]
    asked = typed + [short for _, short in squeezed]
    owner = list(typed) + [word for word, _ in squeezed]
    near = knowledge.near.costs(asked)
    share = words.log_shares[near.word]
    score = share - near.cost
    for at in best_of_each(near.query, score, MOST_OPTIONS):
        query = int(near.query[at])
        cost = float(near.cost[at]) + (SQUEEZED_COST if query >= len(typed) else 0.0)
        answer, own = words.words[near.word[at]], found[owner[query]]
        itself = words.numbers.get(owner[query])
        if itself is not None and score[at] < words.log_shares[itself] - MARGIN_OF_KNOWN:
            continue
        if asked[query] == answer and query >= len(typed):
            cost = SQUEEZED_COST
        if set(answer).isdisjoint(owner[query]):
            continue  # another word altogether, perhaps of another language
        if answer != owner[query] and (answer not in own or own[answer].channel < -cost):
            own[answer] = _Option(answer, float(share[at]), -cost, "edit")
    for word in typed:
        for split in _splits(word, knowledge):
            found[word].setdefault(split.answer, split)
        for answer in knowledge.memory.get(word, {}):
            if answer != word and answer not in found[word]:
                kind = "split" if " " in answer else "edit"
                found[word][answer] = _Option(answer, _share(answer, words), -8.0, kind)
    return {word: list(options.values()) for word, options in found.items()}


def best_of_each(query: np.ndarray, score: np.ndarray, most: int) -> np.ndarray:
    """int64: of each query the places of its highest scores, at most so many, the highest first; of equal ones the first place.

    query: rising.
    """
    if not len(query):
        return np.empty(0, dtype=np.int64)
    begin = np.flatnonzero(np.diff(query, prepend=-1))
    sizes = np.diff(begin, append=len(query))
    hopeful = np.flatnonzero(score >= np.repeat(np.maximum.reduceat(score, begin), sizes) - MARGIN)
    order = hopeful[np.lexsort((-score[hopeful], query[hopeful]))]
    first = np.searchsorted(query[order], query[order])
    return order[np.arange(len(order)) - first < most]


def _share(answer: str, words: WordList) -> float:
    """The sum of the words' log shares; an unknown one counts as the rarest."""
    rarest = float(words.log_shares[-1])
    numbers = words.numbers
    return sum(float(words.log_shares[numbers[word]]) if word in numbers else rarest for word in answer.split(" "))


def _squeezed(word: str) -> list[str]:
    """The word with runs of three and more equal letters as one letter, and as two."""
    short: list[str] = []
    pair: list[str] = []
    for letter in word:
        if short[-1:] != [letter]:
            short.append(letter)
            pair.append(letter)
        elif pair[-2:] != [letter, letter]:
            pair.append(letter)
    drawn = any(word[at] == word[at + 1] == word[at + 2] for at in range(len(word) - 2))
    return ["".join(short), "".join(pair)] if drawn else []


def _splits(word: str, knowledge: Knowledge) -> list[_Option]:
    """Two known words that were typed as one that is not known."""
    words = knowledge.words
    numbers = words.numbers
    if word in numbers:
        return []
    found = []
    for at in range(1, len(word)):
        first, second = word[:at].rstrip("-"), word[at:].lstrip("-")
        if first in numbers and second in numbers and all(len(part) > 1 or part in ONE_LETTER_WORDS for part in (first, second)):
            share = float(words.log_shares[numbers[first]] + words.log_shares[numbers[second]])
            found.append(_Option(f"{first} {second}", share, 0.0, "split"))
    found.sort(key=lambda option: (-option.log_share, option.answer))
    hyphens = [f"{word[:at]}-{word[at:]}" for at in range(1, len(word)) if "-" not in word]
    known = [_Option(one, float(words.log_shares[numbers[one]]), 0.0, "join") for one in hyphens if one in numbers]
    return found[:2] + known[:1]


def _joins(first: str, second: str, knowledge: Knowledge) -> list[_Option]:
    """Two words that may be one: written together, or with a hyphen."""
    words = knowledge.words
    numbers = words.numbers
    found = [
        _Option(one, float(words.log_shares[numbers[one]]), 0.0, "join")
        for one in (first + second, f"{first}-{second}")
        if one in numbers
    ]
    typed = f"{first} {second}"
    known = {option.answer for option in found}
    for answer in knowledge.memory.get(typed, {}):
        if answer != typed and answer not in known:
            found.append(_Option(answer, _share(answer, words), 0.0, "join"))
    return found


class _Builder:
    """Collects choices; the lifts of all options are looked up together at the end."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._places: list[tuple[int, int, int]] = []
        self._sizes: list[int] = []
        self._answers: list[str] = []
        self._rows: list[list[float]] = []
        self._runs: list[tuple[int, list[int], int]] = []

    def add(self, text_number: int, start: int, end: int, row: list[Piece], text: str, options: list[_Option]) -> None:
        if not options:
            return
        known = self._knowledge.words.numbers
        typed = [piece.form for piece in row[start:end]]
        remembered = self._knowledge.memory.get(" ".join(typed), {})
        unknown = [word for word in typed if word not in known]
        name = any(is_name(text, piece) for piece in row[start:end])
        before = self._id(row[start - 1].form) if start and not row[start].first else BEGIN
        after = self._id(row[end].form) if end < len(row) and not row[end].first else END
        same = _Option(" ".join(typed), sum(float(self._knowledge.words.log_shares[known[w]]) for w in typed if w in known))
        for option in [same, *options]:
            values = [0.0] * len(FEATURES)
            values[PLACE["log_share"]] = option.log_share
            values[PLACE["channel"]] = option.channel
            if option is same:
                values[PLACE["unknown"]] = float(len(unknown))
                values[PLACE["unknown_letters"]] = float(sum(map(len, unknown)))
                values[PLACE["remembered_right"]] = float(np.log1p(remembered.get(same.answer, 0)))
            else:
                values[PLACE["changed_unknown" if unknown else "changed_known"]] = 1.0
                values[PLACE["split"]] = float(option.kind == "split")
                values[PLACE["join"]] = float(option.kind == "join")
                values[PLACE["hyphen"]] = float(option.kind == "join" and "-" in option.answer)
                values[PLACE["name"]] = float(name)
                values[PLACE["short"]] = float(sum(map(len, typed)) <= 3)
                values[PLACE["remembered"]] = float(np.log1p(remembered.get(option.answer, 0)))
            self._rows.append(values)
            self._answers.append(option.answer)
            self._runs.append((before, [self._id(word) for word in option.answer.split(" ")], after))
        self._places.append((text_number, start, end))
        self._sizes.append(1 + len(options))

    def done(self) -> Choices:
        features = np.array(self._rows).reshape(-1, len(FEATURES))
        owners, before, word = [], [], []
        for number, (left, ids, right) in enumerate(self._runs):
            run = [left, *ids, right]
            owners += [number] * (len(run) - 1)
            before += run[:-1]
            word += run[1:]
        lifts = self._knowledge.lifts.of(np.array(before, dtype=np.int64), np.array(word, dtype=np.int64))
        features[:, PLACE["context"]] = np.bincount(np.array(owners, dtype=np.int64), lifts, minlength=len(features))
        places = np.array(self._places, dtype=np.int64).reshape(-1, 3)
        offsets = np.concatenate([[0], np.cumsum(self._sizes)]).astype(np.int64)
        return Choices(places[:, 0], places[:, 1], places[:, 2], offsets, self._answers, features)

    def _id(self, form: str) -> int:
        return self._knowledge.words.numbers.get(form, UNKNOWN - FIRST_WORD) + FIRST_WORD
