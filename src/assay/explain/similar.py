"""Which training pictures lie nearest to a picture in the space of the features that the last layer reads."""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import DataError


@dataclass(frozen=True, slots=True)
class Nearest:
    """rows: int64 (n, k), positions in the training pictures, the nearest first.  similarity: float64 (n, k), cosine."""

    rows: np.ndarray
    similarity: np.ndarray


def nearest(features: np.ndarray, training: np.ndarray, most: int) -> Nearest:
    """By the cosine of the angle between features (n, d) and training (m, d); of equally near ones the earlier row.

    A row of zeros has no direction, and counts as at right angles to all.  Raises DataError without training rows.

    >>> found = nearest(np.array([[1.0, 0.1]]), np.array([[0.0, 1.0], [2.0, 0.0]]), most=2)
    >>> found.rows.tolist(), found.similarity.round(3).tolist()
    ([[1, 0]], [[0.995, 0.1]])
    """
    if not len(training):
        raise DataError("there are no training pictures to look among.")
    similarity = _unit(features) @ _unit(training).T
    rows = np.argsort(-similarity, axis=1, kind="stable")[:, :most]
    return Nearest(rows, np.take_along_axis(similarity, rows, axis=1))


def _unit(features: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.where(length > 0, length, 1.0), dtype=np.float64)
