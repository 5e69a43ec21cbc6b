"""What encodes one column, once fitted on training rows."""

from typing import ClassVar, Literal, NamedTuple, Protocol, Self

import polars as pl

from assay.core.state import State
from assay.prepare.step import Matrix

BlockKind = Literal["number", "one-hot", "code", "other"]
Mode = Literal["linear", "trees", "dense"]


class Part(NamedTuple):
    """``width`` neighbouring columns of the matrix that mean one thing; ``levels`` as in ``data.rows.Block``."""

    kind: BlockKind
    width: int
    levels: int = 0


class Encoder(Protocol):
    """One fitted column. ``KIND`` names the class in a state."""

    KIND: ClassVar[str]

    @property
    def parts(self) -> tuple[Part, ...]:
        """What its columns are, in order."""
        ...

    def transform(self, series: pl.Series) -> Matrix:
        """float64 (n, sum of the parts' widths), dense or csr."""
        ...

    def state(self) -> State: ...

    @classmethod
    def from_state(cls, state: State) -> Self: ...
