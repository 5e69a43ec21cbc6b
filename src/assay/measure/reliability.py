"""How far probabilities are from what they say: diagrams' data, and the one number with what chance alone would make of it.

Two traps are kept shut.  A plain calibration error is never 0: rows are few in each bin, and a perfectly calibrated model
shows some too, so each comes with what is to be expected of such a model.  Bins are a choice that moves the picture: the
CORP diagram makes none.
Source: Dimitriadis, Gneiting & Jordan (2021); Murphy (1973), with what varies inside the bins: Stephenson, Coelho &
Jolliffe (2008); Guo et al. (2017); the bias of binned errors: Bröcker (2012), Ferro & Fricker (2012), Kumar, Liang & Ma (2019).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from assay.core.errors import ConfigError, DataError
from assay.core.seeds import generator
from assay.measure.calibration.checks import checked, checked_binary, checked_probability, checked_weights
from assay.measure.calibration.isotonic import level_sums, pooled
from assay.measure.curves import equal_count_bins

LEAST_ROWS_IN_BIN = 2
"""With fewer the spread inside a bin cannot be told."""


@dataclass(frozen=True)
class Corp:
    """The reliability diagram without bins, and brier = miscalibration - discrimination + uncertainty.

    predicted: (m,) distinct probabilities, rising; calibrated: (m,) what each should have been, by isotonic regression;
    mass: (m,) the weight of the rows at each.  All three parts are >= 0 and in units of the Brier score: what calibration
    would gain, what the order of the rows is worth, and what saying the share of positives to every row costs.
    """

    predicted: np.ndarray
    calibrated: np.ndarray
    mass: np.ndarray
    brier: float
    miscalibration: float
    discrimination: float
    uncertainty: float


@dataclass(frozen=True)
class Band:
    """Where the calibrated value at each of ``predicted`` lies, at the level asked for, if the model is calibrated."""

    predicted: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Murphy:
    """brier = reliability - resolution + uncertainty + within; reliability 0 is best, resolution as large as can be.

    within: what the spread of the probabilities inside the bins adds; 0 where each bin is one probability.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within: float
    brier: float
    bins: int


@dataclass(frozen=True)
class CalibrationError:
    """ece: the mean over rows of how far their bin is off, |mean probability - share of positives|; in probability.

    expected: what a calibrated model with these probabilities would show on so few rows; ``excess`` = ece - expected is 0
    on average for such a model, and on average no more than the true error for any other.
    squared: the mean of the squares; squared_debiased: the same less the variance of each bin's difference, which is right
    on average whatever the model is, and so may fall below 0.
    """

    ece: float
    expected: float
    squared: float
    squared_debiased: float
    bins: int

    @property
    def excess(self) -> float:
        return self.ece - self.expected


