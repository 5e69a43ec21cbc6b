"""What every language model shares: token ids in, a log-probability a token out."""

import numpy as np

from assay.core.errors import DataError
from assay.core.ragged import Ragged
from assay.data.rows import Rows
from assay.recipes.learner import Output


def vocabulary_size(rows: Rows) -> int:
    """How many ids there are, the marks among them."""
    return rows.blocks[0].levels


def ragged(matrix: object, size: int) -> Ragged:
    """The rows as a language model reads them: ids below ``size``.  Raises DataError for anything else."""
    if not isinstance(matrix, Ragged) or matrix.values.dtype.kind != "i" or int(matrix.values.max(initial=0)) >= size:
        raise DataError("a language model reads rows of token ids; the saved model does not fit together, so save it again.")
    return matrix


def token_output(log_probability: np.ndarray, ids: Ragged) -> Output:
    """float64 (tokens,) natural log-probabilities of the tokens of these rows, as an Output."""
    return Output(np.asarray(log_probability, dtype=np.float64), None, offsets=ids.offsets)
