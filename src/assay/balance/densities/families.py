"""Maximum-likelihood fits of the families, by name.

Closed forms where there are any, else Newton steps or one bracketed root on sufficient statistics: scipy's own ``fit`` goes
through a simplex search, a hundred times as slow, and takes no row weights; its densities are the ones used (``density``).

The location of a family that lives above one is 0 where all values are positive, unless a location just below the smallest
value does better by more than its price (half a logarithm of n); with values at or below 0 it is the latter.  The beta lives
on (0, 1) if all values do, else a little beyond the range of the values.  These supports are read from all rows given to
``support_of``: a held-out row beyond its fold's support would make a family impossible, not unlikely.
Sources: Minka (2002), Estimating a gamma distribution; Johnson, Kotz & Balakrishnan (1994); Krichevsky & Trofimov (1981) for
probabilities of levels (half a row added to each).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from assay.balance.densities.density import Density, Levels, Parametric

STEEPEST = 1e6
"""The largest shape: from there on a gamma is a normal, and its log density runs out of digits."""


@dataclass(frozen=True)
class Support:
    """What is fixed before a family is fitted.  low, high: a little beyond the smallest and the largest value.

    smallest, largest: those.  levels: float64 (k,), the different values, rising.
    """

    smallest: float
    largest: float
    low: float
    high: float
    levels: np.ndarray

    @property
    def least_scale(self) -> float:
        return 1e-6 * (self.largest - self.smallest)


Fit = Callable[[np.ndarray, np.ndarray, Support], Density | None]
"""Values (n,), none missing, weights (n,) whose sum is the number of rows, support -> the density; None where it cannot be."""


def support_of(values: np.ndarray) -> Support:
    """values: float64 (n,), n >= 1.  The margin beyond an end is what an exponential's smallest value has on average."""
    levels = np.unique(values)
    smallest, middle, largest = float(levels[0]), float(np.median(values)), float(levels[-1])
    least = (largest - smallest) * 1e-3
    below = max((middle - smallest) / np.log(2), least) / len(values)
    above = max((largest - middle) / np.log(2), least) / len(values)
    # In a column of huge numbers that hardly differ the margin may be less than the distance to the next float.
    low, high = min(smallest - below, np.nextafter(smallest, -np.inf)), max(largest + above, np.nextafter(largest, np.inf))
    return Support(smallest, largest, float(low), float(high), levels)


def fit_normal(x: np.ndarray, weights: np.ndarray, support: Support) -> Density:
    mean = _mean(x, weights)
    return Parametric("normal", (), mean, max(float(np.sqrt(_mean((x - mean) ** 2, weights))), support.least_scale), 2)


def fit_log_normal(x: np.ndarray, weights: np.ndarray, support: Support) -> Density | None:
    def at(loc: float) -> Density:
        logs = np.log(x - loc)
        mean = _mean(logs, weights)
        return Parametric(
            "log-normal", (max(float(np.sqrt(_mean((logs - mean) ** 2, weights))), 1e-6),), loc, float(np.exp(mean)), 2
        )

    return _best_located(at, x, weights, support)


def fit_gamma(x: np.ndarray, weights: np.ndarray, support: Support) -> Density | None:
    def at(loc: float) -> Density:
        above = x - loc
        mean = _mean(above, weights)
        shape = _gamma_shape(np.log(mean) - _mean(np.log(above), weights))
        return Parametric("gamma", (shape,), loc, mean / shape, 2)

    return _best_located(at, x, weights, support)


def fit_exponential(x: np.ndarray, weights: np.ndarray, support: Support) -> Density | None:
    return _best_located(lambda loc: Parametric("exponential", (), loc, _mean(x - loc, weights), 1), x, weights, support)


def fit_weibull(x: np.ndarray, weights: np.ndarray, support: Support) -> Density | None:
    from scipy.optimize import brentq

    def at(loc: float) -> Density | None:
        logs = np.log(x - loc)
        top, mean = float(logs.max()), _mean(logs, weights)

        def slope(log_shape: float) -> float:
            powers = weights * np.exp(np.exp(log_shape) * (logs - top))
            return float((powers * logs).sum() / powers.sum() - np.exp(-log_shape) - mean)

        if not slope(-5.0) * slope(10.0) < 0:
            return None
        shape = float(np.exp(brentq(slope, -5.0, 10.0)))
        scale = float(np.exp(top + np.log(_mean(np.exp(shape * (logs - top)), weights)) / shape))
        return Parametric("weibull", (shape,), loc, scale, 2)

    return _best_located(at, x, weights, support)


def fit_log_gamma(x: np.ndarray, weights: np.ndarray, support: Support) -> Density | None:
    """scipy's loggamma: exp((x - loc) / scale) is gamma, so for a given scale the gamma's fit is exact; the scale is searched."""
    from scipy.optimize import minimize_scalar

    top, mean = float(x.max()), _mean(x, weights)
    spread = max(float(np.sqrt(_mean((x - mean) ** 2, weights))), support.least_scale)

    def at(log_scale: float) -> tuple[float, float, float]:
        scale = spread * np.exp(log_scale)
        log_mean = top / scale + np.log(_mean(np.exp((x - top) / scale), weights))  # of exp(x / scale)
        shape = _gamma_shape(log_mean - mean / scale)
        loc = scale * (log_mean - np.log(shape))
        likelihood = shape * (mean - loc) / scale - shape - special.gammaln(shape) - np.log(scale)
        return float(likelihood), shape, float(loc)

    # At scale 100 standard deviations the shape is 10 000: a normal, for which there is a simpler name.
    found = minimize_scalar(lambda log_scale: -at(log_scale)[0], bounds=(-3.5, 4.6), method="bounded")
    _, shape, loc = at(float(found.x))
    return Parametric("log-gamma", (shape,), loc, float(spread * np.exp(found.x)), 3)


