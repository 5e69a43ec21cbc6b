"""A column of pictures as grey windows of one size: what a cascade of Haar features reads."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part

LEAST_SIDE, MOST_SIDE = 8, 64


@dataclass(frozen=True, kw_only=True)
class Window:
    """side: pixels, to which every picture is resized both ways."""

    side: int = 24

    def __post_init__(self) -> None:
        if not LEAST_SIDE <= self.side <= MOST_SIDE:
            raise ConfigError(f"side={self.side} is outside {LEAST_SIDE} … {MOST_SIDE} pixels.")

    def fit(self, series: pl.Series, seed: int) -> "WindowRow":  # noqa: ARG002
        """Nothing is learned."""
        return WindowRow(self.side)


@dataclass(frozen=True)
class WindowRow:
    """Grey levels 0 … 255, row by row."""

    KIND: ClassVar[str] = "window"

    side: int

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("other", self.side * self.side),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, side²).  Raises DataError for a picture that does not open."""
        from assay.data.images import decode

        pixels = decode(series, size=(self.side, self.side), channels=1)
        return pixels.reshape(len(series), -1).astype(np.float64)

    def state(self) -> State:
        return {"kind": self.KIND, "side": self.side}

    @classmethod
    def from_state(cls, state: State) -> Self:
        return cls(checks.whole(state, "side", low=LEAST_SIDE, high=MOST_SIDE))
