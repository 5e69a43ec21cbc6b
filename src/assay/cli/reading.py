"""How data is read: the options that every command on data shares, and their place in a run folder.

A run folder keeps them (``read.*`` in study.toml), so that a later command reads the same rows.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.core.errors import ConfigError, StudyError

if TYPE_CHECKING:
    from assay.data.dataset import Dataset

DataArgument = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="A table (CSV, TSV, Parquet, JSON lines …), or a folder (or a zip of it) with one subfolder a class."
    ),
]
TargetOption = Annotated[str | None, typer.Option("--target", metavar="COL", help="The column to predict.")]
TaskOption = Annotated[str | None, typer.Option("--task", metavar="TASK", help="See assay list tasks (default: found out).")]
OrderOption = Annotated[
    str | None,
    typer.Option(
        "--order", metavar="LOWEST,…,HIGHEST", help="The classes of an ordinal target in order; numbers have their own."
    ),
]
PositiveOption = Annotated[
    str | None, typer.Option("--positive", metavar="VALUE", help="The class whose probability is predicted.")
]
DropOption = Annotated[list[str] | None, typer.Option("--drop", metavar="COL,…", help="Columns to leave out.")]
KindOption = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="COL=KIND", help="What a column is: number, category, date, text, image, id. May repeat."),
]
TimeOption = Annotated[
    str | None,
    typer.Option("--time", metavar="COL|@row", help="Train on the past, test on the future; @row: the order of the rows."),
]
GroupOption = Annotated[
    str | None, typer.Option("--group", metavar="COL", help="Rows of one group stay on one side of every split.")
]
WeightOption = Annotated[str | None, typer.Option("--weight", metavar="COL", help="How much each row counts.")]
TestOption = Annotated[str | None, typer.Option("--test", metavar="FILE", help="A file with the test rows to lock.")]
SplitOption = Annotated[
    str | None, typer.Option("--split", metavar="COL", help="A column that says which rows are the test rows.")
]
UnlabelledOption = Annotated[
    str,
    typer.Option("--unlabelled", metavar="drop|keep", help="Rows without a target: keep them for recipes that learn from them."),
]
UnreadableOption = Annotated[
    str,
    typer.Option("--unreadable", metavar="refuse|skip", help="Pictures that do not open, and class folders without one."),
]
MemoryOption = Annotated[
    str | None,
    typer.Option("--memory", metavar="SIZE", help="What may be used, such as 8g (default: three quarters of the machine's)."),
]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One way to read one source; paths are absolute, so that it holds in any working folder."""

    source: str
    target: str | None = None
    task: str | None = None
    positive: str | None = None
    drop: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    time: str | None = None
    group: str | None = None
    weight: str | None = None
    test: str | None = None
    split: str | None = None
    unlabelled: str = "drop"
    unreadable: str = "refuse"
    memory: str | None = None
    order: tuple[str, ...] | None = None

    def load(self) -> "Dataset":
        from assay.data import read

        return read(
            self.source,
            target=self.target,
            task=self.task,
            positive=self.positive,
            drop=self.drop,
            kinds=dict(self.kinds),
            time=self.time,
            group=self.group,
            weight=self.weight,
            test=self.test,
            split=self.split,
            unlabelled=self.unlabelled,
            unreadable=self.unreadable,
            memory=self.memory,
            order=self.order,
        )

    def to_settings(self) -> dict[str, Any]:
        """What a run folder keeps; ``from_settings`` reads it back."""
        settings = {name: getattr(self, name) for name in self.__dataclass_fields__}
        listed = {"drop": list(self.drop), "kinds": [f"{column}={kind}" for column, kind in self.kinds]}
        return {**settings, **listed, "order": None if self.order is None else list(self.order)}

    @staticmethod
    def from_settings(settings: Mapping[str, Any], run: Path) -> "Reading":
        """Raises StudyError when the folder does not say how its data was read."""
        kept: dict[str, Any] = {name: settings.get(f"read.{name}") for name in Reading.__dataclass_fields__}
        if kept["source"] is None:
            raise StudyError(
                f"{run} was made in Python and does not say how its data was read; use study.open(...) and its result there."
            )
        kept["drop"] = tuple(kept["drop"] or ())
        kept["kinds"] = parse_kinds(kept["kinds"] or ())
        kept["order"] = None if kept["order"] is None else tuple(kept["order"])
        kept["unlabelled"] = kept["unlabelled"] or "drop"  # folders of before it was known
        kept["unreadable"] = kept["unreadable"] or "refuse"
        return Reading(**kept)


def reading(  # more than 8 arguments: one for each option of the command line
    *,
    source: str,
    target: str | None,
    task: str | None,
    positive: str | None,
    drop: Sequence[str] | None,
    kind: Sequence[str] | None,
    time: str | None,
    group: str | None,
    weight: str | None,
    test: str | None,
    split: str | None,
    unlabelled: str = "drop",
    unreadable: str = "refuse",
    memory: str | None = None,
    order: str | None = None,
) -> Reading:
    """The options as the command line gives them, taken apart; raises ConfigError."""
    return Reading(
        source=str(Path(source).absolute()),
        target=target,
        task=task,
        positive=positive,
        drop=tuple(name for part in drop or () for name in names_in(part, "--drop")),
        kinds=parse_kinds(kind or ()),
        time=time,
        group=group,
        weight=weight,
        test=None if test is None else str(Path(test).absolute()),
        split=split,
        unlabelled=unlabelled,
        unreadable=unreadable,
        memory=memory,
        order=None if order is None else tuple(names_in(order, "--order")),
    )


def names_in(text: str, option: str) -> list[str]:
    """The names of a list with commas; a name that holds a comma stands in double quotes.

    >>> names_in('age,"loan, old"', "--drop")
    ['age', 'loan, old']
    """
    names = [name.strip() for name in next(csv.reader([text], skipinitialspace=True), [])]
    if not names or "" in names:
        raise ConfigError(f"{option} {text!r} has an empty name; write {option} A,B.")
    return names


def parse_kinds(pairs: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """("COL=KIND", …) taken apart at the last equals sign; raises ConfigError."""
    found: dict[str, str] = {}
    for pair in pairs:
        column, equals, kind = pair.rpartition("=")
        if not equals or not column or not kind:
            raise ConfigError(f"--kind {pair!r}: write --kind COL=KIND, such as --kind zip=category.")
        if found.get(column, kind) != kind:
            raise ConfigError(f"--kind names {column!r} twice, as {found[column]} and as {kind}.")
        found[column] = kind
    return tuple(found.items())
