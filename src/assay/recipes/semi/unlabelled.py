"""Training rows without a target, as a learner finds them beside the others."""

import numpy as np

from assay.core.seeds import generator
from assay.data.rows import Rows
from assay.prepare.step import Matrix


def unlabelled_of(rows: Rows, most: int, seed: int) -> Matrix | None:
    """The encoded rows without a target, at most so many of them, drawn; None where there are none."""
    matrix = rows.unlabelled
    if matrix is None or not matrix.shape[0]:
        return None
    if matrix.shape[0] <= most:
        return matrix
    drawn = np.sort(generator(seed, "unlabelled").choice(matrix.shape[0], most, replace=False))
    return matrix[drawn]
