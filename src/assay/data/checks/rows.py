"""Rows that repeat one another, and classes with too few rows."""

from typing import Any

import numpy as np

from assay.data.alike import copy_groups, repeats
from assay.data.checks.finding import Finding, some
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
    """Classes that do not fill the folds: an error for two classes when a fold must stay without one, else a warning.

    Of two classes each is named by itself; of more, one finding names all that are too few, and one all that are few.
    """
    if data.task is None or not data.task.is_classification:
        return []
    counts = dict(zip(data.task.classes, np.bincount(data.target, minlength=len(data.task.classes)).tolist(), strict=True))
    short = {label: count for label, count in counts.items() if count * _DEVELOPMENT_SHARE < _ROWS_A_FOLD * folds}
    hopeless = {label: count for label, count in short.items() if count < folds}
    thin = {label: count for label, count in short.items() if count >= folds}
    target = data.task.target
    if len(counts) == 2 or len(hopeless) + len(thin) == 1:
        return [_rare(label, count, folds, target, of=len(counts)) for label, count in short.items()]
    found: list[Finding] = []
    evidence: dict[str, Any]
    if hopeless:
        message = f"{len(hopeless)} of {len(counts)} classes have too few rows for {folds} folds ({_named(hopeless)})."
        advice = "join rare classes in the data, leave their rows out, or add rows of them"
        evidence = {"classes": hopeless, "of": len(counts), "folds": folds}
        found.append(Finding("few-positives", "warning", (target,), message, evidence, advice))
    if thin:
        message = (
            f"{len(thin)} of {len(counts)} classes have fewer than {_ROWS_A_FOLD} rows in each of {folds} folds "
            f"({_named(thin)}): expect wide intervals."
        )
        advice = "fewer folds with --repeats, or more rows of these classes"
        evidence = {"classes": thin, "of": len(counts), "folds": folds, "wanted": _ROWS_A_FOLD}
        found.append(Finding("few-positives", "warning", (target,), message, evidence, advice))
    return found


def _rows(count: int) -> str:
    return f"{count} row{'s'[: count != 1]}"


def _named(classes: dict[str, int]) -> str:
    """The rarest classes with their rows."""
    return some([f"{label!r} {count}" for label, count in sorted(classes.items(), key=lambda one: one[1])])


def _rare(label: str, count: int, folds: int, target: str, *, of: int) -> Finding:
    hopeless = count < folds
    message = f"class {label!r} has {_rows(count)}, too few for {folds} folds."
    advice = "more rows of this class"
    evidence: dict[str, Any] = {"class": label, "rows": count, "folds": folds}
    if not hopeless:
        each = count * _DEVELOPMENT_SHARE / folds
        evidence["rows_a_fold"] = each
        message = f"class {label!r} has {count} rows, about {each:.1f} in each of {folds} folds: expect wide intervals."
        advice = f"fewer folds with --repeats, or {advice}"
    elif (most := int(count * _DEVELOPMENT_SHARE)) >= 2:  # of the rows of the class, those that are not locked
        advice = f"--folds {most}, or {advice}"
        evidence["most_folds"] = most
    return Finding("few-positives", "error" if hopeless and of == 2 else "warning", (target,), message, evidence, advice)


def few_rows(data: Dataset, folds: int) -> list[Finding]:
    """Too few rows to measure a number by; classes are counted one by one (``rare_classes``)."""
    each = len(data) * _DEVELOPMENT_SHARE / folds
    if data.task is None or data.task.is_classification or each >= _ROWS_A_FOLD:
        return []
    return [
        Finding(
            "few-rows",
            "warning",
            (),
            f"{_rows(len(data))}, about {each:.1f} in each of {folds} folds: expect wide intervals.",
            {"rows": len(data), "folds": folds, "rows_a_fold": each},
            "fewer folds with --repeats, or more rows",
        )
    ]
