"""Correcting texts: the noisy channel with context and what pairs said of whole words; and the dictionary alone.

Capitals, punctuation, numbers and links of a text stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from assay.core.state import State
from assay.language.spelling.channel import Channel
from assay.language.spelling.choices import FEATURES, MOST_OPTIONS, Choices, Knowledge, best_of_each, choices_of
from assay.language.spelling.context import Lifts
from assay.language.spelling.letters import MOST_LETTERS_OF_WORD, Letters, folded
from assay.language.spelling.memory import Remembered, memory_from, memory_state
from assay.language.spelling.near import Near, NearWords
from assay.language.spelling.pieces import Piece, cased, cut, put_back
from assay.language.spelling.weighing import Weights, best_changes
from assay.language.spelling.words import WordList
from assay.prepare import checks

TEXTS_AT_ONCE = 1000
STAYS = -4.0
"""Log-probability, by itself, that a word typed alone is right where it is a known one."""


@dataclass(frozen=True)
class Suggestion:
    """score: log-probability up to a constant, the prior of the word and the channel together."""

    word: str
    score: float


@dataclass(frozen=True)
class Speller:
    """The noisy channel.  Without pairs (``Speller.of_words``) its costs are the generic ones and its context is empty."""

    words: WordList
    channel: Channel
    lifts: Lifts
    memory: Remembered
    weights: Weights

    @classmethod
    def of_words(cls, words: WordList) -> Self:
        """Of a list of words alone."""
        channel = Channel.generic(Letters.of(words.words))
        return cls(words, channel, Lifts.of_texts([], words), {}, Weights.before_any_pair())

    @cached_property
    def _near(self) -> NearWords:
        return NearWords(self.words, self.channel)

    @property
    def knowledge(self) -> Knowledge:
        return Knowledge(self.words, self.channel, self.lifts, self.memory, self._near)

    def correct(self, texts: Sequence[str]) -> list[str]:
        """The texts with the words changed for which a change is likely enough."""
        answers: list[str] = []
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            part = texts[start : start + TEXTS_AT_ONCE]
            pieces, choices = choices_of(part, self.knowledge)
            answers += _changed(part, pieces, choices, self.weights)
        return answers

    def words_meant(self, typed: Sequence[str]) -> list[str]:
        """For single words, one by one and without context, the likeliest known word; itself where none is near."""
        ranked = self._ranked(typed, 1)
        answers = [folded(word) for word in typed]
        for query, word in zip(ranked.query.tolist(), ranked.word.tolist(), strict=True):
            answers[query] = self.words.words[word]
        return answers

    def suggest(self, word: str, most: int = MOST_OPTIONS) -> list[Suggestion]:
        """The likeliest words that a single one may have been meant to be, the likeliest first."""
        ranked = self._ranked([word], most)
        return [Suggestion(self.words.words[at], -float(cost)) for at, cost in zip(ranked.word, ranked.cost, strict=True)]

    def _ranked(self, typed: Sequence[str], most: int) -> Near:
        """The near words of each typed one, the likeliest first; cost: of the prior and the channel."""
        forms = [folded(word) for word in typed]
        near = self._near.costs([form if len(form) <= MOST_LETTERS_OF_WORD else "" for form in forms])
        own = np.array([self.words.numbers.get(form, -1) for form in forms], dtype=np.int64)
        cost = np.where(near.word == own[near.query], -STAYS, near.cost) - self.words.log_shares[near.word]
        order = best_of_each(near.query, -cost, most)
        return Near(near.query[order], near.word[order], cost[order])

    def state(self) -> State:
        return {
            "words": self.words.state(),
            "channel": self.channel.state(),
            "lifts": self.lifts.state(),
            "memory": memory_state(self.memory),
            "weights": self.weights.values,
            "threshold": self.weights.threshold,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        words = WordList.from_state(checks.entry(state, "words"))
        weights = checks.floats(state, "weights", (len(FEATURES),))
        return cls(
            words,
            Channel.from_state(checks.entry(state, "channel")),
            Lifts.from_state(checks.entry(state, "lifts"), len(words)),
            memory_from(checks.entry(state, "memory")),
            Weights(weights, checks.real(state, "threshold")),
        )


def _changed(texts: Sequence[str], pieces: list[list[Piece]], choices: Choices, weights: Weights) -> list[str]:
    option, odds = best_changes(choices, weights.values)
    changes: list[dict[int, tuple[int, str]]] = [{} for _ in texts]
    taken: list[set[int]] = [set() for _ in texts]
    for number in np.argsort(-odds, kind="stable"):
        if odds[number] <= weights.threshold:
            break
        text, start, end = int(choices.text[number]), int(choices.start[number]), int(choices.end[number])
        if taken[text].isdisjoint(range(start, end)):
            taken[text].update(range(start, end))
            changes[text][start] = end, choices.answers[option[number]]
    answers = []
    for whole, row, found in zip(texts, pieces, changes, strict=True):
        spans = [(row[start].start, row[end - 1].end, new) for start, (end, new) in sorted(found.items())]
        answers.append(put_back(whole, [(start, end, cased(new, whole[start:end])) for start, end, new in spans]))
    return answers


@dataclass(frozen=True)
class DictionarySpeller:
    """The baseline: a known word stays; another one becomes the most frequent known word one edit away, else two away."""

    words: WordList

    @cached_property
    def _near(self) -> NearWords:
        return NearWords(self.words, Channel.generic(Letters.of(self.words.words)))

    def words_meant(self, typed: Sequence[str]) -> list[str]:
        """For single words; itself where none is near."""
        forms = [folded(word) for word in typed]
        wide = range(2, MOST_LETTERS_OF_WORD + 1)  # all letters are within one edit of each other
        asked = [form for form in dict.fromkeys(forms) if form not in self.words.numbers and len(form) in wide]
        near = self._near.distances(asked)
        order = np.lexsort((near.word, near.cost, near.query))
        order = order[near.cost[order] <= 2]
        meant: dict[str, str] = {}
        for at in order:
            meant.setdefault(asked[near.query[at]], self.words.words[near.word[at]])
        return [meant.get(form, form) for form in forms]

    def correct(self, texts: Sequence[str]) -> list[str]:
        pieces = [cut(text) for text in texts]
        forms = sorted({piece.form for row in pieces for piece in row if not piece.fixed})
        meant = dict(zip(forms, self.words_meant(forms), strict=True))
        answers = []
        for text, row in zip(texts, pieces, strict=True):
            wrong = [piece for piece in row if not piece.fixed and meant[piece.form] != piece.form]
            changes = ((one.start, one.end, cased(meant[one.form], text[one.start : one.end])) for one in wrong)
            answers.append(put_back(text, changes))
        return answers

    def state(self) -> State:
        return {"words": self.words.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        return cls(WordList.from_state(checks.entry(state, "words")))
