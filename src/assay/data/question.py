"""The task that a target column asks: its form, its classes and their order or the positive one of them.

Labels are text whatever the source holds, whole numbers without a point, so that a model answers "1" to CSV, Parquet
and HTTP alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.data.kinds import Typed
from assay.data.task import TASKS, Task, task_form
from assay.data.values import number_text, to_numbers

POSITIVE_WORDS = frozenset(
    (
        *("1", "true", "yes", "y", "t", "да", "positive", "pos", "bad"),
        *("spam", "fraud", "default", "denied", "churn", "failure"),
        *("dead", "died", "death", "disease", "sick", "malignant", "abnormal"),
    )
)
"""Labels that name the event one looks for; the rarer class is taken when exactly one of the two is not among them."""

ORDINAL = "ordinal"

NEVER_NEGATIVE = {"counts": "counts", "ranking": "grades of relevance"}
"""Special tasks of numbers, and what these are."""

LANGUAGE = frozenset(name for name, form in TASKS.items() if form.is_language)
"""Tasks whose target is a text."""

_MOST_CLASSES = 20  # distinct integers up to which a number column is read as classes
_ROWS_A_CLASS = 5


@dataclass(frozen=True)
class Question:
    """task, the target in its final form (String labels or Float64), and what was decided."""

    task: Task
    target: pl.Series
    notes: tuple[str, ...]


def ask(found: Typed, *, task: str | None, positive: str | None, order: Sequence[str] | None = None) -> Question:
    """The question that a target column (with its missing values) asks.

    task: what the user says it is.  positive: the label of the positive class, as the user writes it.
    order: the classes of an ordinal target, the lowest first; a target with an order is ordinal.
    Raises DataError for a target that is all missing, has one class, or does not suit the task, its order or positive value.
    """
    name = found.series.name
    present = found.series.drop_nulls()
    if present.is_empty():
        raise DataError(f"the target {name!r} is missing in every row; name another column.")
    if found.kind in ("image", "date"):
        raise DataError(
            f"the target {name!r} holds {found.kind}s, which cannot be predicted; name a column of classes or numbers."
        )
    distinct = present.n_unique()
    if order is not None and task not in (None, ORDINAL):
        raise ConfigError(f"an order of classes is for an ordinal target, and the task is {task}; leave out one of the two.")
    if task is None:
        task = _inferred(found, distinct) if order is None else ORDINAL
    task_form(task)
    if positive is not None and task != "binary":
        raise ConfigError(
            f"positive={positive!r} is for two classes; the target {name!r} is a {task} target with {distinct} values."
        )
    if task in LANGUAGE:
        return _text(found, task)
    if task == ORDINAL:
        return _ordinal(found, order)
    if task in ("regression", *NEVER_NEGATIVE):
        return _regression(found, distinct, task)
    return _classification(found, task, positive)


def _inferred(found: Typed, distinct: int) -> str:
    present = found.series.drop_nulls()
    if distinct <= 2:
        return "binary"
    if found.kind != "number":
        return "multiclass"
    whole = bool((present == present.round(0)).all())
    return "multiclass" if whole and distinct <= _MOST_CLASSES and len(present) >= _ROWS_A_CLASS * distinct else "regression"


def _text(found: Typed, task: str) -> Question:
    """A target of texts; a blank one is a missing one."""
    texts = found.series.cast(pl.String)
    base = task_form(task).base
    return Question(Task(base or task, found.series.name, special=task if base else ""), texts, ())


def _regression(found: Typed, distinct: int, task: str) -> Question:
    name = found.series.name
    numbers = to_numbers(found.series)
    if numbers.null_count() > found.series.null_count():
        first = found.series.filter(numbers.is_null() & found.series.is_not_null())[0]
        raise DataError(f"the target {name!r} holds {first!r}, which is no number; {task} needs numbers.")
    if bool(numbers.is_infinite().any()):
        row = int(numbers.is_infinite().fill_null(value=False).arg_true()[0])
        raise DataError(f"row {row + 1}: the target {name!r} is infinite; mend or remove the row.")
    if distinct == 1:
        raise DataError(f"the target {name!r} is {numbers.drop_nulls()[0]} in every row; there is nothing to predict.")
    if task == "regression":
        return Question(Task(task, name), numbers, ())
    negative = (numbers < 0).fill_null(value=False)
    if negative.any():
        first, known = int(negative.arg_true()[0]), len(numbers) - numbers.null_count()
        raise DataError(
            f"row {first + 1}: the target {name!r} is {numbers[first]:g}, and {int(negative.sum())} of {known} rows are below 0; "
            f"{NEVER_NEGATIVE[task]} are not: mend them, or pass task=regression."
        )
    return Question(Task("regression", name, special=task), numbers, ())


def _ordinal(found: Typed, order: Sequence[str] | None) -> Question:
    """Classes by the order that is given, or by number where all of them are numbers."""
    question = _classification(found, "multiclass", None)
    name, classes = found.series.name, question.task.classes
    if len(classes) < 3:
        raise DataError(f"the target {name!r} has 2 classes; an order says something of three or more, so pass task=binary.")
    if order is None:
        if to_numbers(pl.Series(classes, dtype=pl.String)).null_count():
            some = ",".join(classes[:4]) + (",…" if len(classes) > 4 else "")
            raise ConfigError(
                f"the target {name!r} holds text ({some}), whose order only you know; pass order=[...], or --order "
                '"LOWEST,…,HIGHEST".'
            )
    else:
        classes = _in_order(order, classes, name)
    note = f"order of {name}: {' < '.join(classes[:8])}{' < …' if len(classes) > 8 else ''}"
    return Question(replace(question.task, classes=classes, special=ORDINAL), question.target, (*question.notes, note))


def _in_order(order: Sequence[str], classes: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The classes as the user orders them; raises DataError unless both are the same classes."""
    counts = dict.fromkeys(classes, 0)
    given = [_matching(level, counts, name, "in the order") for level in order]
    if len(set(given)) < len(given):
        twice = next(level for level in given if given.count(level) > 1)
        raise ConfigError(f"the order of {name!r} names {twice!r} twice.")
    left = [label for label in classes if label not in given]
    if left:
        raise DataError(f"the order of {name!r} leaves out {len(left)} of its {len(classes)} classes: {', '.join(left[:6])}.")
    return tuple(given)


