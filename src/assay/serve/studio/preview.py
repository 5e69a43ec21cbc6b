"""What a source would be read as: its first rows, each column's kind and role, the question, and what may be chosen for it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from assay.core.errors import AssayError, MissingExtraError
from assay.data import read
from assay.data.dataset import Dataset
from assay.data.kinds import typed
from assay.data.task import TASKS, Task
from assay.measure.registry import METRICS
from assay.recipes.registry import RECIPES
from assay.recipes.treatments import TREATMENTS
from assay.serve.studio.preview_part import Part, part_of
from assay.serve.studio.preview_pictures import leading_out
from assay.serve.studio.starting_form import Asked
from assay.study.budget.running import check_budget
from assay.study.settings import FIRST_CHOICE
from assay.study.study import Study

ROWS = 8
SHOWN_COLUMNS = 60
"""Of one page of the table of columns."""

_CELL = 48


@dataclass(frozen=True)
class ColumnShown:
    """inferred: the kind by its values, "" where it has none; problem: why.  kind, role: as asked for, "" as they are."""

    name: str
    inferred: str
    kind: str
    role: str
    problem: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """One recipe or treatment.  usual: whether it is tried where none is named."""

    name: str
    title: str
    usual: bool = False


@dataclass(frozen=True)
class Preview:
    """rows: of all, or None where only the first were read.  problem: the sentence that stands in the way, or "".

    stops: whether no run can be started; the first rows alone do not tell what all of them hold.
    notes: what the reader decided.  task: None while there is no target, or where it asks nothing.
    """

    columns: tuple[ColumnShown, ...]
    rows: int | None
    looked: int
    problem: str
    stops: bool = False
    notes: tuple[str, ...] = ()
    own_target: str | None = None
    target: str = ""
    task: Task | None = None
    recipes: tuple[Choice, ...] = ()
    treatments: tuple[Choice, ...] = ()
    metrics: tuple[Choice, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The two of a binary target; one of them is the positive."""
        return self.task.classes if self.task is not None and self.task.name == "binary" else ()


def preview(asked: Asked, path: Path, shown: str, may_read: Callable[[Path], bool] = lambda _: True) -> Preview:
    """Everything at once; what is wrong with the data or the form stands in ``problem``, as one sentence.

    path: of the data; shown: what it is called in sentences.  may_read: whether a picture that the table names may be read.
    """
    try:
        part = part_of(path)
    except AssayError as error:
        return Preview((), None, 0, _said(error, path, shown), stops=True)
    frame = part.table.frame
    out = leading_out(part, asked, may_read)
    columns = tuple(_column(part, name, asked, out.get(name, "")) for name in frame.columns)
    rows = frame.height if part.is_whole else None
    known = Preview(
        columns,
        rows,
        frame.height,
        "",
        notes=part.table.notes,
        own_target=part.table.target,
        target=asked.target or part.table.target or "",
    )
    first_out = next((why for name, why in out.items() if name not in asked.dropped), "")
    if first_out:
        return replace(known, problem=first_out, stops=True)
    try:
        asked.check()
        missing = next((name for name, _ in (*asked.kinds, *asked.roles) if name not in frame.columns), None)
        if not known.target and missing is None:
            return known
        data = _read(asked, part)
        study = _study(asked, data)
    except AssayError as error:
        return replace(known, problem=_said(error, path, shown), stops=part.is_whole)
    if data.task is None:
        return known
    chosen = _with_choices(replace(known, task=data.task, notes=data.notes), data)
    try:
        study.settings  # noqa: B018 - raises on the first setting that cannot work
        check_budget(study)
    except AssayError as error:
        return replace(chosen, problem=_said(error, path, shown), stops=part.is_whole)
    return chosen


def _said(error: AssayError, path: Path, shown: str) -> str:
    """The sentence with the name that its reader knows."""
    return str(error).replace(str(path), shown)


def _column(part: Part, name: str, asked: Asked, problem: str) -> ColumnShown:
    series = part.table.frame[name]
    inferred = ""
    try:
        inferred = "" if problem else typed(series, root=part.table.root).kind
    except AssayError as error:
        problem = str(error)
    cells = tuple(cell_text(value) for value in series.head(ROWS))
    return ColumnShown(name, inferred, asked.kind(name), asked.role(name), problem, cells)


def cell_text(value: object) -> str:
    """A cell for a table of a page; a missing one is "".

    >>> cell_text(None), cell_text(0.5), cell_text(b"PNG...")
    ('', '0.5', '6 bytes')
    """
    if value is None:
        return ""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, pl.Series | list | dict):
        return "…"
    text = str(value) if isinstance(value, str) else f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"


def _read(asked: Asked, part: Part) -> Dataset:
    return read(
        part.source,
        target=asked.target or None,
        task=asked.task or None,
        positive=asked.positive or None,
        order=[name.strip() for name in asked.order.split(",")] if asked.order else None,
        drop=asked.dropped,
        kinds=dict(asked.kinds),
        group=asked.with_role("group"),
        time=asked.time,
        weight=asked.with_role("weight"),
        split=asked.with_role("split"),
    )


def _study(asked: Asked, data: Dataset) -> Study:
    """The study as ``assay run`` would make it; nothing of it is computed."""
    return Study(
        data,
        asked.recipe_names,
        asked.treatment_names or ("none",),
        metric=asked.metric or None,
        folds=asked.whole("folds", 5),
        repeats=asked.whole("repeats", 1),
        seed=asked.whole("seed", 0),
        copies=asked.copies or "warn",
        cost=asked.cost,
        budget=asked.budget or None,
    )


def _with_choices(known: Preview, data: Dataset) -> Preview:
    """What fits the question; a recipe whose library is not installed is left out."""
    task = data.question
    recipes = []
    for name in RECIPES.names():
        try:
            recipe = RECIPES.get(name)
            recipe.check(data)
        except (AssayError, MissingExtraError):
            continue
        if recipe.is_installed:
            recipes.append(Choice(name, recipe.title, name in FIRST_CHOICE))
    treatments = [name for name in TREATMENTS.names() if name != "none"] if task.is_classification else []
    metrics = [(name, METRICS.get(name)) for name in METRICS.names()]
    fitting = [(name, metric.title) for name, metric in metrics if task.is_measured_by(metric.tasks)]
    return replace(
        known,
        recipes=tuple(recipes),
        treatments=tuple(Choice(name, _first_line(TREATMENTS.get(name))) for name in treatments),
        metrics=tuple(Choice(name, title, name == task.default_metric) for name, title in fitting),
    )


def _first_line(member: object) -> str:
    return (member.__doc__ or "").strip().split("\n", 1)[0].replace("``", "").rstrip(".")


TASK_CHOICES = tuple(Choice(form.name, form.summary) for form in TASKS.values())
