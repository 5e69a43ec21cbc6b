"""What language models of nets are trained by and asked for: the log-probability of the next token.

``<s>`` is never foretold: it is left out of the vocabulary over which probabilities sum to 1.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.text.pieces import BEGIN, PieceBatch, Pieces
from assay.nets.training.work import Objective, Watch, Work

JUDGED_TOGETHER = 2048  # tokens


def language_work(learnt: Pieces, held: Pieces | None, *, watch: Watch | None = None) -> Work[PieceBatch]:
    """Learning to foretell every token of ``learnt``; the best epoch is that of the lowest mean loss a token of ``held``."""
    judge = None if held is None else _Judge(held)
    return Work(learnt, (Objective(_token_loss),), judge, watch)


def without_begin(logits: Tensor) -> Tensor:
    """Logits (…, V) with none of the probability on ``<s>``."""
    return logits.index_fill(-1, torch.tensor([BEGIN], device=logits.device), -torch.inf)


def token_log_probabilities(model: nn.Module, pieces: Pieces, together: int) -> np.ndarray:
    """float64 (tokens,): natural, of every token of the pieces' texts, in their order.

    together: about how many tokens at once.
    """
    found = np.zeros(pieces.rows)
    texts = np.searchsorted(pieces.texts.offsets + np.arange(len(pieces.texts) + 1), pieces.bounds[:, 1], side="right") - 1
    first = pieces.bounds[:, 1] - texts  # where a piece's first token stands among the texts' values
    with torch.inference_mode():
        for numbers, batch in pieces.in_order(together):
            said = -functional.cross_entropy(without_begin(model(batch.ids, batch.counted)), batch.target, reduction="none")
            lengths = (pieces.bounds[:, 2] - pieces.bounds[:, 1])[numbers]
            before = np.cumsum(lengths) - lengths
            places = np.arange(lengths.sum()) + np.repeat(first[numbers] - before, lengths)
            found[places] = said.double().cpu().numpy()
    return found


def next_log_probabilities(model: nn.Module, pieces: Pieces) -> np.ndarray:
    """float64 (V,): of what may stand in the place of the last token of the pieces' only text."""
    batch = pieces.batch(np.array([len(pieces.bounds) - 1]))
    last = torch.zeros_like(batch.counted)
    last[0, -1] = True
    with torch.inference_mode():
        logits = without_begin(model(batch.ids, last))
    return functional.log_softmax(logits.double(), dim=-1)[0].cpu().numpy()


def _token_loss(model: nn.Module, batch: PieceBatch, generator: torch.Generator) -> Tensor:  # noqa: ARG001
    return functional.cross_entropy(model(batch.ids, batch.counted).float(), batch.target)


class _Judge:
    """The mean loss a token of texts that are not learnt from."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces = pieces

    def __call__(self, model: nn.Module) -> float:
        lost = 0.0
        for _, batch in self.pieces.in_order(JUDGED_TOGETHER):
            losses = functional.cross_entropy(model(batch.ids, batch.counted).float(), batch.target, reduction="sum")
            lost += float(losses)
        return lost / self.pieces.rows
