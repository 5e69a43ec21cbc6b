"""How much each of several models counts in their mean: greedy selection with replacement.

From the best single model on, the model is added again and again whose addition lowers the loss of the mean most; the counts,
over their sum, are the weights, as they stood when the loss was least.  That rarely fits noise: a weight is a whole number
over few rounds.

Source: Caruana, Niculescu-Mizil, Crew & Ksikes (2004), Ensemble selection from libraries of models.
"""

import numpy as np

ROUNDS = 40
LEAST_GAIN = 1e-7
"""Share of the loss; less is rounding."""

LEAST_PROBABILITY = 1e-15


def greedy_weights(said: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None, rounds: int = ROUNDS) -> np.ndarray:
    """float64 (M,), at least 0, together 1.

    said: float64 (M, n, K) class probabilities of M models on rows they were not fitted to; (M, n) values of a number.
    target: int (n,) class codes, or float (n,).  weights: float64 (n,) of the rows, or None.
    The loss is the log loss of the mean probability, or the squared error of the mean value.
    """
    rows = np.ones(len(target)) if weights is None else np.asarray(weights, dtype=np.float64)
    right = said if said.ndim == 2 else np.take_along_axis(said, target[None, :, None], axis=2)[:, :, 0]
    counts, total = np.zeros(len(said)), np.zeros(right.shape[1])
    best, best_counts = np.inf, np.ones(len(said))  # each alike where no model has a finite loss
    for taken in range(1, rounds + 1):
        losses = _losses((total + right) / taken, target, rows, of_classes=said.ndim == 3)
        chosen = int(losses.argmin())
        counts[chosen] += 1
        total += right[chosen]
        if losses[chosen] < (best * (1 - LEAST_GAIN) if np.isfinite(best) else np.inf):  # losses are never below 0
            best, best_counts = float(losses[chosen]), counts.copy()
    return np.asarray(best_counts / best_counts.sum())


def _losses(mean: np.ndarray, target: np.ndarray, rows: np.ndarray, *, of_classes: bool) -> np.ndarray:
    """float64 (M,). mean: (M, n), the probability of each row's own class, or its value."""
    lost = -np.log(np.maximum(mean, LEAST_PROBABILITY)) if of_classes else (mean - target) ** 2
    return np.asarray(lost @ rows / rows.sum())
