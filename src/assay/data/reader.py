"""From a source to a Dataset: columns get kinds and roles, the target becomes a question, given test rows are marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.core.memory import memory_bound
from assay.core.names import did_you_mean, some_of
from assay.core.threads import each
from assay.data.dataset import ROW_ORDER, Dataset
from assay.data.kinds import Typed, column_of, typed
from assay.data.mapped import Laid
from assay.data.question import LANGUAGE, Question, ask
from assay.data.readable import check_how, readable_rows, refuse_empty
from assay.data.running_text import MODEL, check_language, text_columns
from assay.data.schema import Column, Role, Schema
from assay.data.shelf import Shelf, store
from assay.data.sources.raw import RawTable
from assay.data.values import blank_to_null

_TRAIN_WORDS = frozenset(("train", "training", "learn", "dev", "development", "val", "valid", "validation"))
_TEST_WORDS = frozenset(("test", "testing", "holdout", "hold-out"))


def read(  # the arguments mirror the command line, one by one
    source: Any,
    *,
    target: str | None = None,
    task: str | None = None,
    positive: str | None = None,
    order: Sequence[str] | None = None,
    drop: Sequence[str] = (),
    kinds: Mapping[str, str] | None = None,
    group: str | None = None,
    time: str | None = None,
    weight: str | None = None,
    split: str | None = None,
    test: str | Path | None = None,
    unlabelled: str = "drop",
    unreadable: str = "refuse",
    memory: str | int | None = None,
) -> Dataset:
    """The rows of a file, a folder of pictures, a frame or arrays, with what their columns are.

    source: a path (CSV, TSV, Parquet, JSON lines, Arrow, npz, each also as .gz or in a .zip; a folder with one
        subfolder per class, or train/CLASS and test/CLASS, or a zip of one), a frame of polars or pandas, an array, (X, y), a
        dict of arrays.
    target: the column to predict; a folder and an npz with y name their own. Without one the dataset has no task.
    task: one of ``assay list tasks``, where the inferred one is wrong.  positive: the positive class of a binary target.
    order: the classes of an ordinal target, the lowest first; numbers order themselves where the task says that it is ordinal.
    drop: columns to leave out.  kinds: column -> number, category, date, text, image or id.
    group, time, weight: columns with these roles; time="@row" takes the order of the rows.
    split: a column that says train or test (val counts as train).  test: a file whose rows are the test rows.
    unlabelled: what to do with rows without a target: "drop", or "keep" their features for the recipes that learn from them.
    unreadable: what to do with pictures that do not open, and class folders without one: "refuse" them, or "skip" them, which a
        note then says.
    memory: how much memory the process may use, in bytes or as "8g" (None: three quarters of the machine's); a CSV, Parquet or
        Arrow file that would take too much of it stays on disk, and its rows are the same.
    Raises DataError for data that cannot be read or do not answer the question, with the file, row or column.
    """
    if unlabelled not in ("drop", "keep"):
        raise ConfigError(f"unlabelled={unlabelled!r}: rows without a target are to drop or to keep.")
    check_how(unreadable)
    if unlabelled == "keep" and time is not None:
        raise ConfigError("rows without a target may come from after the test rows; with a time they cannot be kept.")
    bound = memory_bound(memory)
    raw = refuse_empty(load(source, bound, lines=task == MODEL), unreadable)
    if test is not None:
        raw = _with_test_rows(raw, test, split, bound, lines=task == MODEL)
    raw = replace(raw, target=target or raw.target)
    if raw.frame.height == 0:
        raise DataError(f"{raw.source}: there are no rows.")
    names = _Names(tuple(drop), dict(kinds or {}), group, time, weight, split)
    if task in LANGUAGE:
        check_language(str(task), weight, unlabelled)
        raw, names = _of_language(raw, names, str(task))
    names.check(raw)
    columns, laid = _typed_columns(raw, names)
    raw, columns = readable_rows(raw, columns, names.read(raw), unreadable)
    if time == ROW_ORDER:
        columns[ROW_ORDER] = Typed(pl.Series(ROW_ORDER, np.arange(raw.frame.height, dtype=np.float64)), "number")
    _check_roles(columns, names)
    question = None
    if raw.target is not None:
        question = ask(columns[raw.target], task=task, positive=positive, order=order)
        if question.task.special == "ranking" and group is None:
            raise ConfigError("a ranking orders the rows of each query; name the column of the queries: group=, or --group COL.")
    elif task is not None or positive is not None or order is not None:
        raise ConfigError("a task, a positive class or an order needs a target; pass target=, or --target COL.")
    given = raw.given_test if split is None else _given_test(raw.frame[split], raw.source)
    data = _on_shelf(_assemble(raw, columns, names, question, given, keep=unlabelled == "keep"), raw.shelf, laid)
    if unlabelled == "keep" and data.unlabelled is None:
        raise DataError(f"{raw.source}: there is no training row without a target to keep; leave out --unlabelled keep.")
    return data


def load(source: Any, memory: int | None = None, *, lines: bool = False) -> RawTable:
    """The columns of any source as they are, before kinds are decided.  memory, lines: as in ``from_path``."""
    if isinstance(source, str | Path):
        from assay.data.sources.files import from_path

        return from_path(Path(source), memory, lines=lines)
    from assay.data.sources.arrays import from_memory

    return from_memory(source)


@dataclass(frozen=True)
class _Names:
    """The column names the caller gave, by what they are for."""

    drop: tuple[str, ...]
    kinds: dict[str, str]
    group: str | None
    time: str | None
    weight: str | None
    split: str | None

    def roles(self) -> dict[str, Role]:
        found: dict[str, Role] = dict.fromkeys(self.drop, "ignored")
        if self.split is not None:
            found[self.split] = "ignored"
        for name, role in ((self.group, "group"), (self.time, "time"), (self.weight, "weight")):
            if name is not None:
                found[name] = role  # type: ignore[assignment]
        return found

    def read(self, raw: RawTable) -> frozenset[str]:
        """The columns that are features."""
        return frozenset(raw.frame.columns) - self.roles().keys() - {raw.target}

    def check(self, raw: RawTable) -> None:
        """Every name is a column, and no column has two roles."""
        known = raw.frame.columns
        said = [
            ("target", raw.target),
            ("group", self.group),
            ("time", self.time),
            ("weight", self.weight),
            ("split", self.split),
        ]
        said += [("drop", name) for name in self.drop] + [("kinds", name) for name in self.kinds]
        for what, name in said:
            if name is not None and name not in known and not (what == "time" and name == ROW_ORDER):
                raise DataError(f"{raw.source}: no column {name!r} ({what}){did_you_mean(name, known)}")
        used = [(what, name) for what, name in said if name is not None and what != "kinds"]
        for i, (what, name) in enumerate(used):
            for other, same in used[:i]:
                if name == same and what != other:
                    raise ConfigError(f"column {name!r} is named as {other} and as {what}; it can be one of them.")


def _of_language(raw: RawTable, names: _Names, task: str) -> tuple[RawTable, _Names]:
    """The names with the columns that the task does not read left out, and those that it does read as text."""
    free = [name for name in raw.frame.columns if name not in names.roles()]
    found = text_columns(task, raw.target, free, raw.source)
    told = (f"left out, as a language model reads its text alone: {some_of(found.left_out)}",) if found.left_out else ()
    kinds = {**names.kinds, **dict.fromkeys(found.texts, "text")}
    whole = replace(raw, target=found.target, notes=(*raw.notes, *told))
    return whole, replace(names, drop=(*names.drop, *found.left_out), kinds=kinds)


def _with_test_rows(raw: RawTable, test: str | Path, split: str | None, memory: int, *, lines: bool) -> RawTable:
    """The rows of another file appended and marked; its columns must be the same."""
    if split is not None:
        raise ConfigError("test rows come from a file or from a column: pass test= or split=, not both.")
    if raw.given_test is not None:
        raise ConfigError(f"{raw.source} sets test rows apart itself; leave test= out.")
    other = load(test, memory, lines=lines)
    missing = [name for name in raw.frame.columns if name not in other.frame.columns]
    added = [name for name in other.frame.columns if name not in raw.frame.columns]
    if missing or added:
        name, lacks, has = (missing[0], other, raw) if missing else (added[0], raw, other)
        raise DataError(f"{lacks.source} has no column {name!r}, which {has.source} has{did_you_mean(name, lacks.frame.columns)}")
    try:
        both = pl.concat([raw.frame, other.frame.select(raw.frame.columns)], how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"{other.source}: its columns have other types than those of {raw.source} ({str(error).splitlines()[0]})."
        ) from error
    given = np.repeat([False, True], [raw.frame.height, other.frame.height])
    notes = (*raw.notes, f"test rows: {other.frame.height} from {other.source}")
    members = (*raw.members, *other.members) if raw.members and other.members else ()
    return replace(raw, frame=both, given_test=given, notes=notes, shelf=raw.shelf or other.shelf, members=members)


def _typed_columns(raw: RawTable, names: _Names) -> tuple[dict[str, Typed], dict[str, Laid]]:
    """Every column in its final form; on a shelf one after the other, with the places of those that lie there."""
    columns: dict[str, Typed] = {}
    laid: dict[str, Laid] = {}

    def typed_column(name: str) -> Typed:
        return _typed_column(raw, name, names)

    one_by_one = raw.shelf is not None  # so that no more than one column is in memory
    told = map(typed_column, raw.frame.columns) if one_by_one else each(typed_column, raw.frame.columns)
    for name, found in zip(raw.frame.columns, told, strict=True):
        if raw.shelf is not None and name not in names.drop and name != names.split:
            series, place = raw.shelf.put(found.series)
            found = replace(found, series=series)
            laid |= {} if place is None else {name: place}
        columns[name] = found
    return columns, laid


def _on_shelf(data: Dataset, shelf: Shelf | None, laid: dict[str, Laid]) -> Dataset:
    """The dataset with its columns on the shelf where other processes find them.  laid: where they lie already, as read."""
    if shelf is None:
        return data
    target = None if data.task is None else data.task.target
    places: list[Laid | None] = []
    columns: list[pl.Series] = []
    for column in data.frame:
        place = laid.get(column.name)
        if place is None or column.name == target or place.rows != data.frame.height:
            column, new = shelf.put(column)
            if place is not None:
                place.path.unlink()
            place = new
        columns.append(column)
        places.append(place)
    frame = pl.DataFrame(columns)
    return replace(data, frame=frame, stored=store(shelf, frame, places))


def _typed_column(raw: RawTable, name: str, names: _Names) -> Typed:
    series = raw.frame[name]
    if name in names.drop or name == names.split:
        return Typed(series, _kind_if_any(series, names.kinds.get(name)))
    kind = names.kinds.get(name)
    if kind is None and name == names.weight:
        kind = "number"
    return typed(series, kind=kind, root=raw.root)


def _kind_if_any(series: pl.Series, said: str | None) -> str:
    """A kind for a column that is left out: its type is enough, and a type that no kind fits is no reason to fail."""
    if said is not None:
        return said
    if series.dtype == pl.String or series.dtype == pl.Boolean:
        return "category"
    return "number" if series.dtype.is_numeric() else "text"


def _check_roles(columns: dict[str, Typed], names: _Names) -> None:
    """Times that can be ordered, weights that can be weighed with."""
    if names.time is not None:
        found = columns[names.time]
        if found.kind not in ("number", "date"):
            raise DataError(f"the time column {names.time!r} is a {found.kind}; it must hold dates or numbers.")
        if found.series.null_count():
            row = int(found.series.is_null().arg_true()[0])
            raise DataError(f"row {row + 1}: the time column {names.time!r} is missing; fill it or remove the row.")
    if names.weight is None:
        return
    series = columns[names.weight].series
    wrong = series.is_null() | ~series.is_finite().fill_null(value=False) | (series < 0).fill_null(value=False)
    if wrong.any():
        row = int(wrong.arg_true()[0])
        raise DataError(f"row {row + 1}: the weight {names.weight!r} is {series[row]}; weights are numbers of 0 or more.")
    if not (series > 0).any():
        raise DataError(f"the weight {names.weight!r} is 0 in every row; some weight is needed.")


def _given_test(series: pl.Series, source: str) -> np.ndarray:
    """bool (n_rows,) from a column of the words train and test."""
    words = blank_to_null(series.cast(pl.String)).str.to_lowercase()
    known = words.is_in([*_TRAIN_WORDS, *_TEST_WORDS]).fill_null(value=False)
    if not known.all():
        row = int((~known).arg_true()[0])
        raise DataError(f"{source}: row {row + 1}, column {series.name!r} says {series[row]!r}; a split says train or test.")
    given = words.is_in(list(_TEST_WORDS)).to_numpy()
    if given.all() or not given.any():
        raise DataError(
            f"{source}: the split {series.name!r} says {'test' if given.all() else 'train'} in every row; it needs both."
        )
    return np.asarray(given)


def _assemble(
    raw: RawTable,
    columns: dict[str, Typed],
    names: _Names,
    question: Question | None,
    given: np.ndarray | None,
    *,
    keep: bool,
) -> Dataset:
    """The dataset: ignored columns left out of the frame, rows without a target left out or kept apart, decisions as notes.

    Test rows without a target are never kept: what a study may not see it may not learn from either.
    """
    roles = names.roles()
    schema: list[Column] = []
    frame: list[pl.Series] = []
    notes = list(raw.notes)
    for name, found in columns.items():
        if question is not None and name == question.task.target:
            schema.append(_target_column(question))
            frame.append(question.target)
            continue
        role = roles.get(name, "feature")
        schema.append(column_of(found, role))
        if role != "ignored":
            frame.append(found.series)
            notes += [found.note] if found.note else []
    rows = pl.DataFrame(frame)
    del frame
    task, without = None, rows[:0]
    if question is not None:
        task = question.task
        notes += question.notes
        kept = question.target.is_not_null()
        if not kept.all():
            without = rows.filter(~kept if given is None else ~kept & pl.Series(~given)) if keep else without
            told = f"rows without a value of the target {task.target!r} are"
            left = int((~kept).sum()) - without.height
            notes += [f"{without.height} {told} kept: recipes that learn from them see their features"] if without.height else []
            notes += [f"{left} {told} left out"] if left else []
            rows = _filtered(rows, kept, raw.shelf)
            given = None if given is None else given[kept.to_numpy()]
    if given is not None and (given.all() or not given.any()):
        raise DataError(f"{raw.source}: all rows are {'test' if given.all() else 'train'} rows; both are needed.")
    kept_apart = without if without.height else None
    return Dataset(rows, Schema(tuple(schema)), task, given, raw.source, tuple(notes), kept_apart)


def _filtered(rows: pl.DataFrame, kept: pl.Series, shelf: Shelf | None) -> pl.DataFrame:
    if shelf is None:
        return rows.filter(kept)
    return pl.DataFrame([shelf.put_away(column.filter(kept)) for column in rows])


def _target_column(question: Question) -> Column:
    task = question.task
    if task.is_language:  # what a language model predicts is what it reads
        return Column(task.target, "text", "feature" if task.name == MODEL else "target")
    if task.is_classification:
        return Column(task.target, "category", "target", tuple(sorted(task.classes)))
    present = question.target.drop_nulls()
    return Column(task.target, "number", "target", (), bool((present == present.round(0)).all()))
