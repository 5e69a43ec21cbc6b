"""Comparison: the kernels by subject, and the calls in words.

calls       from a difference and its p to words        adjust      Holm, Benjamini-Hochberg
mcnemar     right and wrong on the same rows             folds       differences per fold of resampled training sets
signed_rank one pair over many data sets                 ranks       many recipes over many data sets
equivalence two one-sided tests                          power       rows that would be needed
"""

from assay.measure.compare.adjust import benjamini_hochberg, holm
from assay.measure.compare.calls import (
    A_BETTER,
    B_BETTER,
    CALLS,
    NO_DIFFERENCE,
    SAME,
    SMALLEST_CLASS,
    TOO_LITTLE,
    call,
)

__all__ = [
    "A_BETTER",
    "B_BETTER",
    "CALLS",
    "NO_DIFFERENCE",
    "SAME",
    "SMALLEST_CLASS",
    "TOO_LITTLE",
    "benjamini_hochberg",
    "call",
    "holm",
]
