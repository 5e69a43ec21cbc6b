"""Class shares put right: of the sample that was trained on, of the rows that are predicted.

What changes is only how often each class occurs; what the classes look like stays the same.  Then Bayes' rule in closed
form is all that is needed, and no row to learn from.
Source: Elkan (2001); Saerens, Latinne & Decaestecker (2002); King & Zeng (2001).
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.state import State
from assay.measure.calibration.checks import checked_probability, checked_weights, damaged, numbers

MOST_ROUNDS = 10_000


@dataclass(frozen=True, eq=False)
class PriorCorrection:
    """p_k · before_k / after_k, scaled to sum to 1.

    before, after: each (K,), >= 0: the shares of the classes among the training rows before and after the treatment.  A
    class that no treated row had (after 0) keeps its factor at 1: the learner never saw it, and nothing can be put back.
    Of a logistic model it moves the intercept alone, by what ``king_zeng_intercept`` says.
    """

    before: np.ndarray
    after: np.ndarray

    def __post_init__(self) -> None:
        for name in ("before", "after"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        problem = _problem_with_priors(self.before, self.after)
        if problem is not None:
            raise ValueError(f"{problem}.")

    def apply(self, probability: np.ndarray) -> np.ndarray:
        seen = self.after > 0
        factor = np.where(seen, self.before / np.where(seen, self.after, 1.0), 1.0)
        both = np.stack([1 - probability, probability], axis=1) if probability.ndim == 1 else probability
        if both.shape[1] != len(factor):
            raise ValueError(f"probabilities of {both.shape[1]} classes; the priors are of {len(factor)}.")
        weighed = both * factor
        total = weighed.sum(axis=1, keepdims=True)
        # a row that gave everything to a class which never occurs keeps what it had
        corrected = np.where(total > 0, weighed / np.where(total > 0, total, 1.0), both)
        return np.asarray(corrected[:, 1] if probability.ndim == 1 else corrected)

    def state(self) -> State:
        return {"kind": "prior", "before": self.before.tolist(), "after": self.after.tolist()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        before, after = numbers(state, "before"), numbers(state, "after")
        problem = _problem_with_priors(before, after)
        if problem is not None:
            raise damaged(problem)
        return cls(before, after)


def estimate_prior(
    probability: np.ndarray, prior_train: np.ndarray, weights: np.ndarray | None = None, *, tolerance: float = 1e-9
) -> np.ndarray:
    """float (K,): how often each class occurs among unlabelled rows, by expectation-maximisation.

    probability: float (n,) of class 1 (then K = 2) or (n, K), calibrated at ``prior_train``: float (K,), > 0, the class
    shares that the model's probabilities were learned under.  weights: float (n,) or None.
    Ends when no share moves by more than ``tolerance``.  Put the result into ``PriorCorrection(found, prior_train)``.
    Honest only where the classes look as they did in training and the probabilities were calibrated there.
    Raises DataError for bad rows, ConfigError for impossible shares.  Source: Saerens, Latinne & Decaestecker (2002).
    """
    said = checked_probability(probability)
    both = np.stack([1 - said, said], axis=1) if said.ndim == 1 else said
    old = np.asarray(prior_train, dtype=np.float64)
    if old.shape != (both.shape[1],) or not np.isfinite(old).all() or (old <= 0).any():
        raise ConfigError(f"prior_train must be {both.shape[1]} shares above 0, one a class, not {old.tolist()}.")
    mass = np.ones(len(both)) if weights is None else checked_weights(weights, len(both))
    if (both.sum(axis=1) <= 0).any():
        raise DataError(f"{int((both.sum(axis=1) <= 0).sum())} of {len(both)} rows have probability 0 for every class.")
    old = old / old.sum()
    ratio, mass, prior = both / old, mass / mass.sum(), old
    for _ in range(MOST_ROUNDS):
        joint = ratio * prior  # (n, K)
        total = joint.sum(axis=1)
        # a row that is certain of a class whose share has gone to nothing says nothing more
        new = (mass / np.where(total > 0, total, 1.0)) @ joint
        new = new / new.sum()
        moved, prior = float(np.abs(new - prior).max()), new
        if moved <= tolerance:
            break
    return np.asarray(prior)


def king_zeng_intercept(intercept: float, *, share_sample: float, share_population: float) -> float:
    """The intercept that a logistic model fitted on a case-control sample has in the population; its slopes stay.

    share_sample, share_population: how often class 1 occurs among the rows fitted on and in truth, both between 0 and 1.
    Raises ConfigError for a share outside.  Source: King & Zeng (2001), prior correction.

    >>> round(king_zeng_intercept(0.0, share_sample=0.5, share_population=0.1), 6) == round(math.log(1 / 9), 6)
    True
    """
    for name, share in (("share_sample", share_sample), ("share_population", share_population)):
        if not 0 < share < 1:
            raise ConfigError(f"{name}={share} must lie between 0 and 1.")
    return intercept - math.log((1 - share_population) / share_population * share_sample / (1 - share_sample))


def _problem_with_priors(before: np.ndarray, after: np.ndarray) -> str | None:
    if before.ndim != 1 or before.shape != after.shape or len(before) < 2:
        return f"priors must be one a class before and after, not of shape {before.shape} and {after.shape}"
    both = np.stack([before, after])
    if not np.isfinite(both).all() or both.min() < 0 or both.sum(axis=1).min() <= 0:
        return "priors must be finite shares >= 0 that are not all 0"
    return None
