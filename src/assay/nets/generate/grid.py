"""The values that a column of numbers can have at all: whole numbers, amounts in steps of 100, prices with two decimals.

A generated 37.4182 in a column of ages gives a row away at once; what the training values have in common is kept exactly.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.prepare import checks

MOST_DECIMALS = 6
LARGEST_COUNT = 2**53
"""Up to here every whole number is a float."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Values (origin + k · step) / 10^decimals for whole k; with step 0 every number is allowed.

    >>> Grid.fit(np.array([100.0, 300.0, 900.0])).nearest(np.array([420.0]))
    array([500.])
    """

    decimals: int = 0
    origin: int = 0
    step: int = 0

    @classmethod
    def fit(cls, values: np.ndarray) -> Self:
        """values: float64 (n,), finite, n > 0; the coarsest grid that holds all of them."""
        for decimals in range(MOST_DECIMALS + 1):
            counts = np.rint(values * 10.0**decimals)
            if np.abs(counts).max() >= LARGEST_COUNT:
                break
            if np.array_equal(counts / 10.0**decimals, values):
                whole = counts.astype(np.int64)
                step = int(np.gcd.reduce(whole - whole[0]))
                return cls(decimals, int(whole[0]), step) if step else cls()
        return cls()

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """float64 (n,): the allowed values that are nearest."""
        if not self.step:
            return values
        scale = 10.0**self.decimals
        steps = np.rint((values * scale - self.origin) / self.step)
        return np.asarray((self.origin + steps * self.step) / scale)

    def state(self) -> State:
        return {"decimals": self.decimals, "origin": self.origin, "step": self.step}

    @classmethod
    def from_state(cls, state: State) -> Self:
        if not isinstance(state, dict):
            raise BundleError("the saved generator has a column without its grid.")
        return cls(
            checks.whole(state, "decimals", low=0, high=MOST_DECIMALS),
            checks.whole(state, "origin", low=-LARGEST_COUNT, high=LARGEST_COUNT),
            checks.whole(state, "step", low=0, high=2 * LARGEST_COUNT),
        )
