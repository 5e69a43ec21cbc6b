"""What a language model must answer for a text to be continued by it, whatever kind of model it is."""

from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class NextToken(Protocol):
    """Fitted learners of the task language-model that continue texts: n-grams and nets alike."""

    def next_log_probabilities(self, context: np.ndarray) -> np.ndarray:
        """float64 (V,): the natural log-probability of every id after these.

        context: int ids from the beginning of the text on, without ``<s>``; may be empty.  ``<s>`` is never predicted: what
        stands at its place is not read.
        """
        ...
