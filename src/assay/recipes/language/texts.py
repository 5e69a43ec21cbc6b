"""What every recipe shares that answers a text with a text: the pairs it learns from, and its answers as an Output."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.data.rows import Rows
from assay.measure.texts import pack
from assay.recipes.learner import Output


def given_texts(matrix: object) -> list[str]:
    """The texts that are to be answered, of a frame with one column of them; a missing one is empty.

    Raises DataError for anything else.
    """
    if not isinstance(matrix, pl.DataFrame) or matrix.width != 1:
        raise DataError("this recipe reads one column of text; the saved model does not fit together, so save it again.")
    return matrix.to_series().cast(pl.String).fill_null("").to_list()


def pairs(rows: Rows) -> tuple[list[str], list[str]]:
    """(what is given, what is wanted) of training rows."""
    return given_texts(rows.features), [str(one) for one in np.asarray(rows.target)]


def text_output(answers: Sequence[str]) -> Output:
    """The answers, one a row."""
    packed = pack(answers)
    return Output(packed.values, None, offsets=packed.offsets)
