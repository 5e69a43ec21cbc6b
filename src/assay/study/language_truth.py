"""The truth of a language task: nothing beside the rows where tokens are given, else what was given and what was wanted."""

import numpy as np

from assay.data.dataset import Dataset
from assay.measure.payload import Truth
from assay.measure.texts import text_truth


def language_truth(data: Dataset, rows: np.ndarray) -> Truth:
    """Of rows of ``data``, a unit each."""
    task = data.question
    if task.name == "language-model":
        return Truth(task.prediction, rows, {})
    given = next(column.name for column in data.schema.features if column.kind == "text")
    texts = data.frame.select(given, task.target)[rows].fill_null("")
    return text_truth(rows, texts[given].to_list(), texts[task.target].to_list())
