"""How many rows would separate two recipes, from the spread that was measured on the rows at hand.

The standard error of a paired difference shrinks as one over the root of the number of rows; the part of its variance
that comes from seeds and folds does not, and below that floor no number of rows helps.  Ask about the difference that
would matter: the power at the difference that was measured only says the p-value again (Hoenig & Heisey 2001).

Source: normal two-sided test, as in Cohen (1988) and Lachin (1981), both tails counted.
"""

import math
from dataclasses import dataclass

from assay.core.errors import ConfigError, DataError
from assay.measure.compare.arguments import check_level


@dataclass(frozen=True, slots=True)
class RowsNeeded:
    """rows: None where no number of rows is enough, and then ``undefined`` says why."""

    rows: int | None
    undefined: str | None = None


def rows_needed(
    difference: float,
    standard_error: float,
    n: int,
    *,
    power: float = 0.8,
    level: float = 0.95,
    floor_variance: float = 0.0,
) -> RowsNeeded:
    """The least number of rows at which a true ``difference`` is found with probability ``power``.

    difference: in the metric's units, its sign does not matter.  standard_error: of the paired difference on n rows.
    floor_variance: the part of standard_error² that more rows do not lessen.  level: of the interval that must exclude 0.
    Raises ConfigError for a power or level that cannot be, DataError for numbers that are no spread.

    >>> rows_needed(0.01, 0.01, 1000).rows
    7849
    """
    _check(standard_error, n, level, floor_variance)
    if not math.isfinite(difference):
        raise DataError(f"difference={difference} is no difference of a metric.")
    error = abs(difference) / _distance(power, level)
    if error == 0:
        return RowsNeeded(None, "a difference of 0 is found by no number of rows")
    if standard_error == 0:
        return RowsNeeded(None, f"the {n} rows show no spread of the difference")
    shrinking = max(0.0, standard_error**2 - floor_variance)
    if error**2 <= floor_variance:
        smallest = math.sqrt(floor_variance) * _distance(power, level)
        return RowsNeeded(None, f"seeds and folds alone hide differences below {smallest:.3g}: add repeats, not rows")
    # The margin of 1e-12 keeps rounding from asking for one row more than n where n itself is just enough.
    return RowsNeeded(max(1, math.ceil(n * shrinking / (error**2 - floor_variance) * (1 - 1e-12))))


def power_at(
    rows: float, difference: float, standard_error: float, n: int, *, level: float = 0.95, floor_variance: float = 0.0
) -> float:
    """The probability of finding a true ``difference`` on so many rows; arguments and errors as for ``rows_needed``.

    Raises DataError for a standard error of 0, too: what shows no spread says nothing of other rows.
    """
    return _power(abs(difference) / _error_at(rows, standard_error, n, level, floor_variance), level)


def detectable_difference(
    rows: float, standard_error: float, n: int, *, power: float = 0.8, level: float = 0.95, floor_variance: float = 0.0
) -> float:
    """The smallest true difference that so many rows find with probability ``power``; arguments as for ``power_at``."""
    return _error_at(rows, standard_error, n, level, floor_variance) * _distance(power, level)


def _error_at(rows: float, standard_error: float, n: int, level: float, floor_variance: float) -> float:
    """The standard error on so many rows."""
    _check(standard_error, n, level, floor_variance)
    if not rows >= 1:
        raise ConfigError(f"rows={rows}: at least 1.")
    if standard_error == 0:
        raise DataError(f"the {n} rows show no spread of the difference; nothing follows for other numbers of rows.")
    return math.sqrt(max(0.0, standard_error**2 - floor_variance) * n / rows + floor_variance)


def _power(distance: float, level: float) -> float:
    """Of the two-sided test when the truth lies ``distance`` standard errors from 0."""
    from scipy.stats import norm

    z = norm.isf((1 - level) / 2)
    return float(norm.sf(z - distance) + norm.cdf(-z - distance))


def _distance(power: float, level: float) -> float:
    """How many standard errors from 0 the truth must lie to be found with probability ``power``."""
    from scipy.optimize import brentq

    if not 1 - level < power < 1:
        raise ConfigError(f"power={power}: it lies between {1 - level:.3g}, which no difference at all reaches, and 1.")
    return float(brentq(lambda distance: _power(distance, level) - power, 0.0, 50.0, xtol=1e-13))


def _check(standard_error: float, n: int, level: float, floor_variance: float) -> None:
    check_level(level)
    if n < 2:
        raise DataError(f"n={n}: a spread is measured on at least 2 rows.")
    if not (math.isfinite(standard_error) and standard_error >= 0):
        raise DataError(f"standard_error={standard_error} is no measured spread.")
    if not 0 <= floor_variance <= standard_error**2 * (1 + 1e-9):
        raise DataError(f"floor_variance={floor_variance:.3g} must lie between 0 and standard_error² = {standard_error**2:.3g}.")
