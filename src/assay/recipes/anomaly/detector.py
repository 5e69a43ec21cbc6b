"""What says how odd a row is.  A detector sees columns and never the target; higher is odder."""

from typing import ClassVar, Protocol, Self

import numpy as np

from assay.core.state import State
from assay.data.rows import Block


class FittedDetector(Protocol):
    """A detector that has learned what is usual.  NAME: its name in FITTED_DETECTORS."""

    NAME: ClassVar[str]

    @property
    def width(self) -> int:
        """How many columns it reads."""
        ...

    def oddness(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n,), higher is odder, of rows (n, width) that it may have seen or not."""
        ...

    def state(self) -> State:
        """Its own entries; those of the learner around it stand beside them."""
        ...

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The detector back; raises BundleError on a state that ``state()`` cannot have written."""
        ...


class Detector(Protocol):
    """Settings only."""

    def learn(self, rows: np.ndarray, blocks: tuple[Block, ...], seed: int) -> FittedDetector:
        """rows: float64 (n, width), n at least 1, prepared; blocks: which of the columns are what."""
        ...