def fit_beta(x: np.ndarray, weights: np.ndarray, support: Support) -> Density | None:
    is_unit = support.smallest > 0 and support.largest < 1
    low, high = (0.0, 1.0) if is_unit else (support.low, support.high)
    inside = (x - low) / (high - low)
    if not ((inside > 0) & (inside < 1)).all():
        return None
    shapes = _beta_shapes(inside, weights)
    return None if shapes is None else Parametric("beta", shapes, low, high - low, 2 if is_unit else 4)


def fit_poisson(x: np.ndarray, weights: np.ndarray, support: Support) -> Density | None:
    """Counts from 0, or from the smallest value."""
    if (x != np.rint(x)).any():
        return None
    lows = [0.0] if support.smallest >= 0 else []
    lows += [support.smallest] if support.smallest != 0 else []
    return _best([Parametric("poisson", (max(_mean(x - low, weights), 1e-9),), low, 1.0, 1) for low in lows], x, weights)


def fit_bernoulli(x: np.ndarray, weights: np.ndarray, support: Support) -> Density | None:
    return _levels("bernoulli", x, weights, support) if len(support.levels) == 2 else None


def fit_categorical(x: np.ndarray, weights: np.ndarray, support: Support) -> Density:
    return _levels("categorical", x, weights, support)


CONTINUOUS: dict[str, Fit] = {
    "normal": fit_normal,
    "log-normal": fit_log_normal,
    "gamma": fit_gamma,
    "log-gamma": fit_log_gamma,
    "exponential": fit_exponential,
    "weibull": fit_weibull,
    "beta": fit_beta,
}
DISCRETE: dict[str, Fit] = {"bernoulli": fit_bernoulli, "poisson": fit_poisson, "categorical": fit_categorical}
FAMILIES: dict[str, Fit] = CONTINUOUS | DISCRETE


def fit_constant(value: float) -> Density:
    return Levels("constant", np.array([value]), np.ones(1))


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    return float(np.average(values, weights=weights))


def _levels(name: str, x: np.ndarray, weights: np.ndarray, support: Support) -> Density:
    rows = np.bincount(np.searchsorted(support.levels, x), weights=weights, minlength=len(support.levels)) + 0.5
    return Levels(name, support.levels, rows / rows.sum())


def _best_located(at: Callable[[float], Density | None], x: np.ndarray, weights: np.ndarray, support: Support) -> Density | None:
    shifted = at(support.low)
    if shifted is None or support.smallest <= 0:
        return _priced(shifted)
    natural = at(0.0)
    if natural is None:
        return _priced(shifted)
    gain = float(weights @ (shifted.log_density(x) - natural.log_density(x)))
    return _priced(shifted) if gain > 0.5 * np.log(weights.sum()) else natural


def _priced(shifted: Density | None) -> Density | None:
    """A location taken from the rows is one more fitted number."""
    if not isinstance(shifted, Parametric):
        return None
    return Parametric(shifted.family, shifted.shapes, shifted.loc, shifted.scale, shifted.free + 1)


def _best(fitted: list[Parametric], x: np.ndarray, weights: np.ndarray) -> Density:
    return max(fitted, key=lambda density: float(weights @ density.log_density(x)))


def _gamma_shape(gap: float) -> float:
    """The shape whose log(a) - digamma(a) is ``gap`` (logarithm of the mean less mean of the logarithm), by Newton's steps."""
    if gap <= 0.5 / STEEPEST:
        return STEEPEST
    shape = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    for _ in range(20):
        change = (np.log(shape) - special.digamma(shape) - gap) / (1 / shape - special.polygamma(1, shape))
        shape = max(shape - change, shape / 2)
        if abs(change) < 1e-12 * shape:
            break
    return float(np.clip(shape, 1e-4, STEEPEST))


def _beta_shapes(inside: np.ndarray, weights: np.ndarray) -> tuple[float, float] | None:
    """Newton's steps on the concave likelihood in the mean logarithms, from the fit by moments."""
    logs = np.array([_mean(np.log(inside), weights), _mean(np.log1p(-inside), weights)])
    mean = _mean(inside, weights)
    variance = max(_mean((inside - mean) ** 2, weights), 1e-12)
    both = max(mean * (1 - mean) / variance - 1, 0.1)
    shapes = np.array([mean * both, (1 - mean) * both])
    for _ in range(100):
        slope = logs - special.digamma(shapes) + special.digamma(shapes.sum())
        own, joint = special.polygamma(1, shapes), special.polygamma(1, shapes.sum())
        change = np.linalg.solve(np.diag(own) - joint, slope)
        shapes = np.maximum(shapes + change, shapes / 2)
        if not np.isfinite(shapes).all() or shapes.max() > STEEPEST:
            return None
        if (np.abs(change) < 1e-10 * shapes).all():
            break
    return float(shapes[0]), float(shapes[1])
