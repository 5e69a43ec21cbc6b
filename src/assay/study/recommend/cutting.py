"""Which rows train and which measure: forward on one timeline for all users, or, without a time, parts of each user's pairs.

The timeline is global: every user is cut at the same moment, as a system in use would be, so that no user's future tells about
another's present.  Cuts at each user's own last items leak just that, and change which recommender comes out ahead.
Sources: Meng, McCreadie, Macdonald & Ounis (2020), "Exploring data splitting strategies for the evaluation of recommendation
models"; Ji, Sun, Zhang & Li (2023), "A critical study on data leakage in recommender system offline evaluation".
"""

from itertools import pairwise

import numpy as np

from assay.core.errors import ConfigError
from assay.core.seeds import derive, generator
from assay.splits.cuts import Units, hold_out, lacking_for_two
from assay.splits.forward import cuts, nearest_cuts
from assay.splits.plan import Fold, Plan
from assay.splits.words import agree, counted
from assay.study.recommend.settings import RecommendSettings
from assay.study.recommend.table import RatingTable

FIRST_CUT = 0.5
"""The share of the rows before the lock that trains at the first cut: a recommender of few rows is another one than is handed
over, and its numbers would be a trend, not a spread."""


def cut(table: RatingTable, settings: RecommendSettings) -> Plan:
    """Locked rows, then folds of the others.  Raises ConfigError where there is too little to cut."""
    return _in_time(table, settings) if table.time is not None else _by_user(table, settings)


def _in_time(table: RatingTable, settings: RecommendSettings) -> Plan:
    units = Units(len(table), time=table.time)
    lack = lacking_for_two(units)
    if lack is not None:
        raise ConfigError(f"{table.source} cannot be cut in time: {lack}; leave the time out, or name another column.")
    development, locked = hold_out(units, settings.test_share, settings.seed)
    inside = units.take(development)
    values, before = cuts(np.asarray(inside.time), None)
    if settings.folds > len(values):
        raise ConfigError(
            f"{settings.folds} cuts cannot be made before the locked rows: there {agree(len(values), 'is', 'are')} "
            f"{counted(len(values), 'moment')} to cut at; pass fewer folds."
        )
    wanted = len(development) * np.linspace(FIRST_CUT, 1, settings.folds + 1)[:-1]
    begins = np.append(values[nearest_cuts(before, wanted)], np.inf)
    time = np.asarray(inside.time)
    pairs = [(development[time < begin], development[(time >= begin) & (time < end)]) for begin, end in pairwise(begins)]
    return _plan(table, settings, locked, pairs)


def _by_user(table: RatingTable, settings: RecommendSettings) -> Plan:
    """Whole pairs are dealt, so that a pair that comes twice stands on one side."""
    if settings.folds < 2:
        raise ConfigError("without a time column at least 2 folds are needed; pass --folds 2 or more, or --time COL.")
    pair, code = np.unique(table.pairs, return_inverse=True)
    owner = pair // table.shape[1]
    share = 1 / settings.test_share
    place = _dealt(owner, derive(settings.seed, "lock"))
    size = np.bincount(owner)[owner]
    # of a user's n pairs about n / share are locked, the last of a random order; who has one pair keeps it for training
    taken = np.minimum(
        np.floor(size / share + generator(settings.seed, "round").random(len(np.bincount(owner)))[owner]), size - 1
    )
    is_locked = place >= size - taken
    if not is_locked.any():
        raise ConfigError(f"{table.source}: no user has enough items to lock {settings.test_share:.0%} of them; pass --time COL.")
    free = np.flatnonzero(~is_locked)
    fold = np.full(len(pair), -1)
    start = generator(settings.seed, "start").integers(settings.folds, size=table.shape[0])
    fold[free] = (_dealt(owner[free], derive(settings.seed, "folds")) + start[owner[free]]) % settings.folds
    row_fold = fold[code]
    rows = np.arange(len(table))
    folds = [(rows[(row_fold >= 0) & (row_fold != k)], rows[row_fold == k]) for k in range(settings.folds)]
    if any(not len(train) or not len(test) for train, test in folds):
        raise ConfigError(f"{settings.folds} folds cannot be made of {len(free)} pairs of users and items; pass fewer.")
    return _plan(table, settings, rows[is_locked[code]], folds)


def _dealt(owner: np.ndarray, seed: int) -> np.ndarray:
    """int64 (n,): the place of each pair in a random order of its user's, from 0."""
    order = np.lexsort((generator(seed, "deal").random(len(owner)), owner))
    starts = np.flatnonzero(np.append(True, np.diff(owner[order]) != 0))
    place = np.empty(len(owner), dtype=np.int64)
    place[order] = np.arange(len(owner)) - np.repeat(starts, np.diff(np.append(starts, len(owner))))
    return place


def _plan(
    table: RatingTable, settings: RecommendSettings, locked: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]]
) -> Plan:
    made = Plan(
        len(table),
        locked,
        tuple(Fold(0, place, train, test) for place, (train, test) in enumerate(folds)),
        "row" if table.time is None else "time",
        settings.seed,
        table.fingerprint,
        time=table.time,
        rows=table.rows_fingerprint,
    )
    made.check()
    return made
