"""From a learner's numbers to its Output, the same way for every classical learner."""

import numpy as np
from scipy import sparse

from assay.core.errors import DataError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.learner import Output

CLASSIFICATION = frozenset({"binary", "multiclass"})
TABLE_TASKS = frozenset({"binary", "multiclass", "regression"})
MOST_CLASSES = 100_000
MOST_FEATURES = 10_000_000

ABSENT_LOGIT = -30.0
"""The logit of a class that no training row had: possible, at odds of one in 10^13."""


def sigmoid(logit: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-logit)) without overflow."""
    small = np.exp(-np.abs(logit))
    return np.asarray(np.where(logit >= 0, 1.0, small) / (1.0 + small))


def softmax(logits: np.ndarray) -> np.ndarray:
    """float64 (n, K): rows that sum to 1."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def from_logits(task: str, logits: np.ndarray) -> Output:
    """logits: (n, 1) of class 1 for binary, else (n, K)."""
    if task == "binary":
        return Output(logits[:, 0], sigmoid(logits[:, 0]))
    return Output(logits, softmax(logits))


def from_shares(task: str, shares: np.ndarray) -> Output:
    """shares: (n, K) class shares, or (n, 1) values for regression; a share is its own score."""
    if task == "regression":
        return Output(shares[:, 0], None)
    if task == "binary":
        return Output(shares[:, 1], shares[:, 1])
    return Output(shares, shares)


def task_header(kind: str, task: str, n_classes: int) -> State:
    """What the state of every learner here begins with; ``task_and_classes`` reads it back."""
    return {"kind": kind, "task": task, "n_classes": n_classes}


def task_and_classes(state: State) -> tuple[str, int]:
    """The task of a saved learner and its number of classes (0 for regression); raises BundleError."""
    task = checks.choice(state, "task", TABLE_TASKS)
    low, high = {"binary": (2, 2), "multiclass": (2, MOST_CLASSES), "regression": (0, 0)}[task]
    return task, checks.whole(state, "n_classes", low=low, high=high)


def class_columns(target: np.ndarray, n_classes: int) -> np.ndarray:
    """float64 (n, K) of zeros and ones; the values themselves as (n, 1) for regression."""
    if n_classes == 0:
        return target.astype(np.float64)[:, None]
    return np.asarray(np.eye(n_classes)[target])


def dense(matrix: Matrix) -> np.ndarray:
    """float64 (n_rows, width)."""
    if sparse.issparse(matrix):
        return np.asarray(matrix.toarray(), dtype=np.float64)
    return np.asarray(matrix, dtype=np.float64)


def weighted(matrix: Matrix, coefficients: np.ndarray) -> np.ndarray:
    """float64 (n, K): each row's sum of weight × value.

    Not by BLAS, whose last bits depend on how many rows it is given: an answer must not change with the rows beside it.
    """
    if sparse.issparse(matrix):
        return np.asarray(matrix @ coefficients.T)
    return np.asarray(np.einsum("ij,kj->ik", matrix, coefficients))


def check_width(matrix: Matrix, width: int) -> None:
    """Raise DataError unless the matrix has the columns the learner was fitted on."""
    if matrix.shape[1] != width:
        raise DataError(f"the rows have {matrix.shape[1]} prepared columns, the model was fitted on {width}; prepare them alike.")
