"""The tag that each word has most often: what every other tagger must beat."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.frames import FrameStep
from assay.recipes.language.tagged import answers, tagged_of, tokens_of
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.recipe import Recipe

MOST_WORDS = 2_000_000
MOST_TAGS = 100_000


@dataclass(frozen=True)
class FittedFrequentTags:
    """words: of the training rows.  codes: int64 (words,), the tag of each, a place in ``tags``.  usual: that of other words."""

    KIND: ClassVar[str] = "frequent-tags"

    words: tuple[str, ...]
    codes: np.ndarray
    tags: tuple[str, ...]
    usual: int

    def predict(self, matrix: Matrix) -> Output:
        known = dict(zip(self.words, self.codes.tolist(), strict=True))
        return answers([[self.tags[known.get(token, self.usual)] for token in row] for row in tokens_of(matrix)])

    def state(self) -> State:
        return {"kind": self.KIND, "words": list(self.words), "codes": self.codes, "tags": list(self.tags), "usual": self.usual}

    @classmethod
    def from_state(cls, state: State) -> Self:
        words, tags = checks.distinct_texts(state, "words", most=MOST_WORDS), saved_tags(state)
        codes = checks.integers(state, "codes", (len(words),), low=0, high=len(tags) - 1)
        return cls(words, codes.astype(np.int64), tags, checks.whole(state, "usual", low=0, high=len(tags) - 1))


def saved_tags(state: State) -> tuple[str, ...]:
    """The tags of a saved tagger: at least one, and none that would be read as two."""
    tags = checks.distinct_texts(state, "tags", most=MOST_TAGS)
    if not tags or any(not tag or " " in tag or "\0" in tag for tag in tags):
        raise BundleError("the saved tagger's tags must be words without a space, at least one.")
    return tags


@dataclass(frozen=True)
class FrequentTags:
    """Of tags as frequent the first in the alphabet.  A word that is not in the training rows has the most frequent tag of those
    that stand there once: rare words are more like it than frequent ones."""

    @property
    def takes_weights(self) -> bool:
        return False

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
    ) -> FittedFrequentTags:
        """Raises DataError for rows whose tags and tokens do not go together."""
        counts: dict[str, Counter[str]] = {}
        for tokens, said in zip(*tagged_of(rows), strict=True):
            for token, tag in zip(tokens, said, strict=True):
                counts.setdefault(token, Counter())[tag] += 1
        once, all_tags = Counter[str](), Counter[str]()
        for tagged in counts.values():
            all_tags.update(tagged)
            if tagged.total() == 1:
                once.update(tagged)
        tags = tuple(sorted(all_tags))
        words = tuple(sorted(counts))
        codes = np.array([tags.index(_most_frequent(counts[word])) for word in words], dtype=np.int64)
        return FittedFrequentTags(words, codes, tags, tags.index(_most_frequent(once or all_tags)))


def _most_frequent(counts: Counter[str]) -> str:
    return min(counts, key=lambda tag: (-counts[tag], tag))


MOST_FREQUENT_TAG = Recipe(
    name="most-frequent-tag",
    title="The most frequent tag of each word",
    tasks=frozenset({"tagging"}),
    step=FrameStep(),
    learner=FrequentTags(),
    simplicity=1,
    reads=frozenset({"text"}),
    needs=frozenset({"text"}),
    treatable=False,
)
