"""Would more rows help?  The candidate fitted on a sixteenth of each fold's training rows, and on twice as many again and again.

The measured rows stay the same, so that every doubling is compared on equal rows.
"""

from dataclasses import replace

import numpy as np

from assay.core.errors import DataError
from assay.study.ablate.asked import Asked, Line, Question
from assay.study.ablate.subsets import nested_rows
from assay.study.ablate.variant import Variant
from assay.study.scores import Scores

PARTS = (16, 8, 4, 2, 1)
FEWEST_ROWS = 30
FEWEST_OF_CLASS = 5
"""Training rows of each class (that the fold's training rows have) below which a part is not tried."""


def ask_rows(scores: Scores, whole: Variant) -> Question:
    """Raises DataError where half of the rows are too few."""
    data, plan = scores.data, scores.plan
    target = data.target if data.question.is_classification else None
    lines, least = list[Line](), ""
    for part in PARTS:
        found = [nested_rows(data, plan, fold, part, scores.settings.seed) for fold in plan.folds]
        lacks = [_lack(scores, target, fold.train, rows) for fold, rows in zip(plan.folds, found, strict=True)]
        lack = next(filter(None, lacks), "")
        if lack and part > 1:
            least = lack
            lines.clear()
            continue
        name = "all training rows" if part == 1 else f"1/{part} of the training rows"
        lines.append(Line(name, replace(whole, part=part), rows=float(np.mean([len(rows) for rows in found]))))
    if len(lines) < 2:
        raise DataError(f"{data.source} has too few rows for a learning curve: half of a fold's training rows holds {least}.")
    notes = []
    if len(lines) < len(PARTS):
        notes.append(f"Smaller parts are left out: in one of them there are {least}.")
    if plan.time is not None:
        notes.append("Rows are in time order, and a part holds the latest of them: a doubling reaches further back.")
    elif plan.groups is not None:
        notes.append("Groups come whole, so parts are near to their shares and not equal to them.")
    return Question("rows", (Asked("rows", "Training rows, doubled", "ladder", tuple(lines)),), tuple(notes))


def _lack(scores: Scores, target: np.ndarray | None, train: np.ndarray, rows: np.ndarray) -> str:
    """Of what there is too little in a part, or "".  target: class codes of every row, None for a number."""
    if len(rows) < FEWEST_ROWS:
        return f"only {len(rows)} rows ({FEWEST_ROWS} are needed)"
    if target is None:
        return ""
    classes = scores.data.question.classes
    present = np.bincount(target[train], minlength=len(classes)) > 0
    counts = np.where(present, np.bincount(target[rows], minlength=len(classes)), FEWEST_OF_CLASS)
    code = int(np.argmin(counts))
    if counts[code] < FEWEST_OF_CLASS:
        return f"only {counts[code]} rows of class {classes[code]!r} ({FEWEST_OF_CLASS} are needed)"
    return ""
