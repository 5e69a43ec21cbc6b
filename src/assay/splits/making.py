"""Making the plan of a study: first the rows that stay locked, then the folds of the rest."""

from dataclasses import replace

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.seeds import derive
from assay.data.dataset import Dataset
from assay.splits.cuts import (
    Units,
    k_folds,
    leave_one_group_out,
    merge_groups,
    most_folds,
    starving,
)
from assay.splits.forward import Span, span_length
from assay.splits.locking import lock_rows, set_apart
from assay.splits.plan import Fold, Plan, Scheme, Unit
from assay.splits.words import agree, counted

MOST_LEFT_OUT = 500
"""Groups that are left out one at a time, each a fit of every candidate."""

MOST_REPEATS = 1000
"""More tell nothing about the rows there are, and the plan of a million takes all memory before the first fit."""


def make_plan(  # more than 8 arguments: they mirror the command line, and all but the data have defaults
    data: Dataset,
    *,
    folds: int = 5,
    repeats: int = 1,
    seed: int = 0,
    test_share: float = 0.2,
    groups: np.ndarray | None = None,
    scheme: Scheme = "k-fold",
    gap: Span | None = None,
    window: Span | None = None,
) -> Plan:
    """The plan every recipe of a study shares; equal arguments give equal plans.

    Locked rows: ``data.given_test`` where the source has one (``test_share`` is then not used); else the last
    ``test_share`` in time, cut between two distinct moments; else whole groups; else rows.  Classes are spread evenly
    where the task has classes.  ``test_share=0`` locks nothing.
    Folds of the other rows: stratified rows, whole groups, or forward chaining in time (an expanding window over
    ``folds + 1`` blocks, cut between distinct moments).  With groups and time, cuts are made only where they tear no
    group apart.
    groups: (n_rows,) values of rows that belong together (copies, for one); joined with ``data.groups``.
    scheme: "k-fold", or "leave-one-group-out": a fold for each group outside the lock (``folds`` is then not used).
    gap: with a time: training rows lie more than this before the first moment they are measured on, in every fold and
        before the lock; rows inside the gap before the lock are used for nothing.  Dates: "7d", "12h"; numbers: in the
        unit of the column; @row: rows.  (@row and gap=3: the 3 rows before the test rows are left out.)
    window: with a time: training rows reach back this far beyond the gap (a sliding window) instead of to the start;
        written as the gap.

    Raises ConfigError when so many folds cannot be made, LeakageError when the given test rows are not apart.
    """
    units = _forward(data, _units(data, groups), gap, window)
    _check_settings(units, folds=folds, repeats=repeats, scheme=scheme)
    locked, development = lock_rows(data, units, test_share, seed)
    inside = units.take(development)
    if scheme == "leave-one-group-out":
        made = _left_out_in_turn(inside, development)
    else:
        made = _in_turn(inside, development, folds, repeats, seed)
    return _checked(data.fingerprint, units, locked, made, seed, rows=data.rows_fingerprint, scheme=scheme)


def _in_turn(inside: Units, development: np.ndarray, folds: int, repeats: int, seed: int) -> list[Fold]:
    """K folds, ``repeats`` times over.  Raises ConfigError."""
    most, reason = most_folds(inside)
    if folds > most:
        advice = f"pass folds={most}" if most >= 2 else "give more data, or another target or group"
        if most < 2 and inside.codes is not None and len(np.unique(inside.codes)) > 2:
            advice = "join rare classes in the data, leave their rows out, or give more of them"
        raise ConfigError(f"{folds} folds cannot be made: outside the locked rows {reason}; {advice}.")
    made = []
    for repeat in range(repeats):
        pairs = k_folds(inside, folds, derive(seed, "folds", repeat))
        lack = starving(inside, pairs)
        if lack is not None:
            way_out = "pass fewer folds or another seed"
            if inside.gap or inside.window is not None:
                way_out = "pass a smaller gap, a larger window or fewer folds"
            raise ConfigError(f"{folds} folds cannot be made: {lack}; {way_out}.")
        made += [Fold(repeat, k, development[train], development[test]) for k, (train, test) in enumerate(pairs)]
    return made


def _left_out_in_turn(inside: Units, development: np.ndarray) -> list[Fold]:
    """A fold for each group.  Raises ConfigError for fewer than two groups, or so many that they would never be done."""
    n_groups = 0 if inside.groups is None else len(np.unique(inside.groups))
    if n_groups < 2:
        raise ConfigError(
            f"one group cannot be left out at a time: outside the locked rows there {agree(n_groups, 'is', 'are')} "
            f"{counted(n_groups, 'group')}, and 2 are needed; lock fewer rows, or name another group column."
        )
    if n_groups > MOST_LEFT_OUT:
        raise ConfigError(
            f"leave-one-group-out of {n_groups} groups would be {n_groups} fits of every candidate (at most {MOST_LEFT_OUT} "
            "are made); use scheme='k-fold', which keeps groups whole too."
        )
    pairs = leave_one_group_out(inside)
    lack = starving(inside, pairs)
    if lack is not None:
        raise ConfigError(f"one group cannot be left out at a time: {lack}; use scheme='k-fold', or leave rare classes out.")
    return [Fold(0, k, development[train], development[test]) for k, (train, test) in enumerate(pairs)]


