"""The question that is asked of the data: what is predicted, and in which form.

A task has one of six base forms, and that is all a learner needs to know: ``Task.name``.  Three are of tables, pictures and
texts (binary, multiclass, regression); three are of language, and their predictions are ragged: language-model (each next
token of a text), rewriting (a text from a text), tagging (a tag for each token of a text).
A special task is one of them of which more is known: an ordinal target is a multiclass one whose classes have an order,
counts are a regression of numbers that are never negative, a ranking is a regression whose rows belong to queries, a
translation is a rewriting into another language.  Every recipe and metric of the base form answers a special task too; some
are made for it alone (``Task.suits``).
"""

from dataclasses import dataclass
from typing import Any

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.shown import Shown


@dataclass(frozen=True, slots=True)
class TaskForm:
    """What every task of one name has in common.

    prediction: the form of its ``Predictions`` payload (see measure.payload).
    default_metric: the metric a study uses unless told otherwise.
    base: the form that learners see, where it is another one than the task's own; else "".
    order_alone: only the order of the predictions counts, so that metrics of the base form say nothing of them.
    """

    name: str
    prediction: str
    default_metric: str
    summary: str
    base: str = ""
    order_alone: bool = False

    @property
    def is_language(self) -> bool:
        """Whether the answers are tokens, tags or texts, and neither classes nor numbers."""
        return self.prediction in ("tokens", "texts")


TASKS: dict[str, TaskForm] = {
    form.name: form
    for form in (
        TaskForm("binary", "binary", "roc_auc", "one of two classes, one of them the positive"),
        TaskForm("multiclass", "multiclass", "accuracy", "one of three or more classes"),
        TaskForm("ordinal", "multiclass", "rps", "one of three or more classes in a known order", "multiclass"),
        TaskForm("regression", "value", "rmse", "a number"),
        TaskForm("counts", "value", "poisson_deviance", "a number that is never negative: counts, rates", "regression"),
        TaskForm("ranking", "value", "ndcg@10", "the order of the rows of each query, by their grades", "regression", True),
        TaskForm("language-model", "tokens", "perplexity", "each next token of a text"),
        TaskForm("rewriting", "texts", "chrf", "a text from a text"),
        TaskForm("translation", "texts", "chrf", "a text in another language", "rewriting"),
        TaskForm("spelling", "texts", "correction_f1", "a text without its spelling errors", "rewriting"),
        TaskForm("tagging", "texts", "token_accuracy", "a tag for each token of a text"),
        TaskForm("entities", "texts", "entity_f1", "the named entities of a text, as tags of its tokens", "tagging"),
    )
}


def task_form(name: str) -> TaskForm:
    """The form of a task by name; raises ConfigError with the nearest name."""
    if name not in TASKS:
        raise ConfigError(f"no task {name!r}{did_you_mean(name, TASKS)}")
    return TASKS[name]


@dataclass(frozen=True, slots=True)
class Task(Shown):
    """One concrete question.

    name: its base form: binary, multiclass, regression, language-model, rewriting or tagging.
    target: the target column's name.
    classes: the class labels as text, in code order; for binary the positive class is the last; for an ordinal target from
        the lowest to the highest. Empty where the target is no class.
    special: the task as the user names it where more is known than the base form says, else "".
    """

    name: str
    target: str
    classes: tuple[str, ...] = ()
    special: str = ""

    def __post_init__(self) -> None:
        form = task_form(self.name)
        if form.base:
            raise ConfigError(f"{self.name} is a special task; its name is {form.base!r} and its special is {self.name!r}.")
        if self.special and task_form(self.special).base != self.name:
            raise ConfigError(f"{self.special!r} is no special task of the form {self.name}.")
        if self.name == "binary" and len(self.classes) != 2:
            raise ConfigError(f"a binary task has two classes, not {len(self.classes)}: {', '.join(self.classes[:5])}.")

    @property
    def is_classification(self) -> bool:
        return bool(self.classes)

    @property
    def is_language(self) -> bool:
        return task_form(self.name).is_language

    @property
    def prediction(self) -> str:
        """The form of its ``Predictions`` (see measure.payload)."""
        return task_form(self.name).prediction

    @property
    def positive(self) -> str | None:
        return self.classes[1] if self.name == "binary" else None

    @property
    def asked(self) -> str:
        """The task as the user names it, a key of TASKS."""
        return self.special or self.name

    @property
    def default_metric(self) -> str:
        return task_form(self.asked).default_metric

    def suits(self, tasks: frozenset[str]) -> bool:
        """Whether a recipe for these tasks answers this one: made for it, or for any of its base form."""
        return self.name in tasks or self.asked in tasks

    @property
    def measured_as(self) -> tuple[str, ...]:
        """The tasks whose metrics measure this one; the special one first."""
        if not self.special:
            return (self.name,)
        return (self.special,) if task_form(self.special).order_alone else (self.special, self.name)

    def is_measured_by(self, tasks: frozenset[str]) -> bool:
        """Whether a metric for these tasks measures this one."""
        return not tasks.isdisjoint(self.measured_as)

    def to_json(self) -> dict[str, Any]:
        known = {"name": self.name, "target": self.target, "classes": list(self.classes)}
        return {**known, "special": self.special} if self.special else known

    @staticmethod
    def from_json(value: dict[str, Any]) -> "Task":
        return Task(value["name"], value["target"], tuple(value["classes"]), value.get("special", ""))
