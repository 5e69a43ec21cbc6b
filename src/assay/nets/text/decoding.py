"""What a search needs of a net that answers token by token."""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from assay.core.errors import DataError
from assay.nets.text.pairs import PAD, UNKNOWN

State = tuple[Tensor, ...]
"""All a net knows of its rows, each tensor (n, …): a search takes, drops and doubles rows by their place."""


class Answering(Protocol):
    """An encoder with a decoder (``nets.text.seq2seq``, ``nets.text.encoder_decoder``)."""

    def start(self, source: Tensor) -> State:
        """source (n, s) token numbers -> what is known before the first token of the answer."""
        ...

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """tokens (n,), the last of each answer -> logits (n, tokens) of the next ones, and what is known then."""
        ...


def source_tensor(matrix: np.ndarray, tokens: int) -> Tensor:
    """int (n, s) as a tensor; numbers the net has no vector for become the unknown token.  Raises DataError."""
    if matrix.ndim != 2 or matrix.dtype.kind != "i" or not matrix.shape[1]:
        raise DataError(f"the net reads integer token numbers (rows, tokens), not {matrix.dtype} of the form {matrix.shape}.")
    known = np.where((matrix >= PAD) & (matrix < tokens), matrix, UNKNOWN)
    return torch.from_numpy(known.astype(np.int64))


def rows_of(state: State, rows: Tensor) -> State:
    """The state of the rows at these places; a place may repeat."""
    return tuple(part.index_select(0, rows) for part in state)
