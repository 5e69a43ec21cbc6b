"""Which columns a language task reads: one of text, and beside it only what says how rows are parted."""

from collections.abc import Iterable
from dataclasses import dataclass

from assay.core.errors import ConfigError
from assay.core.names import some_of
from assay.data.question import LANGUAGE

MODEL = "language-model"


@dataclass(frozen=True)
class TextColumns:
    """target: what is predicted.  texts: the columns that are read as text, the target among them.  left_out: all others."""

    target: str
    texts: tuple[str, ...]
    left_out: tuple[str, ...]


def text_columns(task: str, target: str | None, columns: Iterable[str], source: str) -> TextColumns:
    """The columns of a language task.

    columns: those without a role of their own (a group, a time, left out).
    Raises ConfigError where it is not said which column is meant.
    """
    names = list(columns)
    others = [name for name in names if name != target]
    if task == MODEL:
        if target is None and len(names) != 1:
            raise ConfigError(
                f"{source}: a language model reads one column of text, and there are {len(names)} columns ({some_of(names)}); "
                "name it: target=, or --target COL."
            )
        told = names[0] if target is None else target
        return TextColumns(told, (told,), tuple(others) if target is not None else ())
    if target is None:
        raise ConfigError(f"the task {task} needs a target, the column of what is to be written; pass target=, or --target COL.")
    if len(others) != 1:
        raise ConfigError(
            f"{source}: the task {task} reads one column of text beside its target {target!r}, and there are {len(others)} "
            f"({some_of(others)}); leave out the others: drop=[…], or --drop COL,…"
        )
    return TextColumns(target, (others[0], target), ())


def check_language(task: str, weight: str | None, unlabelled: str) -> None:
    """Raise ConfigError for what no language task can do."""
    if task in LANGUAGE and weight is not None:
        raise ConfigError(f"the task {task} counts tokens, and rows have no weights there; leave out weight={weight!r}.")
    if task in LANGUAGE and unlabelled == "keep":
        raise ConfigError(f"the task {task} learns from whole pairs; leave out --unlabelled keep.")
