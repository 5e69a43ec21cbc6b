"""What a column is: inferred from its values, or made to be what the user says.

Text columns of a CSV and typed columns of a frame end in the same six forms (see dataset.py). Infinite numbers are
kept: the checks find and report them, because a silent null would hide a broken export.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.data.schema import Column, Role
from assay.data.sources.folders import PICTURE_SUFFIXES
from assay.data.values import (
    MixedDates,
    blank_to_null,
    day_is_ambiguous,
    has_leading_zeros,
    is_whole,
    lower_booleans,
    mixed_dates,
    number_text,
    to_dates,
    to_numbers,
)

SETTABLE = ("number", "category", "date", "text", "image", "id")

_TEXT_WORDS = 3.0  # mean words a cell from which a column of many distinct cells is text
_TEXT_LENGTH = 60.0  # or mean characters, for scripts and texts without spaces
_ID_SHARE = 0.95  # distinct share from which short strings name their rows
_ID_ROWS = 20  # below so many rows every share is an accident
_NEARLY = 0.9  # share of cells from which the others keep a column from being what it looks like
_SAMPLE = 50
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Typed:
    """A column in its final form. Its levels are found when its role is known."""

    series: pl.Series
    kind: str
    note: str | None = None


def typed(series: pl.Series, *, kind: str | None = None, root: Path | None = None) -> Typed:
    """The column in the form of its kind: the given one, or the inferred.

    root: the folder that relative picture paths start from.
    Raises DataError for a value that does not fit a given kind, and for types that hold no cell (lists, structs).
    """
    if kind is not None:
        if kind not in SETTABLE:
            raise ConfigError(f"column {series.name!r} cannot be read as {kind!r}{did_you_mean(kind, SETTABLE)}")
        return Typed(as_kind(series, kind, root=root), kind)
    plain = basic_form(series)
    if plain.dtype == pl.String:
        return _from_text(plain, root)
    if plain.dtype == pl.Boolean:
        return Typed(plain.cast(pl.String), "category")
    if plain.dtype == pl.Float64:
        return Typed(plain, "number")
    if isinstance(plain.dtype, pl.Datetime):
        return Typed(plain, "date")
    return Typed(plain, "image")


def column_of(found: Typed, role: Role) -> Column:
    """The schema's entry for a column."""
    series = found.series
    is_category = found.kind == "category" and role != "ignored"
    levels = tuple(series.drop_nulls().unique().sort().to_list()) if is_category else ()
    whole = found.kind == "number" and role != "ignored" and is_whole(series)
    return Column(series.name, found.kind, role, levels, whole)  # type: ignore[arg-type]


def basic_form(series: pl.Series) -> pl.Series:
    """The series as String, Boolean, Float64, Datetime(us), Binary or Array(UInt8)."""
    dtype = series.dtype
    if dtype in (pl.String, pl.Boolean, pl.Binary):
        return series
    if dtype.is_numeric() or dtype == pl.Null:
        return to_numbers(series)
    if dtype in (pl.Categorical, pl.Enum):
        return series.cast(pl.String)
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        _refuse_beyond_calendar(series)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        return series.cast(pl.Datetime("us"))
    if dtype == pl.Duration:
        return (series.dt.total_microseconds() / 1e6).cast(pl.Float64)
    if dtype == pl.Time:
        return (series.cast(pl.Int64) / 1e9).cast(pl.Float64)
    if isinstance(dtype, pl.Array) and len(dtype.shape) in (2, 3) and _leaf(dtype) == pl.UInt8:
        return series
    raise DataError(
        f"column {series.name!r} has the type {dtype}, which is no cell of a table; turn it into text or numbers, or drop it."
    )


