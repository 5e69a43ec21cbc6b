"""What a learner knows of its net before it has seen rows: which one it is, and its settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from assay.data.rows import Block
from assay.prepare.net_columns import layout

if TYPE_CHECKING:
    from torch import nn

    from assay.nets.architectures import Spec
    from assay.nets.training.mix import Mix
    from assay.nets.training.work import Augment

Setting = int | float | str | bool | tuple[int, ...]


class NetShape(Protocol):
    @property
    def architecture(self) -> str:
        """The net's name in nets.architectures."""
        ...

    def spec(self, features: np.ndarray, blocks: tuple[Block, ...], outputs: int) -> "Spec":
        """The net's settings for training rows of this form."""
        ...

    def learn_constants(self, model: "nn.Module", features: np.ndarray, target: np.ndarray) -> None:
        """Put what is measured on training rows, not learnt by gradients, into the net (on the processor)."""
        ...

    def augment(self) -> "Augment | None": ...


@dataclass(frozen=True)
class DenseShape:
    """A perceptron on any dense matrix.

    hidden: the widths of the hidden layers.  dropout: the share of their outputs that a training step leaves out.
    """

    hidden: tuple[int, ...] = (128, 64)
    activation: str = "relu"
    dropout: float = 0.2

    architecture = "mlp"

    def spec(self, features: np.ndarray, blocks: tuple[Block, ...], outputs: int) -> "Spec":  # noqa: ARG002
        from assay.nets.tabular.mlp import MLPSpec

        return MLPSpec(features.shape[1], outputs, self.hidden, self.activation, self.dropout)

    def learn_constants(self, model: "nn.Module", features: np.ndarray, target: np.ndarray) -> None:
        """None: the columns come standardised."""

    def augment(self) -> "Augment | None":
        return None


@dataclass(frozen=True)
class TableShape:
    """A net for numbers and codes, as NetColumnsStep prepares them.

    settings: fields of the architecture's spec that are not at their default.
    """

    architecture: str
    settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))

    def spec(self, features: np.ndarray, blocks: tuple[Block, ...], outputs: int) -> "Spec":  # noqa: ARG002
        from assay.nets.architectures import ARCHITECTURES

        numbers, levels = layout(blocks)
        spec: Spec = ARCHITECTURES.get(self.architecture)(numbers=numbers, levels=levels, outputs=outputs, **self.settings)
        return spec

    def learn_constants(self, model: "nn.Module", features: np.ndarray, target: np.ndarray) -> None:
        """The edges of the bins of embedded numbers, where the net has any."""
        learn: Any = model.learn
        learn(features, target)

    def augment(self) -> "Augment | None":
        return None


@dataclass(frozen=True)
class PictureShape:
    """A network of ``nets.image.registry`` by name.

    augmentation, mix: how training pictures are changed, and mixed with one another; names in ``nets.image.augmentation``.
    """

    network: str
    augmentation: str = "none"
    mix: str = "none"

    architecture = "picture"

    def spec(self, features: np.ndarray, blocks: tuple[Block, ...], outputs: int) -> "Spec":  # noqa: ARG002
        from assay.nets.image.picture_net import PictureSpec

        return PictureSpec(self.network, outputs, features.shape[1], features.shape[2])

    def learn_constants(self, model: "nn.Module", features: np.ndarray, target: np.ndarray) -> None:  # noqa: ARG002
        model.get_submodule("standardise").learn(features)  # type: ignore[operator]

    def augment(self) -> "Augment | None":
        from assay.nets.image.augmentation import augmentation_named

        return augmentation_named(self.augmentation)

    def mixing(self) -> "Mix | None":
        from assay.nets.image.augmentation import mix_named

        return mix_named(self.mix)


@dataclass(frozen=True)
class EmbeddingBagShape:
    """width: numbers a term.  hidden: widths of dense layers before the last."""

    width: int = 64
    hidden: tuple[int, ...] = ()
    activation: str = "relu"
    dropout: float = 0.3

    architecture = "embedding-bag"

    def spec(self, features: np.ndarray, blocks: tuple[Block, ...], outputs: int) -> "Spec":  # noqa: ARG002
        from assay.nets.text.embedding_bag import EmbeddingBagSpec

        return EmbeddingBagSpec(int(features.max(initial=0)) + 1, outputs, self.width, self.hidden, self.activation, self.dropout)

    def learn_constants(self, model: "nn.Module", features: np.ndarray, target: np.ndarray) -> None:
        """None: all that the net knows is learnt by gradients."""

    def augment(self) -> "Augment | None":
        return None
