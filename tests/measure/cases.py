"""Parts to measure, made from seeds."""

import numpy as np

from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth


def part(target: np.ndarray, score: np.ndarray, *, units: np.ndarray | None = None, repeat: int = 0, fold: int = 0) -> Part:
    """A binary part whose probability is the logistic of its score."""
    rows = np.arange(len(target)) if units is None else units
    arrays = {"score": score, "probability": 1 / (1 + np.exp(-score))}
    return Part(repeat, fold, Truth("binary", rows, {"target": target}), Predictions("binary", rows, arrays))


def noisy(target: np.ndarray, seed: int, gap: float = 1.0) -> np.ndarray:
    """Normal scores, the classes ``gap`` apart."""
    return gap * target + np.random.default_rng(seed).normal(size=len(target))
