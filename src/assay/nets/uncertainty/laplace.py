"""The Laplace approximation of a net's last layer: a Gaussian around its trained weights, as wide as the training rows allow.

Its precision is that of the prior plus the generalised Gauss-Newton matrix of the loss, for K classes in Kronecker form (the
features' second moment times the mean curvature of the softmax; exact for one output, where the covariance is full).  The
eigenvectors of the two factors are kept, so that adding the prior, sampling and variances are exact in that form.  Prior and
noise are those with the greatest marginal likelihood, found by MacKay's fixed points.  The mean stays where training left
the weights, so that a net does not become another model by being asked how sure it is.

Mean-field variational inference of the last layer is left out with intent: it needs a second training with noise of its own,
forgets how the weights depend on each other (which is what makes spread grow between clusters of data: Foong et al. 2020), and
for a linear layer under a log-concave likelihood there is little that a Gaussian found by gradients has over this one.
Source: MacKay (1992); Ritter, Botev & Barber (2018); Kristiadi, Hein & Hennig (2020); Daxberger et al. (2021).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.seeds import generator
from assay.core.state import State
from assay.nets.uncertainty.evidence import Evidence, fitted_evidence
from assay.prepare import checks

Question = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True)
class LastLayerPosterior:
    """W = mean + left (Z ∘ scale) rightᵀ with Z standard normal, (D, K): D = d features and 1 where there is a bias.

    mean: (D, K), the trained weights, the bias as the last row.  left: (D, D).  right: (K, K).  scale: (D, K), standard
    deviations along the axes.  noise_variance: of a target about its value; None for classes.
    """

    task: Question
    has_bias: bool
    mean: np.ndarray
    left: np.ndarray
    right: np.ndarray
    scale: np.ndarray
    noise_variance: float | None
    prior_precision: float
    log_evidence: float

    def members(self, features: np.ndarray, members: int, seed: int) -> np.ndarray:
        """Logits, or values, under ``members`` draws of the last layer: float64 (n, members, K).  features: (n, d)."""
        rows = self._rows(features)
        noise = generator(seed, "last layer").standard_normal((members, *self.mean.shape))
        weights = self.mean + self.left @ (noise * self.scale) @ self.right.T  # (members, D, K)
        return np.moveaxis(rows @ weights, 0, 1)

    def variance(self, features: np.ndarray) -> np.ndarray:
        """Of each logit, or of the value without noise: float64 (n, K), in closed form."""
        return np.asarray(((self._rows(features) @ self.left) ** 2) @ (self.scale**2) @ (self.right**2).T)

    def probability(self, features: np.ndarray) -> np.ndarray:
        """Of class 1, (n,), for two classes: MacKay's closed form, the logit shrunk by its variance.

        Within about 0.02 of the mean of the sigmoid; the members' mean has no such error, but that of sampling.
        """
        if self.task != "binary":
            raise ValueError(f"the closed form is of two classes; this posterior is of the task {self.task!r}.")
        logit, variance = (self._rows(features) @ self.mean)[:, 0], self.variance(features)[:, 0]
        return np.asarray(special.expit(logit / np.sqrt(1 + np.pi / 8 * variance)))

    def _rows(self, features: np.ndarray) -> np.ndarray:
        rows = _with_one(features) if self.has_bias else np.asarray(features, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(self.mean):
            width = len(self.mean) - self.has_bias
            raise DataError(f"the last layer reads {width} features; they have the form {np.shape(features)}.")
        return rows

    def state(self) -> State:
        arrays = {"mean": self.mean, "left": self.left, "right": self.right, "scale": self.scale}
        numbers = {"prior_precision": self.prior_precision, "log_evidence": self.log_evidence}
        return {"task": self.task, "has_bias": self.has_bias, "noise_variance": self.noise_variance, **numbers, **arrays}

    @classmethod
    def from_state(cls, state: State) -> "LastLayerPosterior":
        """The posterior back; raises BundleError unless its arrays fit together and its spreads are above 0."""
        task = checks.choice(state, "task", ("binary", "multiclass", "regression"))
        mean = checks.floats(state, "mean", (None, None))
        deep, wide = mean.shape
        scale = checks.floats(state, "scale", (deep, wide))
        if not (scale > 0).all() or (wide > 1) != (task == "multiclass"):
            raise BundleError("the saved posterior of a last layer has spreads of 0 or less, or the outputs of another task.")
        noise = checks.real(state, "noise_variance", low=0.0) if task == "regression" else checks.entry(state, "noise_variance")
        if task != "regression" and noise is not None:
            raise BundleError("the saved posterior of a last layer has a noise, and classes have none.")
        return cls(
            task=task,  # type: ignore[arg-type]
            has_bias=checks.flag(state, "has_bias"),
            mean=mean,
            left=checks.floats(state, "left", (deep, deep)),
            right=checks.floats(state, "right", (wide, wide)),
            scale=scale,
            noise_variance=noise,
            prior_precision=checks.real(state, "prior_precision", low=0.0),
            log_evidence=checks.real(state, "log_evidence"),
        )


def fit_laplace(
    features: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    target: np.ndarray,
    task: Question,
    *,
    row_weights: np.ndarray | None = None,
    prior_precision: float | None = None,
    noise_variance: float | None = None,
) -> LastLayerPosterior:
    """The posterior of a trained last layer, from training rows.

    features: (n, d).  weight: (outputs, d).  bias: (outputs,) or None.  target: (n,), 0 and 1, class codes, or numbers as the net
    was trained on them (standardised, where it was).  row_weights: (n,) >= 0, how many rows a row stands for.
    prior_precision: of every weight; None for the one of greatest marginal likelihood.  noise_variance: of numbers, likewise; a
    net that has learnt its training rows by heart makes it too small, and the mean squared error on held-out rows is better.
    Raises DataError for rows that are none or do not fit the layer, ConfigError for settings of 0 or less.
    """
    rows = np.asarray(features, dtype=np.float64) if bias is None else _with_one(features)
    mean = weight.T if bias is None else np.concatenate([weight.T, bias[None]])  # (D, K)
    counts = np.ones(len(rows)) if row_weights is None else np.asarray(row_weights, dtype=np.float64)
    _check(rows, mean, np.asarray(target), counts, task)
    if any(number is not None and not number > 0 for number in (prior_precision, noise_variance)):
        raise ConfigError(f"prior_precision={prior_precision} and noise_variance={noise_variance} must be above 0.")
    outputs = rows @ mean  # (n, K)
    log_likelihood, residual = 0.0, None
    if task == "regression":
        features_moment, curvature = (rows * counts[:, None]).T @ rows, np.ones((1, 1))
        residual = float(np.sum(counts * (np.asarray(target, dtype=np.float64) - outputs[:, 0]) ** 2))
    elif task == "binary":
        log_likelihood = float(np.sum(counts * special.log_expit(np.where(target == 1, 1, -1) * outputs[:, 0])))
        slope = special.expit(outputs[:, 0]) * special.expit(-outputs[:, 0])
        features_moment, curvature = (rows * (counts * slope)[:, None]).T @ rows, np.ones((1, 1))
    else:
        codes = np.asarray(target).astype(np.int64)
        log_likelihood = float(np.sum(counts * special.log_softmax(outputs, axis=1)[np.arange(len(rows)), codes]))
        features_moment, curvature = (rows * counts[:, None]).T @ rows, _softmax_curvature(outputs, counts)
    along, left = np.linalg.eigh(features_moment)
    across, right = np.linalg.eigh(curvature)
    axes = np.maximum(along, 0)[:, None] * np.maximum(across, 0)  # (D, K): what the rows say of each direction
    evidence = Evidence(axes, float(np.sum(mean**2)), float(counts.sum()), log_likelihood, residual)
    precision, noise, log_evidence = fitted_evidence(evidence, prior_precision, noise_variance)
    scale = 1 / np.sqrt(axes / (1.0 if noise is None else noise) + precision)
    return LastLayerPosterior(task, bias is not None, mean, left, right, scale, noise, precision, log_evidence)


def _softmax_curvature(logits: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(K, K): the weighted mean over the rows of diag p - p pᵀ."""
    probability = special.softmax(logits, axis=1)
    share = counts / counts.sum()
    return np.asarray(np.diag(share @ probability) - (probability * share[:, None]).T @ probability)


def _with_one(features: np.ndarray) -> np.ndarray:
    return np.concatenate([np.asarray(features, dtype=np.float64), np.ones((len(features), 1))], axis=1)


def _check(rows: np.ndarray, mean: np.ndarray, target: np.ndarray, counts: np.ndarray, task: Question) -> None:
    if not len(rows) or rows.shape[1] != len(mean) or (mean.shape[1] > 1) != (task == "multiclass"):
        raise DataError(
            f"{len(rows)} rows of {rows.shape[1]} numbers do not fit a last layer of {mean.shape} weights for the task {task!r}."
        )
    if target.shape != (len(rows),) or counts.shape != (len(rows),):
        raise DataError(f"{len(rows)} rows of features have targets {target.shape} and weights {counts.shape}; each needs one.")
    if not all(np.isfinite(part).all() for part in (rows, mean, target, counts)) or (counts < 0).any() or not counts.sum() > 0:
        raise DataError("features, weights and targets must be finite, row weights not negative, and not all 0.")
    classes = 2 if task == "binary" else mean.shape[1]
    if task != "regression" and not np.isin(target, np.arange(classes)).all():
        raise DataError(f"targets of {classes} classes are codes from 0 to {classes - 1}, and there are others.")
