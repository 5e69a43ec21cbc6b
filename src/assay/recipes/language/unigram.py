"""The baseline of language models: each token by its share in the training rows, whatever stands before it."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.corpus import BEGIN, CorpusStep
from assay.prepare.step import Matrix
from assay.recipes.language.tokens import ragged, token_output, vocabulary_size
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.recipe import Recipe


@dataclass(frozen=True)
class FittedUnigram:
    """log_probability: float64 (V,), natural, by id; ``<s>`` is never predicted and has none of the probability."""

    KIND: ClassVar[str] = "unigram"

    log_probability: np.ndarray

    def predict(self, matrix: Matrix) -> Output:
        ids = ragged(matrix, len(self.log_probability))
        return token_output(self.log_probability[ids.values], ids)

    def next_log_probabilities(self, context: np.ndarray) -> np.ndarray:  # noqa: ARG002 - nothing before a token counts
        """float64 (V,)"""
        return self.log_probability

    def state(self) -> State:
        return {"kind": self.KIND, "log_probability": self.log_probability}

    @classmethod
    def from_state(cls, state: State) -> Self:
        return cls(checks.floats(state, "log_probability", (None,)))


@dataclass(frozen=True)
class Unigram:
    """Add-one smoothed shares."""

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
    ) -> FittedUnigram:
        size = vocabulary_size(rows)
        counts = np.bincount(ragged(rows.features, size).values, minlength=size) + 1.0
        counts[BEGIN] = np.exp(-30.0)  # finite, and nothing
        return FittedUnigram(np.log(counts / counts.sum()))


UNIGRAM = Recipe(
    name="unigram",
    title="Shares of words, whatever stands before them",
    tasks=frozenset({"language-model"}),
    step=CorpusStep(),
    learner=Unigram(),
    simplicity=0,
    reads=frozenset({"text"}),
    needs=frozenset({"text"}),
    treatable=False,
    encoded_treatments=False,
)