def _classification(found: Typed, task: str, positive: str | None) -> Question:
    name = found.series.name
    labels = number_text(found.series) if found.kind == "number" else found.series.cast(pl.String).str.strip_chars()
    counts: dict[str, int] = dict(labels.drop_nulls().value_counts().iter_rows())
    if len(counts) == 1:
        raise DataError(f"the target {name!r} has one class only, {next(iter(counts))!r}; two are needed.")
    if len(counts) > _MOST_CLASSES and len(counts) > 0.5 * sum(counts.values()):
        raise DataError(
            f"the target {name!r} has {len(counts)} different values in {sum(counts.values())} rows; "
            f"name a column of classes{', or pass task=regression' if found.kind == 'number' else ''}."
        )
    if task == "binary":
        if len(counts) != 2:
            raise DataError(f"the target {name!r} has {len(counts)} classes ({_shown(counts)}); a binary task has two.")
        classes, note = _negative_first(counts, name, positive)
        return Question(Task(task, name, classes), labels, (note,))
    return Question(Task(task, name, _ordered(counts)), labels, ())


def _shown(counts: dict[str, int]) -> str:
    return ", ".join(sorted(counts)[:6]) + (" …" if len(counts) > 6 else "")


def _ordered(labels: dict[str, int]) -> tuple[str, ...]:
    """By number if all are numbers, else by letter."""
    texts = pl.Series(list(labels), dtype=pl.String)
    numbers = to_numbers(texts)
    if numbers.null_count():
        return tuple(sorted(labels))
    return tuple(sorted(labels, key=lambda label: (float(label), label)))


def _negative_first(counts: dict[str, int], name: str, positive: str | None) -> tuple[tuple[str, str], str]:
    """The two classes, the positive one last, and a note that says how it was found."""
    first, second = _ordered(counts)
    if positive is not None:
        chosen, why = _matching(positive, counts, name), "as said"
    elif len(known := [label for label in (first, second) if label.lower() in POSITIVE_WORDS]) == 1:
        chosen, why = known[0], "by its name"
    else:
        chosen = second if counts[second] <= counts[first] else first
        why = "the rarer" if counts[first] != counts[second] else "the second, as both are equally frequent"
    other = second if chosen == first else first
    share = counts[chosen] / (counts[first] + counts[second])
    return (
        other,
        chosen,
    ), f"positive class of {name}: {chosen} ({why}; {counts[chosen]} of {sum(counts.values())} rows, {share:.1%})"


def _matching(positive: str, counts: dict[str, int], name: str, role: str = "to be the positive class") -> str:
    """The label that the user means: as written, as a number, or in another letter case."""
    wanted = str(positive).strip()
    if wanted in counts:
        return wanted
    number = to_numbers(pl.Series([wanted]))
    as_number = number_text(number)[0] if number.null_count() == 0 else None
    if as_number in counts:
        return str(as_number)
    same = [label for label in counts if label.lower() == wanted.lower()]
    if len(same) == 1:
        return same[0]
    raise DataError(f"the target {name!r} has no value {wanted!r} {role}{did_you_mean(wanted, sorted(counts))}")
