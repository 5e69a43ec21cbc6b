"""The corrected resampled t-test: two recipes over folds whose training sets overlap.

Folds share most of their training rows, so their differences are not independent and the plain t-test claims far too
often.  The correction adds the share n_test / n_train to the variance of the mean: what more folds cannot average away.
It is a good approximation and no theorem: no unbiased estimate of that variance exists (Bengio & Grandvalet 2004).

Source: Nadeau & Bengio (2003); repeated folds: Bouckaert & Frank (2004).
"""

from typing import Any

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.measure.compare.arguments import check_level, finite
from assay.measure.interval import Interval
from assay.measure.intervals import Difference, no_difference, tost_level

METHOD = "corrected resampled t"


def corrected_resampled_t(differences: Any, *, n_train: float, n_test: float, level: float = 0.95) -> Difference:
    """The mean of a − b over folds, with Student's t on one less than the number of folds.

    differences: float (folds,) or (repeats, folds): the metric of a minus that of b, both on the same held-out rows.
    n_train, n_test: rows of one training and one held-out part (means, where folds differ by a row).
    There is none (with the reason) where all differences are equal.
    Raises DataError for NaN or fewer than two folds, ConfigError for sizes below 1.
    """
    from scipy.stats import t

    check_level(level)
    if not (n_train >= 1 and n_test >= 1):
        raise ConfigError(f"n_train={n_train:g}, n_test={n_test:g}: each part of a fold holds at least one row.")
    found = finite(differences, "differences").ravel()
    n_folds, n = len(found), round(n_train + n_test)
    if n_folds < 2:
        raise DataError(f"{n_folds} fold shows no spread; at least 2 folds are needed.")
    value, spread = float(found.mean()), float(found.std(ddof=1))
    if spread <= 1e-12 * float(np.abs(found).max()):
        same = "the two are equal in every fold" if value == 0 else "every fold shows the same difference: its spread is unknown"
        return no_difference(same, level=level, n=n, estimand="this recipe")
    error = spread * float(np.sqrt(1 / n_folds + n_test / n_train))

    def interval(at: float) -> Interval:
        reach = float(t.isf((1 - at) / 2, n_folds - 1)) * error
        return Interval(value, value - reach, value + reach, at, METHOD, n, "this recipe")

    p = float(2 * t.sf(abs(value) / error, n_folds - 1))
    return Difference(interval(level), interval(tost_level(level)), p, METHOD)
