"""Cells: how the text of a cell becomes a number, a level or a date.

One place for it, because the same text must mean the same thing when a table is read for training,
when a file is scored and when a request arrives.
"""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR

import polars as pl

MISSING = ("", "NA", "N/A", "n/a", "#N/A", "<NA>", "nan", "NaN", "NAN", "null", "NULL", "None", "?")
"""What stands for "no value" when it is the whole cell (blanks around it aside)."""

_LARGEST_WHOLE = 1e15  # beyond it a float's neighbours are not all integers, and "1e+20" says more than 21 digits

_DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
_ZONED_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
_SLASHES = (("%m/%d/%Y", "%d/%m/%Y"), ("%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S"), ("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"))


def blank_to_null(series: pl.Series, *, strip: bool = True) -> pl.Series:
    """A String series with the markers of a missing value as null; blanks around a cell are cut off if ``strip``."""
    bare = series.str.strip_chars()
    return (bare if strip else series).set(bare.is_in(MISSING), None)


def to_numbers(series: pl.Series) -> pl.Series:
    """Float64 from a String or a numeric series: what is no number is null, and so is NaN; infinities stay."""
    return series.cast(pl.Float64, strict=False).fill_nan(None)


def number_text(series: pl.Series) -> pl.Series:
    """Float64 as text, whole numbers without a point.

    >>> number_text(pl.Series([1.0, 0.5, None])).to_list()
    ['1', '0.5', None]
    """
    frame = series.alias("x").to_frame()
    x = pl.col("x")
    whole = (x == x.round(0)) & (x.abs() < _LARGEST_WHOLE)
    text = pl.when(whole).then(x.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(x.cast(pl.String))
    return frame.select(text.alias(series.name)).to_series()


def is_whole(series: pl.Series) -> bool:
    """Whether a Float64 series has values and all of them are integers."""
    present = series.drop_nulls()
    return len(present) > 0 and bool((present == present.round(0)).all())


def has_leading_zeros(series: pl.Series) -> bool:
    """Whether some cell looks like 007 or 02134: the zeros carry meaning, so the column is no number."""
    return bool(series.str.contains(r"^[+-]?0\d").any())


def are_number_labels(levels: tuple[str, ...]) -> bool:
    """Whether every level is the text that ``number_text`` gives to the number it stands for."""
    if not levels:
        return False
    texts = pl.Series(levels, dtype=pl.String)
    numbers = to_numbers(texts)
    return numbers.null_count() == 0 and number_text(numbers).to_list() == list(levels)


def _parsed(series: pl.Series, date_format: str) -> pl.Series:
    """Null also for years that Python's calendar has not: nothing that reads cells one by one could hold them."""
    parsed = series.str.to_datetime(date_format, strict=False, time_unit="us")
    parsed = parsed.set(~parsed.dt.year().is_between(MINYEAR, MAXYEAR), None)
    return parsed.dt.replace_time_zone(None) if parsed.dtype == pl.Datetime("us", "UTC") else parsed


def to_dates(series: pl.Series) -> pl.Series | None:
    """Datetime(us) from a String series, or None unless every value is a date of one common form.

    Zoned times become UTC without a zone. Dates with slashes (03/05/2020) are read by whichever order of day and
    month fits every value, month first if both do; ``day_is_ambiguous`` tells.
    """
    present = series.drop_nulls()
    if present.is_empty():
        return None
    sample = present.head(50)
    slashed = [one for pair in _SLASHES for one in pair]
    for date_format in (*_DATE_FORMATS, *_ZONED_FORMATS, *slashed):
        if _parsed(sample, date_format).null_count():
            continue
        parsed = _parsed(series, date_format)
        if parsed.null_count() == series.null_count():
            return parsed
    return None


@dataclass(frozen=True)
class MixedDates:
    """Cells that are dates written in more than one form, each read by itself.

    dates: Datetime(us), null where a cell is missing, is no date, or can be read as two.
    forms: the first cell of each form, the commonest form first.
    ambiguous: the first cell that fits day/month and month/day with different results, or None; unclear: how many rows do.
    """

    dates: pl.Series
    forms: tuple[str, ...]
    ambiguous: str | None
    unclear: int


def mixed_dates(series: pl.Series) -> MixedDates:
    """Every cell of a String series by the one form that it has."""
    cells = series.unique(maintain_order=True).drop_nulls()
    parsed = [_parsed(cells, date_format) for date_format in (*_DATE_FORMATS, *_ZONED_FORMATS)]
    unclear = pl.Series([False] * len(cells), dtype=pl.Boolean)
    for month_first, day_first in _SLASHES:
        one, other = _parsed(cells, month_first), _parsed(cells, day_first)
        torn = (one != other).fill_null(value=False)
        unclear = unclear | torn
        parsed.append(one.zip_with(one.is_not_null(), other).set(torn, None))
    found = pl.Series([None] * len(cells), dtype=pl.Datetime("us"))
    forms: list[tuple[int, str]] = []
    for dates in parsed:
        fresh = dates.is_not_null() & found.is_null()
        if fresh.any():
            forms.append((-int(fresh.sum()), cells.filter(fresh)[0]))
            found = found.zip_with(~fresh, dates)
    read = series.replace_strict(cells, found, default=None, return_dtype=pl.Datetime("us")).alias(series.name)
    ambiguous = cells.filter(unclear)
    rows = int(series.is_in(ambiguous.to_list()).sum())
    return MixedDates(read, tuple(cell for _, cell in sorted(forms)), ambiguous[0] if len(ambiguous) else None, rows)


def day_is_ambiguous(series: pl.Series) -> bool:
    """Whether the dates are written with slashes and fit both month/day and day/month, with different results."""
    sample = series.drop_nulls().head(50)
    for month_first, day_first in _SLASHES:
        if _parsed(sample, month_first).null_count() or _parsed(sample, day_first).null_count():
            continue
        one, other = _parsed(series, month_first), _parsed(series, day_first)
        if one.null_count() == other.null_count() == series.null_count() and not one.equals(other, null_equal=True):
            return True
    return False


def lower_booleans(series: pl.Series) -> pl.Series:
    """A String series of True/FALSE/… as true/false; any other series unchanged."""
    if not series.drop_nulls().head(50).str.to_lowercase().is_in(["true", "false"]).all():
        return series
    lowered = series.str.to_lowercase()
    present = lowered.drop_nulls()
    return lowered if len(present) and bool(present.is_in(["true", "false"]).all()) else series
