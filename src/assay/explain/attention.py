"""What the layers of a Transformer look at in one text: for each token the share of every other that goes into it.

Attention says what was mixed, and not what decided: another net with other weights may answer the same (Jain & Wallace, 2019).
What a class rests on is told by leaving words out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.core.shown import Shown
from assay.prepare.sequences import PADDING, FittedTokenSequences
from assay.recipes.fitted import Fitted
from assay.recipes.nets.fitted import FittedNet

ARCHITECTURE = "text-transformer"


@dataclass(frozen=True, eq=False)
class TextAttention(Shown):
    """tokens: as they stand in the text.  known: which of them the net has a vector of; the others are all alike to it.

    weights: float64 (layers, heads, tokens, tokens): how much of each token (last axis) goes into each (the one before it); they
    sum to 1 over the last axis.  left_out: tokens after the last that the net reads.
    """

    tokens: tuple[str, ...]
    known: tuple[bool, ...]
    weights: np.ndarray
    left_out: int = 0

    def of(self, layer: int | None = None, head: int | None = None) -> np.ndarray:
        """float64 (tokens, tokens); None: the mean over all of them.  Counted from 0; raises ConfigError for one there is not."""
        layers, heads = self.weights.shape[:2]
        for what, number, most in (("layer", layer, layers), ("head", head, heads)):
            if number is not None and not 0 <= number < most:
                raise ConfigError(f"there is no {what} {number}; the net has {most}, counted from 0.")
        some = self.weights if layer is None else self.weights[layer : layer + 1]
        some = some if head is None else some[:, head : head + 1]
        return np.asarray(some.mean(axis=(0, 1)))

    @property
    def received(self) -> np.ndarray:
        """float64 (tokens,): how much is looked at each token, the mean over layers, heads and who looks; they sum to 1."""
        return np.asarray(self.of().mean(axis=0))

    def to_json(self) -> dict[str, Any]:
        return {
            "tokens": [
                {"token": token, "known": known, "received": float(share)}
                for token, known, share in zip(self.tokens, self.known, self.received, strict=True)
            ],
            "layers": self.weights.shape[0],
            "heads": self.weights.shape[1],
            "weights": self.of().tolist(),
            "left_out": self.left_out,
        }


def has_attention(fitted: Fitted, row: pl.DataFrame | None = None) -> bool:
    """Whether the model is a Transformer that reads texts; with a row, whether that holds a token too."""
    learner = fitted.learner
    is_one = isinstance(learner, FittedNet) and learner.architecture == ARCHITECTURE
    if not is_one or not isinstance(fitted.step, FittedTokenSequences):
        return False
    return row is None or bool((fitted.step.transform(row) != PADDING).any())


def attention_of(fitted: Fitted, row: pl.DataFrame) -> TextAttention:
    """Of the text of one row.  Raises ConfigError for a model without attention, for several rows, and for a text of no token."""
    step, learner = fitted.step, fitted.learner
    if not isinstance(step, FittedTokenSequences) or not isinstance(learner, FittedNet) or not has_attention(fitted):
        raise ConfigError(f"recipe {fitted.recipe!r} has no attention to show; take one that is a Transformer: {ARCHITECTURE}.")
    if row.height != 1:
        raise ConfigError(f"attention is shown of one text at a time, and there are {row.height}.")
    from assay.nets.text.encoder import attention_weights

    ids = step.transform(row)
    ids = ids[:, : int((ids != PADDING).sum())]
    if not ids.shape[1]:
        raise ConfigError("the text has no token, so there is nothing to look at.")
    texts = row.select(pl.col(name).cast(pl.String).fill_null("") for name in step.columns).row(0)
    tokens = [token for text in texts for token in step.tokens(text)]
    vocabulary = set(step.vocabulary)
    read = tuple(tokens[: ids.shape[1]])
    known = tuple(token in vocabulary for token in read)
    spec, model = learner.net
    return TextAttention(read, known, attention_weights(spec, model, ids), len(tokens) - len(read))
