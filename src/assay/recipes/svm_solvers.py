"""One support vector machine of +1 against -1 or of a value: scikit-learn's solvers, their results as our own arrays.

A ``Machine`` is a line over the columns, or over the kernel values about stored rows: of the support vectors themselves
where rows are few enough for libsvm (its time grows faster than their square), else of landmarks, on which liblinear finds
the line (Nyström's approximation).
Source: Cortes & Vapnik (1995); Williams & Seeger (2001); Chang & Lin (2011); Fan et al. (2008).
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_STEPS = 1_000_000
"""Steps of libsvm, each as long as the rows are many: a bound for costs at which it would not end."""

LANDMARKS = 500
LEAST_LANDMARKS = 50

MOST_WORK = 100_000_000
"""Kernel values times machines that liblinear is given: about half a minute.  Many classes get fewer landmarks."""


@dataclass(frozen=True)
class Machine:
    """rows: float64 (m, width) of kernel centres, or None for a line over the columns.

    weights: float64 (S, m) or (S, width).  intercepts: (S,).  steepness: of the kernel.
    """

    rows: np.ndarray | None
    steepness: float
    weights: np.ndarray
    intercepts: np.ndarray

    def said(self, asked: np.ndarray) -> np.ndarray:
        """float64 (n, S)."""
        from sklearn.metrics.pairwise import rbf_kernel

        values = asked if self.rows is None else rbf_kernel(asked, self.rows, gamma=self.steepness)
        return np.asarray(values @ self.weights.T + self.intercepts)


def exact(x: np.ndarray, targets: np.ndarray, weights: np.ndarray, cost: float, steepness: float, slack: float | None) -> Machine:
    """By libsvm.  targets: float64 (S, n), of +1 and -1, or values with a ``slack`` within which errors cost nothing."""
    from sklearn.svm import SVC, SVR

    dual = np.zeros((len(targets), len(x)))
    intercepts = np.zeros(len(targets))
    for number, target in enumerate(targets):
        shared = {"C": cost, "gamma": steepness, "max_iter": MOST_STEPS}
        model = SVC(**shared) if slack is None else SVR(**shared, epsilon=slack)
        _fit(model, x, target, weights)
        dual[number, model.support_] = model.dual_coef_[0]
        intercepts[number] = model.intercept_[0]
    used = np.flatnonzero(dual.any(axis=0))
    return Machine(x[used], steepness, dual[:, used], intercepts)


def by_landmarks(
    x: np.ndarray, targets: np.ndarray, weights: np.ndarray, cost: float, steepness: float, slack: float | None, seed: int
) -> Machine:
    """Kernel values about a random choice of rows, turned so that their products are the kernel's; then ``straight``."""
    from sklearn.kernel_approximation import Nystroem

    most = min(max(MOST_WORK // targets.size, LEAST_LANDMARKS), LANDMARKS, len(x))
    features = Nystroem(gamma=steepness, n_components=most, random_state=seed)
    line = straight(features.fit_transform(x), targets, weights, cost, slack, tolerance=1e-3)
    return Machine(features.components_.copy(), steepness, line.weights @ features.normalization_, line.intercepts)


def straight(
    x: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    cost: float,
    slack: float | None,
    *,
    tolerance: float = 1e-5,
) -> Machine:
    """A line over the columns, by liblinear, of the squared hinge loss (or of squared errors beyond the slack)."""
    from sklearn.svm import LinearSVC, LinearSVR

    coefficients, intercepts = np.zeros((len(targets), x.shape[1])), np.zeros(len(targets))
    for number, target in enumerate(targets):
        shared: dict[str, Any] = {"C": cost, "dual": False, "tol": tolerance}
        loss = "squared_epsilon_insensitive"
        model = LinearSVC(**shared) if slack is None else LinearSVR(**shared, loss=loss, epsilon=slack)
        _fit(model, x, target, weights)
        coefficients[number], intercepts[number] = np.ravel(model.coef_), np.ravel(model.intercept_)[0]
    return Machine(None, 0.0, coefficients, intercepts)


def _fit(model: Any, x: np.ndarray, target: np.ndarray, weights: np.ndarray) -> None:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the most steps are a bound, not an error
        model.fit(x, target, sample_weight=weights)
