"""Recipes of the task language-model without nets: n-grams with add-k, interpolated and Kneser-Ney smoothing.

Runs of three words (of two for add-k, which longer ones make worse), or as many as the recipe's text says:
"ngram-kneser-ney:order@5".
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.language.ngrams.add_k import add_k
from assay.language.ngrams.compact import Smaller
from assay.language.ngrams.conventions import STANDARD
from assay.language.ngrams.counts import count_ngrams
from assay.language.ngrams.interpolated import interpolated
from assay.language.ngrams.kneser_ney import kneser_ney
from assay.language.ngrams.model import NgramModel
from assay.language.ngrams.state import model_from_state, state_of
from assay.prepare.corpus import CorpusStep
from assay.prepare.step import Matrix
from assay.recipes.language.tokens import ragged, token_output, vocabulary_size
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real, Whole

ORDERS = Whole(1, 5)


@dataclass(frozen=True)
class FittedNgrams:
    """model: of probabilities by the standard convention."""

    KIND: ClassVar[str] = "ngrams"

    model: NgramModel

    def predict(self, matrix: Matrix) -> Output:
        ids = ragged(matrix, self.model.vocabulary_size)
        return token_output(self.model.log_scores(ids).values, ids)

    def next_log_probabilities(self, context: np.ndarray) -> np.ndarray:
        """float64 (V,): see ``language.next_token.NextToken``."""
        return self.model.next_log_probabilities(context)

    def state(self) -> State:
        return {"kind": self.KIND, **state_of(self.model)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        model = model_from_state(state)
        if not model.is_probability or model.convention != STANDARD.name:
            raise BundleError("the saved n-gram model gives no probabilities, and a model of a study must; save it again.")
        return cls(model)


@dataclass(frozen=True, kw_only=True)
class Ngrams:
    """order: words of a run, the predicted one among them.  k: for "add-k" alone.

    threshold: runs are left out that change the perplexity by less than this share; None keeps all.
    bits: 8 or 16 for coded probabilities and backoffs; None keeps them as they are.
    """

    smoothing: Literal["add-k", "interpolated", "kneser-ney"] = "kneser-ney"
    order: int = 3
    k: float = 0.01
    threshold: float | None = None
    bits: int | None = None
    takes_weights: bool = False

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002 - weights of interpolation come from deleted counts
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
    ) -> FittedNgrams:
        size = vocabulary_size(rows)
        counts = count_ngrams(ragged(rows.features, size), self.order, size)
        if self.smoothing == "add-k":
            model = add_k(counts, self.k)
        else:
            model = interpolated(counts) if self.smoothing == "interpolated" else kneser_ney(counts)
        return FittedNgrams(Smaller(threshold=self.threshold, bits=self.bits).apply(model))


def _recipe(name: str, title: str, learner: Ngrams, simplicity: int) -> Recipe:
    tuned = {"k": Real(1e-5, 10.0, log=True)} if learner.smoothing == "add-k" else {}
    return Recipe(
        name=name,
        title=title,
        tasks=frozenset({"language-model"}),
        step=CorpusStep(),
        learner=learner,
        simplicity=simplicity,
        reads=frozenset({"text"}),
        needs=frozenset({"text"}),
        treatable=False,
        encoded_treatments=False,
        space={"order": ORDERS, **tuned},
    )


NGRAM_ADD_K = _recipe("ngram-add-k", "N-grams, add-k smoothing", Ngrams(smoothing="add-k", order=2, k=0.005), 5)
NGRAM_INTERPOLATED = _recipe("ngram-interpolated", "N-grams, interpolated (Jelinek-Mercer)", Ngrams(smoothing="interpolated"), 6)
NGRAM_KNESER_NEY = _recipe("ngram-kneser-ney", "N-grams, interpolated modified Kneser-Ney", Ngrams(), 7)
NGRAM_KNESER_NEY_SMALL = _recipe(
    "ngram-kneser-ney-small",
    "N-grams, modified Kneser-Ney, pruned by relative entropy, 8 bits a number",
    Ngrams(threshold=1e-7, bits=8),
    7,
)