def corp(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> Corp:
    """target: int (n,), 0 or 1; probability: float (n,); weights: float (n,) or None.  Raises DataError.  O(n log n)."""
    target, probability, weights = checked_binary(target, probability, weights)
    levels, mass, positive = level_sums(target, probability, weights)
    calibrated = np.clip(pooled(mass, positive), 0.0, 1.0)

    def score(said: np.ndarray | float) -> float:
        """The mean Brier score of saying this at each level."""
        return float(np.sum(positive * (1 - said) ** 2 + (mass - positive) * np.square(said)) / mass.sum())

    brier, best, share = score(levels), score(calibrated), positive.sum() / mass.sum()
    flat = score(float(share))
    return Corp(levels, calibrated, mass, brier, max(brier - best, 0.0), max(flat - best, 0.0), flat)


def consistency_band(
    probability: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    level: float = 0.95,
    replicates: int = 200,
    points: int = 100,
    seed: int,
) -> Band:
    """Where the CORP curve of a calibrated model lies: targets are drawn from the probabilities themselves, many times.

    probability: float (n,).  The band is pointwise, at no more than ``points`` of the distinct probabilities, evenly spread
    over the rows; replicates × points numbers are held at once, never replicates × rows.
    Raises DataError for bad rows, ConfigError for a level outside (0, 1) or fewer than 20 replicates or 2 points.
    """
    if not 0 < level < 1 or replicates < 20 or points < 2:
        raise ConfigError(
            f"level={level}, replicates={replicates}, points={points}: a band needs a level between 0 and 1, "
            "20 replicates and 2 points."
        )
    said = checked_probability(probability)
    said, mass = _weighed(said, weights)
    order = np.argsort(said, kind="stable")
    said, mass = said[order], mass[order]
    levels, first = np.unique(said, return_index=True)
    level_mass = np.add.reduceat(mass, first)
    shown = np.unique(np.searchsorted(levels, said[np.linspace(0, len(said) - 1, points).astype(np.int64)]))
    random = generator(seed, "consistency-band")
    curves = np.empty((replicates, len(shown)))
    for number in range(replicates):
        drawn = mass * (random.random(len(said)) < said)
        curves[number] = pooled(level_mass, np.add.reduceat(drawn, first))[shown]
    low, high = np.quantile(curves, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Band(levels[shown], low, high)


def murphy(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None, *, bins: int | None = None) -> Murphy:
    """The Brier score taken apart by bins of about equally many rows; None: every distinct probability is a bin.

    target: int (n,), 0 or 1; probability: float (n,); weights: float (n,) or None.  Raises DataError; ConfigError: bins < 1.
    """
    target, probability, weights = checked_binary(target, probability, weights)
    bin_of = np.unique(probability, return_inverse=True)[1] if bins is None else equal_count_bins(probability, _counted(bins))
    mass, said, seen = _bin_means(bin_of, probability, target, weights)
    share, rate = mass / mass.sum(), float(np.average(target, weights=weights))
    spread = probability - said[bin_of]
    inside = spread**2 - 2 * spread * (target - seen[bin_of])
    return Murphy(
        float(share @ (said - seen) ** 2),
        float(share @ (seen - rate) ** 2),
        rate * (1 - rate),
        float(np.average(inside, weights=weights)),
        float(np.average((probability - target) ** 2, weights=weights)),
        len(mass),
    )


def top_label(target: np.ndarray, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether the most probable class came true, int (n,), and its probability, float (n,); the first of equals.

    target: int (n,) codes; probability: float (n, K).  Any diagnostic of binary probabilities can then be asked how far
    the model's confidence can be trusted.  Raises DataError for bad rows.
    """
    target, probability, _ = checked(target, probability)
    if probability.ndim != 2:
        raise DataError("the top label is of several classes; a binary task has the probability of class 1.")
    top = probability.argmax(axis=1)
    return (top == target).astype(np.int64), probability[np.arange(len(top)), top]


def calibration_error(
    target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None, *, bins: int = 10
) -> CalibrationError:
    """The expected calibration error over bins of about equally many rows, and what is left of it without chance.

    target: int (n,), 0 or 1, and probability: float (n,) of class 1; or codes and (n, K), then of the top label.
    weights: float (n,) or None; with weights the debiasing takes Kish's effective number of rows in a bin.
    There are fewer bins where a bin would have fewer than two rows.
    Raises DataError for bad rows or fewer than two, ConfigError: bins < 1.
    """
    if np.ndim(probability) == 2:
        target, probability = top_label(target, probability)
    target, probability, weights = checked_binary(target, probability, weights)
    if len(target) < LEAST_ROWS_IN_BIN:
        raise DataError("one row with weight is too few for a calibration error; two are needed at least.")
    bin_of = equal_count_bins(probability, min(_counted(bins), len(target) // LEAST_ROWS_IN_BIN))
    mass, said, seen = _bin_means(bin_of, probability, target, weights)
    effective = mass**2 / np.bincount(bin_of, weights=weights**2)
    share, off = mass / mass.sum(), seen - said
    left_over = target - probability - off[bin_of]
    variance = np.bincount(bin_of, weights=weights * left_over**2) / mass / np.maximum(effective - 1, EFFECTIVE_FLOOR)
    chance = np.bincount(bin_of, weights=weights**2 * probability * (1 - probability)) / mass**2
    return CalibrationError(
        ece=float(share @ np.abs(off)),
        expected=float(share @ _mean_deviation(effective, said, chance)),
        squared=float(share @ off**2),
        squared_debiased=float(share @ (off**2 - variance)),
        bins=len(mass),
    )


EFFECTIVE_FLOOR = 1e-3
"""Kish's number in a bin of very unequal weights comes near to 1; the variance is then large, but no division by 0."""


def _mean_deviation(n: np.ndarray, share: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """E|mean of n draws - share| where the mean has this variance: De Moivre's formula for a binomial of equal moments.

    The normal approximation is 40 % too large where a bin expects one positive in ten, which is where rare classes live.
    The probabilities inside a bin differ, so the binomial has fewer draws of a larger share: n' p' and n' p' (1 - p') are kept.
    """
    expected = n * share
    whole = np.minimum(n**2 * variance, expected * (1 - 1e-12))  # the variance of the sum
    p = 1 - whole / np.where(expected > 0, expected, 1.0)
    p = np.where(expected > 0, np.clip(p, 1e-12, 1.0), 1.0)
    draws = expected / p
    above = np.floor(expected) + 1
    log_ways = gammaln(draws + 1) - gammaln(above + 1) - gammaln(np.maximum(draws - above, -1 + 1e-9) + 1)
    log_deviation = np.log(2 * above) + log_ways + xlogy(above, p) + xlog1py(draws - above + 1, -np.minimum(p, 1 - 1e-15))
    return np.asarray(np.where(whole > 0, np.exp(log_deviation) / n, 0.0))


def _bin_means(
    bin_of: np.ndarray, probability: np.ndarray, target: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each bin: its weight, mean probability and share of positives."""
    mass = np.bincount(bin_of, weights=weights)
    said = np.bincount(bin_of, weights=weights * probability) / mass
    return mass, said, np.bincount(bin_of, weights=weights * target) / mass


def _weighed(said: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    if said.ndim != 1:
        raise DataError(f"a band is of one probability a row, not of shape {said.shape}; see top_label.")
    if weights is None:
        return said, np.ones(len(said))
    mass = checked_weights(weights, len(said))
    return said[mass > 0], mass[mass > 0]


def _counted(bins: int) -> int:
    if bins < 1:
        raise ConfigError(f"bins={bins}: at least one is needed.")
    return bins
