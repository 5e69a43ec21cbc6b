"""Rows that repeat one another, and classes with too few rows."""

import numpy as np

from assay.data.alike import copy_groups, repeats
from assay.data.checks.finding import Finding
from assay.data.dataset import Dataset

_ROWS_A_FOLD = 10
_DEVELOPMENT_SHARE = 0.8  # what is left for the folds when a fifth of the rows is locked


def duplicate_rows(data: Dataset) -> list[Finding]:
    """Rows that equal an earlier one in features and target, and rows alike in features whose targets differ."""
    again = repeats(data)
    count = int(again.sum())
    found = []
    if count:
        share = count / len(data)
        first = int(np.flatnonzero(again)[0]) + 1
        found.append(
            Finding(
                "duplicate-rows",
                "warning",
                (),
                f"{count} rows ({share:.1%}) repeat an earlier row exactly (first: row {first}).",
                {"count": count, "share": share, "first_row": first},
                "--copies drop or group if a copy is the same case twice; leave them where rows are alike by nature",
            )
        )
    if data.task is None or not data.task.is_classification:
        return found
    groups, target = copy_groups(data), data.target
    low, high = np.full(len(data), len(data.task.classes)), np.full(len(data), -1)
    np.minimum.at(low, groups, target)
    np.maximum.at(high, groups, target)
    torn = int((low[groups] != high[groups]).sum())
    if torn:
        found.append(
            Finding(
                "conflicting-rows",
                "note",
                (),
                f"{torn} rows are equal in every feature to a row of another class.",
                {"count": torn, "share": torn / len(data)},
                "no model can tell them apart; ask whether a column is missing from the data",
            )
        )
    return found


def rare_classes(data: Dataset, folds: int) -> list[Finding]:
    """Classes that do not fill the folds: an error for two classes when a fold must stay without one, else a warning."""
    if data.task is None or not data.task.is_classification:
        return []
    counts = np.bincount(data.target, minlength=len(data.task.classes))
    found = []
    for label, count in zip(data.task.classes, counts.tolist(), strict=True):
        if count * _DEVELOPMENT_SHARE >= _ROWS_A_FOLD * folds:
            continue
        hopeless = count < folds
        message = (
            f"class {label!r} has {count} rows, too few for {folds} folds."
            if hopeless
            else f"class {label!r} has {count} rows, about {count * _DEVELOPMENT_SHARE / folds:.1f} in each of {folds} folds: "
            "expect wide intervals."
        )
        found.append(
            Finding(
                "few-positives",
                "error" if hopeless and len(counts) == 2 else "warning",
                (data.task.target,),
                message,
                {"class": label, "rows": count, "folds": folds},
                f"--folds {max(2, count)}, or more rows of this class"
                if hopeless
                else "fewer folds with --repeats, or more rows of this class",
            )
        )
    return found
