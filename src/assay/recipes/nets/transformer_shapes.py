"""What a Transformer for texts is before it has seen rows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assay.data.rows import Block

if TYPE_CHECKING:
    from torch import nn

    from assay.nets.architectures import Spec
    from assay.nets.training.work import Augment


@dataclass(frozen=True)
class TextTransformerShape:
    """width: numbers a token.  hidden: of a layer's dense part.  dropout: of what goes into, between and out of the layers."""

    width: int = 64
    heads: int = 4
    layers: int = 2
    hidden: int = 128
    activation: str = "gelu"
    positions: str = "sinusoidal"
    dropout: float = 0.1

    architecture = "text-transformer"

    def spec(self, features: np.ndarray, blocks: tuple[Block, ...], outputs: int) -> "Spec":  # noqa: ARG002
        from assay.nets.text.encoder import TextTransformerSpec

        return TextTransformerSpec(
            int(features.max(initial=1)) + 1,
            outputs,
            features.shape[1],
            self.width,
            self.heads,
            self.layers,
            self.hidden,
            self.activation,
            self.positions,
            self.dropout,
        )

    def learn_constants(self, model: "nn.Module", features: np.ndarray, target: np.ndarray) -> None:
        """None: all that the net knows is learnt by gradients."""

    def augment(self) -> "Augment | None":
        return None
