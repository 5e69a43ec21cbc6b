"""What a learner knows of a net for texts before it has seen rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.errors import ConfigError
from assay.data.rows import Block
from assay.prepare.sequences import FIRST
from assay.recipes.nets.shapes import Setting

if TYPE_CHECKING:
    from torch import nn

    from assay.nets.architectures import Spec
    from assay.nets.training.examples import InMemory
    from assay.nets.training.work import Augment, Batches


@dataclass(frozen=True, eq=False)
class FirstVectors:
    """vectors: float (m, width), what the first m known tokens begin from (``TokenSequenceStep.known``)."""

    vectors: np.ndarray


@dataclass(frozen=True)
class TextShape:
    """A net for rows of token numbers, as TokenSequenceStep prepares them.

    settings: fields of the architecture's spec that are not at their default.  first: vectors learnt elsewhere, or None.
    """

    architecture: str
    settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))
    first: FirstVectors | None = None

    def spec(self, features: np.ndarray, blocks: tuple[Block, ...], outputs: int) -> "Spec":  # noqa: ARG002
        from assay.nets.architectures import ARCHITECTURES

        known = 0 if self.first is None else len(self.first.vectors)
        words = max(int(features.max(initial=0)) + 1, known + FIRST)
        spec: Spec = ARCHITECTURES.get(self.architecture)(words=words, outputs=outputs, **self.settings)
        return spec

    def learn_constants(self, model: "nn.Module", features: np.ndarray, target: np.ndarray) -> None:  # noqa: ARG002
        """The vectors that the net begins from."""
        if self.first is None:
            return
        table: Any = getattr(model, "vectors", None)
        if table is None:
            raise ConfigError(f"the net {self.architecture!r} has no table of word vectors to begin from.")
        table.begin_from(self.first.vectors)

    def augment(self) -> "Augment | None":
        return None

    def arranged(self, batches: "InMemory") -> "Batches[Any]":
        """The same rows in batches of alike length; drawn ones come as they are drawn."""
        from assay.nets.text.by_length import ByLength

        return batches if batches.drawn else ByLength(batches.examples)
