"""A cascade of boosted Haar stumps: kept and applied as our own arrays.

A stage adds up the votes of its stumps and rejects windows that stay below its limit; the others go on to the next stage,
so that most windows of a picture cost a few stumps.
Source: Viola & Jones (2001, 2004).
"""

from dataclasses import dataclass
from math import isqrt
from typing import ClassVar, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.prepare.vision.haar import KINDS, HaarFeatures
from assay.prepare.vision.window import LEAST_SIDE, MOST_SIDE
from assay.recipes.learner import Output
from assay.recipes.outputs import check_width, dense, from_logits, task_and_classes, task_header
from assay.recipes.vision.windows import Windows

MOST_STUMPS = 100_000
LARGEST = 1e9


@dataclass(frozen=True, eq=False)
class FittedCascade:
    """side: of the window, in pixels.

    features: of the T stumps.  thresholds: float64 (T,); polarities: int64 (T,), 1 or -1: a stump says yes where
    polarity · value < polarity · threshold.  votes: float64 (T,), above 0: what its yes counts.
    starts: int64 (S + 1,), the stumps of stage s are starts[s]:starts[s + 1].  limits: float64 (S,), of the votes of a stage.
    slope, intercept: from how far a window comes to a logit.
    """

    KIND: ClassVar[str] = "cascade"

    side: int
    features: HaarFeatures
    thresholds: np.ndarray
    polarities: np.ndarray
    votes: np.ndarray
    starts: np.ndarray
    limits: np.ndarray
    slope: float
    intercept: float
    notes: tuple[str, ...] = ()

    @property
    def n_stages(self) -> int:
        return len(self.limits)

    def predict(self, matrix: Matrix) -> Output:
        """matrix: (n, side²), grey levels.  score: the logit."""
        check_width(matrix, self.side * self.side)
        windows = Windows.whole(dense(matrix).reshape(-1, self.side, self.side))
        return from_logits("binary", self.logits(self.reach(windows))[:, None])

    def logits(self, reach: np.ndarray) -> np.ndarray:
        return np.asarray(self.slope * reach + self.intercept)

    def reach(self, windows: Windows) -> np.ndarray:
        """float64 (n,): the last stage that a window comes to, and by which share of its votes it clears or misses it.

        So a window that passes all S stages has S - 1 … S, and one that fails in stage s, counted from 0, has s - 1 … s.
        """
        found = np.zeros(len(windows))
        alive = np.arange(len(windows))
        for stage in range(self.n_stages):
            margin = self.margin(windows, stage)
            passes = margin >= 0
            found[alive] = stage + margin
            alive, windows = alive[passes], windows.take(np.flatnonzero(passes))
            if not len(alive):
                break
        return found

    def margin(self, windows: Windows, stage: int) -> np.ndarray:
        """float64 (n,): votes above the stage's limit, as a share of all its votes; below 0 it rejects."""
        own = np.arange(self.starts[stage], self.starts[stage + 1])
        total = np.zeros(len(windows))
        for stump in own:
            value = windows.values(self.features.take(np.array([stump])))[0]
            total += self.votes[stump] * says_yes(value, self.thresholds[stump], self.polarities[stump])
        return np.asarray((total - self.limits[stage]) / self.votes[own].sum())

    def state(self) -> State:
        return {
            **task_header(self.KIND, "binary", 2),
            "side": self.side,
            "kinds": self.features.kinds,
            "cells": self.features.cells,
            "thresholds": self.thresholds,
            "polarities": self.polarities,
            "votes": self.votes,
            "starts": self.starts,
            "limits": self.limits,
            "slope": self.slope,
            "intercept": self.intercept,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, _ = task_and_classes(state)
        if task != "binary":
            raise BundleError(f"the saved cascade says yes or no, and its task is {task}.")
        side = checks.whole(state, "side", low=LEAST_SIDE, high=MOST_SIDE)
        starts = checks.integers(state, "starts", (None,), low=0, high=MOST_STUMPS).astype(np.int64)
        if len(starts) < 2 or starts[0] != 0 or (np.diff(starts) < 1).any():
            raise BundleError("the saved cascade's stages do not rise from 0.")
        n = int(starts[-1])
        kinds = checks.integers(state, "kinds", (n,), low=0, high=len(KINDS) - 1).astype(np.int64)
        cells = checks.integers(state, "cells", (n, 4), low=0, high=side).astype(np.int64)
        polarities = checks.integers(state, "polarities", (n,), low=-1, high=1).astype(np.int64)
        thresholds, votes = checks.floats(state, "thresholds", (n,)), checks.floats(state, "votes", (n,))
        limits = checks.floats(state, "limits", (len(starts) - 1,))
        slope = checks.real(state, "slope", low=0.0, high=LARGEST)
        intercept = checks.real(state, "intercept", low=-LARGEST, high=LARGEST)
        features = HaarFeatures(kinds, cells)
        if (cells[:, 2:] < 1).any() or (features.ends > side).any():
            raise BundleError("the saved cascade has a feature outside its window.")
        if (polarities == 0).any() or (votes <= 0).any() or (votes > LARGEST).any() or slope == 0.0:
            raise BundleError("the saved cascade has a stump without a side, or votes that none can have.")
        if (np.abs(limits) > np.add.reduceat(votes, starts[:-1])).any():
            raise BundleError("the saved cascade has a stage that no votes decide.")
        return cls(side, features, thresholds, polarities, votes, starts, limits, slope, intercept)


def says_yes(values: np.ndarray, threshold: float, polarity: int) -> np.ndarray:
    """bool (n,)."""
    return np.asarray(polarity * values < polarity * threshold)


def side_of(width: int) -> int | None:
    """Of square windows of so many pixels; None where there are none."""
    side = isqrt(width)
    return side if side * side == width and LEAST_SIDE <= side <= MOST_SIDE else None
