"""Rows of which nobody knows the truth, in the form of those that were judged."""

import numpy as np

from assay.explain.confused import Judged
from assay.explain.held import Held, outputs


def unjudged(part: Held, cut: float) -> list[Judged]:
    """Every row of the part; of a binary task the second class is said from a probability of ``cut`` on."""
    said, task = outputs(part.fitted, part.features), part.fitted.task
    if not task.is_classification:
        values = zip(part.units.tolist(), said[:, 0].tolist(), strict=True)
        return [Judged(unit, None, value, None, None, None) for unit, value in values]
    chances = np.concatenate([1 - said, said], axis=1) if said.shape[1] == 1 else said
    labels = (said[:, 0] >= cut).astype(np.int64) if said.shape[1] == 1 else said.argmax(axis=1)
    return [
        Judged(unit, None, task.classes[label], float(chance[label]), None, None)
        for unit, label, chance in zip(part.units.tolist(), labels.tolist(), chances, strict=True)
    ]