def _refuse_beyond_calendar(series: pl.Series) -> None:
    """A damaged file may hold days that no calendar has; what reckons with them would end the process, not raise."""
    unit = getattr(series.dtype, "time_unit", "day")
    if unit == "ns":  # 64 bits of them end in the year 2262
        return
    step = {"ms": timedelta(milliseconds=1), "us": timedelta(microseconds=1)}.get(unit, timedelta(days=1))
    first, last = ((end - _EPOCH) // step for end in (datetime.min, datetime.max))
    if not series.to_physical().is_between(first, last).all():
        raise DataError(f"column {series.name!r} holds a date outside the years 1 to 9999; mend or drop it.")


def _leaf(dtype: object) -> object:
    """The type of a single pixel: polars nests an Array for each axis."""
    while isinstance(dtype, pl.Array):
        dtype = dtype.inner
    return dtype


def _from_text(series: pl.Series, root: Path | None) -> Typed:
    cells = blank_to_null(series)
    present = cells.drop_nulls()
    if present.is_empty():
        return Typed(cells.cast(pl.Float64), "number")
    booleans = lower_booleans(cells)
    if booleans is not cells:
        return Typed(booleans, "category")
    numbers = to_numbers(present)
    if numbers.null_count() == 0 and not has_leading_zeros(present):
        return Typed(to_numbers(cells), "number")
    dates = to_dates(cells)
    if dates is not None:
        note = (
            f"column {series.name!r}: day and month cannot be told apart; read as month/day" if day_is_ambiguous(cells) else None
        )
        return Typed(dates, "date", note)
    if (paths := _picture_paths(cells, root)) is not None:
        return Typed(paths, "image")
    note, sample = None, mixed_dates(present.head(_SAMPLE))
    if sample.forms or sample.unclear:
        mixed = mixed_dates(cells)
        if mixed.dates.null_count() == cells.null_count():
            return Typed(mixed.dates, "date", _several_forms(series.name, mixed))
        note = _nearly_dates(cells, mixed)
    kind = _kind_of_words(present)
    if kind == "text":
        return Typed(blank_to_null(series, strip=False), "text", note)
    return Typed(cells, kind, note or _nearly_numbers(series.name, present, numbers))


def _several_forms(name: str, mixed: MixedDates) -> str:
    shown = ", ".join(mixed.forms[:4]) + (" …" if len(mixed.forms) > 4 else "")
    return f"column {name!r}: dates are written in {len(mixed.forms)} forms ({shown}); each is read by its own"


def _nearly_dates(cells: pl.Series, mixed: MixedDates) -> str | None:
    """A note when a column of dates is not read as one, because of how some cells are written."""
    present, read = len(cells) - cells.null_count(), len(cells) - mixed.dates.null_count()
    if read + mixed.unclear < _NEARLY * present:
        return None
    if mixed.unclear:
        why = f"{mixed.unclear} of {present} dates can be read as day/month and as month/day (first: {mixed.ambiguous!r})"
    else:
        first = cells.filter(cells.is_not_null() & mixed.dates.is_null())[0]
        why = f"{present - read} of {present} cells are no dates (first: {first!r})"
    return f"column {cells.name!r}: {why}, so it is no date column"


def _nearly_numbers(name: str, present: pl.Series, numbers: pl.Series) -> str | None:
    """A note when a column is text because of a few cells only."""
    odd = numbers.null_count()
    if odd == 0 or odd > (1 - _NEARLY) * len(present):
        return None
    first = present.filter(numbers.is_null())[0]
    return f"column {name!r}: {odd} of {len(present)} cells are no numbers (first: {first!r}), so it is no number column"


def _kind_of_words(present: pl.Series) -> str:
    """text, id or category, by how many cells are distinct and how long they are."""
    distinct = present.n_unique()
    share = distinct / len(present)
    words = float(present.str.count_matches(r"\S+").mean() or 0.0)  # type: ignore[arg-type]
    length = float(present.str.len_chars().mean() or 0.0)  # type: ignore[arg-type]
    wordy = words >= _TEXT_WORDS or length >= _TEXT_LENGTH
    if wordy and share >= 0.3 and (distinct > 20 or (share >= 0.5 and length >= 20)):
        return "text"
    if share >= _ID_SHARE and len(present) >= _ID_ROWS:
        return "id"
    return "category"


def _picture_paths(cells: pl.Series, root: Path | None) -> pl.Series | None:
    """Absolute paths if the cells are paths of picture files, the first of which exists; a later one that does not is named."""
    present = cells.drop_nulls()
    suffixes = "|".join(suffix[1:] for suffix in PICTURE_SUFFIXES)
    if not bool(present.str.contains(rf"(?i)\.(?:{suffixes})$").all()):
        return None
    base = Path.cwd() if root is None else root
    if not any((base / cell).is_file() for cell in present.head(20)):
        return None
    return absolute_paths(cells, base)


def absolute_paths(cells: pl.Series, base: Path) -> pl.Series:
    """Paths from ``base``; raises DataError with the row of the first file that is not there."""
    paths = [None if cell is None else base / cell for cell in cells]
    for row, path in enumerate(paths, start=1):
        if path is not None and not path.is_file():
            raise DataError(f"row {row}, column {cells.name!r}: there is no picture {path}.")
    return pl.Series(cells.name, [None if path is None else str(path.absolute()) for path in paths], dtype=pl.String)


def as_kind(series: pl.Series, kind: str, *, root: Path | None = None, levels: tuple[str, ...] = ()) -> pl.Series:
    """The column in the form of a kind. Raises DataError with the row of the first value that does not fit.

    levels: the known levels of a category; numbers and booleans are written as they are.
    """
    plain = basic_form(series)
    if kind == "number":
        return _as_number(plain)
    if kind == "date":
        return _as_date(plain)
    if kind == "image":
        if plain.dtype == pl.String:
            return absolute_paths(blank_to_null(plain), Path.cwd() if root is None else root)
        if plain.dtype in (pl.Boolean, pl.Float64) or isinstance(plain.dtype, pl.Datetime):
            raise DataError(
                f"column {series.name!r}: expected pictures (paths, encoded bytes or uint8 arrays), found {series.dtype}."
            )
        return plain
    if plain.dtype == pl.Binary or isinstance(plain.dtype, pl.Array):
        raise DataError(f"column {series.name!r}: expected a {kind}, found pictures or bytes.")
    if kind == "category":
        return _as_category(plain, levels)
    text = number_text(plain) if plain.dtype == pl.Float64 else plain.cast(pl.String)
    return blank_to_null(text, strip=kind == "id")


def _as_number(plain: pl.Series) -> pl.Series:
    if plain.dtype == pl.Float64:
        return plain
    if plain.dtype == pl.Boolean:
        return plain.cast(pl.Float64)
    if plain.dtype != pl.String:
        raise DataError(f"column {plain.name!r}: expected numbers, found {plain.dtype}.")
    cells = blank_to_null(plain)
    numbers = to_numbers(cells)
    _refuse_lost(cells, numbers, "a number")
    return numbers


def _as_date(plain: pl.Series) -> pl.Series:
    if isinstance(plain.dtype, pl.Datetime):
        return plain
    if plain.dtype != pl.String:
        if plain.null_count() == len(plain):
            return plain.cast(pl.Datetime("us"))
        raise DataError(f"column {plain.name!r}: expected dates, found {plain.dtype}; write them as 2024-12-31.")
    cells = blank_to_null(plain)
    if cells.null_count() == len(cells):
        return pl.Series(plain.name, [None] * len(cells), dtype=pl.Datetime("us"))
    dates = to_dates(cells)
    return _one_by_one(cells) if dates is None else dates


def _one_by_one(cells: pl.Series) -> pl.Series:
    """Dates written in more than one way, as the rows of a request may be: each must be clear by itself."""
    mixed = mixed_dates(cells)
    wrong = (cells.is_not_null() & mixed.dates.is_null()).arg_true()
    if len(wrong):
        row = int(wrong[0])
        cell = cells[row]
        where = f"row {row + 1}, column {cells.name!r}"
        if day_is_ambiguous(cells[row : row + 1]):
            raise DataError(f"{where}: {cell!r} can be read as day/month and as month/day.")
        raise DataError(f"{where}: expected a date such as 2024-12-31, found {cell!r}.")
    return mixed.dates


def _as_category(plain: pl.Series, levels: tuple[str, ...]) -> pl.Series:
    from assay.data.values import are_number_labels

    if plain.dtype == pl.Float64:
        return number_text(plain)
    if plain.dtype != pl.String:
        return plain.cast(pl.String)
    cells = blank_to_null(plain)
    if levels and set(levels) <= {"true", "false"}:
        return cells.str.to_lowercase()
    present = cells.drop_nulls()
    if are_number_labels(levels) or (not levels and not has_leading_zeros(present)):
        # 1 and 1.0 are one level when every cell of the column is a number.
        numbers = to_numbers(cells)
        if levels:
            return cells.zip_with(numbers.is_null(), number_text(numbers))
        return number_text(numbers) if len(present) and numbers.null_count() == cells.null_count() else lower_booleans(cells)
    return cells


def _refuse_lost(cells: pl.Series, converted: pl.Series, expected: str) -> None:
    lost = converted.is_null() & cells.is_not_null()
    # "nan" in any spelling is a missing number, not a wrong one.
    lost &= cells.str.to_lowercase().ne_missing("nan") & cells.str.to_lowercase().ne_missing("-nan")
    if lost.any():
        row = int(lost.arg_true()[0])
        raise DataError(f"row {row + 1}, column {cells.name!r}: expected {expected}, found {cells[row]!r}.")