def make_holdout(  # more than 8 arguments: all but two have defaults
    data: Dataset | int,
    seeds: int,
    *,
    seed: int = 0,
    held_share: float = 0.2,
    test_share: float = 0.2,
    groups: np.ndarray | None = None,
    fingerprint: str | None = None,
    gap: Span | None = None,
    window: Span | None = None,
) -> Plan:
    """One hold-out with several seeds, for tasks whose fits cost too much for folds (language models, generators).

    Every "repeat" has one fold, with the same training and the same held-out rows: repeats differ by the seed of the
    fit alone, so their spread is that of training, not that of the rows.
    data: a dataset, or a number of units that are no rows of one (documents, pictures); then ``fingerprint`` names them.
    held_share: of the rows that are not locked.  Locked rows, groups, time, gap and window as in ``make_plan``.
    """
    if seeds < 1:
        raise ConfigError(f"a hold-out needs at least 1 seed, not {seeds}.")
    if isinstance(data, int):
        if fingerprint is None:
            raise ConfigError("a hold-out of unnamed units needs fingerprint=, so that their lock is counted as theirs.")
        rows = None
        units = _forward(None, Units(data, groups=_group_codes(data, None, groups)), gap, window)
        locked, development = lock_rows(None, units, test_share, seed)
    else:
        fingerprint, rows = data.fingerprint, data.rows_fingerprint
        units = _forward(data, _units(data, groups), gap, window)
        locked, development = lock_rows(data, units, test_share, seed)
    inside = units.take(development)
    train, held = set_apart(inside, held_share, "held_share", derive(seed, "holdout"))
    lack = starving(inside, [(train, held)])
    if lack is not None:
        raise ConfigError(f"the hold-out cannot be made: {lack}; hold out less (shares), or pass a smaller gap or another seed.")
    made = [Fold(repeat, 0, development[train], development[held]) for repeat in range(seeds)]
    return _checked(fingerprint, units, locked, made, seed, rows, scheme="hold-out")


def _units(data: Dataset, groups: np.ndarray | None) -> Units:
    task = data.task
    codes = data.target if task is not None and task.is_classification else None
    if codes is not None and task is not None and len(codes) and (codes == codes[0]).all():
        raise DataError(
            f"{data.source}: the target {task.target!r} is {task.classes[codes[0]]!r} in all of {counted(len(codes), 'row')}; "
            "two classes are needed, so give rows of the other one."
        )
    time = data.time
    if time is not None and not np.isfinite(time).all():
        bad = np.flatnonzero(~np.isfinite(time))
        raise DataError(
            f"{data.source}: {counted(len(bad), 'row')} {agree(len(bad), 'has', 'have')} a time that is not finite "
            f"(first rows: {bad[:3].tolist()}); mend or remove them."
        )
    return Units(
        len(data),
        codes=codes,
        groups=_group_codes(len(data), data.groups, groups),
        time=time,
        labels=() if task is None else task.classes,
    )


def _forward(data: Dataset | None, units: Units, gap: Span | None, window: Span | None) -> Units:
    """The units with gap and window in the unit of their time.  Raises ConfigError without a time."""
    asked = [f"{name}={value}" for name, value in (("gap", gap), ("window", window)) if value is not None]
    if not asked:
        return units
    column = None if data is None else data.schema.only("time")
    if column is None:
        raise ConfigError(
            f"{' and '.join(asked)} needs a time to be measured in; pass time=, or --time COL (@row: the row order)."
        )
    dates = column.kind == "date"
    return replace(
        units,
        gap=0.0 if gap is None else span_length(gap, dates=dates, setting="gap"),
        window=None if window is None else span_length(window, dates=dates, setting="window"),
    )


def _group_codes(n_rows: int, own: np.ndarray | None, given: np.ndarray | None) -> np.ndarray | None:
    """int64 (n_rows,) of the groups of the data, of the caller, or of both joined."""
    if given is None:
        return own
    if len(given) != n_rows:
        raise ConfigError(f"groups has {counted(len(given), 'value')} for {counted(n_rows, 'row')}; pass one value a row.")
    if own is not None:
        return merge_groups(own, given)
    return np.asarray(np.unique(given, return_inverse=True)[1], dtype=np.int64)


def _check_settings(units: Units, *, folds: int, repeats: int, scheme: Scheme) -> None:
    if folds < 2:
        raise ConfigError(f"folds={folds}: at least 2 are needed, one to train on and one to measure on.")
    if not 1 <= repeats <= MOST_REPEATS:
        raise ConfigError(f"repeats={repeats}: at least 1 is needed, and {MOST_REPEATS} are the most.")
    if units.time is not None and repeats > 1:
        raise ConfigError(
            f"repeats={repeats}, but folds in time order can be cut in one way only; pass repeats=1, or leave out the time."
        )
    if scheme == "k-fold":
        return
    if scheme != "leave-one-group-out":
        raise ConfigError(f"scheme={scheme!r}: it is k-fold or leave-one-group-out (a hold-out is made by make_holdout).")
    if units.groups is None:
        raise ConfigError("leave-one-group-out needs groups; pass group=, or --group COL.")
    if units.time is not None:
        raise ConfigError(
            "leave-one-group-out trains on rows of all times, and a time is given; leave out the time, or use scheme='k-fold'."
        )
    if repeats > 1:
        raise ConfigError(f"repeats={repeats}, but groups can be left out one at a time in one way only; pass repeats=1.")


def _checked(
    fingerprint: str,
    units: Units,
    locked: np.ndarray,
    folds: list[Fold],
    seed: int,
    rows: str | None = None,
    scheme: Scheme = "k-fold",
) -> Plan:
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
        groups=units.groups,
        time=units.time,
        rows=rows,
        scheme=scheme,
        gap=units.gap,
        window=units.window,
    )
    plan.check()
    return plan
