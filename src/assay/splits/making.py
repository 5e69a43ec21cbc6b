"""Making the plan of a study: first the rows that stay locked, then the folds of the rest."""

import numpy as np

from assay.core.errors import ConfigError, LeakageError
from assay.core.seeds import derive
from assay.data.dataset import Dataset
from assay.splits.cuts import Units, hold_out, k_folds, lacking_for_two, merge_groups, most_folds, starving
from assay.splits.plan import Fold, Plan, Unit


def make_plan(
    data: Dataset,
    *,
    folds: int = 5,
    repeats: int = 1,
    seed: int = 0,
    test_share: float = 0.2,
    groups: np.ndarray | None = None,
) -> Plan:
    """The plan every recipe of a study shares; equal arguments give equal plans.

    Locked rows: ``data.given_test`` where the source has one (``test_share`` is then not used); else the last
    ``test_share`` in time, cut between two distinct moments; else whole groups; else rows.  Classes are spread evenly
    where the task has classes.  ``test_share=0`` locks nothing.
    Folds of the other rows: stratified rows, whole groups, or forward chaining in time (an expanding window over
    ``folds + 1`` blocks, cut between distinct moments).  With groups and time, cuts are made only where they tear no
    group apart.
    groups: (n_rows,) values of rows that belong together (copies, for one); joined with ``data.groups``.

    Raises ConfigError when so many folds cannot be made, LeakageError when the given test rows are not apart.
    """
    units = _units(data, groups)
    _check_settings(units, folds=folds, repeats=repeats)
    locked, development = _lock(data, units, test_share, seed)
    inside = units.take(development)
    most, reason = most_folds(inside)
    if folds > most:
        advice = f"pass folds={most}" if most >= 2 else "give more data, or another target or group"
        raise ConfigError(f"{folds} folds cannot be made: outside the locked rows {reason}; {advice}.")
    made = []
    for repeat in range(repeats):
        pairs = k_folds(inside, folds, derive(seed, "folds", repeat))
        lack = starving(inside, pairs)
        if lack is not None:
            raise ConfigError(f"{folds} folds cannot be made: {lack}; pass fewer folds or another seed.")
        made += [Fold(repeat, k, development[train], development[test]) for k, (train, test) in enumerate(pairs)]
    return _checked(data.fingerprint, units, locked, made, seed, rows=data.rows_fingerprint)


def make_holdout(
    data: Dataset | int,
    seeds: int,
    *,
    seed: int = 0,
    held_share: float = 0.2,
    test_share: float = 0.2,
    groups: np.ndarray | None = None,
    fingerprint: str | None = None,
) -> Plan:
    """One hold-out with several seeds, for tasks whose fits cost too much for folds (language models, generators).

    Every "repeat" has one fold, with the same training and the same held-out rows: repeats differ by the seed of the
    fit alone, so their spread is that of training, not that of the rows.
    data: a dataset, or a number of units that are no rows of one (documents, pictures); then ``fingerprint`` names them.
    held_share: of the rows that are not locked.  Locked rows, groups and time as in ``make_plan``.
    """
    if seeds < 1:
        raise ConfigError(f"a hold-out needs at least 1 seed, not {seeds}.")
    if isinstance(data, int):
        if fingerprint is None:
            raise ConfigError("a hold-out of unnamed units needs fingerprint=, so that their lock is counted as theirs.")
        rows = None
        units = Units(data, groups=_group_codes(data, None, groups))
        locked, development = _lock(None, units, test_share, seed)
    else:
        fingerprint, rows = data.fingerprint, data.rows_fingerprint
        units = _units(data, groups)
        locked, development = _lock(data, units, test_share, seed)
    inside = units.take(development)
    train, held = _share(inside, held_share, "held_share", derive(seed, "holdout"))
    lack = starving(inside, [(train, held)])
    if lack is not None:
        raise ConfigError(f"the hold-out cannot be made: {lack}; pass a smaller held_share or another seed.")
    made = [Fold(repeat, 0, development[train], development[held]) for repeat in range(seeds)]
    return _checked(fingerprint, units, locked, made, seed, rows)


