"""Log posterior and gradient, in closed form, of Bayesian linear, logistic and softmax regression, and of small nets.

A model is a map from parameters and rows to outputs (``LinearMap``, ``OneHidden``), a likelihood of the targets given outputs,
and a normal prior.  A net's weights into a unit get a prior variance divided by how many there are, so that its outputs keep
their scale however wide it is (Neal 1996).  The noise of a number is learnt with the weights, as its logarithm, under a
N(0, 1) prior: numbers come standardised.
Source: Neal (1996), Bayesian Learning for Neural Networks.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from scipy import special

from assay.core.errors import ConfigError, DataError

_HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)
Question = Literal["binary", "multiclass", "regression"]


class Map(Protocol):
    """A function of rows with its parameters in one vector."""

    @property
    def inputs(self) -> int: ...
    @property
    def outputs(self) -> int: ...
    def fans(self) -> np.ndarray:
        """(size,): by how many the prior variance of each parameter is divided (1 for a bias)."""
        ...

    def values(self, parameters: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(size,), (n, inputs) -> (n, outputs)."""
        ...

    def gradient(self, parameters: np.ndarray, rows: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """(size,): of a sum whose derivative by the outputs is ``slope`` (n, outputs)."""
        ...


@dataclass(frozen=True)
class LinearMap:
    """X W + b; parameters: W (inputs, outputs) row by row, then b."""

    inputs: int
    outputs: int

    def fans(self) -> np.ndarray:
        return np.ones((self.inputs + 1) * self.outputs)  # a regression's coefficients do not share one scale

    def values(self, parameters: np.ndarray, rows: np.ndarray) -> np.ndarray:
        weight, bias = _layer(parameters, 0, self.inputs, self.outputs)
        return np.asarray(rows @ weight + bias)

    def gradient(self, parameters: np.ndarray, rows: np.ndarray, slope: np.ndarray) -> np.ndarray:  # noqa: ARG002
        return np.concatenate([(rows.T @ slope).ravel(), slope.sum(axis=0)])


@dataclass(frozen=True)
class OneHidden:
    """tanh(X W₁ + b₁) W₂ + b₂; parameters: W₁ (inputs, hidden), b₁, W₂ (hidden, outputs), b₂."""

    inputs: int
    hidden: int
    outputs: int

    def fans(self) -> np.ndarray:
        first, last = np.full(self.inputs * self.hidden, self.inputs), np.full(self.hidden * self.outputs, self.hidden)
        return np.concatenate([first, np.ones(self.hidden), last, np.ones(self.outputs)])

    def values(self, parameters: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return self._both(parameters, rows)[1]

    def gradient(self, parameters: np.ndarray, rows: np.ndarray, slope: np.ndarray) -> np.ndarray:
        active, _ = self._both(parameters, rows)
        last, _ = _layer(parameters, (self.inputs + 1) * self.hidden, self.hidden, self.outputs)
        inner = (slope @ last.T) * (1 - active**2)  # (n, hidden)
        return np.concatenate([(rows.T @ inner).ravel(), inner.sum(axis=0), (active.T @ slope).ravel(), slope.sum(axis=0)])

    def _both(self, parameters: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        first, shift = _layer(parameters, 0, self.inputs, self.hidden)
        last, bias = _layer(parameters, (self.inputs + 1) * self.hidden, self.hidden, self.outputs)
        active = np.tanh(rows @ first + shift)  # (n, hidden)
        return active, np.asarray(active @ last + bias)


def _layer(parameters: np.ndarray, at: int, before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
    end = at + before * after
    return parameters[at:end].reshape(before, after), parameters[end : end + after]


@dataclass(frozen=True)
class Posterior:
    """A log density that ``hmc.sample`` takes.

    rows: (n, inputs), scaled.  target: (n,), 0 and 1, class codes, or numbers.  prior_scale: standard deviation of every
    parameter before it is divided by the root of its fan.  noise: standard deviation of a number about its value, where it
    is known; None to learn its logarithm, which is then the last parameter.  row_weights: (n,), how many rows a row stands for.
    Raises DataError for rows that do not fit the map, ConfigError for a scale or a noise that is not above 0.
    """

    map: Map
    task: Question
    rows: np.ndarray
    target: np.ndarray
    prior_scale: float = 1.0
    noise: float | None = None
    row_weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or self.rows.shape[1] != self.map.inputs or self.target.shape != (len(self.rows),):
            raise DataError(
                f"rows {self.rows.shape} and targets {self.target.shape} do not fit a map of {self.map.inputs} inputs."
            )
        if not self.prior_scale > 0 or (self.noise is not None and not self.noise > 0):
            raise ConfigError(f"prior_scale={self.prior_scale} and noise={self.noise} must be above 0.")
        if (self.map.outputs > 1) != (self.task == "multiclass"):
            raise ConfigError(f"a map of {self.map.outputs} outputs does not fit the task {self.task!r}.")
        classes = 2 if self.task == "binary" else self.map.outputs
        if self.task != "regression" and not np.isin(self.target, np.arange(classes)).all():
            raise DataError(
                f"targets of {classes} classes are codes from 0 to {classes - 1}; there are others among {len(self.target)} rows."
            )

    @cached_property
    def learns_noise(self) -> bool:
        return self.task == "regression" and self.noise is None

    @cached_property
    def _prior_precision(self) -> np.ndarray:
        return self.map.fans() / self.prior_scale**2

    @cached_property
    def _counts(self) -> np.ndarray:
        return np.ones(len(self.rows)) if self.row_weights is None else np.asarray(self.row_weights, dtype=np.float64)

    @cached_property
    def _all_counts(self) -> float:
        return float(self._counts.sum())

    @cached_property
    def _log_noise(self) -> float:
        return 0.0 if self.noise is None else float(np.log(self.noise))

    @cached_property
    def _signs(self) -> np.ndarray:
        """(n,): 1 for class 1, -1 for class 0."""
        return np.where(self.target == 1, 1.0, -1.0)

    @cached_property
    def _hot(self) -> np.ndarray:
        """(n, K): 1 at a row's class."""
        return np.asarray(np.eye(self.map.outputs)[self.target.astype(np.int64)])

    @property
    def size(self) -> int:
        """How many parameters there are, the logarithm of the noise among them."""
        return len(self._prior_precision) + self.learns_noise

    def __call__(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights = parameters[: len(self._prior_precision)]
        outputs = self.map.values(weights, self.rows)
        log_noise = float(parameters[-1]) if self.learns_noise else self._log_noise
        likelihood, slope, noise_slope = self._likelihood(outputs, log_noise)
        decay = self._prior_precision * weights
        gradient = self.map.gradient(weights, self.rows, slope) - decay
        log_density = likelihood - 0.5 * float(decay @ weights)
        if self.learns_noise:
            return log_density - 0.5 * log_noise * log_noise, np.append(gradient, noise_slope - log_noise)
        return log_density, gradient

    def _likelihood(self, outputs: np.ndarray, log_noise: float) -> tuple[float, np.ndarray, float]:
        """(log likelihood, its derivative by the outputs (n, outputs), and by the logarithm of the noise)."""
        counts = self._counts
        if self.task == "binary":
            logit = self._signs * outputs[:, 0]
            return float(counts @ special.log_expit(logit)), (counts * self._signs * special.expit(-logit))[:, None], 0.0
        if self.task == "multiclass":
            logs = special.log_softmax(outputs, axis=1)
            return float(counts @ (logs * self._hot).sum(axis=1)), counts[:, None] * (self._hot - np.exp(logs)), 0.0
        precision = float(np.exp(-2 * log_noise))  # inf where a path has gone astray, which the sampler refuses
        short = self.target - outputs[:, 0]
        squares, rows = float(counts @ short**2) * precision, self._all_counts
        log_likelihood = -0.5 * squares - rows * (log_noise + _HALF_LOG_2_PI)
        return log_likelihood, (counts * short * precision)[:, None], squares - rows

    def outputs(self, members: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Under each of these draws (members, size), for rows (n, inputs): float64 (n, members, outputs)."""
        weights = len(self._prior_precision)
        return np.stack([self.map.values(draw[:weights], rows) for draw in members], axis=1)

    def noise_variances(self, members: np.ndarray) -> np.ndarray:
        """(members,): of a number about its value under each draw; 0 for classes."""
        if self.learns_noise:
            return np.asarray(np.exp(2 * members[:, -1]))
        return np.full(len(members), self.noise**2 if self.noise is not None and self.task == "regression" else 0.0)
