"""SMOTE: between any row of the class and one of its nearest rows of the class.

Source: Chawla, Bowyer, Hall & Kegelmeyer (2002), SMOTE: synthetic minority over-sampling technique.
"""

import numpy as np

from assay.balance.oversample.parents import Growing, Parents, drawn, mates_within


def smote(growing: Growing, n_new: int, rng: np.random.Generator, *, k: int) -> Parents:
    mates, notes = mates_within(growing, k)
    return drawn(growing.own, growing.own[mates], n_new, rng, notes)
