"""Splits inside training rows, for calibration and early stopping; groups and time are honoured as in the plan.

Here the number of folds gives way to the data: what is a wrong setting for the plan is an
ordinary thing inside a fold, where a rare class may have four rows left.
"""

from dataclasses import replace

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.seeds import derive
from assay.splits.cuts import Pair, Units, hold_out, k_folds, lacking_for_two, most_folds, starving
from assay.splits.words import counted


def inner_folds(  # more than 8 arguments: gap and window are of the plan, and most callers have none
    target: np.ndarray,
    *,
    classification: bool,
    groups: np.ndarray | None,
    time: np.ndarray | None,
    folds: int,
    seed: int,
    gap: float = 0.0,
    window: float | None = None,
) -> list[Pair]:
    """Pairs (train, test) of rising positions in ``target``.

    target: (n,) int class codes, or values for regression.  groups, time: (n,) or None, as in the plan.
    gap, window: as ``Plan.gap`` and ``Plan.window``; without time they must be left out.
    As many folds as asked for, or as many as the rarest class, the groups or the moments allow, but at least 2.
    Without time the test parts cover every row once; forwards in time they leave out the first block.
    Raises DataError when not even two folds can be made.
    """
    if folds < 2:
        raise ConfigError(f"folds={folds}: at least 2 are needed.")
    units = replace(_units(target, classification, groups, time), gap=gap, window=window)
    if time is None and (gap or window is not None):
        raise ConfigError(f"gap={gap:g}, window={window}: without a time there is nothing they could be measured in.")
    most, reason = most_folds(units)
    lack: str | None = reason
    for count in range(min(folds, most), 1, -1):
        pairs = k_folds(units, count, derive(seed, "inner", count))
        lack = starving(units, pairs)
        if lack is None:
            return pairs
    raise DataError(f"{counted(units.n_rows, 'training row')} cannot be split into two folds for calibration or tuning: {lack}.")


def carve(
    target: np.ndarray,
    *,
    classification: bool,
    groups: np.ndarray | None,
    time: np.ndarray | None,
    share: float,
    seed: int,
) -> Pair:
    """(train, held): rising positions, ``held`` being about ``share`` of the rows; arguments as in ``inner_folds``.

    Raises DataError when the rows cannot be parted so that every class stays in ``train`` (in time: two classes).
    """
    if not 0 < share < 1:
        raise ConfigError(f"share={share} must lie between 0 and 1.")
    units = _units(target, classification, groups, time)
    lack = lacking_for_two(units)
    if lack is None:
        pair = hold_out(units, share, derive(seed, "carve"))
        lack = starving(units, [pair])
        if lack is None:
            return pair
    raise DataError(
        f"no part of {counted(units.n_rows, 'training row')} can be set aside for calibration or early stopping: {lack}."
    )


def _units(target: np.ndarray, classification: bool, groups: np.ndarray | None, time: np.ndarray | None) -> Units:
    return Units(len(target), codes=target.astype(np.int64) if classification else None, groups=groups, time=time)
