"""Log-probabilities of tokens, added up by text."""

from dataclasses import dataclass

import numpy as np

from assay.measure.payload import Predictions


@dataclass(frozen=True)
class TextLogProbabilities:
    """log_probability: float64 (n,), natural, the sum over a text.  tokens: int64 (n,), how many were predicted."""

    log_probability: np.ndarray
    tokens: np.ndarray


def text_log_probabilities(predictions: Predictions) -> TextLogProbabilities:
    """Of predictions of the form "tokens"."""
    offsets = predictions.offsets
    if offsets is None:
        raise ValueError("these predictions hold no tokens.")
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    total = np.bincount(owner, weights=predictions["log_probability"], minlength=len(offsets) - 1)
    return TextLogProbabilities(total, np.diff(offsets).astype(np.int64))