def _units(data: Dataset, groups: np.ndarray | None) -> Units:
    task = data.task
    has_classes = task is not None and task.is_classification
    return Units(
        len(data),
        codes=data.target if has_classes else None,
        groups=_group_codes(len(data), data.groups, groups),
        time=data.time,
        labels=() if task is None else task.classes,
    )


def _group_codes(n_rows: int, own: np.ndarray | None, given: np.ndarray | None) -> np.ndarray | None:
    """int64 (n_rows,) of the groups of the data, of the caller, or of both joined."""
    if given is None:
        return own
    if len(given) != n_rows:
        raise ConfigError(f"groups has {len(given)} values for {n_rows} rows; pass one value a row.")
    if own is not None:
        return merge_groups(own, given)
    return np.asarray(np.unique(given, return_inverse=True)[1], dtype=np.int64)


def _check_settings(units: Units, *, folds: int, repeats: int) -> None:
    if folds < 2:
        raise ConfigError(f"folds={folds}: at least 2 are needed, one to train on and one to measure on.")
    if repeats < 1:
        raise ConfigError(f"repeats={repeats}: at least 1 is needed.")
    if units.time is not None and repeats > 1:
        raise ConfigError(
            f"repeats={repeats}, but folds in time order can be cut in one way only; pass repeats=1, or leave out the time."
        )


def _lock(data: Dataset | None, units: Units, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(locked, development) row numbers, rising."""
    if data is None or data.given_test is None:
        if share == 0:
            return np.array([], dtype=np.int64), np.arange(units.n_rows)
        development, locked = _share(units, share, "test_share", derive(seed, "lock"))
        return locked, development
    locked, development = np.flatnonzero(data.given_test), np.flatnonzero(~data.given_test)
    if not len(locked) or not len(development):
        side = "test" if not len(locked) else "training"
        raise ConfigError(f"{data.source}: the given split leaves no {side} rows among {len(data)}; check it, or leave it out.")
    if units.groups is not None:
        torn = np.intersect1d(units.groups[development], units.groups[locked])
        if len(torn):
            rows = locked[np.isin(units.groups[locked], torn)]
            raise LeakageError(
                f"{data.source}: {len(rows)} of {len(locked)} given test rows belong to groups that are also trained on "
                f"(first rows: {rows[:3].tolist()}); drop these rows, or leave the given split out so that Assay cuts by group."
            )
    if units.time is not None and units.time[development].max() >= units.time[locked].min():
        early = int((units.time[locked] <= units.time[development].max()).sum())
        raise LeakageError(
            f"{data.source}: {early} of {len(locked)} given test rows are not later than the last training row; "
            "leave out the time column, or leave out the given split so that Assay cuts by time."
        )
    return locked, development


def _share(units: Units, share: float, setting: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    if not 0 < share < 1:
        raise ConfigError(f"{setting}={share} must lie between 0 and 1.")
    lack = lacking_for_two(units)
    if lack is not None:
        raise ConfigError(f"{setting}={share} cannot be set apart from {units.n_rows} rows: {lack}.")
    return hold_out(units, share, seed)


def _checked(fingerprint: str, units: Units, locked: np.ndarray, folds: list[Fold], seed: int, rows: str | None = None) -> Plan:
    unit: Unit = "row"
    if units.time is not None:
        unit = "time"
    elif units.groups is not None:
        unit = "group"
    plan = Plan(
        n_rows=units.n_rows,
        locked=locked,
        folds=tuple(folds),
        unit=unit,
        seed=seed,
        fingerprint=fingerprint,
        rows=rows,
        groups=units.groups,
        time=units.time,
    )
    plan.check()
    return plan
