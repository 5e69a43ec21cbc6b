"""Whether Markov chains have found one distribution, and how many independent draws theirs are worth.

Each works on any quantity of the draws.  For a net with hidden layers look at its outputs on some rows, not at its weights:
its hidden units can change places, so that chains which predict alike never agree on a weight.
Source: Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021); Geyer (1992).
"""

import numpy as np
from scipy import special, stats

HIGHEST_R_HAT = 1.01
FEWEST_PER_CHAIN = 100  # effective draws a chain, below which R-hat itself is chance


def r_hat(values: np.ndarray) -> np.ndarray:
    """values: (chains, draws, d).  (d,): rank-normalised split R-hat, the greater of that of the place and that of the scale.

    1 where the halves of all chains are of one distribution; inf where they stand still in different places, NaN where nothing
    ever moved.
    """
    _check(values)
    halves = _split(values)  # (2 chains, draws // 2, d)
    folded = np.abs(halves - np.median(halves, axis=(0, 1)))
    return np.asarray(np.maximum(_r_hat(_normal_scores(halves)), _r_hat(_normal_scores(folded))))


def bulk_ess(values: np.ndarray) -> np.ndarray:
    """values: (chains, draws, d).  (d,): the effective number of draws for the middle of the distribution (normal scores)."""
    _check(values)
    return _ess(_normal_scores(_split(values)))


def mean_ess(values: np.ndarray) -> np.ndarray:
    """values: (chains, draws, d).  (d,): the effective number of draws for the mean, whose standard error is sd / √ess."""
    _check(values)
    return _ess(_split(values))


def problems(values: np.ndarray, divergences: np.ndarray) -> tuple[str, ...]:
    """Why these draws are not to be trusted, in sentences; () where nothing speaks against them.

    values: (chains, draws, d), parameters or outputs.  divergences: (chains,), as in ``hmc.Draws``.
    """
    found = []
    worst, fewest = float(np.max(r_hat(values))), float(np.min(bulk_ess(values)))
    if not worst <= HIGHEST_R_HAT:
        found.append(f"the chains do not agree: R-hat is {worst:.3g}, above {HIGHEST_R_HAT}; use more warm-up or a longer path.")
    needed = FEWEST_PER_CHAIN * len(values)
    if not fewest >= needed:
        found.append(f"the draws are worth {fewest:.0f} independent ones, fewer than {needed}; use more draws or a longer path.")
    total = int(np.sum(divergences))
    if total:
        found.append(f"{total} trajectories diverged: a narrow part of the posterior is not reached; raise acceptance.")
    return tuple(found)


def _split(values: np.ndarray) -> np.ndarray:
    """Each chain as two; an odd draw in the middle is left out."""
    half = values.shape[1] // 2
    return np.concatenate([values[:, :half], values[:, -half:]])


def _normal_scores(values: np.ndarray) -> np.ndarray:
    """Ranks among all draws of a quantity, as quantiles of the normal distribution; ties share their mean rank."""
    flat = values.reshape(-1, values.shape[2])
    ranks = stats.rankdata(flat, axis=0)
    return np.asarray(special.ndtri((ranks - 0.375) / (len(flat) + 0.25)).reshape(values.shape))


def _r_hat(values: np.ndarray) -> np.ndarray:
    draws = values.shape[1]
    still = np.ptp(values, axis=1) == 0  # whose variance may be what rounding leaves
    within = np.where(still, 0.0, values.var(axis=1, ddof=1)).mean(axis=0)
    between = values.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt((draws - 1) / draws + between / within))


def _ess(values: np.ndarray) -> np.ndarray:
    return np.array([_ess_of_one(values[:, :, place]) for place in range(values.shape[2])])


def _ess_of_one(values: np.ndarray) -> float:
    """values: (chains, draws); NaN where nothing moved."""
    draws = values.shape[1]
    covariance = _autocovariance(values).mean(axis=0)  # (draws,), over the chains
    within = covariance[0] * draws / (draws - 1)
    total = covariance[0] + values.mean(axis=1).var(ddof=1)
    if not total > 0:
        return float("nan")
    correlation = 1 - (within - covariance) / total
    correlation[0] = 1.0
    even = draws - draws % 2
    pairs = correlation[0:even:2] + correlation[1:even:2]
    last = max((draws - 1) // 2 - 1, 0)  # the lags beyond are of too few draws; here, as in what follows, as Stan has it
    below = np.flatnonzero(pairs[:last] < 0)
    stop = int(below[0]) if len(below) else last
    kept = float(np.sum(np.minimum.accumulate(pairs[:stop])))  # Geyer's initial monotone sequence
    time = max(
        -1 + 2 * kept + max(float(correlation[2 * stop]), 0.0), 1 / np.log10(values.size)
    )  # antithetic chains: no more than log10 N times N
    return float(values.size / time)


def _autocovariance(values: np.ndarray) -> np.ndarray:
    """(chains, draws): at each lag, of each chain about its own mean, divided by the number of draws."""
    draws = values.shape[1]
    spectrum = np.fft.rfft(values - values.mean(axis=1, keepdims=True), n=2 * draws, axis=1)
    return np.asarray(np.fft.irfft(np.abs(spectrum) ** 2, n=2 * draws, axis=1)[:, :draws] / draws)


def _check(values: np.ndarray) -> None:
    if values.ndim != 3 or values.shape[1] < 4:
        raise ValueError(f"draws have the form {values.shape}; they are (chains, draws, d), with 4 draws at least.")
