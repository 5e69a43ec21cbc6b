"""The multi-layer perceptron: dense layers with an activation between them."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError, DataError
from assay.nets.blocks import check_activation, dense_stack
from assay.nets.initialise import initialise


class MLP(nn.Module):
    """x (n, inputs) -> outputs (n, outputs) through layers f(X Wᵀ + b), the last one without f."""

    def __init__(self, inputs: int, hidden: tuple[int, ...], outputs: int, activation: str, dropout: float) -> None:
        super().__init__()
        self.layers = dense_stack((inputs, *hidden, outputs), activation, dropout)
        initialise(self, activation)
        # Before it has learnt anything the net should not be sure of anything; small tables never recover from a loud start.
        nn.init.xavier_uniform_(self.layers[-1].get_parameter("weight"), gain=0.1)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class MLPSpec:
    """inputs: columns of the matrix.  outputs: 1 for two classes (one logit) or a number, else the number of classes."""

    inputs: int
    outputs: int
    hidden: tuple[int, ...] = (128, 64)
    activation: str = "relu"
    dropout: float = 0.2

    def __post_init__(self) -> None:
        check_activation(self.activation)
        if min(self.inputs, self.outputs, *self.hidden, 1) < 1 or not 0 <= self.dropout < 1:
            raise ConfigError(
                f"every width of {(self.inputs, *self.hidden, self.outputs)} must be at least 1, dropout in [0, 1)."
            )

    def build(self) -> MLP:
        return MLP(self.inputs, self.hidden, self.outputs, self.activation, self.dropout)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        """float (n, inputs) as a tensor of the same precision; raises DataError for another width."""
        if matrix.ndim != 2 or matrix.shape[1] != self.inputs:
            raise DataError(f"the net reads {self.inputs} columns; the matrix has the form {matrix.shape}.")
        return torch.from_numpy(np.array(matrix, dtype=np.float64, order="C"))
