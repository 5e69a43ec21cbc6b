"""What the members of a prediction say together: its mean, and how much of its spread more data could remove.

Aleatoric is what every member expects not to know (noise); epistemic is what they disagree on.  For classes they are parts of
an entropy (the epistemic one is the mutual information of the class and the member), for numbers parts of a variance (the law
of total variance).  In both the members count alike: the predictive distribution is their equal mixture.
Source: Depeweg et al. (2018); Houlsby et al. (2011); Kendall & Gal (2017).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special


@dataclass(frozen=True)
class ClassSpread:
    """probability: (n,) of class 1, or (n, K), the mean over the members.

    total, aleatoric, epistemic: (n,), in nats, from 0 to log K; total = aleatoric + epistemic.
    """

    probability: np.ndarray
    total: np.ndarray
    aleatoric: np.ndarray
    epistemic: np.ndarray


@dataclass(frozen=True)
class ValueSpread:
    """value: (n,), the mean over the members.

    total, aleatoric, epistemic: (n,), variances in the square of the value's unit; total = aleatoric + epistemic.
    """

    value: np.ndarray
    total: np.ndarray
    aleatoric: np.ndarray
    epistemic: np.ndarray

    @cached_property
    def spread(self) -> np.ndarray:
        """(n,): the standard deviation of a new target, in the value's unit; what predictions carry as "spread"."""
        return np.asarray(np.sqrt(self.total))


def class_spread(logits: np.ndarray) -> ClassSpread:
    """logits: (n, members, 1) of class 1, or (n, members, K).  The mean is taken of probabilities, not of logits."""
    _check(logits)
    if logits.shape[2] == 1:
        positive = special.expit(logits[:, :, 0])  # (n, members)
        probability = np.stack([special.expit(-logits[:, :, 0]), positive], axis=2)
    else:
        probability = special.softmax(logits, axis=2)
    mean = probability.mean(axis=1)  # (n, K)
    total = special.entr(mean).sum(axis=1)
    aleatoric = np.minimum(special.entr(probability).sum(axis=2).mean(axis=1), total)  # what rounding lifts above the whole
    return ClassSpread(mean[:, 1] if logits.shape[2] == 1 else mean, total, aleatoric, total - aleatoric)


def value_spread(values: np.ndarray, noise_variance: float | np.ndarray = 0.0) -> ValueSpread:
    """values: (n, members, 1).  noise_variance: of a target about a member's value: one, (members,) or (n, members); >= 0."""
    _check(values)
    if values.shape[2] != 1:
        raise ValueError(f"values have the form {values.shape}; a number has one output a member.")
    noise = np.broadcast_to(np.asarray(noise_variance, dtype=np.float64), values.shape[:2])
    if not (noise >= 0).all():
        raise ValueError("a noise variance is below 0 or no number.")
    aleatoric, epistemic = noise.mean(axis=1), values[:, :, 0].var(axis=1)
    return ValueSpread(values[:, :, 0].mean(axis=1), aleatoric + epistemic, aleatoric, epistemic)


def _check(outputs: np.ndarray) -> None:
    if outputs.ndim != 3 or outputs.shape[1] == 0 or outputs.shape[2] == 0:
        raise ValueError(f"outputs have the form {outputs.shape}; they are (n, members, outputs), with one member at least.")
