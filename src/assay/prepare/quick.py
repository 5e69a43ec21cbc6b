"""Records of plain values as the matrix of ``FittedColumns.transform``, to the last bit, without a frame.

To make and encode a frame of one row takes milliseconds, and a server that answers thousands of requests a second has a
tenth of one.  Numbers and the levels of training go this way; a step that reads anything else, and records that hold
anything else, go the long one (``assay.data.conform``), which also knows what to say of a cell that does not fit.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, Self

import numpy as np
import polars as pl

from assay.data.conforming import conform
from assay.data.schema import Column, Schema
from assay.prepare.categories import LevelCode, OneHot
from assay.prepare.columns import FittedColumns
from assay.prepare.encoder import Encoder
from assay.prepare.numbers import CLIP, LARGEST, PlainNumber, ScaledNumber
from assay.prepare.step import FittedStep

NOWHERE = -1
NONE = type(None)
NUMBERS = frozenset({float, int, NONE})
Cells = np.ndarray | list[Any]
"""Of one column: float64 (n,) of a number, NaN where it is missing; str or None of a category."""


class Writer(Protocol):
    def write(self, columns: Sequence[Cells], matrix: np.ndarray) -> None:
        """Fill the columns of the matrix that come from here."""
        ...


@dataclass(frozen=True)
class Scaled:
    """Every standardised number.  places: among the features.  slots: int64 (k,), in the matrix; the rest float64 (k,).

    flagged: those in whose next column a gap is told.
    """

    places: tuple[int, ...]
    slots: np.ndarray
    fill: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    flagged: np.ndarray

    @classmethod
    def of(cls, found: Sequence[tuple[int, int, ScaledNumber]]) -> Self:
        return cls(
            places=tuple(place for place, _, _ in found),
            slots=np.array([slot for _, slot, _ in found]),
            fill=np.array([one.fill for _, _, one in found]),
            mean=np.array([one.mean for _, _, one in found]),
            scale=np.array([one.scale for _, _, one in found]),
            flagged=np.flatnonzero([one.flags_missing for _, _, one in found]),
        )

    def write(self, columns: Sequence[Cells], matrix: np.ndarray) -> None:
        values = np.stack([columns[place] for place in self.places], axis=1)
        missing = np.isnan(values)
        matrix[:, self.slots] = np.clip((np.where(missing, self.fill, values) - self.mean) / self.scale, -CLIP, CLIP)
        matrix[:, self.slots[self.flagged] + 1] = missing[:, self.flagged]


@dataclass(frozen=True)
class Plain:
    """Every number that stays what it is."""

    places: tuple[int, ...]
    slots: np.ndarray

    def write(self, columns: Sequence[Cells], matrix: np.ndarray) -> None:
        matrix[:, self.slots] = np.clip(np.stack([columns[place] for place in self.places], axis=1), -LARGEST, LARGEST)


@dataclass(frozen=True)
class Coded:
    """One category.  one_hot: the column ``slot`` + code is 1; else ``slot`` holds the code.

    codes: of the levels and of None.  other: of the levels that training rows had too seldom.  NOWHERE: no column, or NaN.
    """

    place: int
    slot: int
    codes: Mapping[str | None, int]
    other: int
    one_hot: bool

    @classmethod
    def of(cls, place: int, slot: int, encoder: OneHot | LevelCode) -> Self:
        codes: dict[str | None, int] = {level: code for code, level in enumerate(encoder.levels)}
        if isinstance(encoder, LevelCode):
            return cls(place, slot, {**codes, None: NOWHERE}, NOWHERE, one_hot=False)
        missing = len(encoder.levels) + encoder.has_rare if encoder.has_missing else NOWHERE
        return cls(place, slot, {**codes, None: missing}, len(encoder.levels) if encoder.has_rare else NOWHERE, one_hot=True)

    def write(self, columns: Sequence[Cells], matrix: np.ndarray) -> None:
        codes, other = self.codes, self.other
        found = np.array([codes.get(cell, other) for cell in columns[self.place]])
        if self.one_hot:
            rows = np.flatnonzero(found != NOWHERE)
            matrix[rows, self.slot + found[rows]] = 1.0
        else:
            matrix[:, self.slot] = np.where(found == NOWHERE, np.nan, found)


@dataclass(frozen=True)
class Encoded:
    """One column by its own encoder, for those that have no form of their own here."""

    place: int
    slot: int
    width: int
    encoder: Encoder

    def write(self, columns: Sequence[Cells], matrix: np.ndarray) -> None:
        cells = columns[self.place]
        series = pl.Series(cells, nan_to_null=True) if isinstance(cells, np.ndarray) else pl.Series(cells, dtype=pl.String)
        matrix[:, self.slot : self.slot + self.width] = self.encoder.transform(series)


@dataclass(frozen=True)
class QuickColumns:
    """levels: of each feature those that are read as they stand, None for a number."""

    names: tuple[str, ...]
    levels: tuple[frozenset[str | None] | None, ...]
    width: int
    writers: tuple[Writer, ...]

    @classmethod
    def of(cls, step: FittedStep, schema: Schema) -> Self | None:
        """None where the step reads something else than numbers and categories, or makes a sparse matrix."""
        features = schema.features
        if not isinstance(step, FittedColumns) or step.is_sparse or not all(map(_is_simple, features)):
            return None
        levels = tuple(None if column.kind == "number" else frozenset((*column.levels, None)) for column in features)
        names = tuple(column.name for column in features)
        return cls(names, levels, step.width, _writers(step, names))

    def read(self, records: Sequence[object]) -> list[Cells] | None:
        """The cells of each feature; None where a record needs a closer look.

        records: dicts, or tuples in the order of the features, in which a number is a finite float or None, a category a str
        or None: who makes tuples has seen to that.
        """
        if set(map(type, records)) == {tuple}:
            return self._columns(self.names, list(chain.from_iterable(records)), _floats)  # type: ignore[arg-type]
        flat = self._flat(records)
        return None if flat is None else self._columns(*flat, _numbers)

    def _columns(
        self, order: tuple[str, ...], cells: list[Any], numbers_of: Callable[[list[Any]], np.ndarray | None]
    ) -> list[Cells] | None:
        """The cells of each feature, of all cells record after record."""
        width = len(order)
        at = [order.index(name) for name in self.names]
        if all(levels is None for levels in self.levels):
            block = numbers_of(cells)
            return None if block is None else list(block.reshape(-1, width).T[at])
        places = [place for place, levels in zip(at, self.levels, strict=True) if levels is None]
        block = numbers_of(list(chain.from_iterable(cells[place::width] for place in places)))
        if block is None:
            return None
        numbers = iter(block.reshape(len(places), len(cells) // width))
        columns: list[Cells] = []
        for place, levels in zip(at, self.levels, strict=True):
            if levels is None:
                columns.append(next(numbers))
                continue
            found = cells[place::width]
            try:
                if not levels.issuperset(found):
                    return None
            except TypeError:  # a list
                return None
            columns.append(found)
        return columns

    def _flat(self, records: Sequence[object]) -> tuple[tuple[str, ...], list[Any]] | None:
        """(columns in the order of the cells, every cell record after record); None unless each record has just the features."""
        if set(map(type, records)) != {dict} or set(map(len, records)) != {len(self.names)}:  # type: ignore[arg-type]
            return None
        found: list[dict[str, Any]] = records  # type: ignore[assignment]  # they are dicts
        order = tuple(found[0])
        if set(order) != set(self.names):
            return None
        # mostly every row has the order of the first one, and the very same strings as names: then none is looked up
        if list(chain.from_iterable(found)) == [*order] * len(found):
            return order, list(chain.from_iterable(map(dict.values, found)))
        try:
            return self.names, [record[name] for record in found for name in self.names]
        except KeyError:
            return None

    def matrix(self, columns: Sequence[Cells]) -> np.ndarray:
        """float64 (n, width), what ``FittedColumns.transform`` makes of the same rows.  columns: as ``read`` gives them."""
        matrix = np.zeros((len(columns[0]), self.width))
        for writer in self.writers:
            writer.write(columns, matrix)
        return matrix


def _floats(cells: list[Any]) -> np.ndarray:
    """float64 (n,), NaN for None, of finite floats and None.  Not to be written to."""
    try:  # half the time that NumPy takes
        return np.frombuffer(struct.pack(f"{len(cells)}d", *cells))
    except struct.error:
        return np.array(cells, dtype=np.float64)


def _numbers(cells: list[Any]) -> np.ndarray | None:
    """float64 (n,), NaN for None; None where one is no finite number.  Not to be written to."""
    kinds = set(map(type, cells))
    if not NUMBERS.issuperset(kinds):
        return None
    missing = cells.count(None) if NONE in kinds else 0
    try:
        if missing:
            found = np.array(cells, dtype=np.float64)
        else:  # half the time that NumPy takes
            found = np.frombuffer(struct.pack(f"{len(cells)}d", *cells))
    except (OverflowError, struct.error):  # a whole number beyond floats
        return None
    return found if np.count_nonzero(np.isfinite(found)) + missing == len(cells) else None


def _is_simple(column: Column) -> bool:
    """Whether it is a number, or a category each level of which, sent in a record, is read as itself."""
    if column.kind != "category" or not column.levels:
        return column.kind in ("number", "category")
    read = conform([{column.name: level} for level in column.levels], Schema((column,)))
    return read[column.name].to_list() == list(column.levels)


def _writers(step: FittedColumns, names: Sequence[str]) -> tuple[Writer, ...]:
    places = {name: place for place, name in enumerate(names)}
    scaled: list[tuple[int, int, ScaledNumber]] = []
    plain: list[tuple[int, int]] = []
    writers: list[Writer] = []
    slot = 0
    for name, encoder in zip(step.names, step.encoders, strict=True):
        width = sum(part.width for part in encoder.parts)
        if isinstance(encoder, ScaledNumber):
            scaled.append((places[name], slot, encoder))
        elif isinstance(encoder, PlainNumber):
            plain.append((places[name], slot))
        elif isinstance(encoder, OneHot | LevelCode):
            writers.append(Coded.of(places[name], slot, encoder))
        elif width:
            writers.append(Encoded(places[name], slot, width, encoder))
        slot += width
    if scaled:
        writers.append(Scaled.of(scaled))
    if plain:
        writers.append(Plain(tuple(place for place, _ in plain), np.array([slot for _, slot in plain])))
    return tuple(writers)
