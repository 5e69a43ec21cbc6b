"""Checks before anything is fitted: what in the data would make a number wrong, each with its evidence.

Nothing here changes the data. A suspected leak is a warning, because only the user knows what was known when.
"""

from assay.data.checks.cells import constant_columns, infinite_cells, missing_cells
from assay.data.checks.columns import code_columns, doubtful_readings, id_columns, many_levels
from assay.data.checks.finding import Finding
from assay.data.checks.leaks import leaks
from assay.data.checks.pictures import broken_pictures, like_pictures
from assay.data.checks.rows import duplicate_rows, few_rows, rare_classes
from assay.data.dataset import Dataset

__all__ = ["Finding", "check"]

_LEVELS = ("error", "warning", "note")


def check(data: Dataset, *, folds: int = 5) -> list[Finding]:
    """Every finding, errors first, and among warnings suspected leaks first.

    A target of one class never gets this far: ``read`` refuses it.

    folds: the number of folds the classes must suffice for.
    """
    broken = broken_pictures(data)
    found = [
        *leaks(data),
        *broken,
        *([] if broken else like_pictures(data)),
        *doubtful_readings(data),
        *infinite_cells(data),
        *missing_cells(data),
        *constant_columns(data),
        *id_columns(data),
        *code_columns(data),
        *many_levels(data),
        *duplicate_rows(data),
        *rare_classes(data, folds),
        *few_rows(data, folds),
    ]
    return sorted(found, key=lambda finding: _LEVELS.index(finding.level))
