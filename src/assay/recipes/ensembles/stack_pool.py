"""How far to trust each of several models of K classes: one weight a model, one start a class.

    logit of class k = start of k + Σ over models of weight × (log p of k − mean log p)

A regression of every class on every model's K numbers has K² coefficients a model, which rows are soon too few for, and does
worse: what a model says of a class belongs to that class (Seewald 2002, on stacking).  With two classes this is logistic
regression on log odds.  Source: Genest & Zidek (1986), the logarithmic opinion pool.
"""

from typing import Any

import numpy as np

from assay.data.rows import Rows
from assay.recipes.linear import FittedLinear
from assay.recipes.outputs import ABSENT_LOGIT, class_columns, softmax

MOST_ITERATIONS = 500
SLOPE = 1e-9
"""Of the mean loss, at which the fit ends."""


def fit_pool(rows: Rows, penalty: float) -> FittedLinear:
    """The line that minimises Σ w · log loss + penalty / 2 · |weights of the models|²; the starts of classes go free.

    rows: features float64 (n, models × K), model after model.  A class without rows starts at odds that are very low.
    """
    from scipy.optimize import minimize

    features = np.asarray(rows.features, dtype=np.float64)
    n_classes = rows.n_classes
    present = np.unique(rows.target)
    said = features.reshape(len(rows), -1, n_classes)[:, :, present]
    wanted = class_columns(rows.target, n_classes)[:, present]
    share = np.ones(len(rows)) if rows.weights is None else rows.weights
    total, n_models = share.sum(), said.shape[1]

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        weights, starts = at[:n_models], at[n_models:]
        logits = np.einsum("nmk,m->nk", said, weights) + starts
        off = (softmax(logits) - wanted) * share[:, None]
        logs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        value = -float(share @ (logs * wanted).sum(axis=1)) + penalty / 2 * float(weights @ weights)
        slope = np.concatenate([np.einsum("nmk,nk->m", said, off) + penalty * weights, off.sum(axis=0)])
        return value / total, slope / total

    even = np.concatenate([np.full(n_models, 1 / n_models), np.zeros(len(present))])
    settings: Any = {"maxiter": MOST_ITERATIONS, "gtol": SLOPE, "ftol": 0.0}
    found = minimize(loss, even, jac=True, method="L-BFGS-B", options=settings).x
    starts = np.full(n_classes, ABSENT_LOGIT)
    starts[present] = found[n_models:]
    coefficients = np.concatenate([weight * np.eye(n_classes) for weight in found[:n_models].tolist()], axis=1)
    return FittedLinear("multiclass", n_classes, coefficients, starts)
