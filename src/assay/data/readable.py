"""Pictures that do not open, met while data is read: refused, or left out where that was asked for."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.data.images import unreadable
from assay.data.kinds import Typed
from assay.data.sources.raw import RawTable

HOWS = ("refuse", "skip")
SHOWN = 3
"""Pictures that a sentence names."""


def check_how(how: str) -> None:
    if how not in HOWS:
        raise ConfigError(f"unreadable={how!r}: pictures that do not open are to refuse or to skip.")


def refuse_empty(raw: RawTable, how: str) -> RawTable:
    """A class folder without a picture: an error, or a note where it is to be skipped."""
    if not raw.empty:
        return raw
    more = f" (nor do {len(raw.empty) - 1} more)" if len(raw.empty) > 1 else ""
    if how == "refuse":
        raise DataError(
            f"{raw.source}: the class folder {raw.empty[0]!r} holds no pictures{more}; put some into it, remove it, or read with "
            "--unreadable skip."
        )
    return replace(raw, notes=(*raw.notes, f"the class folder {raw.empty[0]!r} holds no pictures{more}"), empty=())


def readable_rows(
    raw: RawTable, columns: Mapping[str, Typed], features: frozenset[str], how: str
) -> tuple[RawTable, dict[str, Typed]]:
    """Raw rows and columns without the rows of which a picture does not open.  features: names of the columns that are read.

    With how="refuse" only pictures out of an archive are looked at, because nobody knows later what they were called; the
    others are met by the checks before a study begins.
    Raises DataError for pictures that are refused, and where none opens.
    """
    pictured = [name for name, found in columns.items() if found.kind == "image" and name in features]
    if not pictured or (how == "refuse" and not raw.members):
        return raw, dict(columns)
    wrong: dict[int, str] = {}
    for name in pictured:
        wrong = unreadable(columns[name].series) | wrong
    if not wrong:
        return raw, dict(columns)
    n = raw.frame.height
    rows = sorted(wrong)
    counted = f"{len(rows)} of {n} pictures do not open"
    if how == "refuse" or len(rows) == n:
        what = "mend or remove them, or read with --unreadable skip" if len(rows) < n else "mend them"
        raise DataError(f"{raw.source}: {counted} (the first: {_name(raw, wrong, rows[0])}{_others(raw, rows)}); {what}.")
    kept = np.ones(n, dtype=bool)
    kept[rows] = False
    note = f"{counted} and are left out ({_name(raw, wrong, rows[0])}{_others(raw, rows)})"
    mask = pl.Series(kept)
    found = {name: replace(one, series=one.series.filter(mask)) for name, one in columns.items()}
    given = None if raw.given_test is None else raw.given_test[kept]
    members = tuple(name for name, stays in zip(raw.members, kept, strict=True) if stays) if raw.members else ()
    return replace(raw, frame=raw.frame.filter(mask), given_test=given, notes=(*raw.notes, note), members=members), found


def _name(raw: RawTable, wrong: Mapping[int, str], row: int) -> str:
    """The first picture with what is wrong with it."""
    said = wrong[row].partition(";")[0].rstrip(".")
    return f"{raw.members[row]} {said.partition('the picture ')[2]}" if raw.members else said


def _others(raw: RawTable, rows: list[int]) -> str:
    named = [raw.members[row] if raw.members else f"row {row + 1}" for row in rows[1:SHOWN]]
    more = len(rows) - 1 - len(named)
    return "".join(f", {one}" for one in named) + (f" and {more} more" if more > 0 else "")
