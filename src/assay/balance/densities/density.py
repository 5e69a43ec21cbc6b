"""Fitted densities of one column: what they all answer, whichever family they are of.

Values are float64; a category is the position of its level.  scipy.stats is loaded when a density is asked, not before.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

SCIPY_NAMES = {
    "normal": "norm",
    "log-normal": "lognorm",
    "gamma": "gamma",
    "log-gamma": "loggamma",
    "exponential": "expon",
    "weibull": "weibull_min",
    "beta": "beta",
    "poisson": "poisson",
}
"""The family of each name in scipy.stats, whose parameters (shapes, loc, scale) are ours."""

SMALLEST = 1e-300


class Density(Protocol):
    """A fitted family of one column.  free: how many numbers were fitted."""

    @property
    def family(self) -> str: ...
    @property
    def free(self) -> int: ...
    @property
    def parameters(self) -> dict[str, float]: ...
    def log_density(self, x: np.ndarray) -> np.ndarray:
        """float64 (n,): logarithm of the density, or of the probability for a discrete family; -inf outside the support."""
        ...

    def log_mass(self, x: np.ndarray, step: float) -> np.ndarray:
        """float64 (n,): logarithm of the probability of being rounded to ``x`` on a lattice of ``step``; comparable over all
        families, continuous or discrete."""
        ...

    def cdf(self, x: np.ndarray) -> np.ndarray: ...
    def quantile(self, u: np.ndarray) -> np.ndarray:
        """The smallest x with cdf(x) >= u, for u in (0, 1)."""
        ...


@dataclass(frozen=True)
class Parametric:
    """A family of scipy.stats with its parameters.  scale: 1 for the Poisson, which has none."""

    family: str
    shapes: tuple[float, ...]
    loc: float
    scale: float
    free: int

    def asked(self, question: str, x: np.ndarray) -> np.ndarray:
        """A method of scipy's distribution ("logpdf", "cdf", "ppf" …) at x with these parameters."""
        from scipy import stats

        # Not frozen: making a frozen distribution takes ten times as long as the question.
        law = getattr(stats, SCIPY_NAMES[self.family])
        placed = (self.loc,) if self.family == "poisson" else (self.loc, self.scale)
        return np.asarray(getattr(law, question)(x, *self.shapes, *placed), dtype=np.float64)

    @property
    def parameters(self) -> dict[str, float]:
        names = {
            "log-normal": ("s",),
            "gamma": ("a",),
            "log-gamma": ("c",),
            "weibull": ("c",),
            "beta": ("a", "b"),
            "poisson": ("mu",),
        }
        found = dict(zip(names.get(self.family, ()), self.shapes, strict=True)) | {"loc": self.loc}
        return found if self.family == "poisson" else found | {"scale": self.scale}

    def log_density(self, x: np.ndarray) -> np.ndarray:
        return self.asked("logpmf" if self.family == "poisson" else "logpdf", x)

    def log_mass(self, x: np.ndarray, step: float) -> np.ndarray:
        if self.family == "poisson":
            return self.log_density(x)
        low, high = x - step / 2, x + step / 2
        below, above = self.asked("cdf", high), self.asked("sf", low)
        # The smaller tail keeps its digits: 1 - 1e-20 does not.
        mass = np.where(below < above, below - self.asked("cdf", low), above - self.asked("sf", high))
        return np.asarray(np.log(np.maximum(mass, SMALLEST)))

    def cdf(self, x: np.ndarray) -> np.ndarray:
        return self.asked("cdf", x)

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return self.asked("ppf", u)


@dataclass(frozen=True)
class Levels:
    """Probabilities of values, all written out: the constant, the Bernoulli, the categorical.

    values: float64 (k,), rising.  shares: float64 (k,), positive, their sum is 1.
    """

    family: str
    values: np.ndarray
    shares: np.ndarray

    @property
    def free(self) -> int:
        return len(self.values) - 1

    @property
    def parameters(self) -> dict[str, float]:
        if self.family == "constant":
            return {"value": float(self.values[0])}
        if self.family == "bernoulli":
            return {"p": float(self.shares[1]), "low": float(self.values[0]), "high": float(self.values[1])}
        return {f"{value:.12g}": float(share) for value, share in zip(self.values, self.shares, strict=True)}

    def log_density(self, x: np.ndarray) -> np.ndarray:
        place = np.clip(np.searchsorted(self.values, x), 0, len(self.values) - 1)
        return np.where(self.values[place] == x, np.log(self.shares)[place], -np.inf)

    def log_mass(self, x: np.ndarray, step: float) -> np.ndarray:  # noqa: ARG002
        return self.log_density(x)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(np.append(0.0, self._reached)[np.searchsorted(self.values, x, side="right")])

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return np.asarray(self.values[np.searchsorted(self._reached, u)])

    @property
    def _reached(self) -> np.ndarray:
        """float64 (k,): the cdf at each value, exactly 1 at the last."""
        reached = np.cumsum(self.shares)
        reached[-1] = 1.0
        return reached


@dataclass(frozen=True)
class Spiked:
    """A density with probability of its own on a few values: zero spent, 999 for never.

    atoms, shares: float64 (k,), atoms rising; the sum of shares is below 1.  rest: the density of all other rows.
    """

    atoms: np.ndarray
    shares: np.ndarray
    rest: Density

    @property
    def family(self) -> str:
        return f"spiked {self.rest.family}"

    @property
    def free(self) -> int:
        return self.rest.free + len(self.atoms)

    @property
    def parameters(self) -> dict[str, float]:
        atoms = {f"share at {atom:.12g}": float(share) for atom, share in zip(self.atoms, self.shares, strict=True)}
        return self.rest.parameters | atoms

    @property
    def _left(self) -> float:
        return 1.0 - float(self.shares.sum())

    def _share_at(self, x: np.ndarray) -> np.ndarray:
        place = np.clip(np.searchsorted(self.atoms, x), 0, len(self.atoms) - 1)
        return np.asarray(np.where(self.atoms[place] == x, self.shares[place], 0.0))

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """At an atom the logarithm of its probability, elsewhere that of a density: for values that are on no lattice."""
        own = self._share_at(x)
        elsewhere = np.log(self._left) + self.rest.log_density(x)
        return np.where(own > 0, np.log(np.where(own > 0, own, 1.0)), elsewhere)

    def log_mass(self, x: np.ndarray, step: float) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.asarray(np.logaddexp(np.log(self._share_at(x)), np.log(self._left) + self.rest.log_mass(x, step)))

    def cdf(self, x: np.ndarray) -> np.ndarray:
        below = np.append(0.0, np.cumsum(self.shares))[np.searchsorted(self.atoms, x, side="right")]
        return np.asarray(below + self._left * self.rest.cdf(x))

    def quantile(self, u: np.ndarray) -> np.ndarray:
        before = np.append(0.0, np.cumsum(self.shares))
        lower = before[:-1] + self._left * self.rest.cdf(np.nextafter(self.atoms, -np.inf))
        passed = np.searchsorted(lower + self.shares, u)  # atoms wholly below
        place = np.minimum(passed, len(self.atoms) - 1)
        on_atom = (passed < len(self.atoms)) & (u > lower[place])
        inside = np.clip((u - before[passed]) / self._left, SMALLEST, 1 - 1e-16)
        return np.where(on_atom, self.atoms[place], self.rest.quantile(inside))
