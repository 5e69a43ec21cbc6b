"""Baselines of rewriting: the text as it is, and each word by the one that stands for it most often."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.language.pieces import joined, marked_words
from assay.language.word_model import best_answers, learn_words
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.frames import FrameStep
from assay.recipes.language.texts import given_texts, pairs, text_output
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.recipe import Recipe

MOST_WORDS = 2_000_000
"""That a saved model may bring."""


@dataclass(frozen=True)
class FittedCopy:
    """Says what it is given."""

    KIND: ClassVar[str] = "copy-source"

    def predict(self, matrix: Matrix) -> Output:
        return text_output(given_texts(matrix))

    def state(self) -> State:
        return {"kind": self.KIND}

    @classmethod
    def from_state(cls, state: State) -> Self:
        checks.choice(state, "kind", {cls.KIND})
        return cls()


@dataclass(frozen=True)
class CopySource:
    """Learns nothing: many texts that are to be corrected are right already, and names are translated by themselves."""

    takes_weights: bool = False

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,  # noqa: ARG002
        task: Task,  # noqa: ARG002
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,  # noqa: ARG002
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedCopy:
        return FittedCopy()


@dataclass(frozen=True)
class FittedDictionary:
    """words: of the source, and answers: what each becomes; with the mark of the space before them (see language.pieces)."""

    KIND: ClassVar[str] = "word-for-word"

    words: tuple[str, ...]
    answers: tuple[str, ...]

    def predict(self, matrix: Matrix) -> Output:
        """A word that was never seen is left as it is."""
        known = dict(zip(self.words, self.answers, strict=True))
        return text_output([joined(known.get(word, word) for word in marked_words(text)) for text in given_texts(matrix)])

    def state(self) -> State:
        return {"kind": self.KIND, "words": list(self.words), "answers": list(self.answers)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        words = checks.distinct_texts(state, "words", most=MOST_WORDS)
        answers = checks.entry(state, "answers")
        if not isinstance(answers, list) or len(answers) != len(words) or not all(isinstance(one, str) for one in answers):
            raise BundleError("the saved dictionary must have an answer to each of its words.")
        return cls(words, tuple(answers))


@dataclass(frozen=True, kw_only=True)
class WordForWord:
    """A dictionary learnt by model 1 of Brown et al.; rounds: of its maximisation."""

    rounds: int = 8
    takes_weights: bool = False

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,  # noqa: ARG002
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,  # noqa: ARG002
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedDictionary:
        given, wanted = pairs(rows)
        heads, sources = _numbered([list(marked_words(text)) for text in given], first=1)
        tails, answers = _numbered([list(marked_words(text)) for text in wanted], first=0)
        best = best_answers(learn_words(sources, answers, rounds=self.rounds))
        return FittedDictionary(tuple(heads[word - 1] for word in best), tuple(tails[answer] for answer in best.values()))


def _numbered(texts: Sequence[Sequence[str]], *, first: int) -> tuple[list[str], list[np.ndarray]]:
    """The different words, the most frequent first (of two as frequent, the first in the alphabet), and the texts' numbers."""
    counts = Counter(word for text in texts for word in text)
    words = sorted(counts, key=lambda word: (-counts[word], word))
    numbers = {word: number for number, word in enumerate(words, start=first)}
    return words, [np.array([numbers[word] for word in text], dtype=np.int64) for text in texts]


_TASKS = frozenset({"rewriting"})
_TEXT = frozenset({"text"})

COPY_SOURCE = Recipe(
    name="copy-source",
    title="The text as it is",
    tasks=_TASKS,
    step=FrameStep(),
    learner=CopySource(),
    simplicity=0,
    reads=_TEXT,
    needs=_TEXT,
    treatable=False,
    encoded_treatments=False,
)

WORD_FOR_WORD = Recipe(
    name="word-for-word",
    title="Each word by the one that answers it most often",
    tasks=_TASKS,
    step=FrameStep(),
    learner=WordForWord(),
    simplicity=5,
    reads=_TEXT,
    needs=_TEXT,
    treatable=False,
    encoded_treatments=False,
)
