"""How strange an answer would be for a row: the scores that conformal prediction ranks, as functions of arrays.

Any score gives valid sets; the choice decides how large they are and where.  LAC gives the smallest sets on average;
APS and RAPS follow the difficulty of the row; the regression scores give intervals of one width (absolute), of a
width that follows a given scale (normalised), or around given quantiles (CQR).
Sources: Sadinle, Lei & Wasserman (2019) for LAC; Romano, Sesia & Candès (2020) for APS; Angelopoulos, Bates, Malik &
Jordan (2021) for RAPS; Lei, G'Sell, Rinaldo, Tibshirani & Wasserman (2018); Romano, Patterson & Candès (2019) for CQR.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.core.errors import ConfigError, DataError

Kind = Literal["lac", "aps", "raps", "absolute", "normalised", "cqr"]
SETS: tuple[Kind, ...] = ("lac", "aps", "raps")
INTERVALS: tuple[Kind, ...] = ("absolute", "normalised", "cqr")


@dataclass(frozen=True, slots=True)
class Score:
    """Which score, with its settings.

    randomised: APS and RAPS only: the last label enters with a uniform share, so that sets are no larger than they
        must be; each row then needs a number of its own at prediction too, so one row gets several answers.
    penalty, free_ranks: RAPS only: what each rank after the first ``free_ranks`` adds; both >= 0.
    """

    kind: Kind
    randomised: bool = False
    penalty: float = 0.01
    free_ranks: int = 1

    def __post_init__(self) -> None:
        if self.kind not in SETS + INTERVALS:
            raise ConfigError(f"no conformal score {self.kind!r}; there are {', '.join(SETS + INTERVALS)}.")
        if self.randomised and self.kind not in ("aps", "raps"):
            raise ConfigError(f"the conformal score {self.kind!r} has nothing to randomise; aps and raps have.")
        if not np.isfinite(self.penalty) or self.penalty < 0 or self.free_ranks < 0:
            raise ConfigError(f"penalty={self.penalty} and free_ranks={self.free_ranks} must be numbers >= 0.")

    @property
    def gives_sets(self) -> bool:
        return self.kind in SETS

    def of_classes(self, probability: np.ndarray, u: np.ndarray | None = None) -> np.ndarray:
        """Float (n, K): the score of every class of every row; ``u`` as in ``aps_scores``, for randomised scores only."""
        if self.kind == "lac":
            return lac_scores(probability)
        if self.randomised == (u is None):
            wanted = "needs a number u in [0, 1] for each row" if self.randomised else "is not randomised and takes no u"
            raise ConfigError(f"this conformal score {wanted}.")
        if self.kind == "aps":
            return aps_scores(probability, u)
        return raps_scores(probability, penalty=self.penalty, free_ranks=self.free_ranks, u=u)


def lac_scores(probability: np.ndarray) -> np.ndarray:
    """1 - p: float (n, K) of probabilities float (n, K).  Also called the threshold score.

    >>> lac_scores(np.array([[0.75, 0.25]])).tolist()
    [[0.25, 0.75]]
    """
    return np.asarray(1.0 - _checked(probability))


def aps_scores(probability: np.ndarray, u: np.ndarray | None = None) -> np.ndarray:
    """The probability of all classes that are likelier, plus ``u`` times the class's own: float (n, K).

    u: float (n,) in [0, 1], drawn uniformly for each row; None counts a class whole (u = 1), which gives larger sets.
    Classes of equal probability rank in the order of their codes.

    >>> aps_scores(np.array([[0.25, 0.5, 0.25]])).tolist()
    [[0.75, 0.5, 1.0]]
    """
    return _ranked_scores(probability, u, penalty=0.0, free_ranks=0)


def raps_scores(
    probability: np.ndarray, *, penalty: float = 0.01, free_ranks: int = 1, u: np.ndarray | None = None
) -> np.ndarray:
    """APS plus ``penalty`` for each rank after the first ``free_ranks``: float (n, K).  It keeps the sets from long tails.

    >>> raps_scores(np.array([[0.25, 0.5, 0.25]]), penalty=0.5, free_ranks=1).tolist()
    [[1.25, 0.5, 2.0]]
    """
    return _ranked_scores(probability, u, penalty=penalty, free_ranks=free_ranks)


def _ranked_scores(probability: np.ndarray, u: np.ndarray | None, *, penalty: float, free_ranks: int) -> np.ndarray:
    probability = _checked(probability)
    n, n_classes = probability.shape
    share = np.ones(n) if u is None else np.asarray(u, dtype=np.float64)
    if share.shape != (n,) or not ((share >= 0) & (share <= 1)).all():
        raise DataError(f"u must be {n} numbers in [0, 1], one for each row.")
    order = np.argsort(-probability, axis=1, kind="stable")
    sorted_p = np.take_along_axis(probability, order, axis=1)
    late = np.maximum(np.arange(1, n_classes + 1) - free_ranks, 0)
    by_rank = np.cumsum(sorted_p, axis=1) - sorted_p + share[:, None] * sorted_p + penalty * late
    scores = np.empty((n, n_classes))
    np.put_along_axis(scores, order, by_rank, axis=1)
    return scores


def absolute_scores(target: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Float (n,): |target - value|, in the units of the target."""
    target, value = _same_length(target=target, value=value)
    return np.asarray(np.abs(target - value))


