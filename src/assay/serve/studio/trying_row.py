"""The row that is tried, out of the address or the form: which cells it has, and what is wrong or new about them.

In an address "c.NAME" is a cell of the row and "b.NAME" one of the row it started from; what is not said is typical.  Pictures
are not part of an address.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.data.conforming import conform
from assay.data.images import unreadable
from assay.data.schema import Column, Schema
from assay.serve.studio.trying_fields import Field, cell_text
from assay.serve.studio.trying_models import Tried

CELL, START = "c.", "b."
MOST_PAIRS = 20_000
MOST_ADDRESS = 6000
"""Characters; longer ones are cut or refused on their way by one program or another."""


@dataclass(frozen=True)
class Asked:
    """cells, start: by column, text as it was typed, "" for a missing one.  column: whose curve is drawn, or "".

    level: how often a set or an interval is to hold the truth.  loose: columns whose start is what they are.
    strangers: columns that were named and that there are not.
    """

    cells: Mapping[str, str]
    start: Mapping[str, str]
    column: str
    level: float
    loose: frozenset[str] = frozenset()
    strangers: tuple[str, ...] = ()


LEVELS = (0.8, 0.9, 0.95)
USUAL_LEVEL = 0.9


def pairs_of(said: str) -> list[tuple[str, str]]:
    """Of an address or of a form that was sent.  Raises ConfigError where there are too many."""
    try:
        return parse_qsl(said, keep_blank_values=True, max_num_fields=MOST_PAIRS)
    except ValueError as error:
        raise ConfigError(f"the form has more than {MOST_PAIRS} fields; send rows as CSV instead.") from error


def asked_of(tried: Tried, pairs: Iterable[tuple[str, str]]) -> Asked:
    """Raises ConfigError for a level that is none of LEVELS."""
    said = dict(pairs)
    told = {key[len(START) :]: value for key, value in said.items() if key.startswith(START)}
    tried_cells = {key[len(CELL) :]: value for key, value in said.items() if key.startswith(CELL)}
    start = {name: told.get(name, field.typical) for name, field in tried.fields.items()}
    cells = {name: tried_cells.get(name, start[name]).replace("\r\n", "\n") for name in tried.fields}
    loose = frozenset(name for name in _uncompared(tried) if name not in told or name in tried.pictures)
    start |= {name: cells[name] for name in loose}
    column = said.get("column", "")
    strangers = tuple(dict.fromkeys(name for name in (*told, *tried_cells) if name not in tried.fields))
    level = said.get("level", str(USUAL_LEVEL))
    if level not in map(str, LEVELS):
        raise ConfigError(f"level={level[:40]!r} is none of {', '.join(map(str, LEVELS))}.")
    return Asked(cells, start, column if column in tried.fields else _first_curved(tried), float(level), loose, strangers)


def _uncompared(tried: Tried) -> list[str]:
    """Columns of which there is nothing typical to hold a row against: texts, pictures, and the pixels of one."""
    plain = [field.name for field in tried.fields.values() if field.kind in ("text", "image")]
    return plain if tried.grid is None else [*plain, *tried.grid.names]


def _first_curved(tried: Tried) -> str:
    in_grid = set() if tried.grid is None else set(tried.grid.names)
    sliding = [field.name for field in tried.fields.values() if field.slider is not None and field.name not in in_grid]
    levels = [field.name for field in tried.fields.values() if field.kind == "category"]
    return next(iter([*sliding, *levels]), "")


def address(
    tried: Tried, asked: Asked, cells: Mapping[str, str], start: Mapping[str, str], loose: frozenset[str] = frozenset()
) -> str | None:
    """That shows these cells again, against this start; what is as it would be anyway is left out.  None where it is too long."""
    typical = {name: field.typical for name, field in tried.fields.items()}
    names = [name for name in tried.fields if name not in tried.pictures]
    pairs = [(START + name, start[name]) for name in names if start[name] != typical[name] and name not in loose]
    pairs += [(CELL + name, cells[name]) for name in names if cells[name] != (typical if name in loose else start)[name]]
    pairs += [("column", asked.column)] if asked.column != _first_curved(tried) else []
    pairs += [("level", str(asked.level))] if asked.level != USUAL_LEVEL else []
    found = f"/try/{quote(tried.run, safe='')}" + (f"?{urlencode(pairs)}" if pairs else "")
    return found if len(found) <= MOST_ADDRESS else None


@dataclass(frozen=True)
class Row:
    """features: one line, as the model takes it; None where ``problems`` says, by column, what cannot be read.

    remarks: by column, what no training row had or few had.
    """

    features: pl.DataFrame | None
    problems: Mapping[str, str]
    remarks: Mapping[str, str]


def read_row(tried: Tried, cells: Mapping[str, str]) -> Row:
    """The checks are those of every other way to the model (``conform``), a column each, so that each says its own sentence."""
    try:
        features = _conformed(tried.columns, cells)
    except DataError:
        return Row(None, _problems(tried.columns, cells), {})
    broken = {name: _bare(told[0], name) for name in tried.pictures if (told := _unreadable(features[name]))}
    if broken:
        return Row(None, broken, {})
    found = {name: said for name, field in tried.fields.items() if (said := _remark(field, features[name]))}
    return Row(features, {}, found)


def _conformed(columns: list[Column], cells: Mapping[str, str]) -> pl.DataFrame:
    """Text as a file has it, pictures as a request has them: no cell is taken for a path."""
    plain = Schema(tuple(column for column in columns if column.kind != "image"))
    pictures = Schema(tuple(column for column in columns if column.kind == "image"))
    parts = []
    if plain.columns:
        parts.append(conform(pl.DataFrame({name: [cells[name]] for name in plain.names()}), plain))
    if pictures.columns:
        parts.append(conform([{name: cells[name] or None for name in pictures.names()}], pictures, extra="refuse"))
    return pl.concat(parts, how="horizontal").select([column.name for column in columns])


def _problems(columns: list[Column], cells: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for column in columns:
        try:
            _conformed([column], cells)
        except DataError as error:
            found[column.name] = _bare(str(error), column.name)
    return found


def _unreadable(series: pl.Series) -> dict[int, str]:
    return {} if series.null_count() else unreadable(series)


def _bare(sentence: str, name: str) -> str:
    """Without the row and the column, which are plain from where the sentence stands."""
    for start in (f"row 1, column {name!r}: ", f"column {name!r}: "):
        sentence = sentence.removeprefix(start)
    return sentence


def _remark(field: Field, series: pl.Series) -> str:
    if series.null_count():
        return "empty, and no training row was" if field.gaps is False else ""
    if field.kind == "category" and field.column.levels and series[0] not in field.column.levels:
        return "not seen in training: the model takes it for unknown"
    if field.ends is None:
        return ""
    value, (low, high) = float(series.to_physical()[0]), field.ends
    if low <= value <= high:
        return ""
    where = "above" if value > high else "below"
    return f"{where} what 99 % of the training rows have ({cell_text(field.column, low)} to {cell_text(field.column, high)})"
