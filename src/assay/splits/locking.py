"""Which rows stay locked until the end of a study."""

from dataclasses import replace

import numpy as np

from assay.core.errors import ConfigError, LeakageError
from assay.core.seeds import derive
from assay.data.dataset import Dataset
from assay.splits.cuts import Units, hold_out, lacking_for_two
from assay.splits.forward import trainable
from assay.splits.words import agree, counted


def lock_rows(data: Dataset | None, units: Units, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(locked, development) row numbers, rising: the source's own test rows, or a share that is cut here.

    Raises ConfigError when they cannot be set apart, LeakageError when the source's own are not.
    """
    if data is None or data.given_test is None:
        if share == 0:
            return np.array([], dtype=np.int64), np.arange(units.n_rows)
        # The window is for training; what lies before it still belongs to the folds.
        development, locked = set_apart(replace(units, window=None), share, "test_share", derive(seed, "lock"))
        return locked, _kept_from_gap(development)
    locked, development = np.flatnonzero(data.given_test), np.flatnonzero(~data.given_test)
    if not len(locked) or not len(development):
        side = "test" if not len(locked) else "training"
        raise ConfigError(f"{data.source}: the given split leaves no {side} rows among {len(data)}; check it, or leave it out.")
    _check_given(data, units, locked, development)
    if units.gap and units.time is not None:
        begin = float(units.time[locked].min())
        development = development[trainable(units.time[development], begin, gap=units.gap)]
    return locked, _kept_from_gap(development)


def _kept_from_gap(development: np.ndarray) -> np.ndarray:
    if not len(development):
        raise ConfigError("the gap leaves no rows before the locked test rows; pass a smaller gap.")
    return development


def _check_given(data: Dataset, units: Units, locked: np.ndarray, development: np.ndarray) -> None:
    """Raises LeakageError when the source's own test rows are not apart from the others."""
    if units.groups is not None:
        torn = np.intersect1d(units.groups[development], units.groups[locked])
        if len(torn):
            rows = locked[np.isin(units.groups[locked], torn)]
            raise LeakageError(
                f"{data.source}: {len(rows)} of {len(locked)} given test rows {agree(len(rows), 'belongs', 'belong')} to "
                f"groups that are also trained on (first rows: {rows[:3].tolist()}); drop these rows, or leave the given "
                "split out so that Assay cuts by group."
            )
    if units.time is not None and units.time[development].max() >= units.time[locked].min():
        early = int((units.time[locked] <= units.time[development].max()).sum())
        raise LeakageError(
            f"{data.source}: {early} of {len(locked)} given test rows {agree(early, 'is', 'are')} not later than the last "
            "training row; leave out the time column, or leave out the given split so that Assay cuts by time."
        )


def set_apart(units: Units, share: float, setting: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(kept, held) positions, rising (see ``hold_out``); setting: the name of ``share``, for messages.  Raises ConfigError."""
    if not 0 < share < 1:
        raise ConfigError(f"{setting}={share} must lie between 0 and 1.")
    lack = lacking_for_two(units)
    if lack is not None:
        raise ConfigError(f"{setting}={share} cannot be set apart from {counted(units.n_rows, 'row')}: {lack}.")
    return hold_out(units, share, seed)
