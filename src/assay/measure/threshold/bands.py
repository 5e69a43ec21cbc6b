"""Bands around means and shares of rows that may be weighted, and may come in clusters that stay together.

The variance is that of the weighted mean as a ratio, summed within clusters first (Taylor linearisation; Cochran 1977,
section 6.3); a share takes the effective number of rows that this variance implies (Korn & Graubard 1998).
"""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError, DataError


@dataclass(frozen=True)
class Rows:
    """weights: float (n,).  clusters: int (n,) codes 0 … C-1, or None where every row stands for itself."""

    weights: np.ndarray
    clusters: np.ndarray | None

    @property
    def n_independent(self) -> int:
        """Rows or clusters that weigh anything."""
        weighed = self.weights > 0
        return int(np.count_nonzero(weighed)) if self.clusters is None else len(np.unique(self.clusters[weighed]))

    def mean(self, values: np.ndarray) -> tuple[float, float]:
        """The weighted mean of values (n,) and its standard error; the error is NaN where one independent row is all."""
        total = float(self.weights.sum())
        mean = float(self.weights @ values) / total
        n = self.n_independent
        if n < 2:
            return mean, float("nan")
        own = self.weights * (values - mean) / total
        influence = own if self.clusters is None else np.bincount(self.clusters, weights=own).astype(np.float64)
        return mean, float(np.sqrt(n / (n - 1) * np.sum(influence**2)))

    def share(self, of: np.ndarray, hits: np.ndarray, level: float) -> tuple[float, float, float, int] | None:
        """The weighted share of ``hits`` among ``of`` (both bool, (n,)), its Wilson band, and the independent rows in ``of``.

        None where ``of`` weighs nothing.
        """
        inside = Rows(self.weights * of, self.clusters)
        total = float(inside.weights.sum())
        if total <= 0:
            return None
        share = float(np.clip(inside.weights @ hits / total, 0.0, 1.0))
        n = inside.n_independent
        kish = total**2 / float(np.sum(inside.weights**2))
        effective = kish if self.clusters is None else min(kish, float(n))
        if self.clusters is not None and 0 < share < 1 and n > 1:
            error = inside.mean(hits.astype(np.float64))[1]
            effective = min(kish, share * (1 - share) / error**2) if error > 0 else effective
        from assay.measure.curves import wilson

        low, high = wilson(np.array(share), np.array(effective), level)
        return share, float(low), float(high), n


def rows_of(weights: np.ndarray, clusters: np.ndarray | None, level: float) -> Rows:
    """clusters: any labels (n,), or None.  Raises DataError for a wrong length or fewer than two clusters, ConfigError for a
    level outside (0, 1)."""
    if not 0 < level < 1:
        raise ConfigError(f"level={level:g}: the level of an interval lies between 0 and 1, such as 0.95.")
    if clusters is None:
        return Rows(weights, None)
    if len(clusters) != len(weights):
        raise DataError(f"{len(weights)} rows and {len(clusters)} clusters; they must be one a row.")
    names, codes = np.unique(clusters, return_inverse=True)
    if len(names) < 2:
        raise DataError(f"{len(names)} cluster; a band over clusters needs at least two.")
    return Rows(weights, codes)


def reach(level: float, n_independent: int) -> float:
    """How many standard errors a band of a mean reaches: Student's t with n - 1 degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(max(1, n_independent - 1), (1 + level) / 2))