def normalised_scores(target: np.ndarray, value: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Float (n,): |target - value| / scale; scale: float (n,), > 0, how far off the model expects to be on that row."""
    target, value, scale = _same_length(target=target, value=value, scale=scale)
    check_scale(scale)
    return np.asarray(np.abs(target - value) / scale)


def cqr_scores(target: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Float (n,): how far the target lies outside its two predicted quantiles (n, 2), negative where it is inside."""
    quantiles = check_quantiles(quantiles)
    target, low, high = _same_length(target=target, low=quantiles[:, 0], high=quantiles[:, 1])
    return np.asarray(np.maximum(low - target, target - high))


def check_scale(scale: np.ndarray) -> None:
    """Raises DataError for a scale that is not above 0 and finite everywhere."""
    bad = np.flatnonzero(~(np.isfinite(scale) & (scale > 0)))
    if len(bad):
        raise DataError(f"{len(bad)} of {len(scale)} scales are not numbers > 0 (first rows: {bad[:3].tolist()}).")


def check_quantiles(quantiles: np.ndarray) -> np.ndarray:
    """Float (n, 2), finite; raises DataError.  Crossed quantiles are allowed: the score makes up for them."""
    quantiles = np.asarray(quantiles, dtype=np.float64)
    if quantiles.ndim != 2 or quantiles.shape[1] != 2:
        raise DataError(f"the predicted quantiles must be of shape (n, 2), low and high, not {quantiles.shape}.")
    check_finite("predicted quantiles", quantiles)
    return quantiles


def check_finite(what: str, values: np.ndarray) -> None:
    """Raises DataError that names how many rows hold NaN or infinity, and the first of them."""
    bad = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1)) if len(values) else np.zeros(0, int)
    if len(bad):
        raise DataError(f"{len(bad)} of {len(values)} rows of the {what} are not finite (first rows: {bad[:3].tolist()}).")


def _checked(probability: np.ndarray) -> np.ndarray:
    probability = np.asarray(probability, dtype=np.float64)
    if probability.ndim != 2 or probability.shape[1] < 2:
        raise DataError(f"probabilities must be of shape (n, K) with K >= 2 classes, not {probability.shape}.")
    check_finite("probabilities", probability)
    return probability


def _same_length(**arrays: np.ndarray) -> list[np.ndarray]:
    found = [np.asarray(array, dtype=np.float64) for array in arrays.values()]
    if len({array.shape for array in found}) > 1 or found[0].ndim != 1:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(arrays, found, strict=True))
        raise DataError(f"these must have one number a row each, and have the shapes {shapes}.")
    for name, array in zip(arrays, found, strict=True):
        check_finite(name, array)
    return found
