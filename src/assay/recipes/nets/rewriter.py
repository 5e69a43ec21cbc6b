"""A trained encoder-decoder as a fitted learner: answers texts with texts, and is saved as settings, pieces and arrays."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from assay.core.errors import BundleError, DataError
from assay.core.optional import require
from assay.core.state import State
from assay.language.alignment import Alignment
from assay.language.pieces import Pieces
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.language.texts import given_texts, text_output
from assay.recipes.learner import Output

if TYPE_CHECKING:
    from torch import Tensor

    from assay.nets.architectures import Spec
    from assay.nets.text.decoding import Answering

ARCHITECTURES_OF_REWRITERS = ("seq2seq-lstm", "seq2seq-attention", "seq2seq-transformer")

MOST_TOKENS = 10_000
"""A text, that a saved model may read or answer with."""

MOST_BEGINNINGS = 1000
"""Of an answer at a time, likewise."""

ROWS_TOGETHER = 64


@dataclass(frozen=True)
class FittedRewriter:
    """pieces: of both texts.  most_read, longest: tokens of a source that are read, and of an answer, at most.

    width, penalty: of the beam (see nets.text.search); a width of 1 is a greedy search.
    Predicts on the processor, on one thread and in float64, so that an answer does not depend on the rows beside it.
    """

    KIND: ClassVar[str] = "net-rewriter"

    architecture: str
    settings: dict[str, Any]
    weights: dict[str, np.ndarray]
    pieces: Pieces
    most_read: int
    longest: int
    width: int
    penalty: float

    @cached_property
    def net(self) -> "tuple[Spec, Answering]":
        require("torch", extra="nets", purpose=f"a model of the {self.architecture} recipe")
        from assay.nets.architectures import assemble, spec_from_json

        spec = spec_from_json(self.architecture, self.settings)
        return spec, cast("Answering", assemble(spec, self.weights))

    def predict(self, matrix: Matrix) -> Output:
        """matrix: a frame with one column of texts.  The UTF-8 bytes of the answers, each row its own."""
        return text_output(self.answers(given_texts(matrix)))

    def answers(self, texts: list[str]) -> list[str]:
        """An answer to each text."""
        import torch

        from assay.nets.seeding import threads
        from assay.nets.text.search import beam, greedy

        spec, net = self.net
        rows = [self.numbers(text) for text in texts]
        order = np.argsort([len(row) for row in rows], kind="stable")
        found = [""] * len(texts)
        with threads(1), torch.inference_mode():
            for part in np.array_split(order, max(1, -(-len(order) // ROWS_TOGETHER))):
                if not len(part):
                    continue
                source = self._tensor(spec, [rows[place] for place in part])
                if self.width == 1:
                    answers = greedy(net, source, longest=self.longest)
                else:
                    answers = beam(net, source, width=self.width, longest=self.longest, penalty=self.penalty)
                for place, answer in zip(part, answers, strict=True):
                    found[place] = self.pieces.decode(answer.tokens)
        return found

    def alignment(self, text: str) -> Alignment:
        """The answer to a text, and what each of its pieces was made from; the last of both is ``</s>``.

        Raises DataError for a net that does not look at the source (seq2seq-lstm).
        """
        import torch

        from assay.nets.seeding import threads
        from assay.nets.text.pairs import END, START
        from assay.nets.text.search import beam

        spec, net = self.net
        aligned: Any = getattr(net, "alignment", None)
        if aligned is None:
            raise DataError(f"a net of {self.architecture} reads the source into one state, so no alignment is to be seen.")
        source = self.numbers(text)
        with threads(1), torch.inference_mode():
            given = self._tensor(spec, [source])
            [answer] = beam(net, given, width=self.width, longest=self.longest, penalty=self.penalty)
            weights = aligned(given, torch.tensor([[START, *answer.tokens]]))[0].numpy()
        said = self.pieces.texts_of([*answer.tokens, END])
        return Alignment(tuple(self.pieces.texts_of(source.tolist())), tuple(said), weights.astype(np.float64))

    def numbers(self, text: str) -> np.ndarray:
        """int64 (tokens,): of a source, with the ``</s>`` behind it."""
        from assay.nets.text.pairs import END

        return np.append(self.pieces.encode(text, self.most_read), END)

    def _tensor(self, spec: "Spec", rows: list[np.ndarray]) -> "Tensor":
        from assay.nets.text.pairs import padded

        return spec.tensor(padded(rows))

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "architecture": self.architecture,
            "settings": self.settings,
            "weights": self.weights,
            "pieces": self.pieces.state(),
            "most_read": self.most_read,
            "longest": self.longest,
            "width": self.width,
            "penalty": self.penalty,
        }

    @classmethod
    def from_state(cls, state: State) -> "FittedRewriter":
        """The net back, built from our own registry; every name, shape and number of its weights is checked now."""
        settings, weights = checks.entry(state, "settings"), checks.entry(state, "weights")
        if not isinstance(settings, dict) or not isinstance(weights, dict):
            raise BundleError("the saved net has no settings or no weights.")
        found = cls(
            architecture=checks.choice(state, "architecture", ARCHITECTURES_OF_REWRITERS),
            settings=settings,
            weights=weights,
            pieces=Pieces.from_state(checks.entry(state, "pieces")),
            most_read=checks.whole(state, "most_read", low=1, high=MOST_TOKENS),
            longest=checks.whole(state, "longest", low=1, high=MOST_TOKENS),
            width=checks.whole(state, "width", low=1, high=MOST_BEGINNINGS),
            penalty=checks.real(state, "penalty", low=0.0, high=100.0),
        )
        spec, _ = found.net
        if spec.outputs != len(found.pieces):
            raise BundleError(
                f"the saved net answers with {spec.outputs} tokens, and {len(found.pieces)} pieces are saved with it."
            )
        return found
