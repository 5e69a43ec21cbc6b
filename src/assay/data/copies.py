"""Rows that are copies of one another, and copies that would stand on both sides of the lock.

A copy on both sides of a split is scored from memory. Grouping copies is right where they are accidents (wide tables)
and wrong where few distinct values make rows alike by nature, so the choice is the user's and the counts are shown.
"""

from dataclasses import replace

import numpy as np

from assay.data.alike import copy_groups, like_groups, look_alike, picture_columns, repeats
from assay.data.checks.finding import Finding
from assay.data.dataset import Dataset

__all__ = ["copies_across", "copy_groups", "drop_copies", "like_groups", "picture_columns", "pictures_across"]


def copies_across(data: Dataset, locked: np.ndarray) -> Finding | None:
    """How many of the locked rows (row numbers) have an equal in the rest, by features; None when none has."""
    groups = copy_groups(data)
    is_locked = np.zeros(len(data), dtype=bool)
    is_locked[locked] = True
    shared = np.isin(groups[is_locked], groups[~is_locked])
    count = int(shared.sum())
    if count == 0:
        return None
    first = int(np.flatnonzero(is_locked)[shared][0])
    share = count / int(is_locked.sum())
    return Finding(
        code="copies-across-lock",
        level="warning",
        columns=(),
        message=f"{count} of {int(is_locked.sum())} locked test rows ({share:.1%}) equal a training row in every feature "
        f"(first: row {first + 1}).",
        evidence={"locked_rows": int(is_locked.sum()), "with_a_copy": count, "share": share, "first_row": first + 1},
        advice="--copies group keeps equal rows on one side, --copies drop keeps the first of each; "
        "leave them where rows are alike by nature",
    )


def pictures_across(data: Dataset, locked: np.ndarray) -> Finding | None:
    """How many of the locked rows (row numbers) have a picture that is almost one of the rest; None when none has.

    Those that are the same in every feature are told by ``copies_across``.  Raises DataError for a picture that does not open.
    """
    is_locked = np.zeros(len(data), dtype=bool)
    is_locked[locked] = True
    shared = np.zeros(int(is_locked.sum()), dtype=bool)
    for name in picture_columns(data):
        found = look_alike(data.frame[name])
        shared |= np.isin(found.codes[is_locked], found.codes[~is_locked]) & found.near[is_locked]
    if not shared.any():
        return None
    first = int(np.flatnonzero(is_locked)[shared][0])
    return Finding(
        code="pictures-across-lock",
        level="warning",
        columns=(),
        message=f"{int(shared.sum())} of {len(shared)} locked test rows ({shared.mean():.1%}) hold almost the same picture as a "
        f"training row (first: row {first + 1}).",
        evidence={
            "with_a_like": int(shared.sum()),
            "locked_rows": len(shared),
            "share": float(shared.mean()),
            "first_row": first + 1,
        },
        advice="--copies group keeps pictures that are almost the same on one side",
    )


def drop_copies(data: Dataset) -> Dataset:
    """The first of every set of rows that are equal in features and target."""
    again = repeats(data)
    if not again.any():
        return data
    note = f"{int(again.sum())} rows that repeat an earlier one in features and target are left out"
    return replace(data.take(np.flatnonzero(~again)), notes=(*data.notes, note))
